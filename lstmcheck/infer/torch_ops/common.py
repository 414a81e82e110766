"""What the families share: reading arguments, editing partly known shapes, making results, stating needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lstmcheck.contract.needs import Need, Raises, Relation
from lstmcheck.dims import Dim, Poly, TooComplex, Verdict, bounds, compare, symbol
from lstmcheck.findings import Related
from lstmcheck.infer import ranks, sources
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.values import NO_GRAPH, External, Items, Layer, Packed, Role, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

FLOATS = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex32", "complex64", "complex128")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
_DTYPE_NAMES = {
    **{name: name for name in (*FLOATS, *COMPLEX, *INTEGERS, "bool")},
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "HalfTensor": "float16",
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "ByteTensor": "uint8",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}


class _Unset:
    __slots__ = ()


UNSET: Any = _Unset()


# Reading arguments


def dtype_of(value: Value) -> str | None:
    """A dtype given as `torch.float32`, `torch.FloatTensor` or their text; None where it is not known."""
    if isinstance(value, External):
        if value.path.startswith("torch.") and not value.path.startswith("torch.nn."):
            return _DTYPE_NAMES.get(value.path.rpartition(".")[2])
        return None
    if isinstance(value, str):
        if value in _DTYPE_NAMES and "Tensor" not in value:
            return _DTYPE_NAMES[value]
        return _DTYPE_NAMES.get(value.rpartition(".")[2]) if value.startswith("torch.") else None
    return None


def device_of(value: Value) -> str | None:
    """A device's type: "cuda" of `"cuda:0"` and of an index; None where it is not known."""
    if isinstance(value, str):
        return value.partition(":")[0]
    if isinstance(value, int) and not isinstance(value, bool):
        return "cuda"
    if isinstance(value, External) and value.path.startswith("device:"):
        return value.path.partition(":")[2]
    return None


def is_false(value: Value) -> bool:
    """Whether a flag is certainly off."""
    return value is False or value is None or (isinstance(value, int) and value == 0)


def is_true(value: Value) -> bool:
    """Whether a flag is certainly on."""
    return isinstance(value, (bool, int)) and bool(value)


def numbers(m: Machine, value: Value, count: int) -> tuple[Dim, ...] | None:
    """One size for every axis, or one for each of `count` axes, as the windows of convolutions are given."""
    if isinstance(value, Items):
        found = m.sizes([value])
        if found is not None and len(found) == 1:
            return found * count
        return found if found is not None and len(found) == count else None
    size = m.dim(value)
    return None if size is None else (size,) * count


def axes(m: Machine, value: Value) -> tuple[int, ...] | None:
    """Constant axes given as one int or a sequence of ints."""
    values: Sequence[Value] = value.head if isinstance(value, Items) else (value,)
    if isinstance(value, Items) and not value.whole:
        return None
    found = [m.int_of(one) for one in values]
    return None if any(axis is None for axis in found) else tuple(axis for axis in found if axis is not None)


def spread(values: Sequence[Value]) -> Sequence[Value] | None:
    """Arguments given one by one or as one sequence, as a plain sequence; None where it is not known whole."""
    if len(values) == 1 and isinstance(values[0], Items):
        return values[0].head if values[0].whole else None
    return values


# Sizes


def fresh(name: str = "size") -> Poly:
    """A size that nothing is known of."""
    return symbol(name, 0, kind="unknown")


def product(sizes: Iterable[Dim]) -> Dim | None:
    """The product of sizes; None past the budget of terms."""
    total: Dim = 1
    try:
        for size in sizes:
            total = total * size
    except TooComplex:
        return None
    return total


def numel(shape: Shape) -> Dim | None:
    """How many elements a shape holds, None where it is not known."""
    return None if shape.open else product(shape.left)


def never_one(size: Dim, m: Machine) -> bool:
    """Whether a size is known not to be 1, so that it cannot be stretched."""
    if isinstance(size, int):
        return size != 1
    low, _ = bounds(size, m.facts)
    return low is not None and low > 1


def differ(a: Dim, b: Dim, m: Machine) -> bool:
    """Whether two sizes are never equal."""
    return compare(a, b, m.facts).verdict is Verdict.NE


def equal(a: Dim, b: Dim, m: Machine) -> bool:
    """Whether two sizes are always equal."""
    return compare(a, b, m.facts).verdict is Verdict.EQ


# Editing shapes. Axes are non-negative for closed shapes, as written for open ones. `usual` is the rank that an open
# tensor has in practice (an Embedding's result is (batch, time, features)): it says which axes are not the known last.


def _bounded(shape: Shape, change: int) -> int | None:
    return None if shape.max_rank is None else shape.max_rank + change


def _reach(shape: Shape, axis: int, usual: int) -> int:
    """How many of the known right sizes an axis counted from the left may touch."""
    return max(0, axis + 1 - max(len(shape.left), usual - len(shape.right)))


def without(shape: Shape, axis: int, usual: int = 0) -> Shape:
    """The shape with one axis removed."""
    left, right = shape.left, shape.right
    if not shape.open:
        return closed(*left[:axis], *left[axis + 1 :])
    if axis >= 0:
        if axis < len(left):
            return Shape(left[:axis] + left[axis + 1 :], right, True, _bounded(shape, -1))
        return Shape(left, right[_reach(shape, axis, usual) :], True, _bounded(shape, -1))
    if -axis <= len(right):
        at = len(right) + axis
        return Shape(left, right[:at] + right[at + 1 :], True, _bounded(shape, -1))
    return Shape((), right, True, _bounded(shape, -1))


def inserted(shape: Shape, axis: int, size: Dim, usual: int = 0) -> Shape:
    """The shape with a new axis, counted in the result."""
    left, right = shape.left, shape.right
    if not shape.open:
        return closed(*left[:axis], size, *left[axis:])
    if axis >= 0:
        if axis <= len(left):
            return Shape((*left[:axis], size, *left[axis:]), right, True, _bounded(shape, 1))
        return Shape(left, right[_reach(shape, axis - 1, usual) :], True, _bounded(shape, 1))
    at = len(right) + 1 + axis
    if at >= 0:
        return Shape(left, (*right[:at], size, *right[at:]), True, _bounded(shape, 1))
    return Shape((), right, True, _bounded(shape, 1))


def replaced(shape: Shape, axis: int, size: Dim, usual: int = 0) -> Shape:
    """The shape with another size on one axis."""
    left, right = shape.left, shape.right
    if not shape.open:
        return closed(*left[:axis], size, *left[axis + 1 :])
    if axis >= 0:
        if axis < len(left):
            return Shape((*left[:axis], size, *left[axis + 1 :]), right, True, shape.max_rank)
        return Shape(left, right[_reach(shape, axis, usual) :], True, shape.max_rank)
    if -axis <= len(right):
        at = len(right) + axis
        return Shape(left, (*right[:at], size, *right[at + 1 :]), True, shape.max_rank)
    if axis == -1:
        return with_last(shape, size, usual)
    return Shape((), right, True, shape.max_rank)


def with_last(shape: Shape, size: Dim, usual: int = 0) -> Shape:
    """The shape with another last size; of an open shape the last known size on the left may be the last axis."""
    if shape.open and not shape.right:
        kept = shape.left if usual > len(shape.left) else shape.left[:-1]
        return Shape(kept, (size,), True, shape.max_rank)
    return shape.with_last(size)


def with_rank(x: Tensor, rank: int) -> tuple[Dim, ...] | None:
    """Every size of a tensor of which the operation shows the rank; None when that contradicts what is known."""
    shape = x.shape
    if not shape.open:
        return shape.left if len(shape.left) == rank else None
    if rank < shape.min_rank or (shape.max_rank is not None and rank > shape.max_rank):
        return None
    middle = range(len(shape.left), rank - len(shape.right))
    return (*shape.left, *(x.size(axis) for axis in middle), *shape.right)


def shown(shape: Shape) -> str:
    """A shape as torch words a size: `[2, 3]`, `[..., 3]`."""
    sizes = [str(size) for size in shape.left]
    if shape.open:
        sizes += ["...", *map(str, shape.right)]
    return "[" + ", ".join(sizes) + "]"


# Tensors


def derived(role: Role | None) -> Role | None:
    """The role of what is computed from a recurrent result."""
    if role is None or not role.exact:
        return role
    return replace(role, exact=False)


def usual_rank(x: Tensor) -> int:
    """The rank that a tensor of open shape has in practice; 0 where nothing is known of it."""
    usual: int = x.state.get("usual_rank", 3 if x.role is not None and x.role.exact and x.shape.open else 0)
    highest = x.shape.max_rank
    return usual if highest is None else min(usual, highest)


def told_rank(x: Tensor) -> int:
    """The usual rank of what a recurrent layer made; no more than 2 of other tensors.

    One step's embeddings (batch, features) are joined and cut along the axis that is time in a sequence's.
    """
    return usual_rank(x) if x.role is not None else min(usual_rank(x), 2)


def result(
    shape: Shape,
    *sources: Tensor | None,
    dtype: Any = UNSET,
    device: Any = UNSET,
    leading: Tensor | None = None,
    usual: int | None = None,
) -> Tensor:
    """A tensor computed from others: the first one's dtype, the first known device, the first recurrent origin."""
    known = [source for source in sources if source is not None]
    if dtype is UNSET:
        dtype = known[0].dtype if known else None
    if device is UNSET:
        device = next((source.device for source in known if source.device is not None), None)
    role = next((derived(source.role) for source in known if source.role is not None), None)
    made = Tensor(shape, dtype, device, role=role, leading=leading)
    graph = NO_GRAPH.union(*(source.graph for source in known))
    if graph:
        made.state["graph"] = graph
    if shape.open:
        rank = usual_rank(known[0]) if usual is None and known else usual or 0
        if rank > 0:
            made.state["usual_rank"] = rank
    return made


def like(x: Tensor, dtype: Any = UNSET, device: Any = UNSET) -> Tensor:
    """A tensor of the same shape computed from another one; an open shape keeps sharing its symbols."""
    made = result(x.shape, x, dtype=dtype, device=device, leading=x if x.shape.open else None)
    if x.shape.open:
        ranks.link(made, x)
        made.state["alike"] = x.state.get("alike", x)
    return made


def unchanged(x: Tensor, dtype: Any = UNSET, device: Any = UNSET) -> Tensor:
    """The same values in another tensor: dropout, clone, a cast. The recurrent role stays exact."""
    if not x.vague and dtype in (UNSET, x.dtype) and device in (UNSET, x.device):
        return x
    made = like(x, dtype, device)
    made.role = x.role
    made.name = x.name
    if x.layout is not None and x.layout.dense:
        made.layout = x.layout
    return made


def duplicate(x: Tensor) -> Tensor:
    """Another tensor with the same contents: what is done to it in place does not reach the first."""
    made = Tensor(x.shape, x.dtype, x.device, x.name, x.made, x.role, x if x.shape.open else None)
    made.state.update(x.state)
    made.requires_grad = x.requires_grad
    made.sizes = x.sizes
    return made


def copied(x: Tensor) -> Tensor:
    """The same values, perhaps in memory of their own: only a layout without gaps is kept by a copy."""
    if x.layout is None or x.layout.dense:
        return x
    return duplicate(x)


def anything(*sources: Tensor | None, dtype: Any = UNSET) -> Tensor:
    """A tensor of unknown shape with the origin of others."""
    return result(Shape((), (), True), *sources, dtype=dtype, usual=0)


def floating(dtype: str | None) -> str | None:
    """The dtype of a result that is never an integer: mean is not in this, exp and division are."""
    if dtype in INTEGERS or dtype == "bool":
        return "float32"
    return dtype


def as_tuple(*values: Value, role: Role | None = None) -> Items:
    """Several results."""
    return Items("tuple", list(values), role=role)


# Needs


def need(
    m: Machine,
    what: str,
    got: Any,
    want: Any,
    subject: str,
    error: str | Raises,
    source: Tensor | Packed | Items | None = None,
    relation: Relation = "equal",
    axis: int | None = None,
    facts: dict[str, Any] | None = None,
    related: Iterable[Related] = (),
    **detail: Any,
) -> bool:
    """State a need; False when it is never met. `error` is torch's text, of a RuntimeError unless given whole.

    `related` is read only where it is reported.
    """
    role = source.role if source is not None else None
    detail = {**detail, **(facts or {})}
    if role is not None:
        detail = {"part": role.part, "exact": role.exact, **detail}
    raises = error if isinstance(error, Raises) else Raises("RuntimeError", error.replace("{", "{{").replace("}", "}}"))
    found = m.need(
        Need(what, got, want, relation, subject, axis, raises=raises, detail=detail),
        layer=role.layer if role is not None else None,
        sources=related,
    )
    return found is not Verdict.NE


def axis_of(m: Machine, x: Tensor, value: Value, name: str, extra: int = 0) -> int | None:
    """A constant axis: non-negative for a closed shape, as written for an open one; None where it is not known.

    `extra` counts axes that the result has more than `x` (1 for unsqueeze).
    """
    axis = m.int_of(value)
    if axis is not None and x.shape.open and not extra:
        ranks.show_least(m, x, axis + 1 if axis >= 0 else -axis)
    rank = x.shape.rank
    if axis is None or rank is None:
        return axis
    if rank == 0 and not extra:
        # torch takes the axes 0 and -1 of a scalar in some functions, and words the others in as many ways.
        return None
    span = rank + extra
    if -span <= axis < span:
        return axis % span
    text = f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {axis})"
    need(m, "op.axis", axis, (-span, span - 1), name, Raises("IndexError", text), x, "never", rank=rank)
    return None


_NO_TENSOR = "{name}(): argument '{argument}' (position {position}) must be Tensor, not {type}"


def tensor_input(
    m: Machine, value: Value, name: str, function: str, argument: str = "input", position: int = 1, attribute: str = ""
) -> Tensor | None:
    """An argument that must be a tensor; a tuple, list or PackedSequence is reported where it is first used as one.

    `attribute` is the method torch looks up first where it does not parse the argument: an AttributeError then.
    """
    if isinstance(value, Packed):
        kind = "PackedSequence"
    elif isinstance(value, Items) and value.kind in ("tuple", "list"):
        kind = value.kind
    else:
        return m.tensor(value)
    if attribute:
        raises = Raises("AttributeError", f"'{kind}' object has no attribute '{attribute}'")
    else:
        fields = {"name": function, "argument": argument, "position": position, "type": kind}
        raises = Raises("TypeError", _NO_TENSOR, fields)
    if m.tells_first(value):
        need(m, "layer.type", kind, "Tensor", name, raises, value, "never", layer=name, type=kind)
    return None


def argument(layer: Layer, name: str, default: Any = None) -> Value:
    """An argument of a module's constructor."""
    return layer.args.get(name, default)


def class_name(layer: Layer) -> str:
    """The last part of a module's path."""
    return layer.kind.rpartition(".")[2]


def features_need(m: Machine, x: Tensor, want: Value, built: Layer, error: str, axis: int = -1, **detail: Any) -> bool:
    """The size of one axis must be what a following layer was built for; `{got}` and `{want}` stand in `error`."""
    size, wanted = x.shape.at(axis), m.dim(want)
    if size is None or wanted is None:
        return True
    raises = Raises("RuntimeError", error, {"got": size, "want": wanted, **detail.pop("fields", {})})
    name, related = class_name(built), sources.of_features(built, want, x.role)
    return need(m, "layer.features", size, wanted, name, raises, x, axis=axis, related=related, layer=name, **detail)


def many(m: Machine, value: Value, read: Callable[[Value], Any]) -> list[Any] | None:
    """Every element of a sequence that is known whole, read by a function; None when one is not known."""
    if not isinstance(value, Items) or not value.whole:
        return None
    found = [read(one) for one in value.head]
    return None if any(one is None for one in found) else found


def is_number(value: Value) -> bool:
    """Whether a value is a Python number, known or not."""
    if isinstance(value, Unknown):
        return value.kind in ("int", "float", "bool")
    return isinstance(value, (int, float, complex, Poly)) or type(value).__name__ == "Truth"
