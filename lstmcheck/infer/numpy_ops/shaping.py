"""The same elements under another shape, and parts of an array by function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.dims import Dim, maximum
from lstmcheck.infer.numpy_ops import both, op
from lstmcheck.infer.numpy_ops.arrays import array, binary, data_of, wrapped
from lstmcheck.infer.numpy_ops.dtypes import number_kind
from lstmcheck.infer.shapes import closed
from lstmcheck.infer.torch_ops import views
from lstmcheck.infer.torch_ops.common import axes, fresh, inserted, product, replaced, spread, usual_rank, without
from lstmcheck.infer.values import Array, Items, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def axis_in(m: Machine, x: Tensor, axis: Value, extra: int = 0) -> int | None:
    """A constant axis: non-negative for a closed shape, as written for an open one; None where it is not known."""
    at, rank = m.int_of(axis), x.shape.rank
    if at is None or rank is None:
        return at
    return at % (rank + extra) if -(rank + extra) <= at < rank + extra else None


@op("numpy.reshape", takes="a, shape=None, order='C', newshape=None, copy=None")
def reshape(
    m: Machine, a: Value, shape: Value = None, order: Value = "C", newshape: Value = None, copy: Value = None
) -> Value | None:
    return reshaped(m, a, shape if newshape is None else newshape)


@op("ndarray.reshape", takes="a, *shape, order='C', copy=None")
def reshaped(m: Machine, a: Value, *shape: Value, order: Value = "C", copy: Value = None) -> Value | None:
    x = data_of(m, a)
    # numpy works out any negative size, torch -1 only
    sizes = [-1 if isinstance(size, int) and size < 0 else size for size in shape]
    return None if x is None or not sizes or None in sizes else wrapped(m, views.reshape(m, x, *sizes), x)


@op("numpy.ravel", "ndarray.ravel", "ndarray.flatten", takes="a, order='C'")
def ravel(m: Machine, a: Value, order: Value = "C") -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    size = None if x.shape.open else product(x.shape.left)
    return array(m, closed(fresh("ravel") if size is None else size), x.dtype, x)


@op(*both("transpose"), "numpy.permute_dims", takes="a, *axes")
def transpose(m: Machine, a: Value, *axes: Value) -> Value | None:
    x = data_of(m, a)
    values = spread(axes)
    if x is None or values is None:
        return None
    if not values or (len(values) == 1 and values[0] is None):
        return wrapped(m, views.T(m, x), x)
    return wrapped(m, views.permute(m, x, *values), x)


@op(*both("swapaxes"), takes="a, axis1, axis2")
def swapaxes(m: Machine, a: Value, axis1: Value, axis2: Value) -> Value | None:
    x = data_of(m, a)
    return None if x is None else wrapped(m, views.transpose(m, x, axis1, axis2), x)


@op("numpy.moveaxis", takes="a, source, destination")
def moveaxis(m: Machine, a: Value, source: Value, destination: Value) -> Value | None:
    x = data_of(m, a)
    return None if x is None else wrapped(m, views.movedim(m, x, source, destination), x)


@op("numpy.rollaxis", takes="a, axis, start=0")
def rollaxis(m: Machine, a: Value, axis: Value, start: Value = 0) -> Value | None:
    return moveaxis(m, a, axis, 0) if start == 0 else None


@op("numpy.expand_dims", takes="a, axis")
def expand_dims(m: Machine, a: Value, axis: Value) -> Value | None:
    x = data_of(m, a)
    at = None if x is None else axis_in(m, x, axis, 1)
    if x is None or at is None:
        return None if x is None else array(m, None, x.dtype, x)
    return array(m, inserted(x.shape, at, 1, usual_rank(x)), x.dtype, x)


@op(*both("squeeze"), takes="a, axis=None")
def squeeze(m: Machine, a: Value, axis: Value = None) -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    if axis is None:
        return wrapped(m, views.squeeze(m, x), x)
    wanted = axes(m, axis)
    if wanted is None or len(wanted) != 1:
        return array(m, None, x.dtype, x)
    at = axis_in(m, x, wanted[0])
    # numpy raises unless the axis has one element
    return None if at is None else array(m, without(x.shape, at, usual_rank(x)), x.dtype, x)


@op("numpy.atleast_1d", takes="a")
def atleast_1d(m: Machine, a: Value) -> Value | None:
    x = data_of(m, a)
    return None if x is None else wrapped(m, views.atleast_1d(m, x), x)


@op("numpy.atleast_2d", takes="a")
def atleast_2d(m: Machine, a: Value) -> Value | None:
    x = data_of(m, a)
    return None if x is None else wrapped(m, views.atleast_2d(m, x), x)


@op("numpy.broadcast_to", takes="a, shape, subok=False")
def broadcast_to(m: Machine, a: Value, shape: Value, subok: Value = False) -> Value | None:
    x = data_of(m, a)
    return None if x is None else wrapped(m, views.expand(m, x, shape), x)


@op("numpy.flip", "numpy.flipud", "numpy.fliplr", "numpy.roll", takes="a, shift=None, axis=None")
def flip(m: Machine, a: Value, shift: Value = None, axis: Value = None) -> Value | None:
    x = data_of(m, a)
    return None if x is None else array(m, x.shape, x.dtype, x)


@op("numpy.triu", "numpy.tril", takes="a, k=0")
def triu(m: Machine, a: Value, k: Value = 0) -> Value | None:
    x = data_of(m, a)
    return None if x is None or x.shape.rank == 1 else array(m, x.shape, x.dtype, x)


@op("numpy.diag", takes="a, k=0")
def diag(m: Machine, a: Value, k: Value = 0) -> Value | None:
    x = data_of(m, a)
    return None if x is None else wrapped(m, views.diag(m, x, k), x)


@op("numpy.lib.stride_tricks.sliding_window_view", takes="x, window_shape, axis=None, subok=False, writeable=False")
def sliding_window_view(
    m: Machine,
    x: Value,
    window_shape: Value,
    axis: Value = None,
    subok: Value = False,
    writeable: Value = False,
) -> Value | None:
    data = data_of(m, x)
    windows = m.sizes([window_shape])
    if data is None or data.shape.open or windows is None:
        return None
    rank = len(data.shape.left)
    chosen = tuple(range(rank)) if axis is None else axes(m, axis)
    if chosen is None or len(chosen) != len(windows) or any(not -rank <= one < rank for one in chosen):
        return None
    sizes = list(data.shape.left)
    for one, window in zip(chosen, windows):
        sizes[one] = sizes[one] - window + 1
    return array(m, closed(*sizes, *windows), data.dtype, data)


@op("numpy.pad", takes="a, pad_width, mode='constant'")
def pad(m: Machine, a: Value, pad_width: Value, mode: Value = "constant") -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    if x.shape.open:
        return array(m, None, x.dtype, x)
    rank = len(x.shape.left)
    widths = _widths(m, pad_width, rank)
    if widths is None:
        return array(m, closed(*(fresh("pad") for _ in range(rank))), x.dtype, x)
    return array(m, closed(*(size + a + b for size, (a, b) in zip(x.shape.left, widths))), x.dtype, x)


def _widths(m: Machine, value: Value, rank: int) -> list[tuple[Dim, Dim]] | None:
    """(before, after) of every axis: one number for all, one pair for all, or a pair for each."""
    if not isinstance(value, Items):
        one = m.dim(value) if number_kind(value) == "int" else None
        return None if one is None else [(one, one)] * rank
    if not value.whole:
        return None
    rows = [m.sizes([row]) if isinstance(row, Items) else None for row in value.head]
    if not any(isinstance(row, Items) for row in value.head):
        pair = m.sizes([value])
        return [(pair[0], pair[-1])] * rank if pair is not None and len(pair) in (1, 2) else None
    if any(row is None or len(row) not in (1, 2) for row in rows):
        return None
    pairs = [(row[0], row[-1]) for row in rows if row is not None]
    return pairs * rank if len(pairs) == 1 else pairs if len(pairs) == rank else None


@op(*both("take"), takes="a, indices, axis=None, out=None, mode='raise'")
def take(
    m: Machine, a: Value, indices: Value, axis: Value = None, out: Value = None, mode: Value = "raise"
) -> Value | None:
    x, index = data_of(m, a), data_of(m, indices)
    if x is None or index is None or x.shape.open or index.shape.open:
        return None
    if axis is None:
        return array(m, index.shape, x.dtype)
    at = axis_in(m, x, axis)
    sizes = x.shape.left
    return None if at is None else array(m, closed(*sizes[:at], *index.shape.left, *sizes[at + 1 :]), x.dtype, x)


@op("numpy.delete", takes="arr, obj, axis=None")
def delete(m: Machine, arr: Value, obj: Value, axis: Value = None) -> Value | None:
    return _resized(m, arr, axis, -1 if number_kind(obj) == "int" else None)


@op("numpy.insert", takes="arr, obj, values, axis=None")
def insert(m: Machine, arr: Value, obj: Value, values: Value, axis: Value = None) -> Value | None:
    return _resized(m, arr, axis, None)


def _resized(m: Machine, value: Value, axis: Value, change: int | None) -> Value | None:
    x = data_of(m, value)
    if x is None:
        return None
    at = None if axis is None else axis_in(m, x, axis)
    if axis is None:
        return array(m, closed(fresh("size")), x.dtype, x)
    if at is None or x.shape.open:
        return array(m, None, x.dtype, x)
    size = fresh("size") if change is None else x.shape.left[at] + change
    return array(m, replaced(x.shape, at, size), x.dtype, x)


@op("numpy.diff", takes="a, n=1, axis=-1, prepend=None, append=None")
def diff(
    m: Machine, a: Value, n: Value = 1, axis: Value = -1, prepend: Value = None, append: Value = None
) -> Value | None:
    x, times = data_of(m, a), m.dim(n)
    if x is None or times is None or prepend is not None or append is not None or x.shape.open:
        return None
    at = axis_in(m, x, axis)
    dtype = None if x.dtype == "bool" else x.dtype
    return None if at is None else array(m, replaced(x.shape, at, maximum(0, x.shape.left[at] - times)), dtype, x)


@op(*both("dot"), takes="a, b, out=None")
def dot(m: Machine, a: Value, b: Value, out: Value = None) -> Value | None:
    x, y = data_of(m, a), data_of(m, b)
    if x is None or y is None or x.shape.rank not in (1, 2) or y.shape.rank not in (1, 2):
        return None
    return binary(m, "@", a, b)


@op("numpy.outer", takes="a, b, out=None")
def outer(m: Machine, a: Value, b: Value, out: Value = None) -> Value | None:
    x, y = data_of(m, a), data_of(m, b)
    if x is None or y is None or x.shape.rank != 1 or y.shape.rank != 1:
        return None
    kept = x.dtype if x.dtype == y.dtype else None
    return array(m, closed(x.shape.left[0], y.shape.left[0]), kept, x, y)


@op("ndarray.tolist", takes="a")
def tolist(m: Machine, a: Value) -> Value | None:
    x = data_of(m, a)
    if x is None or x.shape.rank == 0:
        return None
    kinds = {"float64": "float", "float32": "float", "int64": "int", "int32": "int", "bool": "bool"}
    element = m.fresh("element", kind=kinds.get(x.dtype or "") if x.shape.rank == 1 else None, free=True)
    return Items("list", (), element, x.size(0))


@op("ndarray.item", takes="a, *rest")
def only_item(m: Machine, a: Value, *rest: Value) -> Value | None:
    x = data_of(m, a)
    kinds = {"float64": "float", "float32": "float", "int64": "int", "int32": "int", "bool": "bool"}
    return m.fresh("item", kind=kinds.get((x.dtype if x is not None else None) or ""), free=True)


@op("ndarray.resize", takes="a, *shape, refcheck=True")
def resize(m: Machine, a: Value, *shape: Value, refcheck: Value = True) -> Value | None:
    from lstmcheck.infer.shapes import ANY_SHAPE

    if isinstance(a, Array):
        m.refine(a.data, ANY_SHAPE)
    return m.fresh("none")


@op("numpy.shape", takes="a")
def shape(m: Machine, a: Value) -> Value | None:
    from lstmcheck.infer.numpy_ops.attributes import read

    x = data_of(m, a)
    return None if x is None or isinstance(a, Unknown) else read(m, Array(x), "shape")
