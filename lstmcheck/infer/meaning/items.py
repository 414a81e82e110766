"""Reading parts of a tensor by `x[...]`: which axis each part of the key takes, and what the rest stands for."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lstmcheck.contract.config import RecurrentConfig
from lstmcheck.dims import Dim, Poly
from lstmcheck.frozen import frozen
from lstmcheck.infer.joins import is_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import ROWS, Axes, Axis, Evidence, axes_of, mean
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Array, Items, Range, Slice, Tensor, Unknown, Value


@frozen
class Part:
    """One part of a key: the axis that it takes (None for a new axis), and the key there."""

    axis: int | None
    key: Value


def parts_of(key: Value, rank: int) -> list[Part] | None:
    """A key as one part for every axis, left to right; None where it is not known which axes it takes."""
    keys = _keys(key)
    taken = sum(one is not None and one is not Ellipsis for one in keys)
    if taken > rank or any(isinstance(one, (bool, str)) or _is_mask(one) for one in keys):
        return None
    full = [Slice(None, None, None)] * (rank - taken)
    at = next((i for i, one in enumerate(keys) if one is Ellipsis), None)
    keys = keys + full if at is None else keys[:at] + full + [one for one in keys[at + 1 :] if one is not Ellipsis]
    found: list[Part] = []
    axis = 0
    for one in keys:
        found.append(Part(None if one is None else axis, one))
        axis += one is not None
    return found


def _is_mask(key: Value) -> bool:
    return isinstance(key, Tensor) and (key.dtype == "bool" or (key.dtype is None and key.shape.rank not in (0, 1)))


def is_number(key: Value) -> bool:
    """Whether a part of a key picks one position of its axis."""
    return is_dim(key) or (isinstance(key, Unknown) and key.kind == "int")


def is_whole(key: Value) -> bool:
    """Whether a part of a key is `:`."""
    return isinstance(key, Slice) and key.lower is None and key.upper is None and key.step is None


def is_last(m: Machine, key: Value, sizes: Sequence[Dim]) -> bool:
    """Whether a part of a key means the last position: `-1`, `-1:`, or `n - 1` of one of some sizes."""
    if isinstance(key, Slice):
        return key.lower is not None and key.upper is None and key.step in (None, 1) and is_last(m, key.lower, sizes)
    if isinstance(key, int) and key == -1:
        return True
    return any(_is_written_last(m, key, size) for size in sizes)


def carry_item(m: Machine, x: Tensor, key: Value, result: Value) -> None:
    """Give `x[key]` the meanings of what is left of the axes of x, and show the reading to the detectors."""
    axes = axes_of(x) or by_order(x, key)
    if axes is None:
        return
    parts = parts_of(key, len(axes))
    if parts is not None:
        _carry(m, x, axes, parts, result)


def carry_array_item(m: Machine, x: Tensor, key: Value, result: Value) -> None:
    """Give a part of an array the meanings of the axes of its data, where they are known."""
    axes = axes_of(x)
    if axes is None or not isinstance(result, Array) or result.data is x or "axes" in result.data.state:
        return
    keys = [part.data if isinstance(part, Array) else part for part in _keys(key)]
    parts = parts_of(Items("tuple", keys), len(axes))
    left = left_of(m, x, axes, parts) if parts is not None else None
    if left is not None and result.shape.rank in (None, len(left)):
        mean(result.data, left)


def _keys(key: Value) -> list[Value]:
    return list(key.head) if isinstance(key, Items) and key.kind == "tuple" and key.whole else [key]


def carry_pick(m: Machine, x: Tensor, at: int, key: Value, result: Value) -> None:
    """Give what `select` and `narrow` take at an axis its meanings: the same as `x[..., key, ...]`."""
    axes = axes_of(x)
    if axes is not None and -len(axes) <= at < len(axes):
        full = Slice(None, None, None)
        _carry(m, x, axes, [Part(i, key if i == at % len(axes) else full) for i in range(len(axes))], result)


def _carry(m: Machine, x: Tensor, axes: Axes, parts: list[Part], result: Value) -> None:
    from lstmcheck.infer.silent import reading

    reading.item(m, x, axes, parts, result)
    if not isinstance(result, Tensor) or result is x or "axes" in result.state:
        return
    left = left_of(m, x, axes, parts)
    if left is not None and result.shape.rank in (None, len(left)):
        mean(result, left)
    numbers = [part.axis for part in parts if part.axis is not None and is_number(part.key)]
    if len(numbers) == 1:
        result.state["picked"] = axes[numbers[0]]


def picked_last(m: Machine, element: Value) -> None:
    """Show `x.unbind(dim)[-1]` to the detectors as the reading `x[..., -1, ...]` that it is."""
    from lstmcheck.infer.silent import reading

    source = element.state.get("unbound") if isinstance(element, Tensor) else None
    axes = axes_of(source[0]) if source is not None else None
    if source is None or axes is None:
        return
    x, at = source
    whole = Slice(None, None, None)
    reading.item(m, x, axes, [Part(i, -1 if i == at else whole) for i in range(len(axes))], element)


def order_in(key: Value) -> tuple[int, Tensor | Items] | None:
    """The axis at which a key puts samples into the order of a sort, and the index; None for any other key."""
    keys = key.head if isinstance(key, Items) and key.kind == "tuple" and key.whole else (key,)
    for at, one in enumerate(keys):
        if isinstance(one, (Tensor, Items)) and "order" in one.state:
            return at, one
        if not is_whole(one):
            return None
    return None


def by_order(x: Tensor, key: Value) -> Axes | None:
    """A tensor that is put into the order of a sort of the samples has them on the axis that the order indexes."""
    rank = x.shape.rank
    found = order_in(key)
    if found is None or rank is None or found[0] >= rank:
        return None
    at, index = found
    order = index.state["order"]
    batch = Axis("batch", Evidence("order", "the samples are sorted here", order.site), order=order)
    return (*(None,) * at, batch, *(None,) * (rank - at - 1))


def left_of(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> Axes | None:
    """What the axes that a key leaves stand for; None where that is not known."""
    left: list[Axis | None] = []
    advanced: list[tuple[int, Part]] = []
    for part in parts:
        if part.axis is None:
            left.append(Axis("new", Evidence("view", "an index of None makes this axis")))
        elif isinstance(part.key, Slice):
            axis = axes[part.axis]
            left.append(axis if is_whole(part.key) or axis is None else _sliced(m, axis, part))
        elif not is_number(part.key):
            if not advanced:
                left.append(None)
            advanced.append((len(left) - 1, part))
    if advanced:
        if any(_rank(part.key) != 1 for _, part in advanced):
            return None
        if len(advanced) > 1 and not _adjacent(parts):
            return None
        kinds = [axes[part.axis] for _, part in advanced if part.axis is not None]
        batch = next((axis for axis in kinds if axis is not None and axis.kind == "batch"), None)
        left[advanced[0][0]] = _ordered(batch, advanced[0][1].key) if batch is not None else None
    last = left[-1] if left else None
    if last is not None and last.kind == "features" and last.half:
        left[-1] = _half_at(m, x, axes, parts, last)
    return tuple(left)


def _half_at(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part], last: Axis) -> Axis:
    """The features of a bidirectional output, with the direction and the step that a key takes of them."""
    sizes = with_rank(x, len(axes))
    for part in parts:
        axis = axes[part.axis] if part.axis is not None else None
        if axis is None or part.axis is None or is_whole(part.key):
            continue
        if axis.kind == "halves" and is_number(part.key):
            way = m.int_of(part.key)
            last = replace(last, half={0: "forward", 1: "backward", -1: "backward", -2: "forward"}.get(way or 0, ""))
        elif axis.kind == "time" and not axis.padded:
            size = sizes[part.axis] if sizes is not None else None
            step = _step(m, part.key, size)
            if step or not is_whole(part.key):
                last = replace(last, step=step, taken=m.here() if step else None)
    return last


def _step(m: Machine, key: Value, size: Dim | None) -> str:
    """Which end of a sequence a key takes: "last", "first", or empty for more than one step or another one."""
    if size is not None and equal(size, 1, m):
        return ""
    if is_last(m, key, () if size is None else (size,)):
        return "last"
    if is_number(key):
        return "first" if key == 0 else ""
    if isinstance(key, Slice) and key.step is None:
        return "first" if key.lower in (None, 0) and key.upper == 1 else ""
    return ""


def _is_written_last(m: Machine, key: Value, size: Dim) -> bool:
    """Whether a position is `size - 1` by intention: in loops it may be one of many, and a constant that by chance."""
    if not is_dim(key) or not equal(key, size - 1, m) or any(run.frame is m.frame for run in m.loops):
        return False
    node = m.node
    keys = [node.slice] if isinstance(node, ast.Subscript) else getattr(node, "args", ())
    written = [one for key in keys for one in (key.elts if isinstance(key, ast.Tuple) else [key])]
    if any(_varies(m, one) for one in written):
        return False
    return isinstance(key, Poly) or any(is_before(one) for one in written)


def _varies(m: Machine, node: ast.expr) -> bool:
    """Whether an expression names a variable of a loop or comprehension."""
    names = scopes.names_in(node)
    scope = scopes.scope_of(m)
    loops: list[Any] = [*scopes.of_kind(scope, ast.For), *scopes.of_kind(scope, ast.comprehension)]
    return any(names & scopes.names_in(loop.target) for loop in loops)


def is_before(node: ast.AST | None) -> bool:
    """Whether an expression is `... - 1`."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub):
        return False
    return isinstance(node.right, ast.Constant) and node.right.value == 1


def _rank(key: Value) -> int | None:
    if isinstance(key, Tensor):
        return key.shape.rank if key.dtype is not None or key.shape.rank == 1 else None
    return 1 if isinstance(key, (Items, Range)) else None


def _adjacent(parts: Sequence[Part]) -> bool:
    places = [i for i, part in enumerate(parts) if part.axis is not None and not isinstance(part.key, Slice)]
    return places == list(range(places[0], places[0] + len(places)))


def _sliced(m: Machine, axis: Axis, part: Part) -> Axis | None:
    """The meaning of a part of an axis."""
    key = part.key
    if axis.kind == "features":
        half = sliced_half(m, axis, key)
        return replace(axis, half=half) if half else None
    if axis.kind == "time" and key.step is None and key.lower is not None:
        # the last step is the same one, the first is not; that is all that the detectors ask
        return axis
    return axis if axis.kind in ("batch", "time", *ROWS) else None


def sliced_half(m: Machine, axis: Axis, key: Value) -> str:
    """Which direction's features a slice takes: "forward", "backward", or empty for anything else."""
    if not axis.half or axis.layer is None or not isinstance(key, Slice) or key.step is not None:
        return ""
    # only what a layer with two directions puts out has halves
    assert isinstance(axis.layer.config, RecurrentConfig)
    hidden, whole = axis.layer.config.real_hidden, axis.layer.config.output_size
    if key.lower in (None, 0) and is_dim(key.upper) and equal(key.upper, hidden, m):
        return "forward"
    if is_dim(key.lower) and equal(key.lower, hidden, m):
        return "backward" if key.upper is None or (is_dim(key.upper) and equal(key.upper, whole, m)) else ""
    return ""


def _ordered(batch: Axis, key: Value) -> Axis:
    """A batch whose samples were picked by an index: in the order of a sort, or in no known order."""
    return ordered(batch, key.state if isinstance(key, (Tensor, Items)) else {})


def ordered(batch: Axis, index: dict[str, Any]) -> Axis:
    """A batch after an index with these marks: it may be in the order of a sort, or restored from it."""
    order, inverse = index.get("order"), index.get("inverse")
    return replace(batch, order=order, restored=batch.order if order is None and inverse is batch.order else None)
