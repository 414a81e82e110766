"""From paths to shapes: read, interpret under an observer, and keep what a reader wants to see."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lstmcheck.checker import Result, gather
from lstmcheck.config import Settings, did_you_mean
from lstmcheck.config.files import Scopes
from lstmcheck.contract.signatures import DEFAULTS
from lstmcheck.contract.weights import parameter_count
from lstmcheck.dims import Dim, TooComplex
from lstmcheck.findings import Violation
from lstmcheck.infer.observe import Binding, Observer, Place, Reason, Seen, place_of
from lstmcheck.source.parse import SourceFile
from lstmcheck.survey.model import Cause, FileShapes, Gap, LayerLine, Line, ProgramShapes, Shown
from lstmcheck.survey.naming import AXES, LONG, Names, alike
from lstmcheck.survey.statistics import PARTS, Call, calls_of
from lstmcheck.survey.tensors import tensors

MAX_SHAPES = 3


class NotFound(Exception):
    """What was asked for is not there; the text is one line with the way out."""


def observe(
    paths: Sequence[str], settings: Settings | Scopes, given: Mapping[str, bytes] | None = None
) -> tuple[Result, Observer]:
    """Interpret what the paths mean, watched; `given` as for a check. Raises FileNotFoundError."""
    return observed(paths, settings, given)[:2]


def observed(
    paths: Sequence[str], settings: Settings | Scopes, given: Mapping[str, bytes] | None = None
) -> tuple[Result, Observer, list[Violation]]:
    """Interpret what the paths mean, watched, and what is wrong; `given` as for a check. Raises FileNotFoundError."""
    from lstmcheck.infer import analyze

    read, roots = gather(*paths, settings=settings, given=given)
    observer = Observer()
    violations = analyze(read.files, roots, observer) if read.files else []
    return read, observer, violations


def program_shapes(
    path: str,
    part: str = "",
    settings: Settings | Scopes | None = None,
    given: Mapping[str, bytes] | None = None,
) -> ProgramShapes:
    """The shapes of a file or folder; `part` narrows a file to a line, class, function or method (`Tagger.forward`).

    `given` holds the contents of files that are not to be read from the disk, by path.

    Raises FileNotFoundError for no such path and NotFound where there is no such part, or nothing to show.
    """
    read, observer = observe([path], settings if settings is not None else Settings(), given)
    meant = [file for file in read.files if file.path in read.looked_at]
    if not meant:
        raise NotFound(nothing_there(path, read))
    if part and os.path.isdir(path):
        raise NotFound(f"{path!r} is a folder: name a file before the colon, as in {path}/model.py:{part}")
    names = Names(observer.names, observer.axes)
    calls = calls_of(read.files, observer, tests=True)
    files = []
    for file in meant:
        first, last = span(file, part) if part else (1, len(file.lines))
        shown = _file(file, first, last, observer, names, calls)
        if part or shown.layers or any(line.shapes for line in shown.lines):
            files.append(shown)
    legend = {name: AXES[name] for name in sorted(names.used)}
    return ProgramShapes(tuple(files), legend)


def nothing_there(path: str, read: Result) -> str:
    """Why there is nothing to show of a path."""
    if read.findings:
        return f"{read.findings[0].location.file}:{read.findings[0].location.row}: {read.findings[0].message}"
    if os.path.isdir(path):
        return f"no file under {path!r} uses nn.LSTM, nn.GRU, nn.RNN or a cell"
    if read.notes:
        return read.notes[0]
    return f"{path!r} does not use torch: name a Python file with recurrent layers, or a folder that holds some"


def span(file: SourceFile, part: str) -> tuple[int, int]:
    """The lines that a part of a file means: a line number stands for the function or class around it."""
    defined = list(_definitions(file.tree, ""))
    if part.isdecimal():
        line = int(part)
        if not 1 <= line <= len(file.lines):
            raise NotFound(f"{file.path} has no line {line}: it has {len(file.lines)}")
        around = [(node.end_lineno - first, first, node.end_lineno) for _, node, first in defined
                  if node.end_lineno is not None and first <= line <= node.end_lineno]  # fmt: skip
        if not around:
            return line, line
        _, first, last = min(around)
        return first, last
    matching = [(node, first) for name, node, first in defined if part in (name, name.rpartition(".")[2])]
    if not matching:
        near = did_you_mean(part, [name for name, _, _ in defined])
        raise NotFound(f"{file.path} defines no {part!r}{near}")
    node, first = matching[0]
    return first, node.end_lineno or first


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Any, int]]:
    """Classes and functions with their dotted names and first lines."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([inner.lineno, *(decorator.lineno for decorator in inner.decorator_list)])
            yield f"{prefix}{inner.name}", inner, first
            yield from _definitions(inner, f"{prefix}{inner.name}.")
        elif isinstance(inner, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            yield from _definitions(inner, prefix)


def _file(
    file: SourceFile, first: int, last: int, observer: Observer, names: Names, calls: Iterable[Call]
) -> FileShapes:
    here = [call for call in calls if call.path == file.path and first <= call.line <= last]
    lines = list(_lines(file, first, last, observer, names))
    layers = list(_layers(file, (first, last), here, observer, names))
    gaps = [
        Gap(call.line, call.text, part, cause_of(known.reason, file.path))
        for call in here
        for part in PARTS
        if (known := getattr(call, part)) is not None and not known.known
    ]
    return FileShapes(file.path, file.lines, first, last, tuple(lines), tuple(layers), tuple(gaps))


def cause_of(reason: Reason | None, path: str) -> Cause:
    """An observer's reason as it is shown beside one file."""
    if reason is None:
        return Cause("not known")
    return Cause(reason.words, reason.expression, reason.path if reason.path != path else "", reason.line)


# Lines


def _lines(file: SourceFile, first: int, last: int, observer: Observer, names: Names) -> Iterator[Line]:
    bindings = [
        (binding, seen)
        for binding, seen in observer.values.items()
        if binding.path == file.path and first <= binding.line <= last
    ]
    of_tensors = {
        (one.function, binding.text)
        for binding, seen in bindings
        for one in seen
        if one.fact.kind in ("tensor", "packed") and one.fact.known
    }
    statements = _statements(file.tree)
    for binding, seen in sorted(bindings, key=lambda item: (item[0].line, item[0].column)):
        shapes = _shown(binding, seen, names)
        column = file.column(binding.line, binding.column)
        if shapes:
            yield Line(binding.line, column, binding.text, binding.kind, seen[0].function, shapes)
        elif binding.kind != "parameter" and _of_tensors(statements.get(binding.line), seen[0].function, of_tensors):
            reason = next((one.fact.reason for one in seen if one.fact.reason is not None), None)
            if reason is not None:
                cause = cause_of(reason, file.path)
                yield Line(binding.line, column, binding.text, binding.kind, seen[0].function, (), cause)


def _shown(binding: Binding, seen: list[Seen], names: Names) -> tuple[Shown, ...]:
    """The shapes worth showing: those of the function's own run, or of its callers where those know more."""
    useful = [one for one in seen if one.fact.has_tensors and _tells(one)]
    own = [one for one in useful if one.own]
    called = [one for one in useful if not one.own]
    best = max((one.fact.known for one in own), default=0)
    if not own or (best < 2 and any(one.fact.known > best for one in called)):
        chosen = called
    else:
        chosen = own
    best = max((one.fact.known for one in chosen), default=0)
    shown: dict[str, Shown] = {}
    for one in chosen:
        if one.fact.known < min(best, 2):
            continue
        # sizes of different runs are different, whatever their names
        scope = one.function if one.own else f"{one.function} {id(one)}"
        text = names.fact(one.fact, scope)
        axes = names.shape(one.fact.shape, scope) if one.fact.kind in ("tensor", "array") else None  # type: ignore[arg-type]
        origin = "call" if not one.own else "symbolic" if one.function else "module"
        shown.setdefault(alike(text), Shown(text, axes, origin, _where(one.caller, binding.path)))
    return tuple(list(shown.values())[:MAX_SHAPES])


def _tells(one: Seen) -> bool:
    fact = one.fact
    if fact.kind in ("tensor", "array"):
        return fact.known > 0
    return any(part.known > 0 and part.has_tensors for part in fact.parts) or fact.kind == "packed"


def _where(caller: Place | None, path: str) -> str:
    if caller is None:
        return ""
    return f"line {caller[1]}" if caller[0] == path else f"{caller[0]}:{caller[1]}"


def _statements(tree: ast.Module) -> dict[int, ast.stmt]:
    return {
        node.lineno: node
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return))
    }


def _of_tensors(statement: ast.stmt | None, function: str, tensors: set[tuple[str, str]]) -> bool:
    """Whether a statement computes with something whose shape is known, so that a reader expects one of its result."""
    value = getattr(statement, "value", None)
    if value is None:
        return False
    used = {ast.unparse(node) for node in ast.walk(value) if isinstance(node, (ast.Name, ast.Attribute))}
    return any((function, name) in tensors for name in used)


# Layers


def _layers(
    file: SourceFile, span: tuple[int, int], calls: list[Call], observer: Observer, names: Names
) -> Iterator[LayerLine]:
    called: dict[Place, set[str]] = {}
    for place, runs in observer.calls.items():
        for run in runs:
            if run.layer is not None and run.layer.site is not None:
                called.setdefault(place_of(run.layer.site), set()).add(_where(place, file.path))
    wanted = {(call.path, call.line) for call in calls}
    for place, records in sorted(observer.layers.items()):
        inside = place[0] == file.path and span[0] <= place[1] <= span[1]
        used = any((where[0], where[1]) in wanted for where in _call_places(observer, place))
        if not (inside or (used and place[0] == file.path)):
            continue
        texts: dict[str, LayerLine] = {}
        for number, record in enumerate(records):
            config: Any = record.layer.config
            kind = config.kind
            scope = f"layer {number} of line {place[1]}"
            described = configuration(config, names, scope)
            shown = ", ".join(f"{key}={value}" for key, value in described.items())
            if not record.whole:
                shown += ", ..."
            lines = tuple(sorted(called.get(place, ()), key=_by_line))
            texts.setdefault(
                shown,
                LayerLine(
                    record.bound_to,
                    f"{kind}({shown})",
                    described,
                    count_of(config, names, scope),
                    place[1],
                    lines,
                    tensors(config, names, scope),
                ),
            )
        yield from list(texts.values())[:MAX_SHAPES]


def _call_places(observer: Observer, layer: Place) -> Iterator[Place]:
    for place, runs in observer.calls.items():
        if any(run.layer is not None and run.layer.site and place_of(run.layer.site) == layer for run in runs):
            yield place


def _by_line(text: str) -> tuple[str, int]:
    head, _, number = text.replace("line ", ":").rpartition(":")
    return head, int(number)


_FLAGS = ("bias", "batch_first", "bidirectional")


def configuration(config: Any, names: Names, function: str) -> dict[str, str]:
    """The arguments of a layer that differ from torch's defaults, by name; the two sizes always."""
    out: dict[str, str] = {}
    for name in ("input_size", "hidden_size", "num_layers", *_FLAGS, "dropout", "proj_size", "nonlinearity"):
        value = getattr(config, name, None)
        default = DEFAULTS.get(name)
        if value is None or (name in DEFAULTS and value == default):
            continue
        if name in _FLAGS and isinstance(value, int):
            out[name] = str(bool(value))
        elif isinstance(value, (str, float)):
            out[name] = repr(value)
        else:
            out[name] = names.size(value, function)
    return out


def count_of(config: Any, names: Names, scope: str) -> str | None:
    """The number of parameters, None where it is no number or too long a formula to read."""
    try:
        count: Dim = parameter_count(config)
    except TooComplex:
        return None
    if isinstance(count, int):
        return f"{count:,}"
    if any(atom.args for atom in count.atoms):
        return None
    text = names.size(count, scope)
    return text if text != LONG else None
