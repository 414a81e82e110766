"""Other dtypes, devices and Python values of the same tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstmcheck.infer import ranks
from lstmcheck.infer.shapes import closed
from lstmcheck.infer.strides.layouts import ROWS
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.common import UNSET, copied, device_of, dtype_of, duplicate, fresh, unchanged
from lstmcheck.infer.values import Array, External, Items, Packed, ShapeOf, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_METHODS = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "byte": "uint8",
    "bool": "bool",
}


def cast(m: Machine, value: Value, dtype: Any = UNSET, device: Any = UNSET) -> Value | None:
    """The same values with another dtype or device; a PackedSequence stays one."""
    if isinstance(value, Packed):
        packed = Packed(
            value.features,
            value.batch,
            value.seq_len,
            value.dtype if dtype is UNSET else dtype,
            value.role,
            value.made,
        )
        packed.sorted = value.sorted
        return packed
    x = m.tensor(value)
    return None if x is None else copied(unchanged(x, dtype, device))


def _caster(name: str, dtype: str) -> None:
    @op(f"Tensor.{name}", takes="self")
    def method(m: Machine, self: Value) -> Value | None:
        return cast(m, self, dtype=dtype)


for _name, _dtype in _METHODS.items():
    _caster(_name, _dtype)


@op("Tensor.to", takes="self, *args, device=None, dtype=None, non_blocking=False, copy=False, memory_format=None")
def to(
    m: Machine,
    self: Value,
    *args: Value,
    device: Value = None,
    dtype: Value = None,
    non_blocking: Value = False,
    copy: Value = False,
    memory_format: Value = None,
) -> Value | None:
    made_dtype: Any = UNSET if dtype is None else dtype_of(dtype)
    made_device: Any = UNSET if device is None else device_of(device)
    if args and isinstance(args[0], bool):
        return None  # taken for another tensor
    for value in args[:2]:
        if isinstance(value, bool):
            continue
        if isinstance(value, Tensor):
            made_dtype, made_device = value.dtype, value.device
        elif dtype_of(value) is not None:
            made_dtype = dtype_of(value)
        elif device_of(value) is not None or (isinstance(value, Unknown) and value.kind in ("str", "device", "int")):
            made_device = device_of(value)
        else:
            # An unknown argument is a device in nearly all programs, but may be a dtype.
            made_device = None
            if made_dtype is UNSET and not _looks_like_device(value):
                made_dtype = None
    made = cast(m, self, made_dtype, made_device)
    return duplicate(made) if memory_format is not None and isinstance(made, Tensor) else made


def _looks_like_device(value: Value) -> bool:
    return isinstance(value, Unknown) and any(part in value.name.lower() for part in ("dev", "cuda", "gpu"))


@op("Tensor.cuda", takes="self, device=None, non_blocking=False")
def cuda(m: Machine, self: Value, device: Value = None, non_blocking: Value = False) -> Value | None:
    return cast(m, self, device="cuda")


@op("Tensor.cpu", takes="self")
def cpu(m: Machine, self: Value) -> Value | None:
    return cast(m, self, device="cpu")


@op("Tensor.type_as", takes="self, other")
def type_as(m: Machine, self: Value, other: Value) -> Value | None:
    y = m.tensor(other)
    return None if y is None else cast(m, self, dtype=y.dtype, device=y.device)


@op("Tensor.type", takes="self, dtype=None")
def type_(m: Machine, self: Value, dtype: Value = None) -> Value | None:
    if dtype is None:
        return m.fresh("type", kind="str")
    if isinstance(dtype, str) and "cuda" in dtype:
        return cast(m, self, dtype=dtype_of(dtype), device="cuda")
    if isinstance(dtype, External) and dtype.path.startswith("torch.cuda."):
        return cast(m, self, dtype=dtype_of(dtype), device="cuda")
    kept = UNSET if isinstance(dtype, External) and "Tensor" not in dtype.path else None
    return cast(m, self, dtype=dtype_of(dtype), device=kept)


@op(
    "Tensor.pin_memory",
    "Tensor.share_memory_",
    "Tensor.grad",
    "Tensor.resolve_conj",
    "Tensor.to_dense",
    "Tensor.coalesce",
    "Tensor.real",
    takes="self, *rest",
    like="Tensor.contiguous",
)
def values_of(m: Machine, self: Value, *rest: Value) -> Value | None:
    return cast(m, self)


@op(
    "Tensor.detach",
    "Tensor.detach_",
    "Tensor.requires_grad_",
    "Tensor.retain_grad",
    "Tensor.data",
    takes="self, *rest",
    like="Tensor.contiguous",
)
def same(m: Machine, self: Value, *rest: Value) -> Value | None:
    return unchanged(self) if isinstance(self, Tensor) else cast(m, self)


@op("Tensor.contiguous", takes="self, memory_format=None")
def contiguous(m: Machine, self: Value, memory_format: Value = None) -> Value | None:
    x = m.tensor(self)
    if x is None or x.shape.open or x.vague or x.layout is ROWS:
        return cast(m, self)
    made = duplicate(x)
    made.layout = ROWS if memory_format is None else None
    return made


@op("torch.clone", "Tensor.clone", "Tensor.__deepcopy__", takes="input, *rest, memory_format=None")
def clone(m: Machine, input: Value, *rest: Value, memory_format: Value = None) -> Value | None:
    x = m.tensor(input)
    return None if x is None else duplicate(x)


@op("torch.detach", "torch.detach_copy", takes="input")
def detach(m: Machine, input: Value) -> Value | None:
    return cast(m, input)


@op("Tensor.numpy", takes="self, force=False")
def numpy(m: Machine, self: Value, force: Value = False) -> Value | None:
    x = m.tensor(self)
    if x is None:
        return None
    return Array(Tensor(x.shape, x.dtype, name=x.name, leading=x, vague=x.vague))


@op("Tensor.item", takes="self")
def item(m: Machine, self: Value) -> Value | None:
    x = m.tensor(self)
    dtype = None if x is None else x.dtype
    kind = "float" if dtype in ("float32", "float64", "float16") else "int" if dtype == "int64" else None
    return m.fresh("item", "a tensor's value", kind or "number")


@op("Tensor.tolist", takes="self")
def tolist(m: Machine, self: Value) -> Value | None:
    x = m.tensor(self)
    if x is None:
        return None
    if x.shape.rank == 0:
        return item(m, x)
    element: Value = m.fresh("element", kind="int" if x.dtype == "int64" else None)
    size = x.shape.at(0)
    return Items("list", (), element, x.size(0) if size is None else size)


def sizes_of(x: Tensor) -> ShapeOf | Items:
    """`x.shape`. A tuple of known length remembers whose sizes it holds."""
    if x.shape.rank is None:
        return ShapeOf(x)
    sizes = Items("tuple", x.shape.left)
    sizes.state["of"] = x
    return sizes


@op("Tensor.size", takes="self, dim=None")
def size(m: Machine, self: Value, dim: Value = None) -> Value | None:
    x = m.tensor(self)
    if x is None:
        return m.fresh("size", kind="int" if dim is not None else None)
    if dim is None:
        return sizes_of(x)
    axis = m.int_of(dim)
    if axis is None:
        return m.fresh("size", kind="int")
    ranks.show_least(m, x, axis + 1 if axis >= 0 else -axis)
    if x.shape.rank is not None and not -x.shape.rank <= axis < x.shape.rank:
        from lstmcheck.infer.torch_ops.common import axis_of

        axis_of(m, x, dim, "size")
        return m.fresh("size", kind="int")
    return x.size(axis)


@op("Tensor.dim", "Tensor.ndimension", takes="self")
def dim(m: Machine, self: Value) -> Value | None:
    x = m.tensor(self)
    if x is None or x.shape.rank is None:
        return m.fresh("dim", kind="int")
    return x.shape.rank


@op("Tensor.__len__", takes="self")
def length(m: Machine, self: Value) -> Value | None:
    x = m.tensor(self)
    return m.fresh("len", kind="int") if x is None else x.size(0)


@op("Tensor.stride", "Tensor.storage", "Tensor.data_ptr", "Tensor.storage_offset", takes="self, *rest")
def opaque(m: Machine, self: Value, *rest: Value) -> Value | None:
    return m.fresh("storage")


@op("Tensor.is_contiguous", "Tensor.is_floating_point", "torch.is_floating_point", takes="self, *rest")
def flag(m: Machine, self: Value, *rest: Value) -> Value | None:
    return m.fresh("flag", kind="bool")


@op("Tensor.backward", "Tensor.register_hook", takes="self, *rest")
def backward(m: Machine, self: Value, *rest: Value) -> Value | None:
    return m.fresh("none")


@op("Tensor.get_device", takes="self")
def get_device(m: Machine, self: Value) -> Value | None:
    return m.fresh("device", kind="int")


@op("torch.combinations", takes="input, r=2")
def combinations(m: Machine, input: Value, r: Value = 2) -> Value | None:
    width = m.dim(r)
    return None if width is None or (isinstance(width, int) and width < 1) else Tensor(closed(fresh(), width))
