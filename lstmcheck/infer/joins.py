"""Joining values where paths meet, and telling whether two values are the same."""

from __future__ import annotations

from lstmcheck.dims import Dim, Facts, Poly, TooComplex, select
from lstmcheck.infer import ranks
from lstmcheck.infer.meaning.axes import axes_of, mean
from lstmcheck.infer.meaning.axes import joined as joined_axes
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import (
    MAX_OPTIONS,
    NOTHING,
    Array,
    Bound,
    Choice,
    Items,
    Later,
    Layer,
    Method,
    Packed,
    Site,
    Slice,
    Tensor,
    Truth,
    Unknown,
    Value,
    truth,
)

# what may be another value under what the path knows
BY_CASE = frozenset({Choice, Later, Poly, Truth})


def is_dim(value: Value) -> bool:
    """Whether a value is an int (a constant or a polynomial), and not a bool."""
    return isinstance(value, Poly) or (isinstance(value, int) and not isinstance(value, bool))


def may_be_several(value: Value) -> bool:
    """Whether nothing shows yet if a value is one size or a tuple of them."""
    if isinstance(value, Choice):
        return any(map(may_be_several, (option for _, option in value.options)))
    return isinstance(value, Items) or (isinstance(value, Unknown) and value.kind is None and "dim" not in value.facts)


def is_truth(value: Value) -> bool:
    """Whether a value is a bool, constant or not."""
    return isinstance(value, (bool, Truth))


def truth_dim(value: Value) -> Dim:
    """A bool value as a 0/1 dimension."""
    return value.dim if isinstance(value, Truth) else int(value)


def same(a: Value, b: Value) -> bool:
    """Whether two values are known to be the same value (never a guess)."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, (int, float, str, bytes, Poly)) or a is None:
        return bool(a == b)
    if isinstance(a, Truth):
        return bool(a.dim == b.dim)
    if isinstance(a, Tensor):
        if a.graph != b.graph:
            return False
        alike = a.shape == b.shape and a.dtype == b.dtype and a.device == b.device and a.layout == b.layout
        return bool(alike and not a.shape.open and _same_role(a, b))
    if isinstance(a, Array):
        return same(a.data, b.data)
    if isinstance(a, Items):
        return _alike(a, b) and _same_items(a, b)
    if isinstance(a, (Bound, Method)):
        return _same_bound(a, b)
    if isinstance(a, Slice):
        return same(a.lower, b.lower) and same(a.upper, b.upper) and same(a.step, b.step)
    return False


def _alike(a: Items, b: Items) -> bool:
    """Whether two sequences are tuples of one known length."""
    return a.kind == b.kind == "tuple" and a.whole and b.whole and len(a.head) == len(b.head)


def _same_items(a: Items, b: Items) -> bool:
    return all(map(same, a.head, b.head))


def _same_bound(a: Value, b: Value) -> bool:
    if isinstance(a, Bound):
        return a.function is b.function and a.receiver is b.receiver
    return bool(a.name == b.name and a.receiver is b.receiver)


def _same_role(a: Tensor, b: Tensor) -> bool:
    if a.role is None or b.role is None:
        return a.role is b.role
    return a.role.layer is b.role.layer and a.role.part == b.role.part


def join(condition: Dim, then: Value, otherwise: Value) -> Value:
    """`then if condition else otherwise` as one value."""
    if isinstance(condition, int):
        return then if condition else otherwise
    if then is otherwise:
        return then
    then, otherwise = present(then), present(otherwise)
    if then is NOTHING:
        return otherwise
    if otherwise is NOTHING or then is otherwise:
        return then
    if same(then, otherwise) and not _made_apart(then, otherwise):
        return then
    try:
        merged = _merge(condition, then, otherwise)
    except TooComplex:
        return Unknown(reason="too many cases")
    if merged is not None:
        return merged
    return _choice(condition, then, otherwise)


def present(value: Value) -> Value:
    """The value itself of what was put off."""
    return value.now() if type(value) is Later else value


def _made_apart(then: Value, otherwise: Value) -> bool:
    """Whether two tensors that are alike were made at different places: zeros here, random numbers there."""
    if not isinstance(then, Tensor) or not isinstance(otherwise, Tensor):
        return False
    return then.made is not None and otherwise.made is not None and then.made.node is not otherwise.made.node


def _merge(condition: Poly, then: Value, otherwise: Value) -> Value | None:
    if is_truth(then) and is_truth(otherwise):
        return truth(select(condition, truth_dim(then), truth_dim(otherwise)))
    if is_dim(then) and is_dim(otherwise):
        return select(condition, then, otherwise)
    if isinstance(then, Tensor) and isinstance(otherwise, Tensor):
        return join_tensors(condition, then, otherwise)
    if isinstance(then, Array) and isinstance(otherwise, Array):
        data = join_tensors(condition, then.data, otherwise.data)
        return None if data is None else Array(data)
    if isinstance(then, Packed) and isinstance(otherwise, Packed):
        return join_packed(condition, then, otherwise)
    if isinstance(then, Items) and isinstance(otherwise, Items) and _alike(then, otherwise):
        return _joined_items(condition, then, otherwise)
    return None


def _joined_items(condition: Poly, then: Items, otherwise: Items) -> Items:
    role = then.role if then.role is otherwise.role else None
    return Items("tuple", [join(condition, x, y) for x, y in zip(then.head, otherwise.head)], role=role)


def join_tensors(condition: Poly, then: Tensor, otherwise: Tensor) -> Tensor | None:
    """A tensor that is either; None when their ranks differ, so that both must be kept apart."""
    a, b = then.shape, otherwise.shape
    if a.open or b.open:
        return _join_alike(then, otherwise)
    if len(a.left) != len(b.left):
        return None
    shape = Shape(tuple(select(condition, x, y) for x, y in zip(a.left, b.left)))
    joined = Tensor(
        shape,
        dtype=then.dtype if then.dtype == otherwise.dtype else None,
        device=then.device if then.device == otherwise.device else None,
        name=then.name or otherwise.name,
        made=then.made if same_site(then.made, otherwise.made) else None,
        role=then.role if _same_role(then, otherwise) else None,
    )
    joined.state["graph"] = then.graph & otherwise.graph
    mean(joined, joined_axes(axes_of(then), axes_of(otherwise)))
    return joined


def _join_alike(then: Tensor, otherwise: Tensor) -> Tensor | None:
    """A tensor or what was made of it elementwise (`x = x.cuda()` in a branch): one shape, whatever it is."""
    source = then.state.get("alike", then)
    if source is None or otherwise.state.get("alike", otherwise) is not source or not _same_role(then, otherwise):
        return None
    told = then if then.shape.min_rank >= otherwise.shape.min_rank else otherwise
    joined = Tensor(
        told.shape,
        dtype=then.dtype if then.dtype == otherwise.dtype else None,
        device=then.device if then.device == otherwise.device else None,
        name=told.name,
        made=told.made,
        role=then.role,
        leading=told,
        vague=then.vague and otherwise.vague,
    )
    joined.state["graph"] = then.graph & otherwise.graph
    joined.state["alike"] = source
    if "usual_rank" in told.state:
        joined.state["usual_rank"] = told.state["usual_rank"]
    ranks.link(joined, told)
    mean(joined, joined_axes(axes_of(then), axes_of(otherwise)))
    return joined


def same_site(a: Site | None, b: Site | None) -> bool:
    """Whether two values were made at one place."""
    return a is not None and b is not None and a.node is b.node


def join_packed(condition: Poly, then: Packed, otherwise: Packed) -> Packed:
    """A PackedSequence that is either."""

    def sizes(a: Dim | None, b: Dim | None) -> Dim | None:
        return None if a is None or b is None else select(condition, a, b)

    return Packed(
        sizes(then.features, otherwise.features),
        sizes(then.batch, otherwise.batch),
        sizes(then.seq_len, otherwise.seq_len),
        then.dtype if then.dtype == otherwise.dtype else None,
        then.role,
        then.made,
    )


def _choice(condition: Poly, then: Value, otherwise: Value) -> Value:
    options: list[tuple[Dim, Value]] = []
    try:
        for part, value in ((condition, then), (1 - condition, otherwise)):
            inner = value.options if isinstance(value, Choice) else ((1, value),)
            for own, option in inner:
                _add_option(options, part * own, option)
    except TooComplex:
        return Unknown(reason="too many cases")
    if len(options) > MAX_OPTIONS:
        return Unknown(reason="too many cases")
    return options[0][1] if len(options) == 1 else Choice(tuple(options))


def _add_option(options: list[tuple[Dim, Value]], condition: Dim, value: Value) -> None:
    if isinstance(condition, int) and condition == 0:
        return
    for i, (known, existing) in enumerate(options):
        if same(existing, value):
            options[i] = (known + condition, existing)
            return
    options.append((condition, value))


def settle(value: Value, facts: Facts) -> Value:
    """The value under what the path knows: decided guards replaced, impossible options dropped."""
    if type(value) not in BY_CASE:
        return value
    if type(value) is Later:
        return settle(value.now(), facts)
    if isinstance(value, Poly):
        return facts.simplify(value)
    if isinstance(value, Truth):
        return truth(facts.simplify(value.dim))
    assert isinstance(value, Choice)
    if len(value.options) > 1 and not any(_is_decided(facts, condition) for condition, _ in value.options):
        return value
    options = [
        (condition, option)
        for condition, option in ((facts.simplify(c), v) for c, v in value.options)
        if not (isinstance(condition, int) and condition == 0)
    ]
    if len(options) == 1:
        return settle(options[0][1], facts)
    if len(options) < len(value.options):
        return Choice(tuple(options)) if options else Unknown(reason="no such path")
    return value


def _is_decided(facts: Facts, condition: Dim) -> bool:
    """Whether what the path knows may change a condition."""
    return not isinstance(condition, Poly) or not facts.fixed.keys().isdisjoint(condition.atoms)


def widen(before: Value, after: Value, name: str) -> Value:
    """A value that stands for both and for whatever further rounds of a loop make of it."""
    if same(before, after):
        return before
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        a, b = before.shape, after.shape
        if not a.open and not b.open and len(a.left) == len(b.left):
            fresh = Unknown(name, "changes in a loop")
            sizes = tuple(x if x == y else fresh_size(fresh, i) for i, (x, y) in enumerate(zip(a.left, b.left)))
            joined = Tensor(
                Shape(sizes),
                dtype=before.dtype if before.dtype == after.dtype else None,
                device=before.device if before.device == after.device else None,
                name=name,
                made=after.made,
                role=after.role if _same_role(before, after) else None,
            )
            joined.state["graph"] = before.graph & after.graph
            mean(joined, joined_axes(axes_of(before), axes_of(after)))
            return joined
        return Unknown(name, "changes in a loop", "tensor")
    if isinstance(before, Array) and isinstance(after, Array):
        data = widen(before.data, after.data, name)
        return Array(data) if isinstance(data, Tensor) else Unknown(name, "changes in a loop", free=True)
    if isinstance(before, Items) and isinstance(after, Items) and _alike(before, after):
        return _widened_items(before, after, name)
    if isinstance(after, (Layer, Choice)) and alike(before, after):
        return after
    return Unknown(name, "changes in a loop")


def _widened_items(before: Items, after: Items, name: str) -> Items:
    role = after.role if before.role is after.role else None
    return Items("tuple", [widen(x, y, name) for x, y in zip(before.head, after.head)], role=role)


def alike(a: Value, b: Value) -> bool:
    """Whether two torch modules (or one of several each) were built alike, so that one can stand for both."""
    if isinstance(a, Choice) and isinstance(b, Choice) and len(a.options) == len(b.options):
        return all(x == y and alike(v, w) for (x, v), (y, w) in zip(a.options, b.options))
    if not isinstance(a, Layer) or not isinstance(b, Layer):
        return same(a, b)
    if a.kind != b.kind or a.config != b.config or a.args.keys() != b.args.keys() or a.fields.keys() != b.fields.keys():
        return False
    if any(not same(a.fields[name], b.fields[name]) for name in a.fields):
        return False
    if a.config is None and any(not same(a.args[name], b.args[name]) for name in a.args):
        return False
    if a.children is None or b.children is None:
        return a.children is b.children
    if not isinstance(a.children, Items) or not isinstance(b.children, Items):
        return False
    whole = a.children.whole and b.children.whole and len(a.children.head) == len(b.children.head)
    return whole and all(map(alike, a.children.head, b.children.head))


def fresh_size(owner: Unknown, axis: int) -> Dim:
    """A new size for an axis that changes."""
    return owner.as_tensor().size(axis)
