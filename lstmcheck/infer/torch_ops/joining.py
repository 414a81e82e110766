"""Putting tensors together and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim, TooComplex, bounds, floordiv, is_older
from lstmcheck.infer import ranks
from lstmcheck.infer.attributes import takes_for_tensor, tuple_misused
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.silent import gates
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.common import (
    anything,
    as_tuple,
    axes,
    axis_of,
    differ,
    equal,
    fresh,
    inserted,
    like,
    many,
    need,
    product,
    replaced,
    result,
    told_rank,
    usual_rank,
    without,
)
from lstmcheck.infer.values import Items, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

MAX_PARTS = 32
_CAT = (
    "Sizes of tensors must match except in dimension {dim}. Expected size {want} but got size {got} for tensor "
    "number {number} in the list."
)
_STACK = "stack expects each tensor to be equal size, but got {first} at entry 0 and {got} at entry {number}"


# cat


@op("torch.cat", "torch.concat", "torch.concatenate", takes="tensors, dim=0, axis=None")
def cat(m: Machine, tensors: Value, dim: Value = 0, axis: Value = None) -> Value | None:
    given = dim if axis is None else axis
    if isinstance(tensors, Items) and not tensors.whole:
        return _cat_open(m, tensors, given)
    found = many(m, tensors, m.tensor)
    if not found:
        _need_no_tuple(m, tensors)
        return None
    return _joined(m, found, given)


def _need_no_tuple(m: Machine, tensors: Value) -> None:
    """A tuple among the tensors that are joined."""
    for number, part in enumerate(tensors.head if isinstance(tensors, Items) and tensors.whole else ()):
        if takes_for_tensor(part):
            text = f"expected Tensor as element {number} in argument 0, but got tuple"
            tuple_misused(m, part, "", "TypeError", text)
            return


def _joined(m: Machine, given: list[Tensor], dim: Value) -> Value | None:
    # torch ignores empty vectors here.
    parts = [part for part in given if part.shape.left != (0,) or part.shape.open]
    if not parts:
        return given[0]
    if any(part.shape.rank == 0 or part.shape.left == (0,) for part in parts):
        return anything(*parts)
    first = next((part for part in parts if not part.shape.open), parts[0])
    if _maybe_empty(m, first) and m.int_of(dim) not in (0, -1):
        return anything(*parts)
    if first.shape.open:
        return _all_open(m, parts, m.int_of(dim))
    at = axis_of(m, first, dim, "cat")
    if at is None:
        return anything(*parts)
    rank = len(first.shape.left)
    for number, part in enumerate(parts):
        if part.shape.rank is not None and part.shape.rank != rank:
            if any(_maybe_empty(m, one) for one in (first, part)):
                return anything(*parts)
            text = f"Tensors must have same number of dimensions: got {rank} and {part.shape.rank}"
            source = part if part.role is not None else first
            need(m, "op.shape", part.shape.rank, rank, "cat", text, source, "never", number=number)
            return None
    sizes = [_common(m, parts, i, i - rank, first, at) for i in range(rank) if i != at]
    along = [_at(part, at, at - rank) for part in parts]
    sizes.insert(at, _total(along))
    return result(closed(*sizes), *parts, dtype=_common_dtype(parts))


def _all_open(m: Machine, parts: list[Tensor], at: int | None) -> Tensor:
    """Parts of unknown rank: they have the axis along which they are joined, or are vectors without elements."""
    if at is None:
        return anything(*parts)
    _show_axis(m, parts, at)
    joined = _joined_open(m, parts, at)
    for part in parts:
        ranks.link(joined, part)
    return joined


def _show_axis(m: Machine, parts: Sequence[Tensor], at: int) -> None:
    """torch passes over vectors without elements: what is told of a rank holds for tensors that have some."""
    least = at + 1 if at >= 0 else -at
    if 1 < least <= MAX_PARTS:
        for part in parts:
            ranks.exclude(m, part, frozenset(range(least)))


def _maybe_empty(m: Machine, x: Tensor) -> bool:
    """torch passes over vectors without elements, whatever the other parts are."""
    if x.shape.rank != 1 or isinstance(x.shape.left[0], int):
        return False
    low, _ = bounds(x.shape.left[0], m.facts)
    return low is None or low < 1


def _common(m: Machine, parts: list[Tensor], axis: int, back: int, first: Tensor, at: int) -> Dim:
    sizes = [_at(part, axis, back) for part in parts]
    known: Dim | None = None
    for number, size in enumerate(sizes):
        if size is None:
            continue
        if known is None:
            known = size
            continue
        if size != known and differ(size, known, m):
            fields = {"dim": at, "want": known, "got": size, "number": number}
            source = parts[number] if parts[number].role is not None else first
            need(m, "op.shape", size, known, "cat", Raises("RuntimeError", _CAT, fields), source, axis=axis)
            return fresh("cat")
        if isinstance(size, int):
            known = size
    return fresh("cat") if known is None else known


def _at(part: Tensor, axis: int, back: int) -> Dim | None:
    return part.shape.at(back) if part.shape.open and part.shape.at(axis) is None else part.shape.at(axis)


def _total(sizes: Sequence[Dim | None]) -> Dim:
    total: Dim = 0
    try:
        for size in sizes:
            if size is None:
                return fresh("cat")
            total = total + size
    except TooComplex:
        return fresh("cat")
    return total


def _joined_open(m: Machine, parts: list[Tensor], at: int) -> Tensor:
    along = [part.shape.at(at) for part in parts]
    shape = replaced(parts[0].shape, at, _total(along), told_rank(parts[0]))
    if at >= 0 and shape.right:
        # Only sizes that another part does not contradict stay.
        kept = [size for axis in range(-len(shape.right), 0) for size in [_agreed(m, parts, axis, shape)] if size]
        shape = Shape(shape.left[: at + 1], tuple(kept) if len(kept) == len(shape.right) else (), True, shape.max_rank)
    if at == -1:
        shape = Shape(shape.left, shape.right[-1:], True, shape.max_rank)
        return result(shape, *parts, dtype=_common_dtype(parts), leading=parts[0])
    return result(shape, *parts, dtype=_common_dtype(parts))


def _agreed(m: Machine, parts: list[Tensor], axis: int, shape: Shape) -> Dim | None:
    size = shape.at(axis)
    for part in parts[1:]:
        other = part.shape.at(axis)
        if other is not None and size is not None and differ(other, size, m):
            return None
    return size


def _cat_open(m: Machine, tensors: Items, dim: Value) -> Value | None:
    """A list of unknown length whose elements are alike."""
    element = m.tensor(tensors.head[0] if tensors.head else tensors.rest)
    rest = m.tensor(tensors.rest)
    if element is None or rest is None:
        return None
    at = m.int_of(dim) if element.shape.open else axis_of(m, element, dim, "cat")
    if at is None or (element.shape != rest.shape):
        return anything(element)
    size = element.shape.at(at)
    since = tensors.contents.since
    try:
        alike = size is not None and (since is None or is_older(size, since))
        total = size * tensors.length if size is not None and alike else fresh("cat")
    except TooComplex:
        total = fresh("cat")
    if element.shape.open:
        _show_axis(m, [element], at)
    made = result(replaced(element.shape, at, total, told_rank(element)), element)
    ranks.link(made, element)
    return made


def _common_dtype(parts: Sequence[Tensor]) -> str | None:
    names = {part.dtype for part in parts}
    return parts[0].dtype if len(names) == 1 else None


# stack


@op("torch.stack", takes="tensors, dim=0")
def stack(m: Machine, tensors: Value, dim: Value = 0) -> Value | None:
    if not isinstance(tensors, Items):
        x = m.tensor(tensors) if isinstance(tensors, Tensor) else None
        return None if x is None else anything(x)
    elements = [m.tensor(one) for one in tensors.head]
    if not tensors.whole:
        elements.append(m.tensor(tensors.rest))
    parts = [part for part in elements if part is not None]
    if not parts or len(parts) < len(elements):
        _need_no_tuple(m, tensors)
        return None
    first = next((part for part in parts if not part.shape.open), parts[0])
    at = axis_of(m, first, dim, "stack", extra=1)
    if at is None and not first.shape.open and not first.shape.left:
        at = 0
    if at is None:
        return anything(*parts)
    if first.shape.open:
        usual = usual_rank(first)
        same = all(part.shape == first.shape for part in parts)
        shape = inserted(first.shape if same else Shape((), (), True), at, tensors.length, usual)
        made = result(shape, *parts, dtype=_common_dtype(parts), usual=usual + 1 if usual else 0)
        for part in parts:
            ranks.link(made, part, 1)
        return made
    sizes = [_stacked(m, parts, axis, first) for axis in range(len(first.shape.left))]
    for number, part in enumerate(parts):
        if part.shape.rank is not None and part.shape.rank != first.shape.rank:
            _unequal(m, parts, number, first)
            return None
    return result(inserted(closed(*sizes), at, tensors.length), *parts, dtype=_common_dtype(parts))


def _stacked(m: Machine, parts: list[Tensor], axis: int, first: Tensor) -> Dim:
    want = first.shape.left[axis]
    for number, part in enumerate(parts):
        size = part.shape.at(axis)
        if size is not None and part.shape.rank == first.shape.rank:
            if differ(size, want, m):
                _unequal(m, parts, number, first)
                return fresh("stack")
            if isinstance(size, int):
                want = size
    return want


def _unequal(m: Machine, parts: list[Tensor], number: int, first: Tensor) -> None:
    got, want = parts[number].shape.left, first.shape.left
    fields = {
        "first": "[" + ", ".join(map(str, want)) + "]",
        "got": "[" + ", ".join(map(str, got)) + "]",
        "number": number,
    }
    source = parts[number] if parts[number].role is not None else first
    need(m, "op.shape", got, want, "stack", Raises("RuntimeError", _STACK, fields), source)


@op("torch.hstack", takes="tensors")
def hstack(m: Machine, tensors: Value) -> Value | None:
    parts = many(m, tensors, m.tensor)
    if not parts or any(part.shape.open or not part.shape.left for part in parts):
        return None
    return _joined(m, parts, 0 if len(parts[0].shape.left) == 1 else 1)


@op("torch.vstack", takes="tensors")
def vstack(m: Machine, tensors: Value) -> Value | None:
    parts = many(m, tensors, m.tensor)
    if not parts or any(part.shape.open for part in parts):
        return None
    rows = [result(closed(1, *(part.shape.left or (1,))), part) if len(part.shape.left) < 2 else part for part in parts]
    return _joined(m, rows, 0)


# Taking apart


@op("torch.chunk", "Tensor.chunk", takes="input, chunks, dim=0")
def chunk(m: Machine, input: Value, chunks: Value, dim: Value = 0) -> Value | None:
    x, count = m.tensor(input), m.int_of(chunks)
    if x is None or count is None or count <= 0:
        return None
    at = axis_of(m, x, dim, "chunk")
    if at is None:
        return None
    size = x.shape.at(at)
    if size is None:
        return _alike(x, at, fresh("chunk"), fresh("chunks"))
    if isinstance(size, int):
        if size == 0:
            return _parts(x, at, [0] * count) if count <= MAX_PARTS else _alike(x, at, 0, count)
        return _pieces(x, at, size, -(-size // count))
    each_size = floordiv(size, count)
    if equal(each_size * count, size, m) and count <= MAX_PARTS:
        return _parts(x, at, [each_size] * count)
    return _alike(x, at, fresh("chunk"), fresh("chunks"))


def _pieces(x: Tensor, axis: int, size: int, each: int) -> Value:
    """Parts of one size, but for the last."""
    count = -(-size // each)
    if count > MAX_PARTS:
        return _alike(x, axis, each, count) if size % each == 0 else None
    return _parts(x, axis, [min(each, size - start) for start in range(0, size, each)])


def _parts(x: Tensor, axis: int, sizes: Sequence[Dim]) -> Value:
    if len(sizes) > MAX_PARTS:
        return _alike(x, axis, sizes[0], len(sizes)) if len(set(sizes)) == 1 else None
    made = [result(replaced(x.shape, axis, size, told_rank(x)), x) for size in sizes]
    gates.split(x, made, sizes)
    parts = as_tuple(*made)
    parts.state["parted"] = x, axis, sizes
    return parts


def _alike(x: Tensor, axis: int, size: Dim, count: Dim) -> Value:
    element = result(replaced(x.shape, axis, size, told_rank(x)), x)
    return Items("tuple", (), element, count)


@op("torch.split", "Tensor.split", takes="tensor, split_size_or_sections, dim=0")
def split(m: Machine, tensor: Value, split_size_or_sections: Value, dim: Value = 0) -> Value | None:
    x = m.tensor(tensor)
    if x is None:
        return None
    at = axis_of(m, x, dim, "split")
    if at is None:
        return None
    size = x.shape.at(at)
    if isinstance(split_size_or_sections, Items):
        return _sections(m, x, at, size, split_size_or_sections)
    each = m.dim(split_size_or_sections)
    if each is None:
        return None
    if isinstance(size, int) and isinstance(each, int):
        if each <= 0:
            return None
        return _pieces(x, at, size, each) if size else _parts(x, at, [0])
    if size is not None:
        try:
            count = floordiv(size, each)
            if isinstance(count, int) and 0 < count <= MAX_PARTS and equal(count * each, size, m):
                return _parts(x, at, [each] * count)
        except (TooComplex, ZeroDivisionError):
            pass
    return _alike(x, at, fresh("split"), fresh("splits"))


def _sections(m: Machine, x: Tensor, at: int, size: Dim | None, sections: Items) -> Value | None:
    sizes = m.sizes([sections])
    if sizes is None:
        return None
    total = _total(sizes)
    if size is not None:
        text = (
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {at}), "
            f"but got split_sizes=[{', '.join(map(str, sizes))}]"
        )
        need(m, "op.shape", total, size, "split", text, x, axis=at)
    return _parts(x, at, sizes)


@op("torch.unbind", "Tensor.unbind", takes="input, dim=0")
def unbind(m: Machine, input: Value, dim: Value = 0) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    at = axis_of(m, x, dim, "unbind")
    if at is None:
        return None
    size = x.shape.at(at)
    usual = usual_rank(x)
    element = result(without(x.shape, at, usual), x, usual=max(0, usual - 1))
    if isinstance(size, int) and size <= MAX_PARTS:
        parts = as_tuple(*[element] * size)
        parts.state["parted"] = x, at, [1] * size
    else:
        parts = Items("tuple", (), element, fresh("unbind") if size is None else size)
    parts.state["unbound"] = x, at
    return parts


# Repeating


@op("Tensor.repeat", takes="input, *sizes")
def repeat(m: Machine, input: Value, *sizes: Value) -> Value | None:
    x, times = m.tensor(input), m.sizes(sizes)
    if x is None or times is None:
        return None
    rank = x.shape.rank
    if rank is None:
        return result(closed(*(fresh("repeat") for _ in times)), x) if len(times) == x.shape.min_rank else anything(x)
    if rank > len(times):
        text = "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        need(m, "op.shape", len(times), rank, "repeat", text, x, "at least")
        return None
    return _repeated(x, times)


def _repeated(x: Tensor, times: Sequence[Dim]) -> Value | None:
    sizes = (1,) * (len(times) - len(x.shape.left)) + x.shape.left
    out = [product((size, count)) for size, count in zip(sizes, times)]
    return result(closed(*(fresh("repeat") if size is None else size for size in out)), x)


@op("torch.tile", "Tensor.tile", takes="input, *dims")
def tile(m: Machine, input: Value, *dims: Value) -> Value | None:
    x, times = m.tensor(input), m.sizes(dims)
    if x is None or times is None or x.shape.open:
        return None
    return _repeated(x, (1,) * (len(x.shape.left) - len(times)) + times)


@op("torch.repeat_interleave", "Tensor.repeat_interleave", takes="input, repeats=None, dim=None, *, output_size=None")
def repeat_interleave(
    m: Machine, input: Value, repeats: Value = None, dim: Value = None, output_size: Value = None
) -> Value | None:
    x = m.tensor(input)
    if x is None or repeats is None:
        return None
    count = None if isinstance(repeats, (Tensor, Items)) else m.dim(repeats)
    if dim is None:
        whole = None if x.shape.open else product(x.shape.left)
        total = None if whole is None or count is None else product((whole, count))
        return result(closed(fresh("repeat") if total is None else total), x)
    at = axis_of(m, x, dim, "repeat_interleave")
    if at is None:
        return None
    size = x.shape.at(at)
    longer = None if size is None or count is None else product((size, count))
    return result(replaced(x.shape, at, fresh("repeat") if longer is None else longer, told_rank(x)), x)


@op("torch.flip", "Tensor.flip", takes="input, *dims")
def flip(m: Machine, input: Value, *dims: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    values = dims[0] if len(dims) == 1 else Items("tuple", dims)
    for axis in axes(m, values) or ():
        axis_of(m, x, axis, "flip")
    return like(x)


@op("torch.roll", "Tensor.roll", takes="input, shifts, dims=None")
def roll(m: Machine, input: Value, shifts: Value, dims: Value = None) -> Value | None:
    x = m.tensor(input)
    return None if x is None else like(x)


@op("torch.meshgrid", takes="*tensors, indexing=None")
def meshgrid(m: Machine, *tensors: Value, indexing: Value = None) -> Value | None:
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], Items) else Items("tuple", tensors)
    parts = many(m, given, m.tensor)
    if not parts or any(part.shape.rank != 1 for part in parts):
        return None
    sizes = [part.shape.left[0] for part in parts]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    elif indexing not in (None, "ij"):
        return None
    return as_tuple(*[result(closed(*sizes), part) for part in parts])
