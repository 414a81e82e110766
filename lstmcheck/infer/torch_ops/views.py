"""The same elements under another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim, Poly, TooComplex, bounds, divide_exactly, floordiv, modulo
from lstmcheck.infer import ranks
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.strides.views import is_possible
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.common import (
    anything,
    axes,
    axis_of,
    differ,
    dtype_of,
    equal,
    fresh,
    inserted,
    like,
    need,
    never_one,
    numel,
    product,
    replaced,
    result,
    shown,
    spread,
    usual_rank,
    with_rank,
    without,
)
from lstmcheck.infer.values import External, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_INVALID = "shape '{sizes}' is invalid for input of size {numel}"


# view and its kin


@op("torch.reshape", "Tensor.reshape", takes="input, *shape")
def reshape(m: Machine, input: Value, *shape: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    if len(shape) == 1 and isinstance(shape[0], External):
        return anything(x, dtype=dtype_of(shape[0]))
    sizes = m.sizes(shape)
    if sizes is not None:
        return _viewed(m, x, sizes, "view")
    values = spread(shape)
    if values is None or len(values) < 2:
        return anything(x)
    # One unknown size: the rank and the others are still what was written.
    read = [m.dim(value) for value in values]
    left = tuple(fresh("view") if size is None or size == -1 else size for size in read)
    return result(closed(*left), x)


@op("Tensor.view", takes="input, *shape", like="torch.reshape")
def view(m: Machine, input: Value, *shape: Value) -> Value | None:
    return _in_place(m, input, reshape(m, input, *shape))


def _in_place(m: Machine, input: Value, made: Value | None) -> Value | None:
    """What a view gives, as far as strides allow it."""
    x = m.tensor(input)
    if x is None or not isinstance(made, Tensor) or made.shape.open or is_possible(m, x, made.shape.left):
        return made
    return None


def _viewed(m: Machine, x: Tensor, sizes: tuple[Dim, ...], name: str) -> Value | None:
    free = [i for i, size in enumerate(sizes) if size == -1]
    if len(free) > 1:
        return None
    total = numel(x.shape)
    rest = product(size for size in sizes if size != -1)
    if total is None or rest is None:
        return result(closed(*(fresh("view") if size == -1 else size for size in sizes)), x)
    fields = {"sizes": _list(sizes), "numel": total}
    raises = Raises("RuntimeError", _INVALID, fields)
    facts: dict[str, Any] = {"shape": sizes, "input": x.shape.left}
    if not free:
        need(m, "op.shape", rest, total, name, raises, x, facts=facts)
        return result(closed(*sizes), x)
    if isinstance(rest, int) and rest == 0:
        return None
    if isinstance(rest, int) and isinstance(total, int) and total % rest:
        need(m, "op.shape", sizes, total, name, raises, x, "never", facts=facts)
        return result(closed(*(fresh("view") if size == -1 else size for size in sizes)), x)
    try:
        inferred = quotient(x.shape.left, [size for size in sizes if size != -1])
        left_over = modulo(total, rest)
    except TooComplex:
        inferred, left_over = fresh("view"), 0
    if isinstance(left_over, int) and left_over:
        need(m, "op.shape", sizes, total, name, raises, x, "never", facts=facts)
    return result(closed(*(inferred if size == -1 else size for size in sizes)), x)


def quotient(sizes: Sequence[Dim], divisors: Sequence[Dim]) -> Dim:
    """What a -1 stands for. A size that may be 0 is cancelled too: torch raises where it is 0."""
    above = list(sizes)
    below: list[Dim] = []
    for size in divisors:
        if size in above:
            above.remove(size)
        else:
            below.append(size)
    total, rest = product(above), product(below)
    if total is None or rest is None:
        return fresh("view")
    exact = divide_exactly(total, rest)
    return floordiv(total, rest) if exact is None else exact


def _list(sizes: Sequence[Dim]) -> str:
    return "[" + ", ".join(str(size) for size in sizes) + "]"


@op("Tensor.view_as", takes="input, other")
def view_as(m: Machine, input: Value, other: Value) -> Value | None:
    return _in_place(m, input, reshape_as(m, input, other))


@op("Tensor.reshape_as", takes="input, other", like="Tensor.view_as")
def reshape_as(m: Machine, input: Value, other: Value) -> Value | None:
    x, y = m.tensor(input), m.tensor(other)
    if x is None or y is None:
        return None
    if y.shape.open:
        return result(y.shape, x, leading=y)
    return _viewed(m, x, y.shape.left, "view_as")


@op("torch.flatten", "Tensor.flatten", takes="input, start_dim=0, end_dim=-1")
def flatten(m: Machine, input: Value, start_dim: Value = 0, end_dim: Value = -1) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    first, last = axis_of(m, x, start_dim, "flatten"), axis_of(m, x, end_dim, "flatten")
    if x.shape.open:
        if first == 0 and last is not None and last > 0:
            # the first axes into one: `frames.flatten(0, 1)`
            merged = product(x.size(axis) for axis in range(last + 1))
            highest = None if x.shape.max_rank is None else x.shape.max_rank - last
            return anything(x) if merged is None else result(Shape((merged,), (), True, highest), x, usual=0)
        if first is None or first < 0 or last != -1:
            return anything(x)
        before = tuple(x.shape.left[:first]) if first <= len(x.shape.left) else None
        if before is None:
            # (batch, ...) flattened from axis 1 has rank 2, whatever it was, unless it was a vector.
            return result(Shape(x.shape.left, (), True, first + 1), x)
        if first == 0:
            return result(closed(fresh("flatten")), x)
        return result(Shape(before, (fresh("flatten"),), True, first + 1), x)
    if x.shape.rank == 0:
        return result(closed(1), x)
    if first is None or last is None:
        return None
    if first > last:
        text = "flatten() has invalid args: start_dim cannot come after end_dim"
        need(m, "op.axis", first, last, "flatten", text, x, "never")
        return None
    sizes = x.shape.left
    merged = product(sizes[first : last + 1])
    return result(closed(*sizes[:first], fresh("flatten") if merged is None else merged, *sizes[last + 1 :]), x)


@op("torch.ravel", "Tensor.ravel", takes="input")
def ravel(m: Machine, input: Value) -> Value | None:
    made: Value | None = flatten(m, input)
    return made


@op("torch.unflatten", "Tensor.unflatten", takes="input, dim, *sizes")
def unflatten(m: Machine, input: Value, dim: Value, *sizes: Value) -> Value | None:
    x = m.tensor(input)
    wanted = m.sizes(sizes)
    if x is None or wanted is None:
        return None
    axis = axis_of(m, x, dim, "unflatten")
    if axis is None:
        return None
    size = x.shape.at(axis)
    filled = _filled(wanted, size)
    if x.shape.open:
        if axis == -1:
            return result(
                Shape(x.shape.left if x.shape.right else x.shape.left[:-1], (*x.shape.right[:-1], *filled), True),
                x,
                usual=0,
            )
        return anything(x)
    whole = product(filled)
    if whole is not None and size is not None and -1 not in wanted:
        text = (
            f"unflatten: Provided sizes {_list(wanted)} don't multiply up to the size of dim {axis} ({size}) in the "
            "input tensor"
        )
        need(m, "op.shape", whole, size, "unflatten", text, x, axis=axis, shape=wanted, input=x.shape.left)
    return result(closed(*x.shape.left[:axis], *filled, *x.shape.left[axis + 1 :]), x)


def _filled(sizes: tuple[Dim, ...], total: Dim | None) -> tuple[Dim, ...]:
    rest = product(size for size in sizes if size != -1)
    if total is None or rest is None or (isinstance(rest, int) and rest == 0):
        return tuple(fresh("unflatten") if size == -1 else size for size in sizes)
    inferred = quotient([total], [size for size in sizes if size != -1])
    return tuple(inferred if size == -1 else size for size in sizes)


# Order of axes


@op(
    "torch.transpose",
    "torch.swapaxes",
    "torch.swapdims",
    "Tensor.transpose",
    "Tensor.transpose_",
    "Tensor.swapaxes",
    "Tensor.swapdims",
    takes="input, dim0, dim1",
)
def transpose(m: Machine, input: Value, dim0: Value, dim1: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    first, second = axis_of(m, x, dim0, "transpose"), axis_of(m, x, dim1, "transpose")
    if first is None or second is None:
        return anything(x) if x.shape.open else None
    if not x.shape.open:
        sizes = list(x.shape.left)
        if max(first, second) >= len(sizes) or min(first, second) < -len(sizes):
            # the second axis has shown how many there are
            return None
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return result(closed(*sizes), x)
    made = result(_swapped(x, *sorted((first, second))), x)
    ranks.link(made, x)
    return made


def _swapped(x: Tensor, low: int, high: int) -> Shape:
    left, right = x.shape.left, x.shape.right
    if low == high:
        return x.shape
    if low >= 0:
        usual = max(len(left), usual_rank(x) - len(right))
        if high >= usual:
            # The higher axis may be one of the known last ones.
            return Shape(left[:low], right[high + 1 - usual :], True, x.shape.max_rank)
        sizes = list(left) + [x.size(axis) for axis in range(len(left), high + 1)]
        sizes[low], sizes[high] = sizes[high], sizes[low]
        return Shape(tuple(sizes), right, True, x.shape.max_rank)
    if high < 0:
        count = max(len(right), -low)
        known = [x.shape.at(axis) for axis in range(-count, 0)]
        sizes = [x.size(axis - count) if size is None else size for axis, size in enumerate(known)]
        sizes[low], sizes[high] = sizes[high], sizes[low]
        lost = count - len(right)
        return Shape(left[: max(0, len(left) - lost)], tuple(sizes), True, x.shape.max_rank)
    return Shape((), (), True, x.shape.max_rank)


@op("torch.permute", "Tensor.permute", takes="input, *dims")
def permute(m: Machine, input: Value, *dims: Value) -> Value | None:
    x = m.tensor(input)
    values = spread(dims)
    if x is None or values is None:
        return None
    order = [m.int_of(value) for value in values]
    known = [axis for axis in order if axis is not None]
    if len(known) < len(order):
        return None
    rank = x.shape.rank
    if (rank is not None and rank != len(order)) or len({axis % max(len(order), 1) for axis in known}) < len(known):
        text = (
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {rank} is not equal to len(dims) = {len(order)}"
        )
        need(m, "op.axis", len(order), rank, "permute", text, x, "never")
        return None
    ranks.show_rank(m, x, len(order))
    sizes = with_rank(x, len(order))
    if sizes is None or any(not -len(sizes) <= axis < len(sizes) for axis in known):
        return None
    return result(closed(*(sizes[axis] for axis in known)), x)


@op("torch.t", "Tensor.t", takes="input")
def t(m: Machine, input: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    rank = x.shape.rank
    if rank is not None and rank > 2:
        text = f"t() expects a tensor with <= 2 dimensions, but self is {rank}D"
        need(m, "op.axis", rank, 2, "t", text, x, "never")
        return None
    if rank is None:
        return result(Shape((), (), True, 2), x, usual=2)
    return result(closed(*reversed(x.shape.left)), x)


@op("Tensor.T", takes="input")
def T(m: Machine, input: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    if x.shape.open:
        return result(Shape(tuple(reversed(x.shape.right)), tuple(reversed(x.shape.left)), True, x.shape.max_rank), x)
    return result(closed(*reversed(x.shape.left)), x)


@op("Tensor.mT", takes="input")
def mT(m: Machine, input: Value) -> Value | None:
    x = m.tensor(input)
    if x is None or (x.shape.rank is not None and x.shape.rank < 2):
        return None
    made: Value | None = transpose(m, x, -2, -1)
    return made


@op("torch.movedim", "torch.moveaxis", "Tensor.movedim", "Tensor.moveaxis", takes="input, source, destination")
def movedim(m: Machine, input: Value, source: Value, destination: Value) -> Value | None:
    x = m.tensor(input)
    start, end = axes(m, source), axes(m, destination)
    if x is None or start is None or end is None or x.shape.open or len(start) != len(end):
        return None
    rank = len(x.shape.left)
    if any(not -rank <= axis < rank for axis in (*start, *end)):
        return None
    start, end = tuple(axis % rank for axis in start), tuple(axis % rank for axis in end)
    if len(set(start)) < len(start) or len(set(end)) < len(end):
        return None
    target = dict(zip(end, start))
    others = iter(axis for axis in range(rank) if axis not in start)
    return result(closed(*(x.shape.left[target[i] if i in target else next(others)] for i in range(rank))), x)


# Axes of one


@op("torch.unsqueeze", "Tensor.unsqueeze", takes="input, dim")
def unsqueeze(m: Machine, input: Value, dim: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    axis = axis_of(m, x, dim, "unsqueeze", extra=1)
    if axis is None:
        return anything(x) if x.shape.open else None
    usual = usual_rank(x)
    # who adds an axis to embedded ids or to any input may well have had one less than is usual
    made = result(inserted(x.shape, axis, 1, usual), x, usual=usual + 1 if usual and x.role is not None else 0)
    ranks.link(made, x, 1)
    return made


@op("torch.squeeze", "Tensor.squeeze", takes="input, dim=None")
def squeeze(m: Machine, input: Value, dim: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    if dim is None:
        return result(_all_squeezed(m, x), x, usual=0)
    wanted = axes(m, dim)
    if wanted is None:
        return anything(x)
    if len(wanted) != 1:
        return _squeezed_several(m, x, wanted)
    axis = axis_of(m, x, wanted[0], "squeeze")
    if axis is None:
        return x if x.shape.rank == 0 else anything(x)
    size = x.shape.at(axis)
    if size is not None and never_one(size, m):
        return like(x)
    usual = usual_rank(x)
    removed = without(x.shape, axis, usual)
    if size is not None and equal(size, 1, m):
        return result(removed, x, usual=max(usual - 1, 0))
    if not x.shape.open:
        return result(Shape(x.shape.left[:axis], x.shape.left[axis + 1 :], True, x.shape.rank), x)
    kept = removed.left[:axis] if axis >= 0 else x.shape.left[: len(removed.left)]
    right = removed.right[len(x.shape.right) + axis :] if -len(x.shape.right) <= axis < 0 else removed.right
    return result(Shape(kept, right, True, x.shape.max_rank), x, usual=max(usual - 1, 0))


def _squeezed_several(m: Machine, x: Tensor, wanted: tuple[int, ...]) -> Value | None:
    rank = x.shape.rank
    if rank is None or any(not -rank <= axis < rank for axis in wanted):
        return anything(x)
    chosen = {axis % rank for axis in wanted}
    if any(not isinstance(x.shape.left[axis], int) for axis in chosen):
        return anything(x)
    return result(closed(*(s for i, s in enumerate(x.shape.left) if i not in chosen or s != 1)), x)


def _all_squeezed(m: Machine, x: Tensor) -> Shape:
    shape = x.shape
    left = _certain(m, shape.left)
    right = _certain(m, tuple(reversed(shape.right)) if shape.open else tuple(reversed(shape.left)))
    if not shape.open and left[1]:
        return closed(*left[0])
    right_sizes = tuple(reversed(right[0]))
    if not right_sizes and shape.last is not None and isinstance(shape.last, Poly):
        # A feature size that is not a constant is taken not to be 1.
        right_sizes = (shape.last,)
        low, high = bounds(shape.last, m.facts)
        if high == 1 or low is None:
            right_sizes = ()
    highest = shape.max_rank if shape.open else len(shape.left)
    if not shape.open and len(left[0]) + len(right_sizes) > len(shape.left):
        return Shape(left[0], (), True, highest)
    return Shape(left[0], right_sizes, True, highest)


def _certain(m: Machine, sizes: tuple[Dim, ...]) -> tuple[tuple[Dim, ...], bool]:
    """The sizes that are left of a run of axes, up to the first that may or may not be 1."""
    kept: list[Dim] = []
    for size in sizes:
        if never_one(size, m):
            kept.append(size)
        elif not equal(size, 1, m):
            return tuple(kept), False
    return tuple(kept), True


# expand


@op("Tensor.expand", "torch.broadcast_to", "Tensor.broadcast_to", takes="input, *size")
def expand(m: Machine, input: Value, *size: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    sizes = m.sizes(size)
    if sizes is None:
        values = spread(size)
        if values is None or len(values) < 2:
            return anything(x)
        sizes = tuple(fresh() if one is None else one for one in map(m.dim, values))
    return _expanded(m, x, sizes)


def _expanded(m: Machine, x: Tensor, sizes: tuple[Dim, ...]) -> Value | None:
    shape = x.shape
    if shape.min_rank > len(sizes):
        text = (
            f"expand({_list(sizes)}): the number of sizes provided ({len(sizes)}) must be greater or equal to the "
            f"number of dimensions in the tensor ({shape.min_rank})"
        )
        need(m, "op.shape", len(sizes), shape.min_rank, "expand", text, x, "at least")
        return None
    out: list[Dim] = []
    for axis in range(-len(sizes), 0):
        size, known = sizes[axis], shape.at(axis)
        if size == -1:
            if known is None and not shape.open:
                return None
            out.append(fresh("expand") if known is None else known)
            continue
        if known is not None and never_one(known, m) and differ(known, size, m):
            fields = {
                "to": size,
                "size": known,
                "axis": len(sizes) + axis,
                "target": _list(sizes),
                "sizes": shown(shape),
            }
            template = (
                "The expanded size of the tensor ({to}) must match the existing size ({size}) at non-singleton "
                "dimension {axis}.  Target sizes: {target}.  Tensor sizes: {sizes}"
            )
            need(m, "op.shape", known, size, "expand", Raises("RuntimeError", template, fields), x, axis=axis)
        out.append(size)
    return result(closed(*out), x)


@op("Tensor.expand_as", takes="input, other")
def expand_as(m: Machine, input: Value, other: Value) -> Value | None:
    x, y = m.tensor(input), m.tensor(other)
    if x is None or y is None:
        return None
    if y.shape.open:
        return result(y.shape, x, leading=y, usual=usual_rank(y))
    return _expanded(m, x, y.shape.left)


@op("Tensor.unfold", takes="input, dimension, size, step")
def unfold(m: Machine, input: Value, dimension: Value, size: Value, step: Value) -> Value | None:
    x, window, by = m.tensor(input), m.dim(size), m.dim(step)
    if x is None or window is None or by is None:
        return None
    axis = axis_of(m, x, dimension, "unfold")
    if axis is None or x.shape.open:
        return None
    if isinstance(by, int) and by <= 0:
        return None
    count = floordiv(x.shape.left[axis] - window, by) + 1
    return result(closed(*replaced(x.shape, axis, count).left, window), x)


@op("torch.atleast_1d", takes="input")
def atleast_1d(m: Machine, input: Value) -> Value | None:
    return _at_least(m, input, 1)


@op("torch.atleast_2d", takes="input")
def atleast_2d(m: Machine, input: Value) -> Value | None:
    return _at_least(m, input, 2)


@op("torch.atleast_3d", takes="input")
def atleast_3d(m: Machine, input: Value) -> Value | None:
    return _at_least(m, input, 3)


def _at_least(m: Machine, input: Value, rank: int) -> Value | None:
    x = m.tensor(input)
    if x is None or x.shape.open:
        return None
    sizes = x.shape.left
    if len(sizes) >= rank:
        return result(x.shape, x)
    if not sizes:
        return result(closed(*(1,) * rank), x)
    if rank == 2:
        return result(closed(1, *sizes), x)
    return result(closed(1, sizes[0], 1) if len(sizes) == 1 else closed(*sizes, 1), x)


@op("torch.diag", "Tensor.diag", takes="input, diagonal=0")
def diag(m: Machine, input: Value, diagonal: Value = 0) -> Value | None:
    x, offset = m.tensor(input), m.int_of(diagonal)
    if x is None or x.shape.open or offset is None or len(x.shape.left) != 1:
        return None
    size = x.shape.left[0] + abs(offset)
    return result(closed(size, size), x)


@op("torch.tril", "torch.triu", "Tensor.tril", "Tensor.triu", takes="input, diagonal=0")
def tril(m: Machine, input: Value, diagonal: Value = 0) -> Value | None:
    x = m.tensor(input)
    return None if x is None else like(x)


@op("torch.view_as_real", takes="input")
def view_as_real(m: Machine, input: Value) -> Value | None:
    x = m.tensor(input)
    if x is None or x.shape.open:
        return None
    return result(closed(*x.shape.left, 2), x, dtype=None)
