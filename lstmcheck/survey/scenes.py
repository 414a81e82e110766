"""From a program to pictures: its recurrent layers, the call that tells most of each, what takes the results, mistakes.

Layers that hand a state or an output to each other stand in one picture.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lstmcheck import draw
from lstmcheck.config import Settings
from lstmcheck.draw import Consumer, Link, Mistake, Picture
from lstmcheck.findings import Finding, Violation
from lstmcheck.infer.observe import Fact, Flow, Observer, Place, SeenCall, SeenLayer, place_of
from lstmcheck.source.parse import SourceFile
from lstmcheck.survey.naming import LONG, Names
from lstmcheck.survey.picture import notes
from lstmcheck.survey.program import NotFound, count_of, nothing_there, observed, span

MAX_CHAIN = 6
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_STATES = ("h_0", "c_0")


@dataclass
class _Site:
    """One recurrent constructor: what it made, the call that is drawn, and everything that happens to its results."""

    made: Place
    record: SeenLayer
    calls: dict[Place, SeenCall] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    layer: draw.Layer | None = None

    @property
    def call(self) -> tuple[Place, SeenCall] | None:
        """The call of which most is known, the first of several."""
        return max(self.calls.items(), key=lambda item: (_known(item[1]), -item[0][1]), default=None)


def scenes(
    path: str, part: str, settings: Settings, given: Mapping[str, bytes] | None
) -> tuple[tuple[Picture, ...], dict[str, Sequence[str]]]:
    """The pictures of a file or folder, or of a part of a file, and the lines of the files that are drawn.

    Raises NotFound where there is no such part or no recurrent layer, and FileNotFoundError.
    """
    read, observer, violations = observed([path], settings, given)
    files = {file.path: file for file in read.files}
    meant = [file for file in read.files if file.path in read.looked_at]
    if not meant:
        raise NotFound(nothing_there(path, read))
    spans = {file.path: span(file, part) if part else (1, len(file.lines)) for file in meant}
    sites = list(_sites(observer, spans))
    if not sites:
        raise NotFound(f"no recurrent layer is made or called in {path}{':' * bool(part)}{part}")
    names = Names(observer.names, observer.axes)
    mistakes = _mistakes(violations, read.files)
    for number, site in enumerate(sites):
        site.layer = _layer(site, number, names, files, mistakes)
    pictures = tuple(_picture(group) for group in _groups(sites))
    return pictures, {path: files[path].lines for path in sorted(_paths(sites))}


def _paths(sites: Iterable[_Site]) -> set[str]:
    return {place[0] for site in sites for place in (site.made, *site.calls)}


def _sites(observer: Observer, spans: Mapping[str, tuple[int, int]]) -> Iterator[_Site]:
    """The constructors that stand in the spans or are called there, in order."""

    def inside(place: Place) -> bool:
        first, last = spans.get(place[0], (1, 0))
        return first <= place[1] <= last

    for made, records in sorted(observer.layers.items()):
        calls: dict[Place, SeenCall] = {}
        for place, runs in sorted(observer.calls.items()):
            ours = [run for run in runs if run.layer is not None and _made(run.layer) == made]
            if ours:
                calls[place] = max(ours, key=_known)
        if not records or not (inside(made) or any(map(inside, calls))):
            continue
        wanted = {place: call for place, call in calls.items() if inside(place)} or calls
        site = _Site(made, records[0], wanted)
        chosen = site.call
        if chosen is not None:
            site.record = next((one for one in records if one.layer is chosen[1].layer), records[0])
        seen: set[tuple[Any, ...]] = set()
        for flow in observer.flows:
            key = (flow.place, flow.part, flow.into, flow.argument)
            if _made(flow.layer) == made and key not in seen:
                seen.add(key)
                site.flows.append(flow)
        yield site


def _made(layer: Any) -> Place | None:
    return place_of(layer.site) if layer.site is not None else None


def _known(call: SeenCall) -> tuple[int, int]:
    """How much is known of a call: whether it was followed, and how many of its sizes are numbers."""
    facts = [call.input, *_parts(call.state), *_parts(call.result)]
    sizes = [size for fact in facts if fact.shape is not None for size in (*fact.shape.left, *fact.shape.right)]
    return int(call.trouble is None), 10 * sum(isinstance(size, int) for size in sizes) + sum(
        one.known for one in facts
    )


def _parts(fact: Fact) -> list[Fact]:
    """A fact and the facts in it."""
    return [fact, *(inner for part in fact.parts for inner in _parts(part))]


# One layer


def _layer(
    site: _Site,
    number: int,
    names: Names,
    files: Mapping[str, SourceFile],
    mistakes: Sequence[tuple[Violation, Finding]],
) -> draw.Layer:
    config: Any = site.record.layer.config
    scope = f"picture {number}"

    def size(value: Any) -> int | str:
        text = value if isinstance(value, int) else names.size(value, scope)
        return ELLIPSIS if text == LONG else text

    def flag(value: Any) -> bool | str:
        return bool(value) if isinstance(value, int) else str(size(value))

    cell = config.kind.endswith("Cell")
    place, call = site.call or (None, None)
    facts = _facts(call, cell) if call is not None else {}
    given = () if call is None or call.state.kind == "none" else _STATES[: 2 if config.kind.startswith("LSTM") else 1]
    shapes = {name: _sizes(fact, names, scope, cell) for name, fact in facts.items()}
    if call is not None and shapes.get("input") is None:
        shapes["input"] = (draw.UNKNOWN,) * (2 if cell else 3)
    expressions, places = _texts(place, files, cell, bool(given))
    # what is not known is taken to have a batch, as nearly everything has
    rank = facts["input"].shape.rank if "input" in facts and facts["input"].shape is not None else None
    packed = "input" in facts and facts["input"].kind == "packed"
    parameters = count_of(config, names, scope) or ""
    said = notes(config, parameters if parameters.replace(",", "").isdecimal() else None)
    lines = sorted({f"{where[1]}" for where in site.calls}, key=int)
    if len(lines) > 1:
        said.append(f"called in lines {', '.join(lines)}")
    elif not lines:
        said.append("never seen called")
    made = draw.layer(
        **draw.configured(config, size, flag),
        name=site.record.bound_to,
        text=_constructor(site),
        batched=packed or rank != (1 if cell else 2),
        packed=packed,
        shapes=shapes,
        expressions=expressions,
        places=places,
        given=given,
        notes=said,
        place=_place(site.made, files),
    )
    made = replace(made, consumers=tuple(_consumers(site, made, names, scope, files)))
    return _with_mistakes(made, site, files, mistakes)


def _constructor(site: _Site) -> str:
    node = site.record.layer.site.node if site.record.layer.site is not None else None
    text = ast.unparse(node) if node is not None else ""
    return text if len(text) <= 240 else f"{text[:236]} ..."


def _place(place: Place, files: Mapping[str, SourceFile]) -> draw.Place:
    file = files.get(place[0])
    text = file.lines[place[1] - 1] if file is not None and 0 < place[1] <= len(file.lines) else ""
    return draw.Place(place[0], place[1], text)


def _facts(call: SeenCall, cell: bool) -> dict[str, Fact]:
    """What is known of each tensor of a call, by the names of the picture."""
    found = {"input": call.input}
    states = call.state.parts if call.state.kind in ("tuple", "list") else (call.state,)
    found.update(zip(_STATES, states))
    result = call.result
    if cell:
        found.update(zip(("h_1", "c_1"), result.parts if result.kind == "tuple" else (result,)))
    elif result.kind == "tuple" and len(result.parts) == 2:
        output, state = result.parts
        found["output"] = output
        found.update(zip(("h_n", "c_n"), state.parts if state.kind == "tuple" else (state,)))
    return {name: fact for name, fact in found.items() if fact.kind in ("tensor", "array", "packed")}


def _sizes(fact: Fact, names: Names, scope: str, cell: bool) -> tuple[str, ...] | None:
    """The sizes of a tensor as texts, `?` where one is not known; None where nothing is."""
    shape = fact.shape
    if shape is None or not shape.min_rank:
        return None
    usual = 2 if cell else 3
    missing = max(usual - shape.min_rank, 0) if shape.open else 0
    sizes = [*shape.left, *(-1 for _ in range(missing)), *shape.right]
    texts = [draw.UNKNOWN if size == -1 else names.size(size, scope) for size in sizes]
    return tuple(ELLIPSIS if text == LONG else text for text in texts)


def _texts(
    place: Place | None, files: Mapping[str, SourceFile], cell: bool, given: bool
) -> tuple[dict[str, str], dict[str, draw.Place]]:
    """What the program calls the tensors of a call: its arguments, and the names that its results are bound to."""
    found = _call_at(files, place)
    if place is None or found is None:
        return {}, {}
    call, target = found
    texts: dict[str, str] = {}
    arguments = dict(zip(("input", "hx"), call.args))
    arguments.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
    if "input" in arguments:
        texts["input"] = ast.unparse(arguments["input"])
    if given and "hx" in arguments:
        texts.update(_split(arguments["hx"], _STATES))
    if target is not None:
        after = ("h_1", "c_1") if cell else ("h_n", "c_n")
        if cell:
            texts.update(_split(target, after))
        elif isinstance(target, ast.Tuple) and len(target.elts) == 2:
            texts["output"] = ast.unparse(target.elts[0])
            texts.update(_split(target.elts[1], after))
    texts = {name: text for name, text in texts.items() if not set(text) <= {"_"}}
    here = _place(place, files)
    return texts, dict.fromkeys(("input", *_STATES, "output", "h_n", "c_n", "h_1", "c_1"), here)


def _split(node: ast.expr, names: tuple[str, str]) -> dict[str, str]:
    """The texts of a pair, or of the whole where it is none."""
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        return {name: ast.unparse(element) for name, element in zip(names, node.elts)}
    return dict.fromkeys(names, ast.unparse(node))


def _call_at(files: Mapping[str, SourceFile], place: Place | None) -> tuple[ast.Call, ast.expr | None] | None:
    """The call at a place, and what its result is assigned to."""
    file = files.get(place[0]) if place is not None else None
    if file is None or place is None:
        return None
    found: ast.Call | None = None
    target: ast.expr | None = None
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) == place[1:]:
            found = found or node
        if isinstance(node, ast.Assign) and (node.value.lineno, node.value.col_offset) == place[1:]:
            target = node.targets[0]
    return None if found is None else (found, target)


# What takes the results


def _consumers(
    site: _Site, made: draw.Layer, names: Names, scope: str, files: Mapping[str, SourceFile]
) -> Iterator[Consumer]:
    """The modules that a result goes into, by their first use; where it is only returned, that."""
    known = {tensor.name for tensor in (made.output, *made.results) if tensor is not None}
    seen: set[tuple[str, str]] = set()
    taken: set[str] = set()
    functions = {_function(files, place) for place in site.calls}
    later = _Later(files)

    def order(flow: Flow) -> tuple[bool, bool, bool, Place, bool]:
        return flow.taker is None, _back(flow, site, files), _crosses(flow), flow.place, not flow.own

    for flow in sorted(site.flows, key=order):
        part = _part(flow, made)
        recurrent = flow.taker is not None and flow.taker.config is not None
        if part not in known or (flow.taker is None and part in taken):
            continue
        back = _back(flow, site, files)
        if not recurrent and (back or _function(files, flow.place) not in functions or later.has(flow)):
            continue
        call = _call_at(files, flow.place) if flow.taker is not None else None
        name = "return" if call is None else ast.unparse(call[0].func)
        if flow.taker is not None and not back:
            later.learn(flow)
        if (name, part) in seen:
            continue
        seen.add((name, part))
        taken.add(part)
        yield Consumer(name, _what(flow, site, names, scope), part, flow.argument, _place(flow.place, files))


def _function(files: Mapping[str, SourceFile], place: Place) -> ast.AST | None:
    """The innermost function around a place, the module where there is none."""
    file = files.get(place[0])
    if file is None:
        return None
    around: ast.AST = file.tree
    for node in ast.walk(file.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno <= place[1] <= (
            node.end_lineno or 0
        ):
            around = node
    return around


class _Later:
    """Names that hold what a consumer of a result made: what takes those is no consumer of the result."""

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self.files = files
        self.since: dict[tuple[ast.AST | None, str], int] = {}

    def learn(self, flow: Flow) -> None:
        """Take in what is bound to the result of a consumer's call, and to what is made of it."""
        function = _function(self.files, flow.place)
        if function is None:
            return
        made: set[str] = set()
        for node in sorted(_assignments(function), key=lambda node: node.lineno):
            here = any(
                isinstance(part, ast.Call) and (part.lineno, part.col_offset) == flow.place[1:]
                for part in ast.walk(node)
            )
            if here or (node.lineno > flow.place[1] and made & _names(node.value)):
                for target in node.targets:
                    made |= _names(target)
                    for name in _names(target):
                        self.since.setdefault((function, name), node.end_lineno or node.lineno)

    def has(self, flow: Flow) -> bool:
        """Whether a value was already made by a consumer."""
        function = _function(self.files, flow.place)
        try:
            given = _names(ast.parse(flow.argument, mode="eval"))
        except SyntaxError:
            return False
        return any(self.since.get((function, name), flow.place[1]) < flow.place[1] for name in given)


def _assignments(function: ast.AST) -> Iterator[ast.Assign]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Assign))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _crosses(flow: Flow) -> bool:
    """Whether an output goes on as a state, or a state as an input: it says less than what keeps its place."""
    return (flow.part == "output") != (flow.into == "input")


def _again(flow: Flow, site: _Site) -> bool:
    """Whether a result comes back to the layer that made it."""
    return flow.taker is not None and _made(flow.taker) == site.made


def _back(flow: Flow, site: _Site, files: Mapping[str, SourceFile]) -> bool:
    """Whether a result goes round: into the layer itself, or into what stands before or inside its call."""
    calls = [place for place in site.calls if _function(files, place) is _function(files, flow.place)]
    inside = [call[0] for place in calls if (call := _call_at(files, place)) is not None]
    return (
        _again(flow, site)
        or any(flow.place[1:] == (node.lineno, node.col_offset) for call in inside for node in _arguments(call))
        or (bool(calls) and all(flow.place[1] < place[1] for place in calls))
    )


def _arguments(call: ast.Call) -> Iterator[ast.Call]:
    """The calls that stand in the arguments of a call."""
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield from (node for node in ast.walk(argument) if isinstance(node, ast.Call))


def _part(flow: Flow, made: draw.Layer) -> str:
    if made.is_cell:
        return {"h_n": "h_1", "c_n": "c_1"}.get(flow.part, flow.part)
    return flow.part


def _what(flow: Flow, site: _Site, names: Names, scope: str) -> str:
    """A module in short: its class, its sizes, and as what it takes the value where that is not plain."""
    if flow.taker is None:
        return ""
    kind = flow.taker.kind.rpartition(".")[2]
    if flow.taker.config is not None:
        return f"{kind}, its next {flow.into}" if _again(flow, site) else f"{kind}, as {flow.into}"
    texts = [names.size(size, scope) for size in flow.sizes if size is not None]
    return f"{kind}({', '.join(texts)})" if len(texts) == 2 and LONG not in texts else kind


# Layers that belong together


def _groups(sites: Sequence[_Site]) -> list[list[_Site]]:
    """Layers that hand something to each other, in the order of their calls."""
    by_place = {site.made: site for site in sites}
    group: dict[Place, int] = {site.made: number for number, site in enumerate(sites)}
    for site in sites:
        for flow in site.flows:
            other = _made(flow.taker) if flow.taker is not None else None
            if other is not None and other in by_place and group[other] != group[site.made]:
                joined = {group[other], group[site.made]}
                if sum(number in joined for number in group.values()) <= MAX_CHAIN:
                    group = {made: min(joined) if number in joined else number for made, number in group.items()}
    out: dict[int, list[_Site]] = {}
    for site in sites:
        out.setdefault(group[site.made], []).append(site)
    for members in out.values():
        members.sort(key=lambda site: site.call[0] if site.call is not None else site.made)
    return list(out.values())


def _picture(group: Sequence[_Site]) -> Picture:
    number = {site.made: at for at, site in enumerate(group)}
    links: dict[tuple[int, int, str], Link] = {}
    for at, site in enumerate(group):
        for flow in sorted(site.flows, key=_crosses):
            other = _made(flow.taker) if flow.taker is not None else None
            target = number.get(other) if other is not None else None
            if target is not None and target > at and site.layer is not None:
                part = _part(flow, site.layer)
                links.setdefault((at, target, flow.into), Link(at, part, target, flow.into, flow.argument))
    return Picture(tuple(site.layer for site in group if site.layer is not None), tuple(_whole(links.values())))


def _whole(links: Iterable[Link]) -> Iterator[Link]:
    """The links without those of c beside those of h, which go the same way."""
    found = list(links)
    for link in found:
        beside = [one for one in found if (one.source, one.target) == (link.source, link.target)]
        if not (link.into == "c_0" and any(one.into == "h_0" for one in beside)):
            yield link


# Mistakes


def _mistakes(violations: Iterable[Violation], files: Sequence[SourceFile]) -> list[tuple[Violation, Finding]]:
    """What is reported of the program, suppressions obeyed, each with what it was judged from."""
    from lstmcheck.rules import judge
    from lstmcheck.source import suppressions

    judged: dict[Finding, Violation] = {}
    for violation in violations:
        finding = judge(violation)
        if finding is not None and finding.severity != "info":
            judged.setdefault(finding, violation)
    kept = suppressions.keep(judged, files)
    return sorted(((judged[one], one) for one in kept if one in judged), key=lambda pair: pair[1].sort_key())


def _with_mistakes(
    made: draw.Layer, site: _Site, files: Mapping[str, SourceFile], mistakes: Sequence[tuple[Violation, Finding]]
) -> draw.Layer:
    for violation, finding in mistakes:
        where = finding.location
        about = violation.layer["location"] if violation.layer is not None else None
        of_layer = about is not None and (about.path, about.line, about.column - 1) == site.made
        consumer = next((one for one in made.consumers if one.place is not None and _is_at(one, finding)), None)
        if not (of_layer or consumer is not None or any((where.path, where.line) == at[:2] for at in site.calls)):
            continue
        if about is not None and not of_layer:
            continue
        made = _with_mistake(made, violation, finding, consumer, files)
    return made


def _is_at(consumer: Consumer, finding: Finding) -> bool:
    place = consumer.place
    return place is not None and (place.path, place.line) == (finding.location.path, finding.location.line)


_WHOLE_STATE = frozenset({"hx", "state", "the state", "(h, c)", "hidden"})


def _with_mistake(
    made: draw.Layer,
    violation: Violation,
    finding: Finding,
    consumer: Consumer | None,
    files: Mapping[str, SourceFile],
) -> draw.Layer:
    need: Any = violation.need
    where = finding.location
    tensors = {one.name: one for one in (made.input, *made.states, made.output, *made.results) if one is not None}
    subject = {"h_n": "h_1", "c_n": "c_1"}.get(need.subject, need.subject) if made.is_cell else need.subject
    expected = next((row.expected for row in finding.axes if row.ok is False and row.axis == need.axis), "")
    got = next((row.got for row in finding.axes if row.ok is False and row.axis == need.axis), "")
    if subject in tensors:
        part = subject
        axes = tensors[subject].axes
        if expected and need.axis is not None and 0 <= need.axis < len(axes) and axes[need.axis] != expected:
            expected = f"{axes[need.axis]} = {expected}"
    elif subject in _WHOLE_STATE:
        part = "state"
    elif consumer is not None:
        part = consumer.name
    elif need.what.startswith(("construct.", "silent.layer", "silent.argument", "silent.option", "silent.forget")):
        part = "layer"
    else:
        place = _place((where.path, where.line, where.column - 1), files)
        source = made.output.name if made.output is not None else made.results[0].name
        consumer = Consumer(subject or finding.name, f"line {where.line}", source, "", place)
        made = replace(made, consumers=(*made.consumers, consumer))
        part = consumer.name
    place = _place((where.path, where.line, where.column - 1), files)
    because = tuple(_because(finding, made, files))
    mistake = Mistake(finding.code, finding.name, finding.message, part, need.axis, expected, got, place, because)
    return replace(made, mistakes=(*made.mistakes, mistake))


def _because(finding: Finding, made: draw.Layer, files: Mapping[str, SourceFile]) -> Iterator[tuple[draw.Place, str]]:
    """The first two lines that explain a finding, beside its own and the layer's, which are seen anyway."""
    where = finding.location
    seen = {(where.path, where.line)}
    if made.place is not None:
        seen.add((made.place.path, made.place.line))
    for related in finding.related:
        at = related.location
        if (at.path, at.line) not in seen and at.path == where.path and len(seen) < 4:
            seen.add((at.path, at.line))
            yield _place((at.path, at.line, at.column - 1), files), related.label
