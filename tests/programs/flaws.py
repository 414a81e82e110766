"""Small changes to a right program, of the kind that people make by mistake."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from programs.choices import Choices

LAYERS = ("LSTM", "GRU", "RNN")
DROPPED = frozenset(
    [
        "transpose",
        "permute",
        "unsqueeze",
        "squeeze",
        "contiguous",
        "detach",
        "view",
        "reshape",
        "mean",
        "sum",
        "flatten",
        "expand",
        "repeat",
        "max",
        "t",
        "long",
        "float",
    ]
)


class Flaw(NamedTuple):
    """One change: the text between two byte offsets is replaced."""

    what: str
    start: int
    end: int
    text: str

    def apply(self, source: str) -> str:
        data = source.encode()
        return (data[: self.start] + self.text.encode() + data[self.end :]).decode()


def broken(c: Choices, files: dict[str, str]) -> tuple[str, dict[str, str]]:
    """(what was changed, the program with one change). The kind is chosen first: rare ones are drawn as often."""
    name = c.of(sorted(files))
    flaws = list(find(files[name])) or list(find(files[name := "program.py"]))
    kinds = sorted({flaw.what for flaw in flaws})
    what = c.of(kinds)
    flaw = c.of([flaw for flaw in flaws if flaw.what == what])
    return what, {**files, name: flaw.apply(files[name])}


def find(source: str) -> Iterator[Flaw]:
    """Every change that this module knows, in a program whose imports stand first."""
    tree = ast.parse(source)
    lines = [0]
    for line in source.encode().split(b"\n"):
        lines.append(lines[-1] + len(line) + 1)

    def span(node: ast.AST) -> tuple[int, int]:
        return (
            lines[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            lines[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    data = source.encode()

    def text(node: ast.AST) -> str:
        start, end = span(node)
        return data[start:end].decode()

    def change(what: str, node: ast.AST, new: str) -> Flaw:
        return Flaw(what, *span(node), new)

    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            yield from (change(what, node, new) for what, new in _constants(node))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield change("sign dropped", node, text(node.operand))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Add, ast.Sub, ast.FloorDiv)):
            yield change("factor dropped", node, text(node.left))
            yield change("factor dropped", node, text(node.right))
            if isinstance(node.op, ast.FloorDiv):
                yield change("true division", node, f"{text(node.left)} / {text(node.right)}")
        elif isinstance(node, ast.IfExp):
            yield change("condition dropped", node, text(node.body))
            yield change("condition dropped", node, text(node.orelse))
        elif isinstance(node, ast.Call):
            yield from _call(node, span, text)
        elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
            yield from _exchanged("elements exchanged", node.elts, span, text)
            yield change("element for tuple", node, text(node.elts[0]))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield change("index dropped", node, text(node.value))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            yield change("not unpacked", node.targets[0], text(node.targets[0].elts[0]))
            nested = [part for part in node.targets[0].elts if isinstance(part, ast.Tuple)]
            for part in nested:
                yield change("not unpacked", part, text(part.elts[0]))
        elif isinstance(node, ast.Assign) and _rebinds(node):
            yield change("statement dropped", node, "pass")
        elif isinstance(node, ast.Attribute) and node.attr in LAYERS:
            for other in LAYERS:
                if other != node.attr:
                    yield change("other layer", node, text(node)[: -len(node.attr)] + other)
        elif isinstance(node, ast.FunctionDef):
            yield from _names(node, span)


def _constants(node: ast.Constant) -> Iterator[tuple[str, str]]:
    if node.value is True or node.value is False:
        yield "flag turned", repr(not node.value)
    elif isinstance(node.value, int):
        yield "number changed", repr(node.value + 1)
        if node.value > 0:
            yield "number changed", repr(node.value - 1)
    elif node.value in LAYERS:
        yield from (("other layer", repr(other)) for other in LAYERS if other != node.value)


def _call(node: ast.Call, span, text) -> Iterator[Flaw]:  # type: ignore[no-untyped-def]
    start, end = span(node)
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in DROPPED:
        yield Flaw("method dropped", start, end, text(function.value))
    if isinstance(function, ast.Attribute) and function.attr == "reshape":
        arguments = text(node).removeprefix(text(function))
        yield Flaw("view for reshape", start, end, f"{text(function.value)}.view{arguments}")
    given = [*node.args, *node.keywords]
    if len(node.args) > 1:
        yield from _exchanged("arguments exchanged", node.args, span, text)
    for place, argument in enumerate(given):
        if isinstance(argument, ast.keyword) or place == len(node.args) - 1:
            rest = [text(other) for other in given if other is not argument]
            yield Flaw("argument dropped", start, end, f"{text(function)}({', '.join(rest)})")


def _exchanged(what: str, nodes: list[ast.expr], span, text) -> Iterator[Flaw]:  # type: ignore[no-untyped-def]
    for left, right in itertools.pairwise(nodes):
        (start, left_end), (right_start, end) = span(left), span(right)
        if ast.dump(left) == ast.dump(right):
            continue
        if left_end <= right_start:
            yield Flaw(what, start, end, f"{text(right)}, {text(left)}")


def _rebinds(node: ast.Assign) -> bool:
    """`x = x.transpose(0, 1)`: without it the program still has an `x`."""
    target = node.targets[0]
    names = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
    return isinstance(target, ast.Name) and target.id in names


def _names(function: ast.FunctionDef, span) -> Iterator[Flaw]:  # type: ignore[no-untyped-def]
    """A variable of the function in the place of another."""
    stored = {
        inner.id for inner in ast.walk(function) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
    stored |= {argument.arg for argument in function.args.args if argument.arg != "self"}
    for inner in ast.walk(function):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) and inner.id in stored:
            yield from (Flaw("other name", *span(inner), other) for other in sorted(stored - {inner.id, "_"}))
