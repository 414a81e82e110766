"""Reading parts of a tensor: `x[...]` and its functional forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim, bounds
from lstmcheck.infer import ranks
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.torch_ops.common import (
    anything,
    axis_of,
    fresh,
    is_number,
    need,
    replaced,
    result,
    shown,
    told_rank,
    unchanged,
    usual_rank,
    without,
)
from lstmcheck.infer.torch_ops.creation import shape_of_data
from lstmcheck.infer.values import Items, Method, Range, Slice, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_RANGE = "index {index} is out of bounds for dimension {axis} with size {size}"


@dataclass
class _Walk:
    """The state of reading a key from left to right: result sizes so far, and where advanced indices stand."""

    out: list[Dim] = field(default_factory=list)
    advanced: list[Tensor] = field(default_factory=list)
    first: int | None = None
    apart: bool = False
    last_was: bool = False


def getitem(m: Machine, x: Tensor, key: Value) -> Value | None:
    """`x[key]`."""
    keys = list(key.head) if isinstance(key, Items) and key.kind == "tuple" and key.whole else [key]
    if x.shape.open:
        used = [_consumes(m, one) for one in keys]
        ranks.show_least(m, x, sum(1 if count is None else count for count in used))
    if x.shape.open:
        return _open(m, x, keys)
    return _closed(m, x, keys)


def _consumes(m: Machine, key: Value) -> int | None:
    """How many axes a part of a key takes up; None where it is not known."""
    if key is None or key is Ellipsis or isinstance(key, bool) or type(key).__name__ == "Truth":
        return 0
    if isinstance(key, Tensor):
        if key.dtype == "bool":
            return key.shape.rank
        # A tensor of unknown dtype may be a mask of several axes.
        return 1 if key.dtype is not None or key.shape.rank in (0, 1) else None
    if isinstance(key, Method) or (isinstance(key, Unknown) and key.kind not in ("int", "bool", "slice")):
        # `data.sub` of an unknown object is read as a method, and may be a field
        return None
    return 1


def _closed(m: Machine, x: Tensor, keys: list[Value]) -> Value | None:
    used = [_consumes(m, key) for key in keys]
    known = [count for count in used if count is not None]
    rank = len(x.shape.left)
    if len(known) < len(used):
        return _after_unknown(m, x, keys, used)
    total = sum(known)
    if total > rank:
        if rank == 0:
            text = (
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a 0-dim tensor to a number"
            )
        else:
            text = f"too many indices for tensor of dimension {rank}"
        need(m, "op.axis", total, rank, "index", Raises("IndexError", text.replace("{", "{{")), x, "at most")
        return None
    filled = _filled(keys, rank - total)
    return _walked(m, x, filled)


def _filled(keys: list[Value], missing: int) -> list[Value]:
    """The key with its ellipsis written out as full slices."""
    full = [Slice(None, None, None)] * missing
    at = next((i for i, key in enumerate(keys) if key is Ellipsis), None)
    return keys + full if at is None else keys[:at] + full + [key for key in keys[at + 1 :] if key is not Ellipsis]


def _walked(m: Machine, x: Tensor, keys: list[Value]) -> Value | None:
    walk = _Walk()
    axis = 0
    for key in keys:
        count = _consumes(m, key) or 0
        size = x.shape.left[axis] if count else 1
        if not _step(m, x, walk, key, axis, size):
            return anything(x)
        axis += count
    if not walk.advanced:
        return result(closed(*walk.out), x)
    index: Tensor = walk.advanced[0]
    for other in walk.advanced[1:]:
        index = Tensor(broadcast(m, index, other, "index"), "int64")
    if index.shape.open:
        return anything(x)
    at = 0 if walk.apart else walk.first or 0
    return result(closed(*walk.out[:at], *index.shape.left, *walk.out[at:]), x)


def _step(m: Machine, x: Tensor, walk: _Walk, key: Value, axis: int, size: Dim) -> bool:
    if key is None:
        walk.out.append(1)
        walk.last_was = False
        return True
    if isinstance(key, Slice):
        walk.out.append(slice_length(m, key, size))
        walk.last_was = False
        return True
    if isinstance(key, bool) or type(key).__name__ == "Truth":
        return False
    if isinstance(key, (Items, Tensor, Range)):
        index = _advanced(m, key)
        if index is None:
            return False
        if isinstance(key, Tensor) and key.dtype == "bool":
            index = Tensor(closed(fresh("selected")), "int64")
        return _note(walk, index)
    number = m.dim(key)
    _check_range(m, x, number, axis, size)
    return True


def _note(walk: _Walk, index: Tensor) -> bool:
    if walk.first is None:
        walk.first = len(walk.out)
    elif not walk.last_was:
        walk.apart = True
    walk.last_was = True
    walk.advanced.append(index)
    return True


def _advanced(m: Machine, key: Value) -> Tensor | None:
    if isinstance(key, Tensor):
        return key
    if isinstance(key, Range):
        return Tensor(closed(fresh("range")), "int64")
    shape = shape_of_data(m, key)
    return None if shape is None or shape.open else Tensor(shape, "int64")


def _check_range(m: Machine, x: Tensor, index: Dim | None, axis: int, size: Dim) -> None:
    if not isinstance(index, int):
        return
    least = index + 1 if index >= 0 else -index
    fields = {"index": index, "axis": axis, "size": size}
    need(
        m, "op.index", size, least, "index", Raises("IndexError", _RANGE, fields), x, "at least", axis=axis, index=index
    )


def slice_length(m: Machine, key: Slice, size: Dim) -> Dim:
    """How many elements `lower:upper:step` takes of an axis."""
    step = 1 if key.step is None else m.int_of(key.step)
    lower = 0 if key.lower is None else m.dim(key.lower)
    upper = size if key.upper is None else m.dim(key.upper)
    if step is None or step <= 0 or lower is None or upper is None:
        return fresh("len(slice)")
    if isinstance(size, int) and isinstance(lower, int) and isinstance(upper, int):
        first, end, _ = slice(lower, upper, step).indices(max(size, 0))
        return max(0, -((first - end) // step))
    start = _position(m, lower, size)
    stop = _position(m, upper, size)
    if start is None or stop is None or step != 1:
        return size if step == 1 and lower == 0 and key.upper is None else fresh("len(slice)")
    length = stop - start
    if length == size:
        # a size is never negative, whatever is known of it
        return size
    low, _ = bounds(length, m.facts)
    return length if low is not None and low >= 0 else fresh("len(slice)")


def _position(m: Machine, index: Dim, size: Dim) -> Dim | None:
    """A bound of a slice as a position from 0 to the size; None where clamping is not decided."""
    if index == size or index == 0:
        return index
    low, high = bounds(index, m.facts)
    if high is not None and high < 0:
        shifted = size + index
        least, _ = bounds(shifted, m.facts)
        return shifted if least is not None and least >= 0 else None
    if low is None or low < 0:
        return None
    room, _ = bounds(size - index, m.facts)
    return index if room is not None and room >= 0 else None


def _after_unknown(m: Machine, x: Tensor, keys: list[Value], used: Sequence[int | None]) -> Value | None:
    """Some part of the key is not known to be an index, a slice or a mask."""
    if used[0] is not None or len(keys) > 1:
        return anything(x)
    # x[unknown]: whatever it is, the last axis stays when there is more than one and it takes only the first.
    index = keys[0]
    if isinstance(index, Tensor) and not index.shape.open and index.dtype != "bool" and index.dtype is not None:
        return _walked(m, x, _filled(keys, len(x.shape.left) - 1))
    if len(x.shape.left) > 2:
        return result(Shape((), x.shape.left[2:], True), x, usual=0)
    return anything(x)


def _open(m: Machine, x: Tensor, keys: list[Value]) -> Value | None:
    """A tensor of unknown rank: axes are taken from the left, after an ellipsis from the right."""
    at = next((i for i, key in enumerate(keys) if key is Ellipsis), None)
    before, after = (keys, []) if at is None else (keys[:at], keys[at + 1 :])
    if any(not _simple(key) for key in (*before, *after)):
        return _open_advanced(m, x, keys)
    shape = x.shape
    count = sum(key is not None for key in before)
    least = count + sum(key is not None for key in after)
    # So many axes on the left are surely not among the known ones on the right.
    apart = max(len(shape.left), usual_rank(x) - len(shape.right), least - len(shape.right))
    known = [*shape.left, *(x.size(axis) for axis in range(len(shape.left), min(count, apart)))]
    left, lost, change = _from_the_left(m, x, before, known, apart)
    right, eaten, more = _from_the_right(m, x, after, lost)
    kept = left[: max(0, len(left) - eaten)] if eaten else left
    bound = None if shape.max_rank is None else shape.max_rank + change + more
    tail = right if after else right[lost:]
    usual = max(0, max(usual_rank(x), least) + change + more)
    if not after and not lost and not change and tuple(kept) == shape.left and tail == shape.right:
        return x
    return result(Shape(tuple(kept), tail, True, bound), x, usual=usual)


def _from_the_left(
    m: Machine, x: Tensor, keys: list[Value], known: list[Dim], apart: int
) -> tuple[list[Dim], int, int]:
    """The sizes after the key on the left, how many sizes on the right may be touched, and the change of rank."""
    out: list[Dim] = []
    axis = lost = change = 0
    for key in keys:
        if key is None:
            change += 1
            if axis <= len(known):
                out.append(1)
            else:
                lost = len(x.shape.right)
            continue
        beyond = axis >= len(known)
        if isinstance(key, Slice):
            whole = key.lower is None and key.upper is None and key.step is None
            if beyond and not whole:
                lost = max(lost, axis - apart + 1)
            elif not beyond:
                out.append(slice_length(m, key, known[axis]))
        else:
            change -= 1
            if beyond:
                lost = max(lost, axis - apart + 1)
            else:
                _check_range(m, x, m.dim(key), axis, known[axis])
        axis += 1
    return out + known[axis:], lost, change


def _from_the_right(m: Machine, x: Tensor, keys: list[Value], lost: int) -> tuple[tuple[Dim, ...], int, int]:
    """The sizes after the key on the right, how many sizes on the left may be touched, and the change of rank."""
    out: list[Dim] = []
    axis, change = -1, 0
    for key in reversed(keys):
        if key is None:
            out.insert(0, 1)
            change += 1
            continue
        size = x.shape.at(axis)
        if isinstance(key, Slice):
            out.insert(0, slice_length(m, key, x.size(axis) if size is None else size))
        else:
            change -= 1
            if size is not None:
                _check_range(m, x, m.dim(key), axis, size)
        axis -= 1
    used = -1 - axis
    rest = x.shape.right[: max(0, len(x.shape.right) - used)]
    return (*rest[lost:], *out), max(0, used - len(x.shape.right)), change


def _simple(key: Value) -> bool:
    if key is None or isinstance(key, Slice):
        return True
    if isinstance(key, Unknown):
        return key.kind == "int"
    return is_number(key) and not isinstance(key, (bool, float))


def _open_advanced(m: Machine, x: Tensor, keys: list[Value]) -> Value | None:
    """A tensor or a list as an index of a tensor of unknown rank: sizes right of what the key reaches stay."""
    if len(keys) == 1 and isinstance(keys[0], (Items, Tensor)):
        index = _advanced(m, keys[0])
        if index is not None and not index.shape.open and index.dtype not in (None, "bool"):
            rest = without(x.shape, 0, usual_rank(x))
            return result(Shape(index.shape.left + rest.left, rest.right, True), x, usual=0)
    # A mask of unknown rank, or something unknown: the last axis stays if the usual rank leaves one.
    return anything(x)


# Functional forms


@op("torch.select", "Tensor.select", takes="input, dim, index")
def select(m: Machine, input: Value, dim: Value, index: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    at = axis_of(m, x, dim, "select")
    if at is None:
        return anything(x)
    size = x.shape.at(at)
    if size is not None:
        number = m.dim(index)
        if isinstance(number, int):
            fields = {"size": shown(x.shape), "axis": at, "index": number}
            text = "select(): index {index} out of range for tensor of size {size} at dimension {axis}"
            least = number + 1 if number >= 0 else -number
            need(m, "op.index", size, least, "select", Raises("IndexError", text, fields), x, "at least", axis=at)
    usual = usual_rank(x)
    return result(without(x.shape, at, usual), x, usual=max(usual - 1, 0))


@op("torch.narrow", "Tensor.narrow", takes="input, dim, start, length")
def narrow(m: Machine, input: Value, dim: Value, start: Value, length: Value) -> Value | None:
    x, size = m.tensor(input), m.dim(length)
    if x is None:
        return None
    at = axis_of(m, x, dim, "narrow")
    if at is None:
        return None
    return result(replaced(x.shape, at, fresh("narrow") if size is None else size, told_rank(x)), x)


@op("torch.index_select", "Tensor.index_select", takes="input, dim, index")
def index_select(m: Machine, input: Value, dim: Value, index: Value) -> Value | None:
    x, chosen = m.tensor(input), m.tensor(index)
    if x is None or chosen is None:
        return None
    at = axis_of(m, x, dim, "index_select")
    if at is None:
        return None if x.shape.rank == 0 else anything(x)
    count = numel_of_index(chosen)
    made = result(replaced(x.shape, at, count, told_rank(x)), x)
    ranks.link(made, x)
    return made


def numel_of_index(index: Tensor) -> Dim:
    """How many elements an index of one axis chooses."""
    if index.shape.rank == 0:
        return 1
    size = index.shape.at(0)
    return index.size(0) if size is None else size


@op("torch.gather", "Tensor.gather", takes="input, dim, index, sparse_grad=False")
def gather(m: Machine, input: Value, dim: Value, index: Value, sparse_grad: Value = False) -> Value | None:
    x, chosen = m.tensor(input), m.tensor(index)
    if x is None or chosen is None:
        return None
    rank, other = x.shape.rank, chosen.shape.rank
    axis = axis_of(m, x, dim, "gather")
    if rank is not None and other is not None and rank != other and rank > 0 and other > 0:
        text = "Index tensor must have the same number of dimensions as input tensor"
        if axis is not None and all((bounds(size, m.facts)[0] or 0) > 0 for size in chosen.shape.left):
            need(m, "op.shape", other, rank, "gather", text, x)
    return result(chosen.shape, x, leading=chosen if chosen.shape.open else None, usual=usual_rank(chosen))


@op("torch.take_along_dim", "Tensor.take_along_dim", takes="input, indices, dim=None")
def take_along_dim(m: Machine, input: Value, indices: Value, dim: Value = None) -> Value | None:
    x, chosen = m.tensor(input), m.tensor(indices)
    if x is None or chosen is None:
        return None
    if dim is None:
        return anything(x)
    if x.shape.open or chosen.shape.open or x.shape.rank != chosen.shape.rank:
        return anything(x)
    at = axis_of(m, x, dim, "take_along_dim")
    if at is None:
        return anything(x)
    size = chosen.shape.left[at]
    one = Tensor(replaced(x.shape, at, size), x.dtype)
    return result(broadcast(m, one, chosen, "take_along_dim"), x)


@op("torch.masked_select", "Tensor.masked_select", takes="input, mask")
def masked_select(m: Machine, input: Value, mask: Value) -> Value | None:
    x, chosen = m.tensor(input), m.tensor(mask)
    if x is None or chosen is None:
        return None
    broadcast(m, chosen, x, "masked_select")
    return result(closed(fresh("selected")), x)


@op("torch.masked_fill", "Tensor.masked_fill", takes="input, mask, value")
def masked_fill(m: Machine, input: Value, mask: Value, value: Value) -> Value | None:
    x, chosen = m.tensor(input), m.tensor(mask)
    if x is None or chosen is None:
        return None
    return result(broadcast(m, chosen, x, "masked_fill"), x)


@op(
    "Tensor.masked_fill_",
    "Tensor.scatter_",
    "Tensor.scatter",
    "Tensor.scatter_add_",
    "Tensor.scatter_add",
    "Tensor.index_fill_",
    "Tensor.index_fill",
    "Tensor.index_copy_",
    "Tensor.index_add_",
    "Tensor.index_add",
    "Tensor.masked_scatter_",
    "Tensor.index_put_",
    "Tensor.fill_",
    "Tensor.zero_",
    "Tensor.copy_",
    "Tensor.normal_",
    "Tensor.uniform_",
    "Tensor.random_",
    "Tensor.bernoulli_",
    "Tensor.exponential_",
    "Tensor.fill_diagonal_",
    takes="input, *rest",
)
def written(m: Machine, input: Value, *rest: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else unchanged(x)


@op("torch.scatter", "torch.scatter_add", "torch.index_add", "torch.index_fill", takes="input, *rest")
def written_copy(m: Machine, input: Value, *rest: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else result(x.shape, x, leading=x if x.shape.open else None)


@op("torch.where", takes="condition, input=None, other=None")
def where(m: Machine, condition: Value, input: Value = None, other: Value = None) -> Value | None:
    chosen = m.tensor(condition)
    if chosen is None or input is None or other is None:
        return None
    return _where(m, chosen, input, other)


def _where(m: Machine, condition: Tensor, input: Value, other: Value) -> Value | None:
    parts = [m.tensor(value) if not is_number(value) else Tensor(closed(), None) for value in (input, other)]
    x, y = parts
    if x is None or y is None:
        return None
    both = result(broadcast(m, x, y, "where"), x, y)
    dtype = x.dtype if x.dtype == y.dtype and not is_number(input) and not is_number(other) else None
    return result(broadcast(m, condition, both, "where"), both, dtype=dtype)


@op("Tensor.where", takes="self, condition, other")
def tensor_where(m: Machine, self: Value, condition: Value, other: Value) -> Value | None:
    chosen = m.tensor(condition)
    return None if chosen is None else _where(m, chosen, self, other)


@op("torch.nonzero", "Tensor.nonzero", takes="input, *, as_tuple=False")
def nonzero(m: Machine, input: Value, as_tuple: Value = False) -> Value | None:
    x = m.tensor(input)
    if x is None or as_tuple is not False or x.shape.rank is None:
        return None
    return Tensor(closed(fresh("nonzero"), x.shape.rank), "int64", x.device)


@op("torch.take", "Tensor.take", takes="input, index")
def take(m: Machine, input: Value, index: Value) -> Value | None:
    x, chosen = m.tensor(input), m.tensor(index)
    return None if x is None or chosen is None else result(chosen.shape, x)


@op("torch.diagonal", "Tensor.diagonal", takes="input, offset=0, dim1=0, dim2=1")
def diagonal(m: Machine, input: Value, offset: Value = 0, dim1: Value = 0, dim2: Value = 1) -> Value | None:
    x, by = m.tensor(input), m.int_of(offset)
    if x is None or by is None or x.shape.open:
        return None
    a, b = axis_of(m, x, dim1, "diagonal"), axis_of(m, x, dim2, "diagonal")
    if a is None or b is None or a == b:
        return None
    rows, columns = x.shape.left[a], x.shape.left[b]
    if isinstance(rows, int) and isinstance(columns, int):
        size: Dim = max(0, min(rows, columns - by) if by >= 0 else min(rows + by, columns))
    else:
        size = rows if by == 0 and rows == columns else fresh("diagonal")
    return result(closed(*(s for i, s in enumerate(x.shape.left) if i not in (a, b)), size), x)
