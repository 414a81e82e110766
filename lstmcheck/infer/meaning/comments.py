"""What a function's head says of its parameters' axes: `# x: (batch, seq_len, features)`, or so in the docstring."""

from __future__ import annotations

import ast
import re

from lstmcheck import words
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axis, Evidence, axes_of, learn
from lstmcheck.infer.meaning.names import named
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.torch_ops.common import with_rank
from lstmcheck.infer.values import Site, Tensor, Unknown, Value
from lstmcheck.source.parse import SourceFile

_GROUP = re.compile(r"[(\[]([^()\[\]]+,[^()\[\]]+)[)\]]")
_LINE = re.compile(r"[\s#*\-:]*(?:param\s+|input\s+)?`*(\w+)`*\s*(.*)")
# one line may describe several: `# x: (batch, steps); y: (batch, words)`
_BETWEEN = re.compile(r"(?<=[)\]])[;,.]\s+(?=\w+`*\s*[:=(])")
# how far a parameter's name and its shape may stand apart
_APART = 60
_Told = tuple[ast.arg, str, tuple[str, ...]]


def note(m: Machine, file: SourceFile, node: ast.FunctionDef, values: dict[str, Value]) -> None:
    """Give tensors that come in with nothing known of their axes what the function's head says of them."""
    for name, (parameter, text, sizes) in _described(file, node).items():
        value = values.get(name)
        if not isinstance(value, Tensor) and not (isinstance(value, Unknown) and value.kind in (None, "tensor")):
            continue
        x = m.tensor(value)
        if x is None or with_rank(x, len(sizes)) is None or axes_of(x) is not None:
            continue
        site = Site(file, parameter)
        found = [named(size, site) for size in sizes]
        told = tuple(None if one is None else Axis(one.kind, Evidence("name", f"`{text}`", site)) for one in found)
        learn(m, x, told)


@remembered
def _described(file: SourceFile, node: ast.FunctionDef) -> dict[str, _Told]:
    """For each parameter that the head gives one shape with a batch: the text, and the sizes' names."""
    parameters = {one.arg: one for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    found: dict[str, _Told] = {}
    several: set[str] = set()
    for text in (part for line in _head(file, node) for part in _BETWEEN.split(line)):
        start = _LINE.fullmatch(text)
        if start is None or start[1] not in parameters:
            continue
        before, _, _ = start[2].partition("->")
        groups = [group for group in _GROUP.finditer(before) if group.start() < _APART]
        shapes = [(group[0], sizes) for group in groups if (sizes := _sizes(group[1])) is not None]
        name = start[1]
        if len(shapes) != 1 or name in found:
            several |= {name} if shapes else set()
            continue
        found[name] = (parameters[name], f"{name}: {shapes[0][0]}", shapes[0][1])
    return {name: told for name, told in found.items() if name not in several}


def _sizes(text: str) -> tuple[str, ...] | None:
    """The sizes of axes of which the first two are a batch and a time, or a batch and something that has no word.

    Of two alone, and where only the batch has a word, the words must say so in full.
    """
    sizes = tuple("_".join(part.split()) for part in text.split(","))
    meant = [words.axis_kind(size) or ("", True) for size in sizes]
    kinds = [kind for kind, _ in meant]
    first = sorted(kinds[:2])
    if first not in (["batch", "time"], ["", "batch"]) or {"batch", "time"} & set(kinds[2:]):
        return None
    return None if (len(sizes) == 2 or "" in first) and not all(full for _, full in meant[:2]) else sizes


def _head(file: SourceFile, node: ast.FunctionDef) -> list[str]:
    """The docstring's lines, and the comments that stand before the first other statement."""
    docstring, first = ast.get_docstring(node), node.body[0]
    before = _comments(file, max((one.lineno for one in node.args.args), default=node.lineno), first.lineno)
    if docstring is None:
        return before
    after = (first.end_lineno or first.lineno) + 1
    stop = node.body[1].lineno if len(node.body) > 1 else after
    return [*docstring.splitlines(), *before, *_comments(file, after, stop)]


def _comments(file: SourceFile, start: int, stop: int) -> list[str]:
    """The comments of the lines from one to before another."""
    return [line.partition("#")[2] for line in file.lines[start - 1 : stop - 1] if "#" in line]
