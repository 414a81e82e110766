"""Functions along axes: those that remove them, and those that keep the shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lstmcheck.dims import Dim
from lstmcheck.infer.joins import is_dim
from lstmcheck.infer.numpy_ops import both, op
from lstmcheck.infer.numpy_ops.arrays import array, data_of
from lstmcheck.infer.numpy_ops.creation import numel
from lstmcheck.infer.numpy_ops.dtypes import averaged, chosen, summed
from lstmcheck.infer.numpy_ops.shaping import axis_in
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.silent.order import sorted_
from lstmcheck.infer.torch_ops.common import fresh, product
from lstmcheck.infer.torch_ops.reductions import reduced
from lstmcheck.infer.values import Array, Items, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def _kept(dtype: str | None) -> str | None:
    return dtype


def _bool(dtype: str | None) -> str | None:
    return "bool"


def _index(dtype: str | None) -> str | None:
    return "int64"


_PLAIN = "a, axis=None, out=None, keepdims=False, initial=None, where=None"
_TYPED = "a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None"
_SPREAD = "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, correction=0"
_MIDDLE = "a, axis=None, out=None, overwrite_input=False, keepdims=False"
# functions that are methods too, functions that are not, what they take, and the dtype of the result
_REDUCTIONS: tuple[tuple[tuple[str, ...], tuple[str, ...], str, Callable[[str | None], str | None]], ...] = (
    (("sum", "prod"), ("nansum", "nanprod"), _TYPED, summed),
    (("mean",), ("nanmean",), _TYPED, averaged),
    (("std", "var"), ("nanstd", "nanvar"), _SPREAD, averaged),
    ((), ("median", "nanmedian"), _MIDDLE, averaged),
    (("max", "min", "ptp"), ("amax", "amin", "nanmax", "nanmin"), _PLAIN, _kept),
    (("any", "all"), (), _PLAIN, _bool),
    (("argmax", "argmin"), (), _PLAIN, _index),
    ((), ("count_nonzero",), "a, axis=None, keepdims=False", _index),
)


def _shape(m: Machine, x: Tensor, axis: Value, keepdims: Value) -> Shape | None:
    if isinstance(axis, Items) and axis.whole and not axis.head:
        return x.shape  # along no axis; torch takes none for all of them
    return reduced(m, x, axis, keepdims, "reduce")


def _reduction(name: str, paths: list[str], takes: str, dtype_of: Callable[[str | None], str | None]) -> None:
    @op(*paths, takes=takes)
    def run(
        m: Machine, a: Value, axis: Value = None, dtype: Value = None, keepdims: Value = False, **rest: Value
    ) -> Value | None:
        whole = _product(m, a) if name == "prod" and axis is None else None
        if whole is not None:
            return whole
        x = data_of(m, a)
        if x is None:
            return None
        shape = _shape(m, x, axis, keepdims)
        return None if shape is None else array(m, shape, chosen(dtype, dtype_of(x.dtype)), x, name=name)


def _product(m: Machine, a: Value) -> Dim | None:
    """`np.prod(x.shape)`."""
    if not isinstance(a, Items) or not all(is_dim(size) for size in a.head):
        return None
    sizes = m.sizes([a])
    return None if sizes is None else product(sizes)


for _methods, _functions, _takes, _dtype in _REDUCTIONS:
    for _name in _methods:
        _reduction(_name, both(_name), _takes, _dtype)
    for _name in _functions:
        _reduction(_name, [f"numpy.{_name}"], _takes, _dtype)


@op(*both("cumsum", "cumprod"), takes="a, axis=None, dtype=None, out=None")
def cumsum(m: Machine, a: Value, axis: Value = None, dtype: Value = None, out: Value = None) -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    kept = chosen(dtype, summed(x.dtype))
    flat = axis is None or x.shape.rank == 0
    return array(m, closed(numel(x)) if flat else x.shape, kept, x)


@op("numpy.sort", takes="a, axis=-1, kind=None, order=None")
def sort(m: Machine, a: Value, axis: Value = -1, kind: Value = None, order: Value = None) -> Value | None:
    x = data_of(m, a)
    return None if x is None or axis is None else array(m, x.shape, x.dtype, x)


@op(*both("argsort"), takes="a, axis=-1, kind=None, order=None")
def argsort(m: Machine, a: Value, axis: Value = -1, kind: Value = None, order: Value = None) -> Value | None:
    x = data_of(m, a)
    if x is None or axis is None or x.shape.rank == 0:
        return None
    made = array(m, x.shape, "int64", x)
    assert isinstance(made, Array)
    sorted_(m, "numpy.argsort", {"input": x}, made.data)
    return made


@op("numpy.average", takes="a, axis=None, weights=None, returned=False, keepdims=False")
def average(
    m: Machine,
    a: Value,
    axis: Value = None,
    weights: Value = None,
    returned: Value = False,
    keepdims: Value = False,
) -> Value | None:
    x = data_of(m, a)
    shape = None if x is None or returned is not False else _shape(m, x, axis, keepdims)
    return None if x is None or shape is None else array(m, shape, averaged(x.dtype) if weights is None else None, x)


@op("numpy.percentile", "numpy.quantile", takes="a, q, axis=None, *, keepdims=False")
def percentile(m: Machine, a: Value, q: Value, axis: Value = None, keepdims: Value = False) -> Value | None:
    x, at = data_of(m, a), data_of(m, q)
    if x is None or at is None or at.shape.rank != 0 or keepdims is not False:
        return None
    shape = _shape(m, x, axis, False)
    return None if shape is None else array(m, shape, None, x)


@op("numpy.linalg.norm", takes="x, ord=None, axis=None, keepdims=False")
def norm(m: Machine, x: Value, ord: Value = None, axis: Value = None, keepdims: Value = False) -> Value | None:
    data = data_of(m, x)
    shape = None if data is None else _shape(m, data, axis, keepdims)
    return None if data is None or shape is None else array(m, shape, averaged(data.dtype), data)


@op(
    "numpy.unique",
    takes="ar, return_index=False, return_inverse=False, return_counts=False, axis=None",
)
def unique(
    m: Machine,
    ar: Value,
    return_index: Value = False,
    return_inverse: Value = False,
    return_counts: Value = False,
    axis: Value = None,
) -> Value | None:
    x = data_of(m, ar)
    several = any(flag is not False for flag in (return_index, return_inverse, return_counts))
    if x is None or axis is not None or several:
        return None
    return array(m, closed(fresh("unique")), x.dtype)


@op("numpy.gradient", takes="f, *spacing, axis=None, edge_order=1")
def gradient(m: Machine, f: Value, *spacing: Value, axis: Value = None, edge_order: Value = 1) -> Value | None:
    x = data_of(m, f)
    if x is None or (axis_in(m, x, axis) is None if axis is not None else x.shape.rank != 1):
        return None
    return array(m, x.shape, averaged(x.dtype), x)
