"""What the way in which a program takes parts of its data tells of the axes.

`x[:, :-1]` beside `x[:, 1:]` are inputs and targets one step apart; rows that are picked at random are samples; windows
of a series that are stacked are samples of consecutive steps. It is read from the text of the function that does it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from lstmcheck import words
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axis, Evidence, learn, mean
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Array, Items, Slice, Tensor, Value
from lstmcheck.source.syntax import walk

_PERMUTES = frozenset({"randperm", "permutation"})
_DRAWS = frozenset({"randint", "choice", "integers", "sample", "choices", "multinomial"})
_PARTS = frozenset({"split", "chunk", "array_split", "tensor_split", "DataLoader", "BatchSampler"})
_END = "the end"


def read(m: Machine, x: Tensor, key: Value, result: Value) -> None:
    """Look at `x[key]` of a tensor, or of an array's data, of whose axes nothing is known yet."""
    rank = x.shape.rank
    if rank is None or not 2 <= rank <= 5 or not isinstance(m.node, ast.Subscript) or "axes" in x.state:
        return
    first = key.head[0] if isinstance(key, Items) and key.kind == "tuple" and key.whole and key.head else key
    if isinstance(first, Slice):
        _shifted(m, x, rank, key, m.node)
        return
    if isinstance(result, Array):
        result = result.data
    if isinstance(result, Tensor) and result.shape.rank == rank and "axes" not in result.state and _is_index(first):
        written = m.node.slice
        drawn = drawn_by(scopes.scope_of(m), written.elts[0] if isinstance(written, ast.Tuple) else written)
        if drawn in _PERMUTES or (drawn and rank > 2):
            batch = Axis("batch", Evidence("data", "the rows are picked at random here", m.here()))
            mean(result, (batch, *(None,) * (rank - 1)))


def _is_index(key: Value) -> bool:
    if isinstance(key, Array):
        key = key.data
    if isinstance(key, Tensor):
        return key.shape.rank == 1 and (key.dtype is None or "int" in key.dtype)
    return isinstance(key, Items) and key.kind == "list"


def drawn_by(scope: ast.AST, node: ast.AST, depth: int = 0) -> str:
    """The function of random numbers that an index comes from; empty where it comes from none, or from elsewhere."""
    if depth > 4:
        return ""
    if isinstance(node, ast.Call):
        name = words.last_name(node.func)
        if name in _PERMUTES or name in _DRAWS:
            return name
        inner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        if name in _PARTS or name in ("from_numpy", "tensor", "as_tensor", "to", "tolist", "long", "cpu", "numpy"):
            return next(filter(None, (drawn_by(scope, one, depth + 1) for one in (*inner, *node.args[:1]))), "")
        return ""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return drawn_by(scope, node.value, depth + 1)
    if isinstance(node, ast.Name):
        sources = [*scopes.bound_to(scope, node.id), *_looped(scope).get(node.id, ())]
        found = [drawn_by(scope, source, depth + 1) for source in sources]
        return found[0] if found and all(found) else ""
    return ""


@remembered
def _looped(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """For every name that a loop or comprehension counts with, what it is over."""
    found: dict[str, list[ast.expr]] = {}
    for node in walk(scope):
        if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, []).append(node.iter)
    return found


# Slices that are one step apart


def _shifted(m: Machine, x: Tensor, rank: int, key: Value, node: ast.Subscript) -> None:
    shifts = _shifts(scopes.scope_of(m))
    if not shifts:
        return
    found = shifts.get(ast.unparse(node.value))
    if found is None or found[0] >= rank:
        return
    at, text = found
    time = Axis("time", Evidence("data", text, m.here()))
    batch = Axis("batch", Evidence("data", text, m.here())) if at == 1 else None
    learn(m, x, tuple(time if i == at else batch if i == 0 else None for i in range(rank)))


@remembered
def _shifts(scope: ast.AST) -> dict[str, tuple[int, str]]:
    """For what a scope reads at two places one step apart, the axis and the two readings in words."""
    seen: dict[tuple[str, int], dict[tuple[_Sum, _Sum], _Reading]] = {}
    for node in walk(scope):
        if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
            continue
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        partial = [i for i, key in enumerate(keys) if not (isinstance(key, ast.Slice) and _is_whole(key))]
        part = keys[partial[0]] if len(partial) == 1 and partial[0] <= 1 else None
        if isinstance(part, ast.Slice) and part.step is None and all(isinstance(key, ast.Slice) for key in keys):
            start, end = _bound(part.lower, False), _bound(part.upper, True)
            alike = seen.setdefault((ast.unparse(node.value), partial[0]), {})
            alike.setdefault((_sum_of(start), _sum_of(end)), _Reading(node, start, end))
    found: dict[str, tuple[int, str]] = {}
    for (name, at), readings in seen.items():
        pair = _one_step_apart(list(readings.values()))
        if pair is not None:
            one, other = (ast.unparse(reading.node) for reading in pair)
            found.setdefault(name, (at, f"`{one}` and `{other}` are one step apart"))
    return found


_Sum = frozenset[tuple[str, int]]


class _Reading(NamedTuple):
    """A slice, and its bounds as sums."""

    node: ast.Subscript
    start: dict[str, int]
    end: dict[str, int]


def _sum_of(bound: dict[str, int]) -> _Sum:
    return frozenset(bound.items())


def _one_step_apart(readings: list[_Reading]) -> tuple[_Reading, _Reading] | None:
    """The first slice and another that is the same one, later by as many steps at both ends, and that it overlaps.

    That is one step, or any number where both end where the tensor ends.
    """
    # what begins and ends later by the same is as long
    lengths = [_minus(reading.end, reading.start) for reading in readings]
    as_long: dict[_Sum, dict[_Sum, int]] = {}
    to_the_end: dict[_Sum, list[int]] = {}
    for number, (reading, length) in enumerate(zip(readings, lengths)):
        as_long.setdefault(_sum_of(length), {})[_sum_of(reading.start)] = number
        if reading.end.get(_END, 0):
            to_the_end.setdefault(_sum_of(length), []).append(number)
    for number, (reading, length) in enumerate(zip(readings, lengths)):
        others = [one for one in to_the_end.get(_sum_of(length), [])[:2] if one != number and reading.end.get(_END, 0)]
        later = as_long[_sum_of(length)].get(_sum_of(_minus(reading.start, {"": -1})))
        if later is not None and length != {"": 1}:
            others.append(later)
        if others:
            return reading, readings[min(others)]
    return None


def _is_whole(key: ast.Slice) -> bool:
    return key.lower is None and key.upper is None and key.step is None


def _bound(node: ast.expr | None, upper: bool) -> dict[str, int]:
    """A bound as a sum: how often each name is in it, and the number; negative ones are counted from the end."""
    if node is None:
        return {_END: 1} if upper else {}
    found = _sum(node)
    return {**found, _END: 1} if isinstance(node, ast.UnaryOp) else found


def _sum(node: ast.expr) -> dict[str, int]:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return {"": node.value} if node.value else {}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return {name: -count for name, count in _sum(node.operand).items()}
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = _sum(node.left), _sum(node.right)
        return _minus(left, right if isinstance(node.op, ast.Sub) else {name: -count for name, count in right.items()})
    return {ast.unparse(node): 1}


def _minus(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    found = {name: a.get(name, 0) - b.get(name, 0) for name in {**a, **b}}
    return {name: count for name, count in found.items() if count}


# Windows of a series

_STACKS = frozenset({"stack", "array", "tensor", "as_tensor", "asarray", "FloatTensor", "LongTensor", "Tensor"})


def stacked(m: Machine, result: Value) -> None:
    """Look at what makes one tensor or array of a list of windows: `torch.stack([data[i : i + n] for i in starts])`."""
    if isinstance(result, Array):
        result = result.data
    call = m.node
    if not isinstance(result, Tensor) or "axes" in result.state or result.shape.rank not in (None, 2, 3):
        return
    if not isinstance(call, ast.Call) or not call.args or words.last_name(call.func) not in _STACKS:
        return
    at = next((word.value for word in call.keywords if word.arg in ("dim", "axis")), None)
    at = call.args[1] if at is None and len(call.args) > 1 and words.last_name(call.func) == "stack" else at
    if at is not None and not (isinstance(at, ast.Constant) and at.value in (0, 1)):
        return
    scope = scopes.scope_of(m)
    if any(_is_window(scope, element) for element in _elements(scope, call.args[0])):
        evidence = Evidence("data", "windows of a series are put together here", m.here())
        pair = (Axis("batch", evidence), Axis("time", evidence))
        second = isinstance(at, ast.Constant) and at.value == 1
        mean(result, (*(pair[::-1] if second else pair), *(None,) * ((result.shape.rank or 2) - 2)))


# names that lead to names
_DEEP = 3


def _elements(scope: ast.AST, node: ast.expr, depth: int = 0) -> Iterator[ast.expr]:
    """What the elements of a list are, as far as its function shows."""
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        yield node.elt
    elif (
        isinstance(node, ast.Call)
        and node.args
        and words.last_name(node.func) in (_STACKS | {"list"})
        and depth < _DEEP
    ):
        yield from _elements(scope, node.args[0], depth + 1)
    elif isinstance(node, ast.Name) and depth < _DEEP:
        for value in scopes.bound_to(scope, node.id):
            yield from _elements(scope, value, depth + 1)
        yield from appended(scope).get(node.id, ())


@remembered
def appended(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """For every list that a function appends to by name, what it appends."""
    found: dict[str, list[ast.expr]] = {}
    for node in walk(scope):
        method = node.func if isinstance(node, ast.Call) and len(node.args) == 1 else None
        if isinstance(method, ast.Attribute) and method.attr == "append" and isinstance(method.value, ast.Name):
            assert isinstance(node, ast.Call)
            found.setdefault(method.value.id, []).append(node.args[0])
    return found


@remembered
def _is_window(scope: ast.AST, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression is `series[i : i + n]` for every i, or for random ones."""
    if isinstance(node, ast.Name) and depth < _DEEP:
        return any(_is_window(scope, value, depth + 1) for value in scopes.bound_to(scope, node.id))
    if isinstance(node, ast.Call) and node.args and words.last_name(node.func) in _STACKS:
        return _is_window(scope, node.args[0], depth)
    if not isinstance(node, ast.Subscript):
        return False
    rows = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
    if not isinstance(rows, ast.Slice) or rows.lower is None or rows.upper is None or rows.step is not None:
        return False
    counters = [name for name in scopes.names_in(rows.lower) if name in _looped(scope)]
    length = None if len(counters) != 1 else _length(rows.lower, rows.upper)
    return length is not None and length != {"": 1} and all(_is_dense(scope, it) for it in _looped(scope)[counters[0]])


def _length(first: ast.expr, last: ast.expr) -> dict[str, int] | None:
    lower = _sum(first)
    # the counter itself must be in both: `i * n : (i + 1) * n` are parts, not windows
    if not any(name.isidentifier() and count == 1 for name, count in lower.items()):
        return None
    return _minus(_sum(last), lower)


def _is_dense(scope: ast.AST, iterated: ast.expr) -> bool:
    """Whether a counter goes on by one, or is random, so that windows overlap."""
    if isinstance(iterated, ast.Call) and words.last_name(iterated.func) in ("range", "trange"):
        return len(iterated.args) < 3 or (isinstance(iterated.args[2], ast.Constant) and iterated.args[2].value == 1)
    return bool(drawn_by(scope, iterated))
