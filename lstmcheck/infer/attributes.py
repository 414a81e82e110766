"""Reading and writing attributes of every kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.infer import commandline, data, dictionaries, ranks, records
from lstmcheck.infer.checkpoints import Weight, Weights, forget
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.shapes import ANY_SHAPE
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Bound,
    Builtin,
    Class,
    Dictionary,
    External,
    Function,
    Instance,
    Items,
    Layer,
    Mapping,
    Method,
    Namespace,
    Packed,
    ShapeOf,
    Super,
    Tensor,
    Unknown,
    Value,
)


def get_attribute(m: Machine, owner: Value, name: str) -> Value:
    """The value of `owner.name`."""
    read = READERS.get(type(owner))
    if read is not None:
        return read(m, owner, name)
    if isinstance(owner, (str, int, float)) and name == "value":
        # a member of an Enum: no other constant has a value
        return owner
    if isinstance(owner, (str, int, float)) or owner is None:
        return Method(owner, name)
    return m.fresh(name)


def _of_unknown(m: Machine, owner: Unknown, name: str) -> Value:
    if owner.kind == "tensor":
        return _of_tensor(m, owner.as_tensor(), name)
    if owner.kind is not None:
        return Method(owner, name)
    if name in ("shape", "size"):
        # only a tensor (or an array) has a shape: from here on this value is read as one
        tensor = owner.as_tensor()
        m.put(tensor.state, "vague", False)
        return _of_tensor(m, tensor, name)
    known = owner.attrs.get(name)
    if known is None:
        if _is_tensor_method(name):
            return Method(owner, name)
        known = owner.attrs[name] = Unknown(f"{owner.name}.{name}", owner.reason, free=owner.free)
    return settle(known, m.facts)


def _is_tensor_method(name: str) -> bool:
    from lstmcheck.infer.torch_ops import OPS, load

    load()
    return f"Tensor.{name}" in OPS or name == "astype"


def _of_tensor(m: Machine, tensor: Tensor, name: str) -> Value:
    if name == "__class__" and not tensor.vague:
        return m.project.external("torch.Tensor")
    if name == "shape":
        from lstmcheck.infer.torch_ops.casts import sizes_of

        return sizes_of(tensor)
    if name == "ndim":
        return tensor.shape.rank if tensor.shape.rank is not None else m.fresh("ndim", kind="int")
    if name == "device":
        return m.fresh("device") if tensor.device is None else External(f"device:{tensor.device}")
    if name == "dtype":
        return m.fresh("dtype") if tensor.dtype is None else External(f"torch.{tensor.dtype}")
    if name == "data":
        from lstmcheck.infer.graph import detached

        return detached(tensor)
    if name == "grad":
        return m.fresh("grad")
    if name in ("T", "mT"):
        from lstmcheck.infer.calls import call_value

        return call_value(m, Method(tensor, name), [], {})
    if tensor.vague and not _is_tensor_method(name):
        return m.fresh(name)
    return Method(tensor, name)


def _of_array(m: Machine, array: Array, name: str) -> Value:
    from lstmcheck.infer.numpy_ops.attributes import read

    return read(m, array, name)


def _of_shape(m: Machine, shape: ShapeOf, name: str) -> Value:
    return Method(shape, name)


def _of_packed(m: Machine, packed: Packed, name: str) -> Value:
    if name == "data":
        from lstmcheck.dims import symbol
        from lstmcheck.infer.shapes import ANY_SHAPE, closed

        shape = ANY_SHAPE if packed.features is None else closed(symbol("sum(lengths)", 0), packed.features)
        return Tensor(shape, packed.dtype, role=packed.role)
    if name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        return m.fresh(name)
    return Method(packed, name)


TUPLE_NAMES = frozenset(dir(tuple))


def _of_items(m: Machine, items: Items, name: str) -> Value:
    if name == "__class__":
        return Builtin(items.kind)
    if name in ("values", "indices") and items.kind == "tuple" and items.whole and len(items.head) == 2:
        values, indices = (settle(part, m.facts) for part in items.head)
        if items.role is None and isinstance(indices, Tensor) and indices.dtype == "int64":
            # what `max(dim)`, `sort` and their kin return
            return values if name == "values" else indices
    if name not in TUPLE_NAMES and (items.role is not None or _tensor_attribute(name)) and takes_for_tensor(items):
        tuple_misused(m, items, f".{name}", "AttributeError", f"'tuple' object has no attribute '{name}'")
        return m.fresh(name)
    return Method(items, name)


def takes_for_tensor(value: Value) -> TypeGuard[Items]:
    """Whether a value is a tuple that can be taken for a tensor: a recurrent layer's result, or one with tensors."""
    if not isinstance(value, Items) or value.kind != "tuple":
        return False
    return value.role is not None or (value.whole and any(isinstance(part, Tensor) for part in value.head))


def _tensor_attribute(name: str) -> bool:
    return name in ("shape", "dtype", "device", "data", "grad", "T") or _is_tensor_method(name)


def tuple_misused(m: Machine, items: Items, used: str, error: str, text: str) -> None:
    """Report that a tuple, a recurrent layer's or one with tensors, is used as if it were a tensor."""
    role = items.role
    detail = {"used": used, "length": len(items.head)}
    if role is not None:
        detail |= {"of": role.part, "kind": role.layer.kind.rpartition(".")[2]}
    need = Need(
        "result.tuple",
        "tuple",
        "Tensor",
        "never",
        subject="tuple" if role is None else role.part,
        raises=Raises(error, text.replace("{", "{{").replace("}", "}}")),
        detail=detail,
    )
    m.need(need, layer=None if role is None else role.layer)


def _of_mapping(m: Machine, mapping: Mapping, name: str) -> Value:
    return dictionaries.read(m, mapping, name) if isinstance(mapping, Dictionary) else Method(mapping, name)


def _of_layer(m: Machine, layer: Layer, name: str) -> Value:
    from lstmcheck.infer.layers import layer_attribute

    if name in layer.fields and layer.fields[name] is not NOTHING:
        return settle(layer.fields[name], m.facts)
    return layer_attribute(m, layer, name)


def _of_instance(m: Machine, instance: Instance, name: str) -> Value:
    from lstmcheck.infer.classes import find_member, instance_default

    value = instance.fields.get(name, NOTHING)
    if value is not NOTHING:
        return settle(value, m.facts)
    if name == "__class__" and instance.cls is not None:
        return instance.cls
    if name in ("__dict__", "_modules", "_parameters", "_buffers"):
        return Mapping(instance.fields)
    if name == "__dataclass_fields__" and (known := records.fields_of(m, instance)) is not None:
        return known
    if instance.cls is not None:
        member = find_member(instance.cls, name)
        if member is not NOTHING:
            return bind(m, member, instance)
    return instance_default(m, instance, name)


def bind(m: Machine, member: Value, receiver: Value) -> Value:
    """A class member as seen through an instance: functions become methods, properties are computed."""
    if isinstance(member, Function):
        return Bound(member, receiver)
    if isinstance(member, ClassMethod):
        return Bound(member.function, receiver.cls if isinstance(receiver, Instance) else receiver)
    if isinstance(member, StaticMethod):
        return member.function
    if isinstance(member, Property):
        from lstmcheck.infer.calls import call_value

        return call_value(m, member.function, [receiver], {})
    if _is_descriptor(member, "__get__"):
        return m.fresh("attribute", "a descriptor makes it")
    return settle(member, m.facts)


def _is_descriptor(member: Value, method: str) -> bool:
    """Whether a class member decides what reading or writing it through an object does."""
    from lstmcheck.infer.classes import find_member

    cls = member.cls if isinstance(member, Instance) else None
    if isinstance(member, Unknown):
        cls = member.facts.get("made by")
    return cls is not None and find_member(cls, method) is not NOTHING


def _set_through_class(m: Machine, owner: Instance, name: str, value: Value) -> bool:
    """Write an attribute that the class takes care of; False when it is a plain one."""
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.classes import find_member

    member = find_member(owner.cls, name) if owner.cls is not None else NOTHING
    if isinstance(member, Property) and member.setter is not None:
        call_value(m, member.setter, [owner, value], {})
        return True
    if _is_descriptor(member, "__set__"):
        m.put(owner.fields, name, m.fresh(name, "a descriptor keeps it"))
        return True
    return False


class Property:
    """A property: reading it calls its function, writing it the setter."""

    __slots__ = ("function", "setter")

    def __init__(self, function: Value, setter: Value = None) -> None:
        self.function = function
        self.setter = setter


class ClassMethod(Property):
    """A class method."""


class StaticMethod(Property):
    """A static method."""


def _of_property(m: Machine, owner: Property, name: str) -> Value:
    """`size.setter`, a decorator."""
    part = m.fresh(name)
    part.facts["setter of"] = owner if name == "setter" else None
    return part


def _of_class(m: Machine, cls: Class, name: str) -> Value:
    from lstmcheck.infer.classes import find_member

    if name == "__name__":
        return cls.name
    if name == "__dataclass_fields__" and (known := records.fields_of(m, cls)) is not None:
        return known
    member = find_member(cls, name)
    if member is NOTHING:
        missing = m.fresh(f"{cls.name}.{name}")
        missing.facts["makes"] = cls if name == "__new__" else None
        return missing
    if isinstance(member, ClassMethod):
        return Bound(member.function, cls)
    if isinstance(member, StaticMethod):
        return member.function
    return settle(member, m.facts) if not isinstance(member, Property) else m.fresh(name)


def _of_super(m: Machine, value: Super, name: str) -> Value:
    from lstmcheck.infer.classes import find_after, instance_default

    if isinstance(value.receiver, Instance) and value.receiver.cls is not None and value.after is not None:
        member = find_after(value.receiver.cls, value.after, name)
        if member is not NOTHING:
            return bind(m, member, value.receiver)
        return instance_default(m, value.receiver, name, base=True)
    if isinstance(value.receiver, Dictionary) and value.after is not None:
        return dictionaries.of_base(m, value.receiver, value.after, name)
    return m.fresh(name)


def _of_builtin(m: Machine, builtin: Builtin, name: str) -> Value:
    kept = builtin.name in ("dict", "list", "str", "object") and name != "__name__"
    return Method(builtin, name) if kept else m.fresh(name)


def _of_external(m: Machine, external: External, name: str) -> Value:
    if name == "__name__":
        return external.path.rpartition(".")[2]
    if external.path.startswith("device:"):
        return m.fresh(f"device.{name}", free=True)
    return library_value(m, f"{external.path}.{name}")


def library_value(m: Machine, path: str) -> Value:
    """A name of a library: a constant, or the name itself."""
    from lstmcheck.infer.libraries import VALUES

    return m.project.external(path) if path not in VALUES or m.project.is_replaced(path) else VALUES[path]


def _of_parser(m: Machine, parser: commandline.Parser, name: str) -> Value:
    return commandline.read(m, parser, name)


def _of_namespace(m: Machine, namespace: Namespace, name: str) -> Value:
    frame = namespace.load()
    if frame is not None:
        value = frame.names.get(name, NOTHING)
        if value is not NOTHING:
            return settle(value, m.facts)
    return m.project.submodule(namespace, name)


def _of_weights(m: Machine, weights: Weights, name: str) -> Value:
    if name in ("pop", "update", "popitem", "setdefault", "clear"):
        forget(m, weights)
    return Method(weights, name)


def _of_weight(m: Machine, weight: Weight, name: str) -> Value:
    if name in ("data", "detach", "clone", "cpu", "cuda", "to", "contiguous", "float", "half", "numpy"):
        return weight if name == "data" else Method(weight, name)
    return m.fresh(name)


def _of_function(m: Machine, function: Value, name: str) -> Value:
    if name == "__name__" and isinstance(function, Function):
        return function.name
    return m.fresh(name)


READERS: dict[type, Callable[[Machine, Any, str], Value]] = {
    Instance: _of_instance,
    Tensor: _of_tensor,
    Array: _of_array,
    Unknown: _of_unknown,
    External: _of_external,
    Layer: _of_layer,
    Items: _of_items,
    Mapping: _of_mapping,
    Dictionary: _of_mapping,
    Packed: _of_packed,
    ShapeOf: _of_shape,
    Class: _of_class,
    Super: _of_super,
    Namespace: _of_namespace,
    Builtin: _of_builtin,
    Property: _of_property,
    ClassMethod: _of_property,
    StaticMethod: _of_property,
    commandline.Parser: _of_parser,
    commandline.Options: _of_instance,
    Weights: _of_weights,
    Weight: _of_weight,
    data.Loader: data.read_attribute,
    data.TensorData: data.read_attribute,
    data.Part: data.read_attribute,
    Function: _of_function,
    Bound: _of_function,
    Method: _of_function,
}


def delete_attribute(m: Machine, owner: Value, name: str) -> None:
    """`del owner.name`: what is read after it comes from elsewhere."""

    def run(one: Value) -> None:
        gone = m.fresh(name, "deleted")
        if isinstance(one, (Instance, Layer)):
            m.put(one.fields, name, gone)
        else:
            set_attribute(m, one, name, gone)

    m.each(owner, run)


def set_attribute(m: Machine, owner: Value, name: str, value: Value) -> None:
    """`owner.name = value`."""
    if isinstance(owner, Instance) and _set_through_class(m, owner, name, value):
        return
    if isinstance(owner, (Instance, Layer)):
        m.put(owner.fields, name, value)
        if isinstance(owner, Layer) and owner.config is not None and hasattr(owner.config, name):
            # a configuration that changes after construction is not followed
            m.put(owner.fields, "forward", m.fresh("forward", f"{name} was changed"))
    elif isinstance(owner, Dictionary):
        dictionaries.write(m, owner, name, value)
    elif isinstance(owner, Tensor) and name == "data":
        ranks.reshape(m, owner, ANY_SHAPE)
        m.project.writes_weights = True
    elif isinstance(owner, Function) and name == "__defaults__":
        owner.defaults = value.head if isinstance(value, Items) and value.whole else (m.fresh(free=True),)
    elif isinstance(owner, Array) and name == "shape":
        m.refine(owner.data, ANY_SHAPE)
    elif isinstance(owner, Unknown):
        m.put(owner.attrs, name, value)
        if name == "data":
            m.project.writes_weights = True
        if name == "__defaults__" and isinstance(owner.facts.get("makes"), Class):
            from lstmcheck.infer.records import forget_defaults

            forget_defaults(m, owner.facts["makes"])
    elif isinstance(owner, Class):
        m.put(owner.names, name, value)
    elif isinstance(owner, Namespace):
        frame = owner.load()
        if frame is not None:
            m.put(frame.names, name, value)
    elif isinstance(owner, External):
        m.project.replace_external(f"{owner.path}.{name}")
