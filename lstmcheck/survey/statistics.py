"""How much of a program's recurrent calls is resolved: configuration, input, explicit states, with reasons.

Every syntactic call counts once, also where the engine never reached it. A part is known when it is known on one of the
runs that reach the call: the symbolic one of its function, or one for a caller. Of one of several values each has to be
known in all cases where it is the value.
"""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lstmcheck.config import Settings
from lstmcheck.infer.observe import Fact, Observer, Place, Reason, SeenCall, SeenLayer, is_worked_out, place_of
from lstmcheck.source.parse import SourceFile
from lstmcheck.survey.sites import recurrent_calls

PARTS = ("configuration", "input", "state")
_SIZES = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "bidirectional", "proj_size")


@dataclass(frozen=True)
class Part:
    """One part of one call: known or not, and why not. None stands for a state that was not given."""

    known: bool
    reason: Reason | None = None


@dataclass(frozen=True)
class Call:
    """One syntactic call of a recurrent layer."""

    path: str
    line: int
    column: int
    text: str
    configuration: Part
    input: Part
    state: Part | None


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    known: int
    total: int

    @property
    def percent(self) -> float:
        """The share in percent; 100 of nothing."""
        return 100.0 * self.known / self.total if self.total else 100.0


@dataclass(frozen=True)
class Statistics:
    """The figures of some paths; `str()` is the page in plain text."""

    calls: tuple[Call, ...]
    files: int

    def share(self, part: str) -> Share:
        """The share of one of PARTS."""
        return share(self.calls, part)

    def to_json(self) -> dict[str, Any]:
        """The figures, and every part of a call that is not known with the reason."""
        return {
            "files": self.files,
            "calls": len(self.calls),
            **{part: _share_json(self.share(part)) for part in PARTS},
            "unresolved": [
                {
                    "path": call.path,
                    "line": call.line,
                    "call": call.text,
                    "part": part,
                    "reason": one.reason.words if one.reason is not None else None,
                    "expression": (one.reason.expression or None) if one.reason is not None else None,
                    "expression_line": (one.reason.line or None) if one.reason is not None else None,
                }
                for call in self.calls
                for part in PARTS
                if (one := getattr(call, part)) is not None and not one.known
            ],
        }

    def page(self) -> Iterator[str]:
        """The figures as lines."""
        yield f"{len(self.calls)} recurrent calls in {self.files} files, tests left out"
        for part, words in _WORDS.items():
            found = self.share(part)
            yield f"  {words:<46} {found.percent:5.1f} %  ({found.known} of {found.total})"
        missing = Counter(
            f"{part}: {one.reason.words if one.reason is not None else 'not known'}"
            for call in self.calls
            for part in PARTS
            if (one := getattr(call, part)) is not None and not one.known
        )
        if missing:
            yield "not known, by reason (--format json lists the calls)"
            for words, count in sorted(missing.items(), key=lambda item: (-item[1], item[0]))[:12]:
                yield f"  {count:>4}  {words}"

    def __str__(self) -> str:
        return "\n".join(self.page())


_WORDS = {
    "configuration": "the layer's configuration is known",
    "input": "the input's rank and last dimension are known",
    "state": "an explicit state's shape is known",
}


def _share_json(found: Share) -> dict[str, Any]:
    return {"known": found.known, "total": found.total, "percent": round(found.percent, 1)}


def statistics_of(paths: Sequence[str], settings: Settings) -> Statistics:
    """The figures of files and folders. Raises FileNotFoundError."""
    from lstmcheck.survey.program import observe

    read, observer = observe(paths, settings)
    kept = [file for file in read.files if file.path in read.looked_at and not is_test(file.path)]
    return Statistics(tuple(calls_of(kept, observer)), len(kept))


def calls_of(files: Sequence[SourceFile], observer: Observer, tests: bool = False) -> list[Call]:
    """Every recurrent call of the files, with what is known of it; calls in test code only on demand."""
    kept = [file for file in files if tests or not is_test(file.path)]
    paths = {file.path for file in kept}
    # where the engine came and found nothing but another module, no recurrent layer is called
    likely = recurrent_calls(kept)
    nodes: dict[Place, ast.Call | None] = {
        place: node
        for place, node in likely.items()
        if place not in observer.others or place in observer.calls or place in observer.unknown
    }
    for place in observer.calls:
        if place[0] in paths:
            nodes.setdefault(place, None)
    found = []
    for place in sorted(nodes):
        node = nodes[place] or _call_at(next(file for file in kept if file.path == place[0]), place)
        if node is not None:
            found.append(_call(place, node, observer))
    return found


def share(calls: Iterable[Call], part: str) -> Share:
    """The share of calls of which a part (one of PARTS) is known; for states, of the calls that are given one."""
    parts = [getattr(call, part) for call in calls]
    asked = [one for one in parts if one is not None]
    return Share(sum(one.known for one in asked), len(asked))


def is_test(path: str) -> bool:
    """Whether a file is test code, by its name or its directories'."""
    *folders, name = path.replace(os.sep, "/").split("/")
    if any(folder in ("test", "tests", "testing", "unittests") for folder in folders):
        return True
    stem = os.path.splitext(name)[0]
    return stem.startswith("test_") or stem.endswith(("_test", "_tests")) or stem in ("test", "tests", "conftest")


def _call(place: Place, node: ast.Call, observer: Observer) -> Call:
    seen = observer.calls.get(place, [])
    return Call(
        *place,
        ast.unparse(node),
        _configuration(place, seen, observer),
        _input(place, seen, observer),
        _state(node, place, seen, observer),
    )


def _configuration(place: Place, seen: list[SeenCall], observer: Observer) -> Part:
    reason = None
    for call in seen:
        config: Any = call.layer.config if call.layer is not None else None
        if config is None:
            reason = call.trouble
            continue
        open_ = [name for name in _SIZES if not is_worked_out(getattr(config, name, 0))]
        if call.layer is not None and not _is_whole(call.layer, observer):
            reason = Reason("the layer's arguments are unpacked from something that is not known")
        elif open_:
            reason = _why_argument(call, open_[0])
        else:
            return Part(True)
    return Part(False, reason or _not_reached(place, observer))


def _is_whole(layer: Any, observer: Observer) -> bool:
    records: list[SeenLayer] = observer.layers.get(place_of(layer.site), []) if layer.site is not None else []
    return next((one.whole for one in records if one.layer is layer), True)


def _why_argument(call: SeenCall, name: str) -> Reason:
    assert call.layer is not None
    site = call.layer.sites.get(name)
    if site is None:
        return Reason(f"{name} is not known")
    return Reason(f"{name} is not known", ast.unparse(site.node), *place_of(site)[:2])


def _input(place: Place, seen: list[SeenCall], observer: Observer) -> Part:
    return _best([call.input for call in seen if call.trouble is None], _trouble(place, seen, observer))


def _state(node: ast.Call, place: Place, seen: list[SeenCall], observer: Observer) -> Part | None:
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "hx"), None)
    given = given if given is not None else node.args[1] if len(node.args) > 1 else None
    if given is None or (isinstance(given, ast.Constant) and given.value is None):
        return None
    facts = [call.state for call in seen if call.trouble is None]
    real = [fact for fact in facts if fact.kind != "none"]
    if facts and not real:
        return None  # it is None whenever the call is reached
    return _best(real, _trouble(place, seen, observer))


def _best(facts: list[Fact], trouble: Reason | None) -> Part:
    if any(is_known(fact) for fact in facts):
        return Part(True)
    best = max(facts, key=lambda fact: fact.known, default=None)
    if best is None:
        return Part(False, trouble)
    words = "its rank is not known" if _has_open_rank(best) else "it may be something else than a tensor"
    return Part(False, next(reasons(best), None) or Reason(words))


def _has_open_rank(fact: Fact) -> bool:
    if fact.kind in ("tensor", "array"):
        return fact.shape is None or fact.shape.rank is None
    return any(map(_has_open_rank, fact.parts))


def _trouble(place: Place, seen: list[SeenCall], observer: Observer) -> Reason:
    return next((call.trouble for call in seen if call.trouble is not None), None) or _not_reached(place, observer)


def _not_reached(place: Place, observer: Observer) -> Reason:
    known = observer.unknown.get(place)
    return known if known is not None else Reason("the engine did not come here")


def is_known(fact: Fact) -> bool:
    """Whether the rank and the last size are known, for a tuple or list those of every element."""
    if fact.kind in ("tensor", "array", "packed"):
        shape = fact.shape
        last = shape.last if shape is not None and shape.rank else None
        return last is not None and last != -1 and is_worked_out(last)
    if fact.kind in ("tuple", "list"):
        return not fact.open and bool(fact.parts) and all(is_known(part) for part in fact.parts)
    if fact.kind == "choice":
        options = [part for part in fact.parts if part.kind != "none"]
        return bool(options) and all(is_known(option) for option in options)
    return False


def reasons(fact: Fact) -> Iterator[Reason]:
    """Why a value is not known, the first part's reason first."""
    if fact.reason is not None and not is_known(fact):
        yield fact.reason
    for part in fact.parts:
        yield from reasons(part)


def _call_at(file: SourceFile, place: Place) -> ast.Call | None:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) == place[1:]:
            return node
    return None
