"""Chains of operations on real tensors and in the engine: the strides that it knows, and its verdicts of views."""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from ops_bench import Bench

from lstmcheck.dims import Dim, Verdict, compare, single_atom, substitute, symbol
from lstmcheck.infer.calls import call_op, call_tensor_method
from lstmcheck.infer.expressions import arithmetic
from lstmcheck.infer.layers import call_layer, construct_layer
from lstmcheck.infer.shapes import closed
from lstmcheck.infer.strides.layouts import ROWS, strides
from lstmcheck.infer.subscripts import get_item
from lstmcheck.infer.torch_ops import OPS
from lstmcheck.infer.values import Items, Slice, Tensor

torch.set_num_threads(1)
PROFILE = settings(max_examples=max(60, settings().max_examples // 2), deadline=None)


@dataclass
class Pair:
    """A real tensor and what the engine has in its place, with the true sizes of its symbols."""

    real: torch.Tensor
    seen: Any
    values: dict[Any, Dim]


def method(m: Bench, pair: Pair, name: str, *args: Any) -> Pair:
    given_ = [Items("tuple", list(one)) if isinstance(one, tuple) else one for one in args]
    return Pair(getattr(pair.real, name)(*args), call_tensor_method(m, pair.seen, name, given_, {}, False), pair.values)


def function(m: Bench, pair: Pair, path: str, real: Callable[..., Any], *args: Any, **named: Any) -> Pair:
    return Pair(real(pair.real, *args, **named), call_op(m, OPS[path], [pair.seen, *args], named, False), pair.values)


@st.composite
def stepped(draw: st.DrawFn, m: Bench, pair: Pair) -> Pair:
    """One more operation on both."""
    x, rank = pair.real, pair.real.dim()
    axis, other = draw(st.integers(-rank, rank - 1)), draw(st.integers(-rank, rank - 1))
    size = x.shape[axis]
    sizes = pair.seen.shape.left
    name = draw(st.sampled_from(NAMES))
    if name in ("transpose", "swapaxes", "movedim"):
        return method(m, pair, name, axis, other)
    if name == "permute":
        return method(m, pair, name, *draw(st.permutations(range(rank))))
    if name == "T":
        assume(rank == 2)
        return Pair(x.T, call_op(m, OPS["Tensor.T"], [pair.seen], {}, False), pair.values)
    if name == "unsqueeze":
        return method(m, pair, name, draw(st.integers(-rank - 1, rank)))
    if name == "squeeze":
        return method(m, pair, name, *draw(st.sampled_from(((), (axis,)))))
    if name == "select":
        return method(m, pair, name, axis, draw(st.integers(0, size - 1)))
    if name == "narrow":
        start = draw(st.integers(0, size - 1))
        return method(m, pair, name, axis, start, draw(st.integers(1, size - start)))
    if name in ("chunk", "split", "unbind"):
        args = (axis,) if name == "unbind" else (draw(st.integers(1, size)), axis)
        parts, seen = getattr(x, name)(*args), call_tensor_method(m, pair.seen, name, list(args), {}, False)
        at = draw(st.integers(0, len(parts) - 1))
        return Pair(parts[at], get_item(m, seen, at), pair.values)
    if name == "item":
        keys, seen_keys = draw(keys_of(x))
        return Pair(x[keys], get_item(m, pair.seen, Items("tuple", seen_keys)), pair.values)
    if name == "expand":
        more = draw(st.lists(st.integers(1, 3), max_size=1))
        wanted = [draw(st.sampled_from((1, 2, 3))) if length == 1 else -1 for length in x.shape]
        return method(m, pair, name, *more, *wanted)
    if name == "unfold":
        window = draw(st.integers(1, size))
        return method(m, pair, name, axis, window, draw(st.integers(1, 2)))
    if name in ("reshape", "flatten"):
        if name == "flatten":
            return method(m, pair, name, *sorted((axis % rank, other % rank)))
        groups = draw(grouped(rank))
        new = [math.prod(x.shape[i] for i in group) for group in groups]
        return Pair(
            x.reshape(new), call_tensor_method(m, pair.seen, name, products(sizes, groups), {}, False), pair.values
        )
    if name == "zeros_like":
        return function(m, pair, "torch.zeros_like", torch.zeros_like)
    if name == "dropout":
        training = draw(st.booleans())
        return function(m, pair, "torch.nn.functional.dropout", torch.nn.functional.dropout, 0.5, training)
    if name in ("cat", "stack"):
        seen = call_op(m, OPS[f"torch.{name}"], [Items("list", [pair.seen, pair.seen]), axis], {}, False)
        return Pair(getattr(torch, name)((x, x), axis), seen, pair.values)
    if name == "softmax":
        return method(m, pair, name, axis)
    if name == "sum":
        return method(m, pair, name, axis)
    if name == "index_select":
        index = torch.zeros(2, dtype=torch.int64)
        return Pair(
            x.index_select(axis, index), method_seen(m, pair, name, axis, Tensor(closed(2), "int64")), pair.values
        )
    if name == "linear":
        seen_layer = construct_layer(m, "torch.nn.Linear", [pair.seen.shape.left[-1], 3], {}, False)
        seen = call_layer(m, seen_layer, [pair.seen], {}, False)
        return Pair(torch.nn.Linear(x.shape[-1], 3, dtype=x.dtype)(x), seen, pair.values)
    if name in ("rows * x", "x * rows"):
        rows, seen_rows = torch.ones(x.shape, dtype=x.dtype), Tensor(pair.seen.shape, pair.seen.dtype)
        seen_rows.layout = ROWS
        first = name == "rows * x"
        a, b = (seen_rows, pair.seen) if first else (pair.seen, seen_rows)
        return Pair(rows * x if first else x * rows, arithmetic(m, ast.Mult, a, b), pair.values)
    if name == "x * 2":
        return Pair(x * 2, arithmetic(m, ast.Mult, pair.seen, 2), pair.values)
    if name == "x * last":
        last, seen_last = torch.ones(x.shape[-1], dtype=x.dtype), Tensor(closed(sizes[-1]))
        seen_last.layout = ROWS
        return Pair(x * last, arithmetic(m, ast.Mult, pair.seen, seen_last), pair.values)
    if name == "x @ square":
        assume(rank >= 2)
        square, seen_square = torch.ones(x.shape[-1], 2, dtype=x.dtype), Tensor(closed(sizes[-1], 2))
        return Pair(x @ square, arithmetic(m, ast.MatMult, pair.seen, seen_square), pair.values)
    return method(m, pair, name)


def method_seen(m: Bench, pair: Pair, name: str, *args: Any) -> Any:
    return call_tensor_method(m, pair.seen, name, list(args), {}, False)


_VIEWS = (
    *("transpose", "swapaxes", "movedim", "permute", "T", "unsqueeze", "squeeze", "select", "narrow", "chunk", "split"),
    *("unbind", "item", "expand", "unfold", "reshape", "flatten"),
)
_OTHERS = (
    *("contiguous", "clone", "relu", "double", "dropout", "cat", "stack", "softmax", "sum", "linear", "zeros_like"),
    *("rows * x", "x * rows", "x * 2", "x * last", "x @ square", "detach", "index_select", "exp"),
)
NAMES = (*_VIEWS, *_VIEWS, *_OTHERS)


@st.composite
def keys_of(draw: st.DrawFn, x: torch.Tensor) -> tuple[tuple[Any, ...], list[Any]]:
    """A key of a tensor, as Python takes it and as the engine does."""
    real: list[Any] = []
    for size in x.shape[: draw(st.integers(0, x.dim()))]:
        kind = draw(st.sampled_from(("all", "int", "slice", "tail", "step", "new")))
        if kind == "new":
            real.append(None)
        if kind in ("all", "new"):
            real.append(slice(None))
        elif kind == "int":
            real.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            start = draw(st.integers(0, size - 1))
            real.append(slice(start, draw(st.integers(start + 1, size))))
        else:
            real.append(slice(-1, None) if kind == "tail" else slice(None, None, 2))
    if draw(st.booleans()):
        real.insert(0, ...) if draw(st.booleans()) and sum(key is not None for key in real) < 1 else real.append(...)
    seen = [Slice(key.start, key.stop, key.step) if isinstance(key, slice) else key for key in real]
    return tuple(real), seen


@st.composite
def grouped(draw: st.DrawFn, rank: int) -> list[list[int]]:
    """Neighbouring axes in groups."""
    groups: list[list[int]] = []
    for axis in range(rank):
        if groups and draw(st.sampled_from((True, True, False))):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return groups


def products(sizes: tuple[Dim, ...], groups: list[list[int]]) -> list[Dim]:
    found: list[Dim] = []
    for group in groups:
        total: Dim = 1
        for axis in group:
            total = total * sizes[axis]
        found.append(total)
    return found


def begun(data: st.DataObject, m: Bench, shown: bool) -> Pair:
    """A contiguous tensor; unless its sizes are shown, each is a symbol."""
    sizes = data.draw(st.lists(st.sampled_from((1, 2, 2, 3, 3, 4)), min_size=2, max_size=4))
    seen: list[Dim] = list(sizes)
    values = {}
    if not shown:
        for axis, size in enumerate(sizes):
            if data.draw(st.booleans()):
                seen[axis] = symbol(f"s{axis}", 1)
                atom = single_atom(seen[axis])
                values[atom] = size
                if size > 1 and data.draw(st.booleans()):
                    m.several.add(atom)
    made = call_op(m, OPS["torch.ones"], seen, {}, False)
    return Pair(torch.ones(sizes), made, values)


def known(m: Bench, pair: Pair) -> bool:
    """Whether the engine knows the strides; they must be the true ones then."""
    seen = pair.seen
    if not isinstance(seen, Tensor) or seen.shape.open or seen.layout is None:
        return False
    sizes = [substitute(size, pair.values) for size in seen.shape.left]
    if sizes != list(pair.real.shape):
        if all(isinstance(size, int) for size in sizes):
            # `squeeze()` takes the last axis, where it is a symbol, not to be 1
            assert pair.values
            assume(False)
        return False

    def equal(a: Dim, b: Dim) -> bool | None:
        found = compare(substitute(a, pair.values), substitute(b, pair.values)).verdict
        return True if found is Verdict.EQ else False if found is Verdict.NE else None

    found = strides(seen.layout, seen.shape.left, equal)
    if found is None:
        return False
    told = [substitute(stride, pair.values) for stride in found]
    longer = [axis for axis, size in enumerate(pair.real.shape) if size > 1]
    assert [told[axis] for axis in longer] == [pair.real.stride(axis) for axis in longer]
    return True


def chain(data: st.DataObject, m: Bench, shown: bool) -> tuple[Pair, bool]:
    pair = begun(data, m, shown)
    sure = known(m, pair)
    for _ in range(data.draw(st.integers(1, 6))):
        if not isinstance(pair.seen, Tensor) or pair.seen.shape.open or not 1 <= pair.real.dim() <= 5:
            break
        assume(pair.real.numel() < 2_000)
        pair = data.draw(stepped(m, pair))
        sure = known(m, pair)
    return pair, sure


@PROFILE
@given(st.data())
def test_strides_of_numbers(data: st.DataObject) -> None:
    m = Bench()
    pair, sure = chain(data, m, True)
    event(f"known: {sure}")
    judged(data, m, pair, sure)


@PROFILE
@given(st.data())
def test_strides_of_symbols(data: st.DataObject) -> None:
    m = Bench()
    pair, _ = chain(data, m, False)
    judged(data, m, pair, False)


def judged(data: st.DataObject, m: Bench, pair: Pair, sure: bool) -> None:
    """Draw a view: the engine never says that it fails where torch takes it; with known strides it says all that do."""
    if not isinstance(pair.seen, Tensor) or pair.seen.shape.open or not pair.real.dim():
        return
    sizes = pair.seen.shape.left
    if [substitute(size, pair.values) for size in sizes] != list(pair.real.shape):
        return
    groups = data.draw(grouped(pair.real.dim()))
    new = [math.prod(pair.real.shape[axis] for axis in group) for group in groups]
    m.unmet.clear()
    call_tensor_method(m, pair.seen, "view", products(sizes, groups), {}, False)
    fails = any(need.what == "op.view" for need in m.unmet)
    try:
        pair.real.view(new)
        taken = True
    except RuntimeError:
        taken = False
    event(f"fails: {not taken}, told: {fails}")
    assert not (fails and taken)
    if sure:
        assert fails is not taken


def test_windows_of_which_there_may_be_one_are_left_alone() -> None:
    m = Bench()
    for steps, fails in ((symbol("steps", 1), False), (4, True)):
        x = call_op(m, OPS["torch.ones"], [steps, 3], {}, False)
        windows = call_tensor_method(m, x, "unfold", [0, 1, 2], {}, False)
        m.unmet.clear()
        call_tensor_method(m, windows, "view", [windows.shape.left[0] * 3], {}, False)
        assert bool(m.unmet) is fails
