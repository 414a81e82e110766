"""Putting arrays together and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstmcheck.dims import Dim, floordiv
from lstmcheck.infer.joins import settle
from lstmcheck.infer.numpy_ops import both, op
from lstmcheck.infer.numpy_ops.arrays import array, common_dtype, data_of, wrapped
from lstmcheck.infer.numpy_ops.dtypes import chosen, number_kind
from lstmcheck.infer.numpy_ops.shaping import axis_in, ravel
from lstmcheck.infer.shapes import closed
from lstmcheck.infer.torch_ops import joining
from lstmcheck.infer.torch_ops.common import fresh, product, replaced, usual_rank
from lstmcheck.infer.values import Array, Items, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

MAX_PARTS = 32


def _parts(m: Machine, arrays: Value) -> tuple[Items, list[Tensor]] | None:
    """A sequence of arrays as a sequence of their data, and every one of them."""
    from lstmcheck.infer.loops import elements_of

    arrays = settle(arrays, m.facts)
    if not isinstance(arrays, (Items, Array)):
        return None
    contents = elements_of(m, arrays)
    if contents is None:
        return None
    rest = [] if not _is_open(contents.rest) else [contents.rest]
    found = [data_of(m, value) for value in (*contents.head, *rest)]
    known = [one for one in found if one is not None]
    if len(known) < len(found) or not known:
        return None
    if rest:
        return Items("list", known[:-1], known[-1], contents.length), known
    return Items("list", known), known


def _is_open(rest: Value) -> bool:
    from lstmcheck.infer.values import NOTHING

    return rest is not NOTHING


@op("numpy.concatenate", "numpy.concat", takes="arrays, axis=0, out=None, dtype=None")
def concatenate(m: Machine, arrays: Value, axis: Value = 0, out: Value = None, dtype: Value = None) -> Value | None:
    found = _parts(m, arrays)
    if found is None:
        return array(m, None, chosen(dtype, None))
    items, known = found
    kept = chosen(dtype, common_dtype(known))
    if axis is None:
        total = _total([product(part.shape.left) if not part.shape.open else None for part in known])
        return array(m, closed(total if items.whole else fresh("size")), kept)
    return wrapped(m, joining.cat(m, items, axis), None, kept)


def _total(sizes: Sequence[Dim | None]) -> Dim:
    total: Dim = 0
    for size in sizes:
        if size is None:
            return fresh("size")
        total = total + size
    return total


@op("numpy.stack", takes="arrays, axis=0, out=None, dtype=None")
def stack(m: Machine, arrays: Value, axis: Value = 0, out: Value = None, dtype: Value = None) -> Value | None:
    found = _parts(m, arrays)
    if found is None:
        return array(m, None, chosen(dtype, None))
    items, known = found
    return wrapped(m, joining.stack(m, items, axis), None, chosen(dtype, common_dtype(known)))


def _raised(parts: list[Tensor], how: str) -> list[Tensor] | None:
    """Arrays as vstack ("rows"), hstack ("") and column_stack ("columns") read them; None where a rank is open."""
    if any(part.shape.open for part in parts):
        return None
    made: list[Tensor] = []
    for part in parts:
        sizes = part.shape.left
        if len(sizes) == 0:
            sizes = (1,)
        if len(sizes) == 1 and how:
            sizes = (1, *sizes) if how == "rows" else (*sizes, 1)
        made.append(Tensor(closed(*sizes), part.dtype))
    return made


def _stacked(m: Machine, tup: Value, how: str, axis: int | None) -> Value | None:
    found = _parts(m, tup)
    raised = None if found is None else _raised(found[1], how)
    if found is None or raised is None:
        return array(m, None, None if found is None else common_dtype(found[1]))
    at = axis if axis is not None else 0 if len(raised[0].shape.left) == 1 else 1
    items = found[0]
    if not items.whole:
        items = Items("list", raised[:-1], raised[-1], items.length)
    else:
        items = Items("list", raised)
    return wrapped(m, joining.cat(m, items, at), None, common_dtype(found[1]))


@op("numpy.vstack", "numpy.row_stack", takes="tup")
def vstack(m: Machine, tup: Value) -> Value | None:
    return _stacked(m, tup, "rows", 0)


@op("numpy.hstack", takes="tup")
def hstack(m: Machine, tup: Value) -> Value | None:
    return _stacked(m, tup, "", None)


@op("numpy.column_stack", takes="tup")
def column_stack(m: Machine, tup: Value) -> Value | None:
    return _stacked(m, tup, "columns", 1)


@op("numpy.append", takes="arr, values, axis=None")
def append(m: Machine, arr: Value, values: Value, axis: Value = None) -> Value | None:
    if axis is None:
        pair = [ravel(m, value) for value in (arr, values)]
        return None if any(part is None for part in pair) else concatenate(m, Items("list", pair), 0)
    return concatenate(m, Items("list", [arr, values]), axis)


@op("numpy.tile", takes="A, reps")
def tile(m: Machine, A: Value, reps: Value) -> Value | None:
    x = data_of(m, A)
    return None if x is None else wrapped(m, joining.tile(m, x, reps), x)


@op(*both("repeat"), takes="a, repeats, axis=None")
def repeat(m: Machine, a: Value, repeats: Value, axis: Value = None) -> Value | None:
    x = data_of(m, a)
    if x is None or isinstance(repeats, (Array, Items)):
        return None
    return wrapped(m, joining.repeat_interleave(m, x, repeats, axis), x)


@op("numpy.split", takes="ary, indices_or_sections, axis=0")
def split(m: Machine, ary: Value, indices_or_sections: Value, axis: Value = 0) -> Value | None:
    return _split(m, ary, indices_or_sections, axis, alike=True)


@op("numpy.array_split", takes="ary, indices_or_sections, axis=0")
def array_split(m: Machine, ary: Value, indices_or_sections: Value, axis: Value = 0) -> Value | None:
    return _split(m, ary, indices_or_sections, axis, alike=False)


def _split(m: Machine, ary: Value, indices_or_sections: Value, axis: Value, alike: bool) -> Value | None:
    x = data_of(m, ary)
    at = None if x is None else axis_in(m, x, axis)
    if x is None or at is None or (at < 0 and x.shape.open):
        return None
    size = x.shape.at(at)
    cuts = indices_or_sections
    if isinstance(cuts, Items):
        positions = m.sizes([cuts])
        if positions is None or size is None or len(positions) >= MAX_PARTS:
            return None
        return _pieces(m, x, at, _between(positions, size))
    count = m.int_of(cuts) if number_kind(cuts) == "int" else None
    if count is None or not 0 < count <= MAX_PARTS:
        piece = array(m, replaced(x.shape, at, fresh("split"), usual_rank(x)), x.dtype, x)
        return Items("list", (), piece, fresh("parts") if count is None else count)
    if size is None:
        return _pieces(m, x, at, [fresh("split") for _ in range(count)])
    if alike:
        return _pieces(m, x, at, [floordiv(size, count)] * count)
    # the first parts are one longer where the size does not divide
    return _pieces(m, x, at, [floordiv(size + count - 1 - i, count) for i in range(count)])


def _between(positions: Sequence[Dim], size: Dim) -> list[Dim]:
    """How many elements lie between the cuts; a size that is not certain where a cut may lie outside."""
    cuts = [cut for cut in positions if isinstance(cut, int)]
    if isinstance(size, int) and len(cuts) == len(positions):
        whole = range(size)
        return [len(whole[start:end]) for start, end in zip([0, *cuts], [*cuts, None])]
    return [fresh("split") for _ in range(len(positions) + 1)]


def _pieces(m: Machine, x: Tensor, at: int, sizes: Sequence[Dim]) -> Value:
    return Items("list", [array(m, replaced(x.shape, at, size, usual_rank(x)), x.dtype, x) for size in sizes])


@op("numpy.meshgrid", takes="*xi, copy=True, sparse=False, indexing='xy'")
def meshgrid(m: Machine, *xi: Value, copy: Value = True, sparse: Value = False, indexing: Value = "xy") -> Value | None:
    parts = [data_of(m, one) for one in xi]
    known = [part for part in parts if part is not None and part.shape.rank == 1]
    if not known or len(known) < len(parts) or sparse is not False or indexing not in ("xy", "ij"):
        return None
    sizes = [part.shape.left[0] for part in known]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return Items("list", [array(m, closed(*sizes), part.dtype, part) for part in known])
