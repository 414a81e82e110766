"""Classes without a constructor of their own: dataclasses, named tuples, and plain holders of class attributes."""

from __future__ import annotations

import ast
from keyword import iskeyword

from lstmcheck.infer.expressions import evaluate
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import NOTHING, Class, External, Function, Instance, Items, Mapping, Unknown, Value
from lstmcheck.source.syntax import walk


def make_record(
    m: Machine, cls: Class, instance: Instance, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Instance | None:
    """Fill the fields of a dataclass or NamedTuple from a call; None for any other class."""
    if not is_record(cls):
        return None
    names = record_fields(cls)
    passed_on = [name for name in names if _is_passed_on(cls, name)]
    left_out = {name for name in names if _left_out(cls, name)}
    given: dict[str, Value] = dict(zip((name for name in names if name not in left_out), args))
    given.update(keywords)
    for name in names:
        if name in given and name not in left_out:
            value = given[name]
        elif open_:
            value = Unknown(name, "given by unpacking")
        else:
            value = _default(m, cls, name)
        instance.fields[name] = value
    post = _find(cls, "__post_init__")
    if post is not NOTHING:
        from lstmcheck.infer.calls import call_value

        call_value(m, post, [instance, *(instance.fields.pop(name) for name in passed_on)], {})
    return instance


def named_tuple(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`collections.namedtuple("P", "a b", defaults=[1])` and `typing.NamedTuple("P", [("a", int)])` as a class."""
    name = args[0] if args else keywords.get("typename")
    names = _field_names(m, args[1] if len(args) > 1 else keywords.get("field_names", keywords.get("fields")))
    if not isinstance(name, str) or not _is_name(name) or not names:
        return m.fresh("namedtuple")
    body = "\n    ".join(f"{field}: object" for field in names)
    node = ast.parse(f"class {name}:\n    {body}").body[0]
    assert isinstance(node, ast.ClassDef)
    cls = Class(name, node, m.frame, (m.project.external("typing.NamedTuple"),), ())
    defaults = keywords.get("defaults")
    if isinstance(defaults, Items) and defaults.whole:
        cls.names.update(zip(names[len(names) - len(defaults.head) :], defaults.head))
    return cls


def _field_names(m: Machine, fields: Value) -> list[str]:
    if isinstance(fields, str):
        fields = Items("list", fields.replace(",", " ").split())
    if not isinstance(fields, Items) or not fields.whole:
        return []
    names = [field.head[0] if isinstance(field, Items) and field.head else field for field in fields.head]
    return names if all(map(_is_name, names)) else []


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and value.isidentifier() and not iskeyword(value)


def forget_defaults(m: Machine, cls: Class) -> None:
    """The program gives the constructor of a record other defaults."""
    for name in record_fields(cls):
        if name in cls.names:
            m.put(cls.names, name, m.fresh(name, "a default that was changed", free=True))


def changed(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`dataclasses.replace(record, **changes)`."""
    record = settle(args[0], m.facts) if args else None
    if not isinstance(record, Instance) or record.cls is None or not is_record(record.cls):
        return m.fresh("record", free=True)
    given = {name: record.fields[name] for name in record_fields(record.cls) if name in record.fields}
    return make_record(m, record.cls, Instance(record.cls), [], {**given, **keywords}, False)


def as_dict(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`dataclasses.asdict(record)`."""
    record = settle(args[0], m.facts) if len(args) == 1 else None
    if not isinstance(record, Instance) or record.cls is None or not is_record(record.cls):
        return m.fresh("asdict", free=True)
    return _plain(m, record)


def _plain(m: Machine, value: Value) -> Value:
    value = settle(value, m.facts)
    if isinstance(value, Instance) and value.cls is not None and is_record(value.cls):
        names = record_fields(value.cls)
        return Mapping({name: _plain(m, value.fields[name]) for name in names if name in value.fields})
    if isinstance(value, Items) and value.whole:
        return Items(value.kind, [_plain(m, item) for item in value.head])
    if isinstance(value, Mapping):
        return Mapping({key: _plain(m, entry) for key, entry in value.entries.items()}, value.open)
    return value


def fields_of(m: Machine, value: Value) -> Mapping | None:
    """`cls.__dataclass_fields__`, of a class or of an object; None for what is no record."""
    cls = value.cls if isinstance(value, Instance) else value
    if not isinstance(cls, Class) or not is_record(cls):
        return None
    found: dict[str, Value] = {}
    for name in record_fields(cls):
        field = Instance(None, "field")
        field.fields["name"] = name
        found[name] = field
    return Mapping(found)


def fields(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`dataclasses.fields(record)`."""
    known = fields_of(m, settle(args[0], m.facts)) if len(args) == 1 else None
    return m.fresh("fields", free=True) if known is None else Items("tuple", list(known.entries.values()))


def signature(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`inspect.signature(callable)`: the names of its parameters."""
    from lstmcheck.infer.classes import find_member

    asked = settle(args[0], m.facts) if args else None
    names: list[str] | None = None
    if isinstance(asked, Class):
        constructor = find_member(asked, "__init__")
        if isinstance(constructor, Function):
            names = _parameters(constructor)[1:]
        elif is_record(asked):
            names = record_fields(asked)
    elif isinstance(asked, Function):
        names = _parameters(asked)
    if names is None:
        return m.fresh("signature", free=True)
    made = Instance(None, "signature")
    made.fields["parameters"] = Mapping({name: m.fresh(name, free=True) for name in names})
    return made


def _parameters(function: Function) -> list[str]:
    given = function.node.args
    rest = [one.arg for one in (given.vararg, given.kwarg) if one is not None]
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)] + rest


def as_plain_tuple(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`dataclasses.astuple(record)`."""
    made = as_dict(m, args, keywords)
    return Items("tuple", list(made.entries.values())) if isinstance(made, Mapping) else made


def is_record(cls: Class) -> bool:
    """Whether annotated names of the class body are the constructor's parameters."""
    from lstmcheck.infer.classes import linear_bases

    return any(_says_record(base) for base in linear_bases(cls) if isinstance(base, Class))


def _says_record(cls: Class) -> bool:
    if any(isinstance(base, External) and base.path.endswith("NamedTuple") for base in cls.bases):
        return True
    for decorator in cls.node.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if name in ("dataclass", "define", "frozen", "attrs", "s"):
            return True
    return False


def as_tuple(value: Value) -> Value:
    """A named tuple's object as the tuple that it is; any other value as it stands."""
    if not isinstance(value, Instance) or value.cls is None:
        return value
    bases = value.cls.bases
    if not any(isinstance(base, External) and base.path.endswith("NamedTuple") for base in bases):
        return value
    return Items("tuple", [value.fields.get(name, Unknown(name)) for name in record_fields(value.cls)])


def record_fields(cls: Class) -> list[str]:
    """The parameters of a record's constructor in order, those of its bases first."""
    from lstmcheck.infer.classes import linear_bases

    names: dict[str, None] = {}
    for one in reversed(linear_bases(cls)):
        for statement in one.node.body if isinstance(one, Class) else ():
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if not _is_class_variable(statement.annotation):
                names.setdefault(statement.target.id)
    return list(names)


def _is_class_variable(annotation: ast.expr) -> bool:
    """Whether an annotation names `ClassVar`, in code or in a text."""
    return any(
        "ClassVar" in (getattr(node, "id", None), getattr(node, "attr", None))
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and "ClassVar" in node.value)
        for node in walk(annotation)
    )


def _default(m: Machine, cls: Class, name: str) -> Value:
    value = _find(cls, name)
    if value is NOTHING:
        return Unknown(name, "no value given")
    owner, call = _field_call(cls, name)
    return value if call is None else _field_default(m, owner, call)


def _field_call(cls: Class, name: str) -> tuple[Class, ast.Call | None]:
    """The `field(...)` that says what a parameter is, and the class where it stands."""
    for statement in cls.node.body:
        if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", "") == name:
            call = statement.value
            if not isinstance(call, ast.Call):
                return cls, None
            maker = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            return cls, call if maker in ("field", "ib", "attrib", "Field") else None
    for base in cls.bases:
        if isinstance(base, Class) and name in record_fields(base):
            return _field_call(base, name)
    return cls, None


def _left_out(cls: Class, name: str) -> bool:
    """Whether a field is no parameter of the constructor (`field(init=False)`)."""
    call = _field_call(cls, name)[1]
    return call is not None and any(
        keyword.arg == "init" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )


def _is_passed_on(cls: Class, name: str) -> bool:
    """Whether a parameter of the constructor only goes to `__post_init__`."""
    from lstmcheck.infer.classes import linear_bases

    return any(
        isinstance(statement, ast.AnnAssign)
        and getattr(statement.target, "id", "") == name
        and "InitVar" in ast.unparse(statement.annotation)
        for base in linear_bases(cls)
        if isinstance(base, Class)
        for statement in base.node.body
    )


def _field_default(m: Machine, cls: Class, call: ast.Call) -> Value:
    """`field(default=...)` and `field(default_factory=...)`."""
    outer = m.frame
    m.frame = cls.frame
    try:
        for keyword in call.keywords:
            if keyword.arg == "default":
                return evaluate(m, keyword.value)
            if keyword.arg == "default_factory":
                from lstmcheck.infer.calls import call_value

                return call_value(m, evaluate(m, keyword.value), [], {})
    finally:
        m.frame = outer
    return Unknown("field")


def _find(cls: Class, name: str) -> Value:
    from lstmcheck.infer.classes import find_member

    return find_member(cls, name)
