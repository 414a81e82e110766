"""Reading and writing items: `owner[key]` for every kind of value."""

from __future__ import annotations

from lstmcheck.dims import Poly, equals, maximum, symbol
from lstmcheck.infer import ranks
from lstmcheck.infer.attributes import takes_for_tensor, tuple_misused
from lstmcheck.infer.checkpoints import Weight, Weights, forget
from lstmcheck.infer.classes import has_magic
from lstmcheck.infer.data import Part, TensorData, row_of
from lstmcheck.infer.expressions import equal_values, is_key
from lstmcheck.infer.joins import is_dim, join, same, settle, truth_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning import picks
from lstmcheck.infer.meaning.items import carry_array_item, carry_item, order_in, picked_last
from lstmcheck.infer.silent import gates, unpacking, unseen
from lstmcheck.infer.strides import carry as strides
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Builtin,
    Class,
    External,
    Instance,
    Items,
    Layer,
    Mapping,
    Packed,
    Range,
    ShapeOf,
    Slice,
    Tensor,
    Truth,
    Unknown,
    Value,
)

_MOST_AXES = 64  # of any tensor


def get_item(m: Machine, owner: Value, key: Value) -> Value:
    """The value of `owner[key]`."""
    if isinstance(owner, Tensor):
        from lstmcheck.infer.numpy_ops.arrays import tensor_key
        from lstmcheck.infer.torch_ops.indexing import getitem

        found = getitem(m, owner, tensor_key(key))
        if "axes" not in owner.state:
            picks.read(m, owner, key, found)
        if "axes" in owner.state or order_in(tensor_key(key)) is not None:
            carry_item(m, owner, tensor_key(key), found)
        if "view" in owner.state:
            gates.narrowed(m, owner, key, found)
        if owner.layout is not None and isinstance(found, Tensor) and found is not owner:
            strides.picked(m, owner, key, found)
        if "mixed" in owner.state and isinstance(found, Tensor):
            found.state.setdefault("mixed", owner.state["mixed"])
        return m.fresh(kind="tensor") if found is None else found
    if isinstance(owner, Array):
        from lstmcheck.infer.numpy_ops.arrays import item

        picked = item(m, owner, key)
        picks.read(m, owner.data, key, picked)
        carry_array_item(m, owner.data, key, picked)
        return picked
    if isinstance(owner, Items):
        found = _of_items(m, owner, key)
        if key == -1 and isinstance(found, Tensor):
            picked_last(m, found)
            unpacking.picked(m, owner, key)
        return found
    if isinstance(owner, Mapping):
        return _of_mapping(m, owner, key)
    if isinstance(owner, ShapeOf):
        return _of_shape(m, owner, key)
    if isinstance(owner, Layer) and owner.children is not None:
        return _of_container(m, owner, key)
    if isinstance(owner, Unknown):
        return _of_unknown(m, owner, key)
    if isinstance(owner, TensorData):
        return Items("tuple", [get_item(m, tensor, key) for tensor in owner.tensors])
    if isinstance(owner, Part):
        return row_of(m, owner)
    if isinstance(owner, Instance) and owner.cls is not None:
        from lstmcheck.infer.calls import call_value
        from lstmcheck.infer.classes import find_member
        from lstmcheck.infer.values import Bound

        member = find_member(owner.cls, "__getitem__")
        if member is not NOTHING:
            return call_value(m, Bound(member, owner), [key], {})
        inner = owner.fields.get("*layer*")
        return get_item(m, inner, key) if isinstance(inner, Layer) else m.fresh("item")
    if isinstance(owner, str) and isinstance(key, int):
        return owner[key] if -len(owner) <= key < len(owner) else m.fresh(kind="str")
    if isinstance(owner, str) and isinstance(key, Slice):
        bounds = (key.lower, key.upper, key.step)
        known = all(bound is None or isinstance(bound, int) for bound in bounds) and key.step != 0
        return owner[slice(*bounds)] if known else m.fresh(kind="str")
    if isinstance(owner, Class) and has_magic(owner):
        return m.fresh("item", "its class decides")
    if isinstance(owner, (Class, External, Builtin)):
        return owner
    if isinstance(owner, Packed):
        return m.fresh("packed item")
    if isinstance(owner, Range) and is_dim(key):
        if isinstance(key, int) and key < 0:
            from lstmcheck.infer.builtins import length_of

            length = length_of(m, owner)
            key = length + key if is_dim(length) else m.fresh("position", kind="int").as_dim()
        return owner.start + owner.step * key
    return m.fresh("item")


def _of_items(m: Machine, items: Items, key: Value) -> Value:
    if isinstance(key, (bool, Truth)):
        key = truth_dim(key)
    if isinstance(key, (Items, Tensor)) or key is Ellipsis:
        if not isinstance(key, Tensor) and takes_for_tensor(items):
            text = f"tuple indices must be integers or slices, not {'ellipsis' if key is Ellipsis else 'tuple'}"
            tuple_misused(m, items, "[...]", "TypeError", text)
        return m.fresh("item")
    if isinstance(key, int):
        if "unbound" in items.state:
            return _of_unbound(m, items.state["unbound"], key)
        return _element(m, items, key)
    if isinstance(key, Slice):
        return _part(m, items, key)
    if isinstance(key, Poly):
        return _symbolic_element(m, items, key)
    known = items.each
    if known and all(same(known[0], other) for other in known[1:]):
        return known[0]
    return m.fresh("element")


def _of_unbound(m: Machine, unbound: tuple[Tensor, int], key: int) -> Value:
    """`x.unbind(at)[key]`, which is x at this position of the axis."""
    x, at = unbound
    full: list[Value] = [Slice(None, None, None)] * (at if at >= 0 else -at - 1)
    return get_item(m, x, Items("tuple", [*full, key] if at >= 0 else [Ellipsis, key, *full]))


def _element(m: Machine, items: Items, key: int) -> Value:
    if items.whole:
        return settle(items.head[key], m.facts) if -len(items.head) <= key < len(items.head) else m.fresh("item")
    if 0 <= key < len(items.head):
        return settle(items.head[key], m.facts)
    if key < 0 and items.head:
        low = items.length
        if not (isinstance(low, int) and low >= len(items.head) - key):
            # the last element of a list that may be short: one of several
            return _last(m, items, key)
    return settle(apart(items, key), m.facts)


def apart(items: Items, key: int) -> Value:
    """An element behind the known ones. Of elements of which nothing is known each is a value of its own."""
    rest = items.rest
    if not isinstance(rest, Unknown) or rest.kind is not None or rest.facts.keys() - {"origin"}:
        return rest
    known = rest.items.get(("at", key))
    if known is None:
        known = rest.items[("at", key)] = Unknown(f"{rest.name}[{key}]", rest.reason, free=rest.free)
        known.facts.update(rest.facts)
    return known


def _last(m: Machine, items: Items, key: int) -> Value:
    if key != -1 or len(items.head) > 1:
        return m.fresh("element")
    return join(m.facts.simplify(equals(items.length, 1)), items.head[0], items.rest)


def _symbolic_element(m: Machine, items: Items, key: Poly) -> Value:
    known = items.each
    if not known:
        return m.fresh("element")
    if all(same(known[0], other) for other in known[1:]):
        return settle(known[0], m.facts)
    value = known[-1]
    for i in range(len(known) - 2, -1, -1):
        condition = m.facts.simplify(equals(key, i))
        value = join(condition, known[i], value)
    return settle(value, m.facts)


def _part(m: Machine, items: Items, key: Slice) -> Value:
    bounds = (key.lower, key.upper, key.step)
    if items.whole and all(bound is None or isinstance(bound, int) for bound in bounds) and key.step != 0:
        return Items(items.kind, items.head[slice(*bounds)])
    if bounds == (None, None, -1) and "order" in items.state:
        part = Items(items.kind, (), m.fresh("position", kind="int"), items.length)
        part.state["order"] = items.state["order"]
        return part
    if key.step is None and isinstance(key.lower, int) and key.lower >= 0 and key.upper is None:
        length = maximum(0, items.length - key.lower)
        return Items(items.kind, items.head[key.lower :], items.rest if not items.whole else m.fresh(), length)
    return Items(items.kind, (), m.fresh("element"), symbol("length", 0))


def _of_mapping(m: Machine, mapping: Mapping, key: Value) -> Value:
    if is_key(key):
        value = mapping.entries.get(key, NOTHING)
        if value is not NOTHING:
            return settle(value, m.facts)
        unknown = mapping.state.get(("item", key))
        if unknown is None:
            unknown = mapping.state[("item", key)] = Unknown(f"[{key!r}]", "not a known key")
        return unknown
    if not mapping.open and mapping.entries and isinstance(key, Unknown):
        entries = [(name, value) for name, value in mapping.entries.items() if value is not NOTHING]
        result = entries[-1][1]
        for name, value in reversed(entries[:-1]):
            result = join(equal_values(m, key, name), value, result)
        return settle(result, m.facts)
    # a table of ids: `ids[word]`, however the words are numbered
    return m.fresh("item", kind="int" if mapping.state.get("numbers") else None)


def _of_shape(m: Machine, shape: ShapeOf, key: Value) -> Value:
    if isinstance(key, int):
        ranks.show_least(m, shape.tensor, key + 1 if key >= 0 else -key)
        return shape.tensor.size(key)
    from_start = isinstance(key, Slice) and key.lower in (None, 0) and key.step is None
    if from_start and isinstance(key.upper, int) and 0 <= key.upper <= _MOST_AXES:
        return Items("tuple", [shape.tensor.size(i) for i in range(key.upper)])
    if (
        isinstance(key, Slice)
        and key.upper is None
        and key.step is None
        and isinstance(key.lower, int)
        and -_MOST_AXES <= key.lower < 0
    ):
        return Items("tuple", [shape.tensor.size(i) for i in range(key.lower, 0)])
    return m.fresh("shape")


def _of_container(m: Machine, layer: Layer, key: Value) -> Value:
    children = layer.children
    if isinstance(children, Mapping) and not isinstance(key, str) and layer.kind == "torch.nn.Sequential":
        values = [value for value in children.entries.values() if value is not NOTHING]
        return get_item(m, Items("list", values), key)
    if isinstance(key, Slice):
        part = get_item(m, children, key)
        return Layer(layer.kind, {}, layer.site, children=part) if isinstance(part, Items) else m.fresh("layers")
    return get_item(m, children, key)


def _of_unknown(m: Machine, owner: Unknown, key: Value) -> Value:
    known = owner.facts.get("tensor")
    if known is not None and not known.shape.open:
        return get_item(m, known, key)
    if is_key(key) and not isinstance(key, float) and owner.kind != "tensor":
        known = owner.items.get(key)
        if known is None:
            known = owner.items[key] = Unknown(f"{owner.name}[{key!r}]", owner.reason, free=owner.free)
        return settle(known, m.facts)
    if owner.kind == "tensor" or (
        isinstance(key, Items) and any(isinstance(k, Slice) or k is Ellipsis for k in key.head)
    ):
        return get_item(m, owner.as_tensor(), key)
    return m.fresh(f"{owner.name}[...]", owner.reason, free=owner.free)


def _is_int(value: Value) -> bool:
    return is_dim(value) or (isinstance(value, Unknown) and value.kind == "int")


def _set_somewhere(m: Machine, mapping: Mapping, value: Value) -> None:
    """An entry is written under a key that is not known: it may replace any other."""
    numbers = mapping.state.get("numbers") if mapping.open else all(map(_is_int, mapping.entries.values()))
    m.put(mapping.state, "numbers", bool(numbers and _is_int(value)))
    m.put(mapping.state, "open", True)
    for key, entry in list(mapping.entries.items()):
        if entry is not NOTHING and not isinstance(entry, Weight) and not same(entry, value):
            m.put(mapping.entries, key, m.fresh(str(key), "it may have been replaced"))


def set_item(m: Machine, owner: Value, key: Value, value: Value) -> None:
    """`owner[key] = value`."""
    if isinstance(owner, Tensor):
        m.put(owner.state, "values", None)
        if "view" in owner.state:
            gates.written(m, get_item(m, owner, key), value, m.here())
    elif isinstance(owner, Items):
        _set_element(m, owner, key, value)
    elif isinstance(owner, Mapping):
        if is_key(key):
            m.put(owner.entries, key, value)
            if owner.state.get("numbers") and not _is_int(value):
                m.put(owner.state, "numbers", False)
        else:
            unseen.hold_layer(owner, value)
            _set_somewhere(m, owner, value)
    elif isinstance(owner, Weights):
        forget(m, owner)
    elif isinstance(owner, Unknown):
        if is_key(key):
            m.put(owner.items, key, value)
    elif isinstance(owner, Layer) and owner.children is not None:
        set_item(m, owner.children, key, value)
    elif isinstance(owner, Instance) and owner.cls is not None:
        from lstmcheck.infer.calls import call_value
        from lstmcheck.infer.classes import find_member
        from lstmcheck.infer.values import Bound

        member = find_member(owner.cls, "__setitem__")
        if member is not NOTHING:
            call_value(m, Bound(member, owner), [key, value], {})


def _set_element(m: Machine, items: Items, key: Value, value: Value) -> None:
    head = list(items.head)
    if isinstance(key, int) and -len(head) <= key < len(head) and (key >= 0 or items.whole):
        head[key] = value
        m.set_contents(items, head, items.rest, items.length)
    elif isinstance(key, Poly) and items.whole:
        changed = [join(m.facts.simplify(equals(key, i)), value, element) for i, element in enumerate(head)]
        m.set_contents(items, changed, items.rest, items.length)
    else:
        m.set_contents(items, (), m.fresh("element"), symbol("len", 0) if isinstance(key, Slice) else items.length)
