"""Python's own functions and types, as far as sizes and modules flow through them."""

from __future__ import annotations

import builtins as python
import functools
import operator
from collections.abc import Callable
from typing import Any

from lstmcheck.dims import Poly, floordiv, guard, maximum, minimum, modulo, symbol
from lstmcheck.infer.commandline import Options
from lstmcheck.infer.containers import in_any_order
from lstmcheck.infer.data import Loader, Part, TensorData, data_length
from lstmcheck.infer.expressions import truthiness, whole_items
from lstmcheck.infer.joins import is_dim, is_truth, join, same, settle, truth_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import order
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Bound,
    Builtin,
    Class,
    Contents,
    Dictionary,
    External,
    Function,
    Instance,
    Items,
    Layer,
    Mapping,
    Method,
    Packed,
    Range,
    ShapeOf,
    Slice,
    Tensor,
    Truth,
    Unknown,
    Value,
    truth,
)

Args = list[Value]
Keywords = dict[str, Value]


def _len(m: Machine, args: Args, keywords: Keywords) -> Value:
    return m.each(args[0], lambda value: length_of(m, value)) if args else m.fresh(kind="int")


def length_of(m: Machine, value: Value) -> Value:
    """`len(value)`."""
    if isinstance(value, Items):
        return value.length
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping) and not value.open:
        return sum(entry is not NOTHING for entry in value.entries.values())
    if isinstance(value, (Tensor, Array)):
        return value.size(0)
    if isinstance(value, Layer) and value.children is not None:
        return length_of(m, value.children)
    if isinstance(value, Range):
        from lstmcheck.infer.loops import elements_of

        contents = elements_of(m, value)
        return contents.length if contents is not None else m.fresh("len", kind="int")
    if isinstance(value, ShapeOf):
        return m.fresh("rank", kind="int")
    if isinstance(value, (Loader, Part, TensorData)):
        length = data_length(m, value)
        return symbol("len", 0) if length is None else length
    if isinstance(value, Unknown):
        known = value.facts.get("len")
        if known is None:
            # len of a tensor is its first size: both readings share one symbol
            size = value.as_tensor().size(0)
            known = value.facts["len"] = size
        return known
    if isinstance(value, Instance) and value.cls is not None:
        from lstmcheck.infer.calls import call_value
        from lstmcheck.infer.classes import find_member, inner_layer

        member = find_member(value.cls, "__len__")
        if member is not NOTHING:
            return call_value(m, Bound(member, value), [], {})
        inner = inner_layer(value)
        if inner is not None:
            return length_of(m, inner)
        known = value.fields.get("*len*")
        if known is None:
            known = value.fields["*len*"] = symbol(f"len({value.cls.name})", 0)
        return known
    return symbol("len", 0)


def _range(m: Machine, args: Args, keywords: Keywords) -> Value:
    sizes = [m.dim(arg) for arg in args]
    if not sizes or len(sizes) > 3 or any(size is None for size in sizes):
        return Items("range", (), symbol("i"), symbol("rounds", 0))
    known = [size for size in sizes if size is not None]
    if len(known) == 1:
        return Range(0, known[0], 1)
    return Range(known[0], known[1], known[2] if len(known) == 3 else 1)


def _int(m: Machine, args: Args, keywords: Keywords) -> Value:
    if not args:
        return 0
    if len(args) > 1 or keywords:
        return m.fresh(kind="int")
    return m.each(args[0], lambda value: to_int(m, value))


def to_int(m: Machine, value: Value) -> Value:
    """`int(value)`."""
    if is_truth(value):
        return truth_dim(value)
    if is_dim(value):
        return value
    if isinstance(value, (float, str)):
        try:
            return int(value)
        except (ValueError, OverflowError):
            return m.fresh(kind="int")
    if isinstance(value, Unknown) and value.kind in (None, "int") and "divided" not in value.facts:
        # int(x) of an int is x; of anything else the symbol is only this value's
        return value.as_dim()
    return symbol(getattr(value, "name", "int") or "int")


def _float(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else 0.0
    if isinstance(value, (int, float, str)):
        try:
            return float(value)
        except ValueError:
            return m.fresh(kind="float")
    return m.fresh(kind="float")


def _bool(m: Machine, args: Args, keywords: Keywords) -> Value:
    return truth(truthiness(m, args[0])) if args else False


def _str(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else ""
    return str(value) if isinstance(value, (str, int)) else m.fresh(kind="str")


def _repr(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else None
    return repr(value) if isinstance(value, (str, int)) else m.fresh(kind="str")


def _sequence(kind: str) -> Callable[[Machine, Args, Keywords], Value]:
    def build(m: Machine, args: Args, keywords: Keywords) -> Value:
        if not args:
            return Items(kind)
        return m.each(args[0], lambda value: _converted(m, kind, value))

    return build


def _converted(m: Machine, kind: str, value: Value) -> Value:
    from lstmcheck.infer.loops import elements_of

    if isinstance(value, ShapeOf):
        return value if kind == "tuple" else m.fresh("sizes")
    contents = elements_of(m, value)
    if contents is None:
        return m.fresh(kind)
    role = value.role if isinstance(value, Items) else None
    if kind == "set":
        constants = all(isinstance(item, (str, int, float)) for item in contents.head)
        if contents.rest is NOTHING and constants:
            return Items("set", list(dict.fromkeys(contents.head)))
        return Items("set", (), m.fresh("element"), symbol("len", 0))
    if contents.rest is NOTHING:
        return Items(kind, contents.head, role=role)
    return Items(kind, contents.head, contents.rest, contents.length)


def _dict(m: Machine, args: Args, keywords: Keywords) -> Value:
    result = Mapping()
    if args:
        source = settle(args[0], m.facts)
        if isinstance(source, Mapping):
            result.entries.update(source.entries)
            result.state["open"] = source.open
        else:
            pairs = whole_items(m, source)
            for pair in pairs or ():
                if isinstance(pair, Items) and len(pair.head) == 2 and isinstance(pair.head[0], (str, int)):
                    result.entries[pair.head[0]] = pair.head[1]
                else:
                    result.state["open"] = True
            result.state["open"] = result.open or pairs is None
    result.entries.update(keywords)
    return result


def _zip(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.loops import elements_of

    parts = [elements_of(m, arg) for arg in args]
    if not parts or any(part is None for part in parts):
        firsts = [m.fresh("element") if part is None else _any_element(m, part) for part in parts]
        return Items("iterator", (), Items("tuple", firsts), symbol("rounds", 0))
    known = [part for part in parts if part is not None]
    if all(part.rest is NOTHING for part in known):
        return Items("iterator", [Items("tuple", row) for row in zip(*(part.head for part in known))])
    count = min((len(part.head) for part in known), default=0)
    head = [Items("tuple", row) for row in zip(*(part.head[:count] for part in known))]
    rest = Items("tuple", [_later(m, part, count) for part in known])
    length = known[0].length
    for part in known[1:]:
        length = minimum(length, part.length)
    return Items("iterator", head, rest, length)


def _later(m: Machine, part: Any, count: int) -> Value:
    if len(part.head) > count:
        extra = [*part.head[count:], *([] if part.rest is NOTHING else [part.rest])]
        return extra[0] if all(same(extra[0], other) for other in extra) else m.fresh("element")
    return part.rest if part.rest is not NOTHING else m.fresh("element")


def _any_element(m: Machine, part: Any) -> Value:
    return _later(m, part, 0)


def _enumerate(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.loops import elements_of

    start = m.dim(args[1]) if len(args) > 1 else m.dim(keywords.get("start", 0))
    start = 0 if start is None else start
    part = elements_of(m, args[0]) if args else None
    if part is None:
        return Items("iterator", (), Items("tuple", [symbol("i", 0), m.fresh("element")]), symbol("rounds", 0))
    head = [Items("tuple", [start + i, element]) for i, element in enumerate(part.head)]
    if part.rest is NOTHING:
        return Items("iterator", head)
    position = symbol("i", len(head) + (start if isinstance(start, int) else 0))
    numbered = Items("iterator", head, Items("tuple", [position, part.rest]), part.length)
    if part.last is not None:
        last = Items("tuple", [position, part.last])
        numbered.state["contents"] = Contents(numbered.head, numbered.rest, numbered.length, last)
    return numbered


def _filter(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.calls import call_value

    known = whole_items(m, args[1]) if len(args) == 2 else None
    if known is None:
        return Items("iterator", (), m.fresh("element"), symbol("rounds", 0))
    asked = [element if args[0] is None else call_value(m, args[0], [element], {}) for element in known]
    answers = [truthiness(m, answer) for answer in asked]
    if not all(isinstance(answer, (bool, int)) for answer in answers):
        return Items("iterator", (), m.fresh("element"), symbol("rounds", 0))
    return Items("iterator", [element for element, answer in zip(known, answers) if answer])


def _slice(m: Machine, args: Args, keywords: Keywords) -> Value:
    if len(args) == 1:
        return Slice(None, args[0], None)
    return Slice(args[0], args[1], args[2] if len(args) > 2 else None) if len(args) in (2, 3) else m.fresh("slice")


def _map(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.loops import elements_of

    part = elements_of(m, args[1]) if len(args) == 2 else None
    if part is None:
        return Items("iterator", (), m.fresh("element"), symbol("rounds", 0))
    head = [call_value(m, args[0], [element], {}) for element in part.head]
    if part.rest is NOTHING:
        return Items("iterator", head)
    return Items("iterator", head, call_value(m, args[0], [part.rest], {}), part.length)


def _reversed(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.loops import elements_of

    part = elements_of(m, args[0]) if args else None
    if part is None:
        return m.fresh("reversed")
    if part.rest is NOTHING:
        return Items("iterator", part.head[::-1])
    rest = part.rest if all(same(part.rest, element) for element in part.head) else m.fresh("element")
    return Items("iterator", (), rest, part.length)


def _sorted(m: Machine, args: Args, keywords: Keywords) -> Value:
    known = whole_items(m, args[0]) if args else None
    if known is not None and all(isinstance(value, (int, float)) for value in known) and "key" not in keywords:
        return Items("list", sorted(known, reverse=keywords.get("reverse") is True))
    positions = args[0] if args else None
    if isinstance(positions, Range) and positions.start == 0 and positions.step == 1 and "key" in keywords:
        # the order of a sort: each position once
        found = Items("list", (), m.fresh("position", kind="int"), positions.stop)
        order.of_positions(m, found, keywords["key"])
        return found
    from lstmcheck.infer.loops import elements_of

    part = elements_of(m, args[0]) if args else None
    if part is None or not (part.head or part.rest is not NOTHING):
        return Items("list", (), m.fresh("element"), symbol("len", 0)) if args else m.fresh("sorted")
    return Items("list", (), in_any_order(part), part.length)


def _ord(m: Machine, args: Args, keywords: Keywords) -> Value:
    text = settle(args[0], m.facts) if args else None
    return ord(text) if isinstance(text, str) and len(text) == 1 else m.fresh("ord", kind="int")


def _iter(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if len(args) == 1 else None
    if isinstance(value, (Items, Mapping, Range)):
        from lstmcheck.infer.loops import elements_of

        made = Items("iterator")
        made.state["contents"] = elements_of(m, value) or made.contents
        return made
    return args[0] if len(args) == 1 else m.fresh("iter")


def _next(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.loops import elements_of

    source = settle(args[0], m.facts) if args else None
    part = elements_of(m, source) if args else None
    if part is None or (not part.head and part.rest is NOTHING):
        return m.fresh("next")
    if isinstance(source, Items) and source.kind in ("iterator", "generator") and part.head:
        length = None if part.rest is NOTHING else part.length - 1
        m.set_contents(source, part.head[1:], part.rest, length)
        return part.head[0]
    return _any_element(m, part)


def _extreme(pick: Callable[[Any, Any], Any]) -> Callable[[Machine, Args, Keywords], Value]:
    def run(m: Machine, args: Args, keywords: Keywords) -> Value:
        values = list(args)
        if len(args) == 1:
            known = whole_items(m, args[0])
            if known is None:
                return m.fresh(kind=None)
            values = list(known)
        values = [settle(value, m.facts) for value in values]
        if not values or "key" in keywords:
            return m.fresh()
        if all(isinstance(value, (int, float)) for value in values):
            return (min if pick is minimum else max)(values)
        sizes = [m.dim(value) for value in values]
        if any(size is None for size in sizes):
            return m.fresh()
        result = sizes[0]
        for size in sizes[1:]:
            result = pick(result, size)
        return result

    return run


def _sum(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.torch_ops.pointwise import binary

    known = whole_items(m, args[0]) if args else None
    if known is None:
        return m.fresh("sum")
    start = args[1] if len(args) > 1 else keywords.get("start", 0)
    sizes = [m.dim(value) if is_dim(value) or is_truth(value) else None for value in (start, *known)]
    if all(size is not None for size in sizes):
        return functools.reduce(operator.add, sizes)
    if start == 0 and all(isinstance(value, Tensor) for value in known):
        result = known[0]
        for value in known[1:]:
            result = binary(m, result, value)
            if result is None:
                return m.fresh(kind="tensor")
        return result
    return m.fresh("sum")


def _abs(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else 0
    if isinstance(value, (int, float)):
        return abs(value)
    return value if isinstance(value, (Tensor, Array)) else m.fresh("abs")


def _all(m: Machine, args: Args, keywords: Keywords) -> Value:
    return truth(guard("all", True))


_TYPE_NAMES: dict[str, tuple[type, ...]] = {
    "int": (int, Poly),
    "bool": (bool, Truth),
    "float": (float,),
    "str": (str,),
    "dict": (Mapping,),
}


def _isinstance(m: Machine, args: Args, keywords: Keywords) -> Value:
    if len(args) != 2:
        return truth(guard("isinstance", True))
    return m.each(args[0], lambda value: truth(is_instance(m, value, args[1])))


def is_instance(m: Machine, value: Value, kind: Value) -> Any:
    """The condition `isinstance(value, kind)`."""
    if isinstance(kind, Items) and kind.whole:
        total: Any = 0
        for option in kind.head:
            condition = is_instance(m, value, option)
            total = total + condition - total * condition
        return total
    name = kind.name if isinstance(kind, (Builtin, Class)) else kind.path if isinstance(kind, External) else ""
    if isinstance(value, Unknown):
        known = value.facts.get(("isinstance", name))
        if known is None:
            known = value.facts[("isinstance", name)] = guard(f"isinstance({value.name}, {name})", not value.free)
        return m.facts.simplify(known)
    if isinstance(kind, Class) and isinstance(value, (Instance, Dictionary)) and value.cls is not None:
        from lstmcheck.infer.classes import linear_bases

        return 1 if kind in linear_bases(value.cls) else guard(f"isinstance {name}", True)
    if isinstance(kind, External):
        return _is_torch_instance(value, name)
    if isinstance(kind, Builtin):
        if isinstance(value, (Tensor, Packed, Layer, Mapping)) and name in (
            "tuple",
            "list",
            "set",
            "str",
            "int",
            "float",
        ):
            return (
                guard("is tuple", True)
                if isinstance(value, Tensor) and value.vague
                else int(_packed_tuple(value, name))
            )
        if isinstance(value, Items):
            return (
                int(value.kind == name) if name in ("list", "tuple", "set", "dict", "str", "int") else guard(name, True)
            )
        if name in _TYPE_NAMES and not isinstance(value, Instance):
            return int(isinstance(value, _TYPE_NAMES[name]))
    return guard(f"isinstance {name}", True)


def _packed_tuple(value: Value, name: str) -> bool:
    """A PackedSequence is a named tuple."""
    return isinstance(value, Packed) and name == "tuple"


def _is_torch_instance(value: Value, name: str) -> Any:
    if name.endswith("PackedSequence"):
        if isinstance(value, Tensor) and value.vague:
            return guard("is packed", True)
        return int(isinstance(value, Packed))
    if name in ("torch.Tensor", "torch.FloatTensor", "torch.LongTensor"):
        if isinstance(value, Tensor):
            return 1 if name == "torch.Tensor" and not value.vague else guard("is tensor", True)
        return (
            0
            if isinstance(value, (Items, Mapping, Packed, str, int, float)) or value is None
            else guard("is tensor", True)
        )
    if isinstance(value, Layer):
        if value.kind == name or name == "torch.nn.Module":
            return 1
        if name in ("torch.nn.RNNBase", "torch.nn.modules.rnn.RNNBase"):
            return int(value.config is not None and not value.kind.endswith("Cell"))
        return (
            0 if name.startswith("torch.nn.") and not name.endswith(("Base", "Norm", "_ConvNd")) else guard(name, True)
        )
    if isinstance(value, (Items, Mapping, str, int, float)) or value is None:
        return 0 if name.startswith("torch.") and name != "torch.Size" else guard(name, True)
    return guard(f"isinstance {name}", True)


def _getattr(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.attributes import get_attribute

    if len(args) < 2:
        return m.fresh("getattr")
    name = settle(args[1], m.facts)
    owner = settle(args[0], m.facts)
    if isinstance(name, str):
        if len(args) > 2 and _lacks(m, owner, name):
            return args[2]
        # with a default, a missing attribute is no mistake
        m.muted += len(args) > 2
        try:
            return m.each(owner, lambda value: get_attribute(m, value, name))
        finally:
            m.muted -= len(args) > 2
    if isinstance(name, Unknown) and isinstance(owner, External) and owner.path == "torch.nn":
        return _chosen_class(m, name)
    return m.fresh("getattr")


def _lacks(m: Machine, owner: Value, name: str) -> bool:
    """Whether an object certainly has no such attribute: all of its class is seen, and all that was done to it."""
    from lstmcheck.infer.classes import find_member, has_magic, linear_bases

    if not isinstance(owner, (Instance, Class)) or not m.concrete or name.startswith("__"):
        return False
    if isinstance(owner, Instance):
        if owner.fields.get(name, NOTHING) is not NOTHING or owner.escaped:
            return False
        if isinstance(owner, Options) and owner.parser.state["plain"] is not True:
            return False
    cls = owner.cls if isinstance(owner, Instance) else owner
    if cls is None:
        return True
    known = all(
        isinstance(base, Class) or (isinstance(base, Builtin) and base.name == "object") for base in linear_bases(cls)
    )
    return known and not has_magic(cls) and not cls.decorated and find_member(cls, name) is NOTHING


def _chosen_class(m: Machine, name: Unknown) -> Value:
    """`getattr(nn, kind)`: the class that the path's own comparisons of `kind` leave, or that its default names."""
    from lstmcheck.infer.expressions import equal_values

    asked = [question[1] for question in name.facts if isinstance(question, tuple) and question[0] == "=="]
    default = name.facts.get("default")
    if isinstance(default, str) and default not in asked:
        asked.append(default)
    possible = [(text, equal_values(m, name, text)) for text in asked]
    for text, condition in possible:
        if isinstance(condition, int) and condition:
            return m.project.external(f"torch.nn.{text}")
    result: Value = m.fresh(f"nn.{name.name}")
    for text, condition in possible:
        if not isinstance(condition, int):
            result = join(condition, m.project.external(f"torch.nn.{text}"), result)
    return result


def _setattr(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.attributes import set_attribute

    if len(args) == 3 and isinstance(args[1], str):
        m.each(args[0], lambda owner: set_attribute(m, owner, args[1], args[2]))
    elif len(args) == 3 and isinstance(settle(args[0], m.facts), Instance):
        owner = settle(args[0], m.facts)
        for name in list(owner.fields):
            m.put(owner.fields, name, m.fresh(name, "setattr", free=True))
    return None


def _delattr(m: Machine, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.attributes import delete_attribute

    if len(args) == 2 and isinstance(args[1], str):
        delete_attribute(m, args[0], args[1])
    return None


def _hasattr(m: Machine, args: Args, keywords: Keywords) -> Value:
    if len(args) == 2 and isinstance(args[1], str):
        owner = settle(args[0], m.facts)
        if isinstance(owner, Instance) and args[1] in owner.fields and owner.fields[args[1]] is not NOTHING:
            return True
        if _lacks(m, owner, args[1]):
            return False
        if isinstance(owner, Unknown):
            known = owner.facts.get(("hasattr", args[1]))
            if known is None:
                known = owner.facts[("hasattr", args[1])] = guard(f"hasattr({owner.name}, {args[1]!r})", not owner.free)
            return truth(m.facts.simplify(known))
    return truth(guard("hasattr", True))


def _type(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if len(args) == 1 else None
    if isinstance(value, (Instance, Dictionary)) and value.cls is not None:
        return value.cls
    if isinstance(value, Layer):
        return External(value.kind)
    if isinstance(value, Items) and value.kind in ("list", "tuple", "set"):
        return Builtin(value.kind)
    if isinstance(value, Tensor) and not value.vague:
        return m.project.external("torch.Tensor")
    return m.fresh("type")


def _vars(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else None
    if isinstance(value, Instance):
        return Mapping(value.fields)
    return m.fresh("vars")


def _callable(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else None
    if isinstance(value, (Function, Class, Layer, Bound, Method, External)):
        return True
    return truth(guard("callable", True))


def _divmod(m: Machine, args: Args, keywords: Keywords) -> Value:
    a, b = (m.dim(arg) for arg in args) if len(args) == 2 else (None, None)
    if a is None or b is None or b == 0:
        return Items("tuple", [m.fresh(), m.fresh()])
    return Items("tuple", [floordiv(a, b), modulo(a, b)])


def _round(m: Machine, args: Args, keywords: Keywords) -> Value:
    value = settle(args[0], m.facts) if args else None
    if isinstance(value, (int, float)) and len(args) == 1:
        try:
            return round(value)
        except (ValueError, OverflowError):
            return m.fresh("round")
    return value if is_dim(value) and len(args) == 1 else m.fresh("round")


def _pow(m: Machine, args: Args, keywords: Keywords) -> Value:
    import ast

    from lstmcheck.infer.expressions import arithmetic

    return arithmetic(m, ast.Pow, args[0], args[1]) if len(args) == 2 else m.fresh("pow")


def _nothing(m: Machine, args: Args, keywords: Keywords) -> Value:
    return None


def _opaque(m: Machine, args: Args, keywords: Keywords) -> Value:
    return m.fresh(reason="a builtin that is not followed")


BUILTINS: dict[str, Callable[[Machine, Args, Keywords], Value]] = {
    **{name: _opaque for name in dir(python) if not name.startswith("_")},
    "len": _len,
    "range": _range,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "str": _str,
    "repr": _repr,
    "list": _sequence("list"),
    "tuple": _sequence("tuple"),
    "set": _sequence("set"),
    "frozenset": _sequence("set"),
    "dict": _dict,
    "zip": _zip,
    "enumerate": _enumerate,
    "map": _map,
    "filter": _filter,
    "slice": _slice,
    "reversed": _reversed,
    "sorted": _sorted,
    "ord": _ord,
    "iter": _iter,
    "next": _next,
    "min": _extreme(minimum),
    "max": _extreme(maximum),
    "sum": _sum,
    "abs": _abs,
    "all": _all,
    "any": _all,
    "isinstance": _isinstance,
    "issubclass": _all,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "type": _type,
    "vars": _vars,
    "callable": _callable,
    "divmod": _divmod,
    "round": _round,
    "pow": _pow,
    "print": _nothing,
    "delattr": _delattr,
}
CONSTANTS: dict[str, Value] = {"True": True, "False": False, "None": None, "Ellipsis": Ellipsis, "__debug__": True}
