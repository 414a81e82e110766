"""New arrays: from sizes, from data, like another array, from random generators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lstmcheck.dims import Dim, floordiv
from lstmcheck.infer.joins import settle
from lstmcheck.infer.numpy_ops import op
from lstmcheck.infer.numpy_ops.arrays import array, data_of, scalar
from lstmcheck.infer.numpy_ops.dtypes import chosen, is_scalar, number_kind, of_number
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops.common import fresh, product
from lstmcheck.infer.torch_ops.creation import shape_of_sizes
from lstmcheck.infer.values import Array, Items, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def of_sizes(m: Machine, sizes: Value, dtype: str | None) -> Value:
    """A new array of a shape given as one int or a sequence."""
    sizes = settle(sizes, m.facts)
    shape = None if isinstance(sizes, Array) else shape_of_sizes(m, [sizes])
    if shape is None and isinstance(sizes, Unknown) and sizes.kind == "int":
        shape = closed(sizes.as_dim())
    return array(m, shape, dtype)


@op("numpy.zeros", "numpy.ones", "numpy.empty", takes="shape, dtype=None, order=None")
def zeros(m: Machine, shape: Value, dtype: Value = None, order: Value = None) -> Value | None:
    return of_sizes(m, shape, chosen(dtype, "float64"))


@op("numpy.full", takes="shape, fill_value, dtype=None, order=None")
def full(m: Machine, shape: Value, fill_value: Value, dtype: Value = None, order: Value = None) -> Value | None:
    x = data_of(m, fill_value)
    return of_sizes(m, shape, chosen(dtype, None if x is None else x.dtype))


@op(
    "numpy.zeros_like",
    "numpy.ones_like",
    "numpy.empty_like",
    takes="a, dtype=None, order=None, subok=True, shape=None",
)
def zeros_like(
    m: Machine, a: Value, dtype: Value = None, order: Value = None, subok: Value = True, shape: Value = None
) -> Value | None:
    x = data_of(m, a)
    if x is None:
        return None
    kept = chosen(dtype, x.dtype)
    return array(m, x.shape, kept, x) if shape is None else of_sizes(m, shape, kept)


@op("numpy.full_like", takes="a, fill_value, dtype=None, order=None, subok=True, shape=None")
def full_like(
    m: Machine,
    a: Value,
    fill_value: Value,
    dtype: Value = None,
    order: Value = None,
    subok: Value = True,
    shape: Value = None,
) -> Value | None:
    made: Value | None = zeros_like(m, a, dtype, order, subok, shape)
    return made


@op("numpy.eye", takes="N, M=None, k=0, dtype=None")
def eye(m: Machine, N: Value, M: Value = None, k: Value = 0, dtype: Value = None) -> Value | None:
    return of_sizes(m, Items("tuple", [N, N if M is None else M]), chosen(dtype, "float64"))


@op("numpy.identity", takes="n, dtype=None")
def identity(m: Machine, n: Value, dtype: Value = None) -> Value | None:
    return of_sizes(m, Items("tuple", [n, n]), chosen(dtype, "float64"))


@op("numpy.arange", takes="start, stop=None, step=1, dtype=None")
def arange(m: Machine, start: Value, stop: Value = None, step: Value = 1, dtype: Value = None) -> Value | None:
    if stop is None:
        start, stop = 0, start
    values = [settle(value, m.facts) for value in (start, stop, step)]
    kinds = [number_kind(value) for value in values]
    kept = None if None in kinds else of_number("float" if "float" in kinds else "int")
    return array(m, closed(_count(m, values)), chosen(dtype, kept))


def _count(m: Machine, values: list[Value]) -> Dim:
    start, stop, step = values
    if all(isinstance(value, (int, float)) for value in values) and step:
        count: int = math.ceil((stop - start) / step)
        return max(0, count)
    first, last = m.dim(start), m.dim(stop)
    if first is None or last is None or not isinstance(step, int) or step <= 0:
        return fresh("arange")
    return floordiv(last - first + step - 1, step)


@op(
    "numpy.linspace",
    "numpy.logspace",
    "numpy.geomspace",
    takes="start, stop, num=50, endpoint=True, retstep=False, dtype=None",
)
def linspace(
    m: Machine,
    start: Value,
    stop: Value,
    num: Value = 50,
    endpoint: Value = True,
    retstep: Value = False,
    dtype: Value = None,
) -> Value | None:
    ends = [data_of(m, start), data_of(m, stop)]
    if retstep is not False or any(end is None or end.shape.rank != 0 for end in ends):
        return None
    plain = all(end is not None and end.dtype != "float32" for end in ends)
    return of_sizes(m, Items("tuple", [num]), chosen(dtype, "float64" if plain else None))


@op(
    "numpy.array",
    "numpy.asarray",
    "numpy.asanyarray",
    "numpy.asfarray",
    "numpy.copy",
    takes="a, dtype=None, copy=True, order=None, subok=False, ndmin=0",
)
def make(
    m: Machine,
    a: Value,
    dtype: Value = None,
    copy: Value = True,
    order: Value = None,
    subok: Value = False,
    ndmin: Value = 0,
) -> Value | None:
    x = data_of(m, a)
    if x is None:
        return array(m, None, chosen(dtype, None))
    kept = chosen(dtype, x.dtype)
    if dtype is not None and kept is None and isinstance(a, Items):
        # an array of objects ends where a program's lists differ
        return array(m, Shape((a.length,), (), True), None)
    shape, least = x.shape, m.int_of(ndmin)
    if least is None or (least > shape.min_rank and shape.open):
        return array(m, None, kept)
    if shape.rank is not None:
        shape = closed(*(1,) * max(0, least - shape.rank), *shape.left)
    return array(m, shape, kept, x)


@op("numpy.ascontiguousarray", takes="a, dtype=None")
def ascontiguousarray(m: Machine, a: Value, dtype: Value = None) -> Value | None:
    made: Value | None = make(m, a, dtype, ndmin=1)
    return made


@op("numpy.fromiter", takes="iter, dtype, count=-1")
def fromiter(m: Machine, iter: Value, dtype: Value, count: Value = -1) -> Value | None:
    size = iter.length if isinstance(iter, Items) else fresh("count")
    return array(m, closed(size), chosen(dtype, None))


@op("numpy.frombuffer", "numpy.fromstring", takes="buffer, dtype=None, count=-1, offset=0, sep=''")
def frombuffer(
    m: Machine, buffer: Value, dtype: Value = None, count: Value = -1, offset: Value = 0, sep: Value = ""
) -> Value | None:
    return array(m, closed(fresh("count")), chosen(dtype, "float64"))


@op("numpy.loadtxt", takes="fname, dtype=None, comments='#', delimiter=None")
def loadtxt(
    m: Machine, fname: Value, dtype: Value = None, comments: Value = "#", delimiter: Value = None
) -> Value | None:
    return array(m, Shape((), (), True, 2), chosen(dtype, "float64"))


def _converter(name: str) -> None:
    @op(f"numpy.{name}", takes="a=0")
    def convert(m: Machine, a: Value = 0) -> Value | None:
        x = data_of(m, a)
        return None if x is None else array(m, x.shape, chosen(name, None), x)


for _name in ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool_"):
    _converter(_name)


# Random numbers

_GENERATORS = ("numpy.random", "numpy.random.RandomState()", "numpy.random.default_rng()")
_FLOATS = (
    "standard_normal",
    "random_sample",
    "ranf",
    "sample",
)
# distributions by the number of their parameters, which broadcast where no size is given
_CONTINUOUS = {
    0: ("standard_exponential", "standard_cauchy"),
    1: ("exponential", "rayleigh", "chisquare", "weibull", "pareto", "power", "standard_gamma", "standard_t"),
    2: ("normal", "uniform", "laplace", "gumbel", "logistic", "lognormal", "gamma", "beta", "vonmises", "wald"),
}
_DISCRETE = {1: ("poisson", "geometric"), 2: ("binomial",)}


def _paths(*names: str) -> list[str]:
    return [f"{owner}.{name}" for owner in _GENERATORS for name in names]


@op("numpy.random.rand", "numpy.random.randn", *(f"{_GENERATORS[1]}.{n}" for n in ("rand", "randn")), takes="*sizes")
def rand(m: Machine, *sizes: Value) -> Value | None:
    return of_sizes(m, Items("tuple", sizes), "float64")


@op(*_paths(*_FLOATS, "random"), takes="size=None, dtype=None, out=None")
def random(m: Machine, size: Value = None, dtype: Value = None, out: Value = None) -> Value | None:
    return _drawn(m, size, chosen(dtype, "float64"), [])


def _drawn(m: Machine, size: Value, dtype: str | None, parameters: list[Value]) -> Value:
    if size is not None:
        return of_sizes(m, size, dtype)
    if any(isinstance(value, (Array, Items)) for value in parameters):
        return array(m, None, dtype)
    return scalar(m, dtype)


def _distribution(name: str, count: int, dtype: str) -> None:
    takes = "".join(f"p{i}=0.0, " for i in range(count))

    @op(*_paths(name), takes=f"{takes}size=None")
    def draw(m: Machine, size: Value = None, **given: Value) -> Value | None:
        return _drawn(m, size, dtype, list(given.values()))


for _count_, _names in _CONTINUOUS.items():
    for _name in _names:
        _distribution(_name, _count_, "float64")
for _count_, _names in _DISCRETE.items():
    for _name in _names:
        _distribution(_name, _count_, "int64")


@op("numpy.random.randint", f"{_GENERATORS[1]}.randint", takes="low, high=None, size=None, dtype=None")
def randint(m: Machine, low: Value, high: Value = None, size: Value = None, dtype: Value = None) -> Value | None:
    return _drawn(m, size, chosen(dtype, "int64"), [low, high])


@op(f"{_GENERATORS[2]}.integers", takes="low, high=None, size=None, dtype=None, endpoint=False")
def integers(
    m: Machine, low: Value, high: Value = None, size: Value = None, dtype: Value = None, endpoint: Value = False
) -> Value | None:
    return _drawn(m, size, chosen(dtype, "int64"), [low, high])


@op(*_paths("choice"), takes="a, size=None, replace=True, p=None, axis=0, shuffle=True")
def choice(
    m: Machine,
    a: Value,
    size: Value = None,
    replace: Value = True,
    p: Value = None,
    axis: Value = 0,
    shuffle: Value = True,
) -> Value | None:
    x = data_of(m, a)
    if size is None or x is None or x.shape.rank is None or x.shape.rank > 1:
        return None
    return of_sizes(m, size, x.dtype if x.shape.rank else "int64")


@op(*_paths("permutation"), takes="x, axis=0")
def permutation(m: Machine, x: Value, axis: Value = 0) -> Value | None:
    size = None if is_scalar(x) else m.dim(x)
    if size is not None and not (isinstance(x, Unknown) and x.kind is None):
        return array(m, closed(max(size, 0) if isinstance(size, int) else size), "int64")
    data = data_of(m, x)
    return None if data is None or data.shape.rank == 0 else array(m, data.shape, data.dtype, data)


@op(*_paths("shuffle", "seed"), takes="x=None, axis=0")
def shuffle(m: Machine, x: Value = None, axis: Value = 0) -> Value | None:
    return m.fresh("none")


@op(*_paths("multivariate_normal"), takes="mean, cov, size=None, check_valid=None, tol=None")
def multivariate_normal(
    m: Machine, mean: Value, cov: Value, size: Value = None, check_valid: Value = None, tol: Value = None
) -> Value | None:
    centre = data_of(m, mean)
    if centre is None or centre.shape.rank != 1:
        return None
    before = () if size is None else m.sizes([size])
    return None if before is None else array(m, closed(*before, *centre.shape.left), "float64")


def numel(x: Tensor) -> Dim:
    """How many elements an array has."""
    found = None if x.shape.open else product(x.shape.left)
    return fresh("size") if found is None else found
