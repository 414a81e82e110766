"""Classes of the program: their bodies, bases, members, and instances."""

from __future__ import annotations

import ast

from lstmcheck.infer.dictionaries import derives_from_dict, make
from lstmcheck.infer.expressions import evaluate
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import (
    NOTHING,
    Bound,
    Choice,
    Class,
    External,
    Frame,
    Function,
    Instance,
    Layer,
    Method,
    Unknown,
    Value,
)


def define_class(m: Machine, node: ast.ClassDef) -> Value:
    """Execute a class statement."""
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.statements import run_block

    bases = tuple(evaluate(m, base) for base in node.bases if not isinstance(base, ast.Starred))
    decorators = tuple(evaluate(m, decorator) for decorator in node.decorator_list)
    cls = Class(node.name, node, m.frame, bases, decorators)
    outer = m.frame
    m.frame = Frame(outer.file, cls.names, outer, None, cls, outer.module, path=outer.path)
    try:
        run_block(m, node.body)
    finally:
        m.frame = outer
    value: Value = cls
    for decorator in reversed(decorators):
        if isinstance(decorator, (Function, Bound)):
            value = call_value(m, decorator, [value], {})
    return value


def linear_bases(cls: Class) -> tuple[Value, ...]:
    """The class and its bases, depth first with later duplicates kept (close enough to Python's order for lookup)."""
    if cls.order is None:
        # a dictionary by identity: each class once, where it comes last
        order: dict[int, Value] = {id(cls): cls}
        for base in cls.bases:
            if isinstance(base, Choice):
                base = Unknown(reason="one of several bases")
            for one in linear_bases(base) if isinstance(base, Class) else (base,):
                order.pop(id(one), None)
                order[id(one)] = one
        cls.order = tuple(order.values())
    return cls.order


def find_member(cls: Class, name: str) -> Value:
    """A name of the class or its bases, NOTHING when no known class has it."""
    for base in linear_bases(cls):
        if isinstance(base, Class):
            value = base.names.get(name, NOTHING)
            if value is not NOTHING:
                return value
    return NOTHING


def find_after(cls: Class, after: Class, name: str) -> Value:
    """A name as `super()` finds it: in the bases after one class."""
    order = linear_bases(cls)
    start = order.index(after) + 1 if after in order else 1
    for base in order[start:]:
        if isinstance(base, Class):
            value = base.names.get(name, NOTHING)
            if value is not NOTHING:
                return value
    return NOTHING


_MODULES = ("lightning.LightningModule", "transformers.PreTrainedModel")


def torch_base(cls: Class) -> str | None:
    """The first torch class among the bases, by canonical path."""
    for base in linear_bases(cls):
        if isinstance(base, External) and base.path in _MODULES:
            return "torch.nn.Module"
        if isinstance(base, External) and base.path.startswith(
            ("torch.nn.", "torch.jit.", "torch.utils.", "torch.autograd.")
        ):
            return base.path
    return None


def derives_from_torch(value: Value) -> bool:
    """Whether a value is a class of the program that derives from one of torch's."""
    return isinstance(value, Class) and torch_base(value) is not None


def instantiate(m: Machine, cls: Class, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call a class: make the instance and run its constructor."""
    from lstmcheck.infer.calls import call_function
    from lstmcheck.infer.records import make_record

    if derives_from_dict(cls):
        return make(m, cls, args, keywords, open_)
    if has_magic(cls):
        made = m.fresh(cls.name, "its attributes are made by special methods", free=True)
        made.facts["made by"] = cls
        return made
    instance = Instance(cls)
    constructor = find_member(cls, "__init__")
    if isinstance(constructor, Function):
        call_function(m, constructor, [instance, *args], keywords, open_)
        return instance
    record = make_record(m, cls, instance, args, keywords, open_)
    if record is not None:
        return record
    if constructor is NOTHING and torch_base(cls) is not None:
        build_inner(m, instance, args, keywords, open_)
    return instance


_MAGIC = (
    "__new__",
    "__getattr__",
    "__getattribute__",
    "__setattr__",
    "__init_subclass__",
    "__set_name__",
    "__class_getitem__",
)


def has_magic(cls: Class) -> bool:
    """Whether special methods or a metaclass decide what the attributes of an object are."""
    for base in linear_bases(cls):
        if isinstance(base, Class):
            if any(base.names.get(name, NOTHING) is not NOTHING for name in _MAGIC):
                return True
            if any(
                keyword.arg == "metaclass" and "ABC" not in ast.unparse(keyword.value) for keyword in base.node.keywords
            ):
                return True
    return False


def build_inner(m: Machine, instance: Instance, args: list[Value], keywords: dict[str, Value], open_: bool) -> None:
    """Run the constructor of the torch class that a user class derives from (`class MyLSTM(nn.LSTM)`)."""
    from lstmcheck.infer.calls import call_function
    from lstmcheck.infer.layers import construct_layer, is_container, is_known_layer

    assert instance.cls is not None
    path = torch_base(instance.cls)
    if path is not None and (is_known_layer(path) or is_container(path)):
        inner = construct_layer(m, path, args, keywords, open_)
        m.put(instance.fields, "*layer*", inner)
        resets = find_member(instance.cls, "reset_parameters")
        if isinstance(inner, Layer) and inner.config is not None and isinstance(resets, Function):
            # torch's constructor of a recurrent layer ends with it
            call_function(m, resets, [instance], {}, False)


def inner_layer(instance: Instance) -> Layer | None:
    """The torch layer that an instance is, when its class derives from one."""
    inner = instance.fields.get("*layer*")
    return inner if isinstance(inner, Layer) else None


MODULE_METHODS_RETURNING_SELF = frozenset(
    {
        "to",
        "cuda",
        "cpu",
        "eval",
        "train",
        "float",
        "double",
        "half",
        "bfloat16",
        "apply",
        "requires_grad_",
        "share_memory",
        "type",
    }
)


def instance_default(m: Machine, instance: Instance, name: str, base: bool = False) -> Value:
    """An attribute that neither the instance nor its visible classes have."""
    from lstmcheck.infer.layers import layer_attribute

    inner = inner_layer(instance)
    if inner is not None and not (base and name == "__init__"):
        if name in ("forward", "__call__"):
            return Method(inner, "forward")
        return layer_attribute(m, inner, name, inner=True)
    if base:
        return Method(instance, f"super.{name}")
    if name in MODULE_METHODS_RETURNING_SELF or name in _MODULE_METHODS:
        return Method(instance, name)
    value = Unknown(f"self.{name}" if name else "self", "set elsewhere", free=True)
    if m.forks == 0:
        instance.fields[name] = value
        return value
    known: Value = instance.fields.setdefault(name, value)
    return settle(known, m.facts)


_MODULE_METHODS = frozenset(
    {
        "add_module",
        "save_hyperparameters",
        "register_module",
        "register_parameter",
        "register_buffer",
        "parameters",
        "named_parameters",
        "modules",
        "children",
        "named_modules",
        "named_children",
        "state_dict",
        "load_state_dict",
        "zero_grad",
        "register_forward_hook",
        "register_forward_pre_hook",
        "skipTest",
        "fail",
        "__setattr__",
        "__getattr__",
        "_replace",
        "_asdict",
        "get",
        "keys",
        "values",
        "items",
    }
)


def call_instance(m: Machine, instance: Instance, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call an object: its `__call__`, or a module's `forward`."""
    from lstmcheck.infer.calls import call_function, call_value

    if instance.cls is None:
        return m.fresh(reason="called namespace")
    if instance.fields.get("*hooked*"):
        return m.fresh("hooked", "a hook may change its result")
    for name in ("__call__", "forward"):
        own = instance.fields.get(name, NOTHING)
        if own is not NOTHING and name == "forward":
            return call_value(m, own, args, keywords, open_)
        member = find_member(instance.cls, name)
        if isinstance(member, Function):
            return call_function(m, member, [instance, *args], keywords, open_)
        if member is not NOTHING:
            return call_value(m, member, args, keywords, open_)
    inner = inner_layer(instance)
    if inner is not None:
        return call_value(m, inner, args, keywords, open_)
    return m.fresh(reason="its call is not visible")
