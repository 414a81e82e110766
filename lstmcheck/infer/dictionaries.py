"""Classes of the program that derive from dict: their objects, and attributes that are read from the entries."""

from __future__ import annotations

import ast

from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import (
    NOTHING,
    Builtin,
    Class,
    Dictionary,
    External,
    Function,
    Instance,
    Items,
    Mapping,
    Method,
    Value,
)

_KINDS = ("collections.OrderedDict", "collections.UserDict", "typing.Dict")
# what the program itself says of reading and writing an entry is run where an entry is read or written by name
_OWN_ITEMS = ("__getitem__", "__setitem__", "__missing__", "__contains__", "__iter__")


def derives_from_dict(cls: Class) -> bool:
    """Whether objects of a class are dictionaries whose entries are kept as dict keeps them."""
    from lstmcheck.infer.classes import find_member, linear_bases

    if not any(
        (isinstance(base, Builtin) and base.name == "dict") or (isinstance(base, External) and base.path in _KINDS)
        for base in linear_bases(cls)
    ):
        return False
    return all(find_member(cls, name) is NOTHING for name in _OWN_ITEMS)


def make(m: Machine, cls: Class, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call a class that derives from dict."""
    from lstmcheck.infer.calls import call_function
    from lstmcheck.infer.classes import find_member

    made = Dictionary(cls)
    constructor = find_member(cls, "__init__")
    if isinstance(constructor, Function):
        call_function(m, constructor, [made, *args], keywords, open_)
    else:
        fill(m, made, args, keywords, open_)
    return made


def attribute_dict(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A library's dictionary whose entries are attributes too: `EasyDict({...})`, `OmegaConf.create({...})`."""
    node = ast.parse("class AttributeDict(dict): pass").body[0]
    assert isinstance(node, ast.ClassDef)
    made = Dictionary(Class("AttributeDict", node, m.frame, (Builtin("dict"),), ()))
    made.state.update({"shared": True, "library": True})
    fill(m, made, args, keywords)
    for key, value in list(made.entries.items()):
        value = settle(value, m.facts)
        if type(value) is Mapping:
            made.entries[key] = attribute_dict(m, [value], {})
    return made


def fill(m: Machine, made: Dictionary, args: list[Value], keywords: dict[str, Value], open_: bool = False) -> None:
    """`dict.__init__`."""
    from lstmcheck.infer.containers import call_container_method

    if args or keywords:
        call_container_method(m, made, "update", args, keywords, False)
    if open_:
        m.put(made.state, "open", True)


def read(m: Machine, owner: Dictionary, name: str) -> Value:
    """`owner.name`."""
    from lstmcheck.infer.attributes import bind
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.classes import find_member
    from lstmcheck.infer.containers import MAPPING, forget_entries

    for known in (owner.fields, owner.entries if owner.state["shared"] else {}):
        value = known.get(name, NOTHING)
        if value is not NOTHING:
            return settle(value, m.facts)
    if name == "__class__":
        return owner.cls
    if name == "__dict__":
        return owner if owner.state["shared"] else Mapping(owner.fields)
    member = find_member(owner.cls, name)
    if member is not NOTHING:
        return bind(m, member, owner)
    if owner.state.get("library") and name not in MAPPING:
        # one of the library's own methods, which may read a file
        forget_entries(m, owner)
        return m.fresh(name, free=True)
    if name in MAPPING:
        return Method(owner, name)
    asked = find_member(owner.cls, "__getattr__")
    if asked is NOTHING or name.startswith("__"):
        return m.fresh(name, "set elsewhere")
    return call_value(m, asked, [owner, name], {})


def write(m: Machine, owner: Dictionary, name: str, value: Value) -> None:
    """`owner.name = value`."""
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.classes import find_member

    if name == "__dict__":
        m.put(owner.state, "shared", value is owner)
        return
    told = find_member(owner.cls, "__setattr__")
    if told is not NOTHING:
        call_value(m, told, [owner, name, value], {})
    else:
        m.put(owner.entries if owner.state["shared"] else owner.fields, name, value)


def of_base(m: Machine, owner: Dictionary, after: Class, name: str) -> Value:
    """`super().name`."""
    from lstmcheck.infer.attributes import bind
    from lstmcheck.infer.classes import find_after

    member = find_after(owner.cls, after, name)
    return bind(m, member, owner) if member is not NOTHING else Method(owner, name)


def call_unbound(m: Machine, kind: str, name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`dict.get(mapping, key)`: a method of a built-in type, with its object as the first argument."""
    from lstmcheck.infer.containers import call_container_method

    receiver = settle(args[0], m.facts) if args else None
    if name == "__setattr__" and len(args) == 3 and isinstance(receiver, Instance) and isinstance(args[1], str):
        m.put(receiver.fields, args[1], args[2])
        return None
    if isinstance(receiver, (Mapping, Items, str)):
        return call_container_method(m, receiver, name, args[1:], keywords, False)
    return m.fresh(f"{kind}.{name}()")
