"""Reading values as arrays, and making arrays of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lstmcheck.dims import Dim
from lstmcheck.infer.joins import settle
from lstmcheck.infer.numpy_ops.dtypes import divided, is_scalar, number_kind, of_number, promoted, with_number
from lstmcheck.infer.shapes import ANY_SHAPE, Shape, closed
from lstmcheck.infer.torch_ops.common import UNSET, differ, fresh
from lstmcheck.infer.values import Array, Items, Range, ShapeOf, Slice, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

MAX_READ = 256


def data_of(m: Machine, value: Value) -> Tensor | None:
    """An array-like value as a tensor of its shape and dtype, without any recurrent origin; None when it is none."""
    value = settle(value, m.facts)
    if isinstance(value, Array):
        return value.data
    if isinstance(value, Tensor):
        return Tensor(value.shape, value.dtype, leading=value, vague=value.vague)
    kind = number_kind(value)
    if kind is not None:
        return Tensor(closed(), of_number(kind))
    if isinstance(value, Items):
        return None if value.kind not in ("list", "tuple") else _of_items(m, value)
    if isinstance(value, Range):
        from lstmcheck.infer.loops import elements_of

        contents = elements_of(m, value)
        return None if contents is None else Tensor(closed(contents.length), "int64")
    if isinstance(value, ShapeOf):
        return Tensor(closed(fresh("rank")), "int64")
    return _of_unknown(value) if isinstance(value, Unknown) else None


def _of_unknown(value: Unknown) -> Tensor | None:
    if is_scalar(value):
        return Tensor(closed(), value.facts["scalar"])
    if value.kind in ("int", "float", "bool"):
        return Tensor(closed())
    return value.as_tensor() if value.kind in (None, "tensor") else None


def _of_items(m: Machine, items: Items) -> Tensor:
    """Nested lists; below what is not known the shape is open."""
    kinds = {type(element) for element in items.head}
    if items.whole and kinds <= {bool, int, float}:
        order = [of_number(number_kind(kind())) for kind in (bool, int, float) if kind in kinds]
        return Tensor(closed(len(items.head)), order[-1] if order else "float64")
    elements = [data_of(m, element) for element in items.head[:MAX_READ]]
    if not items.whole:
        elements.append(data_of(m, items.rest))
    known = [element for element in elements if element is not None]
    if len(known) < len(elements):
        return Tensor(Shape((items.length,), (), True))
    dtype = common_dtype(known)
    inner = _common_shape(m, [element.shape for element in known])
    if inner is None:
        return Tensor(Shape((items.length,), (), True), dtype)
    return Tensor(Shape((items.length, *inner.left), inner.right, inner.open), dtype)


def _common_shape(m: Machine, shapes: Sequence[Shape]) -> Shape | None:
    """The one shape that the elements of an array have."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    if any(shape.open or len(shape.left) != len(first.left) for shape in shapes):
        return None
    sizes: list[Dim] = []
    for column in zip(*(shape.left for shape in shapes)):
        if any(differ(size, column[0], m) for size in column):
            return None
        sizes.append(next((size for size in column if isinstance(size, int)), column[0]))
    return closed(*sizes)


def common_dtype(parts: Sequence[Tensor]) -> str | None:
    """What the dtypes of several arrays give together."""
    dtype = parts[0].dtype
    for part in parts[1:]:
        dtype = promoted(dtype, part.dtype)
    return dtype


def scalar(m: Machine, dtype: str | None, name: str = "number") -> Unknown:
    """One number of an array."""
    if dtype is None:
        kind = None
    else:
        kind = next((kind for kind in ("float", "bool", "int") if kind in dtype), None)
    made = m.fresh(name, "a number of an array", kind, free=True)
    made.facts["scalar"] = dtype
    return made


def array(m: Machine, shape: Shape | None, dtype: str | None, *sources: Tensor | None, name: str = "") -> Value:
    """An array of a shape; a number where the shape has no axes."""
    known = [source for source in sources if source is not None]
    if shape is None:
        shape = ANY_SHAPE
    if shape.rank == 0:
        return scalar(m, dtype, name or "number")
    # without one axis that is certain it may be a number as well
    vague = any(source.vague for source in known) or not shape.min_rank
    leading = known[0] if known and shape.open and shape == known[0].shape else None
    return Array(Tensor(shape, dtype, name=name, leading=leading, vague=vague))


def wrapped(m: Machine, made: Value, source: Tensor | None = None, dtype: Any = UNSET) -> Value:
    """What a shape function of torch says, as an array."""
    if not isinstance(made, Tensor):
        return None
    if made is source and dtype in (UNSET, made.dtype):
        return Array(made) if made.shape.rank != 0 else scalar(m, made.dtype)
    kept = made.dtype if dtype is UNSET else dtype
    if made.shape.rank == 0:
        return scalar(m, kept)
    copy = Tensor(made.shape, kept, leading=made.leading or (made if made.shape.open else None))
    copy.state["vague"] = made.vague or (source is not None and source.vague) or not made.shape.min_rank
    copy.state["usual_rank"] = made.state.get("usual_rank", 0)
    return Array(copy)


def operands(m: Machine, *values: Value) -> list[Tensor] | None:
    """Several values read as arrays; None when one cannot be."""
    found = [data_of(m, value) for value in values]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else None


def dtype_together(m: Machine, a: Value, b: Value, operator: str) -> str | None:
    """The dtype of `a operator b`: what numbers of Python's own give depends on the other one's kind only."""
    kind_a, kind_b = number_kind(a), number_kind(b)
    x, y = data_of(m, a), data_of(m, b)
    if x is None or y is None:
        return None
    if kind_a is not None and kind_b is not None:
        dtype = promoted(of_number(kind_a), of_number(kind_b))
    elif kind_b is not None:
        dtype = with_number(x.dtype, kind_b)
    elif kind_a is not None:
        dtype = with_number(y.dtype, kind_a)
    else:
        dtype = _of_two(a, x, b, y)
    if operator == "/":
        return divided(dtype)
    # what numpy does with two bools differs between operators
    return dtype if dtype != "bool" or operator in ("&", "|", "^", "max") else None


def _of_two(a: Value, x: Tensor, b: Value, y: Tensor) -> str | None:
    for one, other, value in ((x, y, b), (y, x, a)):
        # numpy 1 and 2 differ in what a number of another dtype does to an array
        if is_scalar(value) and other.dtype != one.dtype and one.dtype != "float64":
            return None
        if one.dtype == "float64" and isinstance(value, Unknown) and value.kind in ("int", "float", "bool"):
            return "float64"
    return promoted(x.dtype, y.dtype)


def item(m: Machine, owner: Array, key: Value) -> Value:
    """`array[key]`."""
    from lstmcheck.infer.torch_ops.indexing import getitem

    parts = list(key.head) if isinstance(key, Items) and key.kind == "tuple" and key.whole else [key]
    if any(isinstance(part, str) for part in parts) or (isinstance(key, Items) and not key.whole):
        return m.fresh("item", free=True)
    parts = [_key(part) for part in parts]
    if _mixes(parts):
        return array(m, None, owner.dtype, owner.data)
    made = getitem(m, owner.data, Items("tuple", parts))
    part = m.fresh("item", free=True) if made is None else wrapped(m, made, owner.data)
    if isinstance(part, Array) and isinstance(key, Slice) and _is_reversal(key) and "order" in owner.data.state:
        # from the longest to the shortest: an order of the same samples
        part.data.state["order"] = owner.data.state["order"]
    return part


def _key(part: Value) -> Value:
    """A part of a key as torch's indexing reads it."""
    if isinstance(part, Array):
        return part.data
    if isinstance(part, Unknown) and is_scalar(part):
        return part.as_dim()
    if isinstance(part, Slice) and _is_reversal(part):
        return Slice(None, None, None)
    return part


def _is_reversal(part: Slice) -> bool:
    return part.step == -1 and part.lower is None and part.upper is None


def _mixes(parts: list[Value]) -> bool:
    """Whether numbers stand apart from arrays in a key: numpy and torch put the axes in different places then."""
    arrays = [isinstance(part, (Tensor, Items, Range)) for part in parts]
    if not any(arrays):
        return False
    return any(
        not chosen and part is not None and part is not Ellipsis and not isinstance(part, (Slice, Unknown))
        for chosen, part in zip(arrays, parts)
    )


def tensor_key(key: Value) -> Value:
    """A key of a tensor with the arrays in it read as tensors."""
    if isinstance(key, Array):
        return key.data
    if isinstance(key, Items) and any(isinstance(part, Array) for part in key.head) and key.whole:
        return Items(key.kind, [part.data if isinstance(part, Array) else part for part in key.head])
    return key


def binary(m: Machine, operator: str, a: Value, b: Value) -> Value:
    """`a operator b` where one of the two is an array."""
    from lstmcheck.infer.torch_ops.broadcasting import broadcast
    from lstmcheck.infer.torch_ops.matrix import matmul

    if any(isinstance(value, Tensor) and not value.vague for value in (a, b)):
        return m.fresh("mixed", "an array and a tensor")
    found = operands(m, a, b)
    if found is None:
        return m.fresh(free=True)
    x, y = found
    if operator == "@":
        return wrapped(m, matmul(m, x, y), x, promoted(x.dtype, y.dtype)) or m.fresh(free=True)
    shape = broadcast(m, x, y, operator)
    if operator in ("==", "<"):
        return array(m, shape, "bool", x, y)
    return array(m, shape, dtype_together(m, a, b, operator), x, y)
