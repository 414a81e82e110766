"""New tensors: from sizes, from literal data, like another tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstmcheck.dims import Dim, floordiv
from lstmcheck.infer.joins import is_dim, may_be_several
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.common import (
    anything,
    copied,
    device_of,
    dtype_of,
    fresh,
    is_number,
    like,
    spread,
    unchanged,
)
from lstmcheck.infer.values import Array, Choice, External, Items, ShapeOf, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

DEFAULT = "float32"


def shape_of_sizes(m: Machine, sizes: Sequence[Value]) -> Shape | None:
    """The shape that sizes describe, given one by one or as one sequence; a size that is not known is a symbol."""
    if len(sizes) == 1 and isinstance(sizes[0], ShapeOf):
        return sizes[0].tensor.shape
    found = m.sizes(sizes)
    if found is not None:
        return closed(*found)
    values = spread(sizes)
    if values is None:
        return None
    if len(sizes) == 1 and (
        isinstance(sizes[0], Unknown) or (isinstance(sizes[0], Choice) and may_be_several(sizes[0]))
    ):
        return None
    read = [m.dim(value) for value in values]
    return closed(*(fresh() if size is None else size for size in read))


def _new(m: Machine, sizes: Sequence[Value], dtype: str | None, device: Value, source: Tensor | None = None) -> Tensor:
    shape = shape_of_sizes(m, sizes)
    other = sizes[0].tensor if len(sizes) == 1 and isinstance(sizes[0], ShapeOf) else None
    where = "cpu" if device is None else device_of(device)
    if device is None and source is not None:
        where = source.device
    return Tensor(Shape((), (), True) if shape is None else shape, dtype, where, leading=other)


def _dtype(value: Value, otherwise: str | None) -> str | None:
    return otherwise if value is None else dtype_of(value)


def _number_dtype(*values: Value) -> str | None:
    """The dtype torch gives numbers: int64 of ints, the default float as soon as one is a float."""
    kinds = {_kind(value) for value in values}
    if "float" in kinds:
        return DEFAULT
    if None in kinds or not kinds:
        return None
    return "bool" if kinds == {"bool"} else "int64"


def _kind(value: Value) -> str | None:
    if isinstance(value, Unknown):
        return value.kind if value.kind in ("float", "int", "bool") else None
    if isinstance(value, bool) or type(value).__name__ == "Truth":
        return "bool"
    if isinstance(value, float):
        return "float"
    return "int" if is_number(value) and not isinstance(value, complex) else None


@op("torch.zeros", "torch.ones", "torch.empty", "torch.rand", "torch.randn", takes="*size, dtype=None, device=None")
def zeros(m: Machine, *size: Value, dtype: Value = None, device: Value = None) -> Value | None:
    return _new(m, size, _dtype(dtype, DEFAULT), device)


@op("torch.cuda.FloatTensor", takes="*size")
def cuda_float_tensor(m: Machine, *size: Value) -> Value | None:
    return _typed(m, size, "float32", "cuda")


@op("torch.Tensor", "torch.FloatTensor", takes="*size")
def float_tensor(m: Machine, *size: Value) -> Value | None:
    return _typed(m, size, "float32", "cpu")


@op("torch.cuda.LongTensor", takes="*size")
def cuda_long_tensor(m: Machine, *size: Value) -> Value | None:
    return _typed(m, size, "int64", "cuda")


@op("torch.LongTensor", takes="*size")
def long_tensor(m: Machine, *size: Value) -> Value | None:
    return _typed(m, size, "int64", "cpu")


def _typed(m: Machine, size: Sequence[Value], dtype: str, device: str) -> Value | None:
    if not size:
        return Tensor(closed(0), dtype, device)
    if len(size) == 1 and not is_number(size[0]):
        shape = shape_of_data(m, size[0])
        kept = None if isinstance(size[0], Tensor) else dtype
        return Tensor(Shape((), (), True) if shape is None else shape, kept, device)
    found = m.sizes(size)
    return Tensor(Shape((), (), True) if found is None else closed(*found), dtype, device)


@op("torch.full", takes="size, fill_value, dtype=None, device=None")
def full(m: Machine, size: Value, fill_value: Value, dtype: Value = None, device: Value = None) -> Value | None:
    return _new(m, (size,), _dtype(dtype, _number_dtype(fill_value)), device)


@op("torch.randint", takes="*bounds, size=None, low=None, high=None, dtype=None, device=None")
def randint(
    m: Machine,
    *bounds: Value,
    size: Value = None,
    low: Value = None,
    high: Value = None,
    dtype: Value = None,
    device: Value = None,
) -> Value | None:
    if size is None:
        if not bounds:
            return None
        size = bounds[-1]
    return _new(m, (size,), _dtype(dtype, "int64"), device)


@op("torch.randperm", takes="n, dtype=None, device=None")
def randperm(m: Machine, n: Value, dtype: Value = None, device: Value = None) -> Value | None:
    return _new(m, (n,), _dtype(dtype, "int64"), device)


@op("torch.eye", takes="n, m=None, dtype=None, device=None")
def eye(machine: Machine, n: Value, m: Value = None, dtype: Value = None, device: Value = None) -> Value | None:
    return _new(machine, (n, n if m is None else m), _dtype(dtype, DEFAULT), device)


@op("torch.linspace", "torch.logspace", takes="start, end, steps, base=10.0, dtype=None, device=None")
def linspace(
    m: Machine, start: Value, end: Value, steps: Value, base: Value = 10.0, dtype: Value = None, device: Value = None
) -> Value | None:
    return _new(m, (steps,), _dtype(dtype, DEFAULT), device)


@op("torch.arange", takes="start, end=None, step=1, dtype=None, device=None")
def arange(
    m: Machine, start: Value, end: Value = None, step: Value = 1, dtype: Value = None, device: Value = None
) -> Value | None:
    if end is None:
        start, end = 0, start
    length = _count(m, start, end, step)
    made = _dtype(dtype, _number_dtype(start, end, step))
    return Tensor(closed(length), made, "cpu" if device is None else device_of(device))


def _count(m: Machine, start: Value, end: Value, step: Value) -> Dim:
    start, end, step = (int(x) if isinstance(x, float) and x.is_integer() else x for x in (start, end, step))
    first, last, by = m.dim(start), m.dim(end), m.dim(step)
    if first is None or last is None or by is None or by == 0:
        return fresh("arange")
    if isinstance(by, int):
        length = floordiv(last - first + by - (1 if by > 0 else -1), by)
        return length if not isinstance(length, int) or length >= 0 else fresh("arange")
    return fresh("arange")


@op("torch.tensor", takes="data, dtype=None, device=None")
def tensor(m: Machine, data: Value, dtype: Value = None, device: Value = None) -> Value | None:
    shape = shape_of_data(m, data)
    kept = data.dtype if isinstance(data, (Tensor, Array)) else _data_dtype(_leaves(data))
    if isinstance(data, Items) and data.whole and not data.head:
        kept = DEFAULT
    where = device_of(device) if device is not None else data.device if isinstance(data, Tensor) else "cpu"
    made = Tensor(Shape((), (), True) if shape is None else shape, _dtype(dtype, kept), where)
    if isinstance(data, Items) and data.whole and data.head and all(map(is_dim, data.head)):
        # lengths: what packing asks of them depends on their values
        made.state["values"] = data.head
    return made


@op("torch.as_tensor", "torch.asarray", takes="data, dtype=None, device=None")
def as_tensor(m: Machine, data: Value, dtype: Value = None, device: Value = None) -> Value | None:
    if isinstance(data, Tensor):
        made_dtype = data.dtype if dtype is None else dtype_of(dtype)
        return copied(unchanged(data, made_dtype, data.device if device is None else device_of(device)))
    made: Value | None = tensor(m, data, dtype, device)
    return made


@op("torch.scalar_tensor", takes="s, dtype=None, device=None")
def scalar_tensor(m: Machine, s: Value, dtype: Value = None, device: Value = None) -> Value | None:
    return Tensor(closed(), _dtype(dtype, DEFAULT), "cpu" if device is None else device_of(device))


@op("torch.from_numpy", takes="ndarray")
def from_numpy(m: Machine, ndarray: Value) -> Value | None:
    x = ndarray.data if isinstance(ndarray, Array) else m.tensor(ndarray)
    if x is None:
        return Tensor(Shape((), (), True), None, "cpu")
    return Tensor(x.shape, x.dtype, "cpu", leading=x if x.shape.open else None)


def shape_of_data(m: Machine, data: Value) -> Shape | None:
    """The shape of nested lists of numbers; open below what is not known."""
    if isinstance(data, (Tensor, Array)):
        return data.shape
    if is_number(data):
        return closed()
    if not isinstance(data, Items):
        return None
    if data.whole and not data.head:
        return closed(0)
    inner = [shape_of_data(m, element) for element in data.head[:16]]
    if not data.whole:
        inner.append(shape_of_data(m, data.rest))
    first = next((shape for shape in inner if shape is not None and not shape.open), None)
    if first is None:
        return Shape((data.length,), (), True)
    return closed(data.length, *first.left)


def _data_dtype(leaves: list[Value]) -> str | None:
    """The dtype of a tensor made of lists: arrays and their numbers keep theirs."""
    of_numpy = [leaf for leaf in leaves if isinstance(leaf, Array) or _is_scalar(leaf)]
    if not of_numpy:
        return _number_dtype(*leaves) if leaves else None
    dtypes = {leaf.dtype if isinstance(leaf, Array) else leaf.facts["scalar"] for leaf in of_numpy}
    return dtypes.pop() if len(dtypes) == 1 and len(of_numpy) == len(leaves) else None


def _is_scalar(value: Value) -> bool:
    return isinstance(value, Unknown) and "scalar" in value.facts


def _leaves(data: Value) -> list[Value]:
    if not isinstance(data, Items):
        return [data]
    if data.whole and not data.head:
        return [None]
    elements = list(data.head[:64]) + ([] if data.whole else [data.rest])
    return [leaf for element in elements for leaf in _leaves(element)]


# Like another tensor


@op(
    "torch.zeros_like",
    "torch.ones_like",
    "torch.empty_like",
    "torch.rand_like",
    "torch.randn_like",
    takes="input, dtype=None, device=None",
)
def zeros_like(m: Machine, input: Value, dtype: Value = None, device: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    made = like(x, _dtype(dtype, x.dtype), x.device if device is None else device_of(device))
    made.role = None
    return made


@op("torch.full_like", takes="input, fill_value, dtype=None, device=None")
def full_like(m: Machine, input: Value, fill_value: Value, dtype: Value = None, device: Value = None) -> Value | None:
    made: Value | None = zeros_like(m, input, dtype, device)
    return made


@op("torch.randint_like", takes="input, low=None, high=None, dtype=None, device=None")
def randint_like(
    m: Machine, input: Value, low: Value = None, high: Value = None, dtype: Value = None, device: Value = None
) -> Value | None:
    made: Value | None = zeros_like(m, input, dtype, device)
    return made


@op("Tensor.new_zeros", "Tensor.new_ones", "Tensor.new_empty", takes="self, *size, dtype=None, device=None")
def new_zeros(m: Machine, self: Value, *size: Value, dtype: Value = None, device: Value = None) -> Value | None:
    x = m.tensor(self)
    return _new(m, size, _dtype(dtype, x.dtype if x else None), device, x or anything())


@op("Tensor.new_full", takes="self, size, fill_value, dtype=None, device=None")
def new_full(
    m: Machine, self: Value, size: Value, fill_value: Value, dtype: Value = None, device: Value = None
) -> Value | None:
    x = m.tensor(self)
    return _new(m, (size,), _dtype(dtype, x.dtype if x else None), device, x or anything())


@op("Tensor.new_tensor", takes="self, data, dtype=None, device=None")
def new_tensor(m: Machine, self: Value, data: Value, dtype: Value = None, device: Value = None) -> Value | None:
    x = m.tensor(self)
    shape = shape_of_data(m, data)
    where = (x.device if x else None) if device is None else device_of(device)
    kept = x.dtype if x else None
    return Tensor(Shape((), (), True) if shape is None else shape, _dtype(dtype, kept), where)


@op("Tensor.new", takes="self, *size")
def new(m: Machine, self: Value, *size: Value) -> Value | None:
    x = m.tensor(self)
    if x is None or not size:
        return None
    found = m.sizes(size) if all(is_number(one) or isinstance(one, Unknown) for one in size) else None
    shape = closed(*found) if found is not None and len(size) > 1 else Shape((), (), True)
    return Tensor(shape, x.dtype, x.device)


@op("torch.nn.Parameter", "torch.nn.parameter.Parameter", takes="data=None, requires_grad=True")
def parameter(m: Machine, data: Value = None, requires_grad: Value = True) -> Value | None:
    if data is None:
        return Tensor(closed(0), DEFAULT, "cpu")
    x = m.tensor(data)
    if x is None:
        return None
    made = like(x)
    made.role = x.role
    return made


@op(
    "torch.autograd.Variable",
    "torch.autograd.variable.Variable",
    takes="data, requires_grad=False, volatile=False",
)
def variable(m: Machine, data: Value, requires_grad: Value = False, volatile: Value = False) -> Value | None:
    return m.tensor(data)


@op("torch.normal", takes="mean, std=None, size=None, dtype=None, device=None")
def normal(
    m: Machine, mean: Value, std: Value = None, size: Value = None, dtype: Value = None, device: Value = None
) -> Value | None:
    if size is not None:
        return _new(m, (size,), _dtype(dtype, DEFAULT), device)
    x = mean if isinstance(mean, Tensor) else std if isinstance(std, Tensor) else None
    if x is None or (isinstance(mean, Tensor) and isinstance(std, Tensor)):
        return None
    return like(x)


@op("torch.bernoulli", "Tensor.bernoulli", takes="input, p=None")
def bernoulli(m: Machine, input: Value, p: Value = None) -> Value | None:
    x = m.tensor(input)
    return None if x is None else like(x)


@op("torch.multinomial", "Tensor.multinomial", takes="input, num_samples, replacement=False")
def multinomial(m: Machine, input: Value, num_samples: Value, replacement: Value = False) -> Value | None:
    x, count = m.tensor(input), m.dim(num_samples)
    if x is None:
        return None
    if x.shape.open:
        made = anything(x, dtype="int64")
        made.device = x.device
        return made
    if not 1 <= len(x.shape.left) <= 2:
        return None
    return Tensor(closed(*x.shape.left[:-1], fresh() if count is None else count), "int64", x.device)


@op("torch.nn.functional.one_hot", takes="input, num_classes=-1")
def one_hot(m: Machine, input: Value, num_classes: Value = -1) -> Value | None:
    x, count = m.tensor(input), m.dim(num_classes)
    if x is None:
        return None
    size = fresh("num_classes") if count is None or count == -1 else count
    if x.shape.open:
        return Tensor(Shape(x.shape.left, (size,), True), "int64", x.device, leading=x)
    return Tensor(closed(*x.shape.left, size), "int64", x.device)


@op("torch.tril_indices", "torch.triu_indices", takes="row, col, offset=0")
def tril_indices(m: Machine, row: Value, col: Value, offset: Value = 0) -> Value | None:
    return Tensor(closed(2, fresh()), "int64")


@op("torch.device", takes="type, index=None")
def device(m: Machine, type: Value, index: Value = None) -> Value | None:
    name = device_of(type)
    return m.fresh("device", kind="device") if name is None else External(f"device:{name}")
