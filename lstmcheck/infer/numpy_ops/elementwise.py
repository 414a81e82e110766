"""Functions of one array or of two, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lstmcheck.infer.numpy_ops import both, op
from lstmcheck.infer.numpy_ops.arrays import array, binary, data_of, dtype_together
from lstmcheck.infer.numpy_ops.dtypes import FLOATS, chosen, floating
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.values import Array, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def _same(dtype: str | None) -> str | None:
    return None if dtype == "bool" else dtype


def _rounded(dtype: str | None) -> str | None:
    # numpy 1 rounds integers to floats, numpy 2 leaves them as they are
    return dtype if dtype in FLOATS else None


def _bool(dtype: str | None) -> str | None:
    return "bool"


_UNARY: dict[Callable[[str | None], str | None], tuple[str, ...]] = {
    floating: (
        *("exp", "expm1", "exp2", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "arcsin"),
        *("arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arctanh", "deg2rad", "rad2deg", "radians", "degrees"),
    ),
    _same: ("abs", "absolute", "negative", "square", "sign", "positive", "nan_to_num", "conj"),
    _rounded: ("floor", "ceil", "rint", "trunc", "fabs", "sinc", "reciprocal"),
    _bool: ("isnan", "isinf", "isfinite", "logical_not"),
}


def _unary(name: str, dtype: Callable[[str | None], str | None]) -> None:
    @op(f"numpy.{name}", takes="x, out=None")
    def run(m: Machine, x: Value, out: Value = None) -> Value | None:
        data = data_of(m, x)
        return None if data is None else array(m, data.shape, dtype(data.dtype), data)


for _dtype, _names in _UNARY.items():
    for _name in _names:
        _unary(_name, _dtype)


@op("numpy.round", "numpy.around", "ndarray.round", takes="a, decimals=0, out=None")
def rounded(m: Machine, a: Value, decimals: Value = 0, out: Value = None) -> Value | None:
    x = data_of(m, a)
    return None if x is None else array(m, x.shape, x.dtype if x.dtype != "bool" else None, x)


@op(*both("clip"), takes="a, a_min=None, a_max=None, out=None, min=None, max=None")
def clip(
    m: Machine,
    a: Value,
    a_min: Value = None,
    a_max: Value = None,
    out: Value = None,
    min: Value = None,
    max: Value = None,
) -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    dtype = x.dtype
    for limit in (a_min, a_max, min, max):
        if limit is not None:
            other = data_of(m, limit)
            if other is None or other.shape.rank != 0:
                return array(m, None, None, x)
            kept = dtype_together(m, a, limit, "max")
            dtype = dtype if kept == dtype else None
    return array(m, x.shape, dtype, x)


_BINARY = {
    "+": ("add",),
    "-": ("subtract",),
    "*": ("multiply",),
    "/": ("divide", "true_divide"),
    "//": ("floor_divide",),
    "%": ("mod", "remainder", "fmod"),
    "**": ("power",),
    "max": ("maximum", "minimum", "fmax", "fmin"),
    "==": ("equal", "not_equal", "logical_and", "logical_or", "logical_xor", "isclose"),
    "<": ("less", "less_equal", "greater", "greater_equal"),
    "@": ("matmul",),
}


def _two(name: str, operator: str) -> None:
    @op(f"numpy.{name}", takes="x1, x2, out=None")
    def run(m: Machine, x1: Value, x2: Value, out: Value = None) -> Value | None:
        return binary(m, operator, x1, x2)


for _operator, _names in _BINARY.items():
    for _name in _names:
        _two(_name, _operator)


@op("numpy.where", takes="condition, x=None, y=None")
def where(m: Machine, condition: Value, x: Value = None, y: Value = None) -> Value | None:
    test = data_of(m, condition)
    if x is None or y is None or test is None:
        return None
    made = binary(m, "max", x, y)
    both_ = data_of(m, made)
    if both_ is None:
        return None
    return array(m, broadcast(m, test, both_, "where"), dtype_together(m, x, y, "max"), test, both_)


@op("ndarray.astype", takes="a, dtype, order=None, casting=None, subok=True, copy=True")
def astype(
    m: Machine,
    a: Value,
    dtype: Value,
    order: Value = None,
    casting: Value = None,
    subok: Value = True,
    copy: Value = True,
) -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    made = Tensor(x.shape, chosen(dtype, None), name=x.name, leading=x, vague=x.vague)
    return Array(made) if x.shape.rank != 0 else array(m, x.shape, made.dtype)


@op("ndarray.copy", "ndarray.__copy__", "ndarray.__deepcopy__", takes="a, order=None")
def copied(m: Machine, a: Value, order: Value = None) -> Value | None:
    return a


@op("ndarray.conj", takes="a, out=None")
def conjugated(m: Machine, a: Value, out: Value = None) -> Value | None:
    return a


@op("numpy.interp", takes="x, xp, fp, left=None, right=None, period=None")
def interp(
    m: Machine, x: Value, xp: Value, fp: Value, left: Value = None, right: Value = None, period: Value = None
) -> Value | None:
    data = data_of(m, x)
    return None if data is None else array(m, data.shape, "float64", data)


@op("ndarray.fill", "ndarray.sort", "ndarray.partition", takes="a, *rest, axis=-1, kind=None, order=None")
def in_place(
    m: Machine, a: Value, *rest: Value, axis: Value = -1, kind: Value = None, order: Value = None
) -> Value | None:
    return m.fresh("none")
