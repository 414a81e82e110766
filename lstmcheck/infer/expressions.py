"""Evaluating expressions: one small function for each kind of syntax node, in a table."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from lstmcheck.dims import (
    Dim,
    Poly,
    TooComplex,
    atoms_of,
    either,
    equals,
    floordiv,
    greater,
    guard,
    modulo,
)
from lstmcheck.infer.joins import BY_CASE, is_dim, is_truth, join, same, settle, truth_dim
from lstmcheck.infer.limits import kind_of_large, may_fill
from lstmcheck.infer.machine import GiveUp, Machine
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Builtin,
    Choice,
    Class,
    External,
    Frame,
    Function,
    Instance,
    Items,
    Itself,
    Layer,
    Mapping,
    Packed,
    ShapeOf,
    Site,
    Slice,
    Tensor,
    Unknown,
    Value,
    truth,
)

Handler = Callable[[Machine, Any], Value]


def evaluate(m: Machine, node: ast.expr) -> Value:
    """The abstract value of an expression."""
    m.steps -= 1
    if m.steps < 0:
        raise GiveUp("too many steps")
    kind = type(node)
    if kind is ast.Name:
        # most of what is evaluated: a name of the function at hand
        value = m.frame.names.get(node.id, NOTHING)  # type: ignore[attr-defined]
        if value is NOTHING or type(value) in BY_CASE or m.frame.rebound:
            return lookup(m, node.id)  # type: ignore[attr-defined]
        return value
    return HANDLERS.get(kind, _not_understood)(m, node)


def _not_understood(m: Machine, node: ast.expr) -> Value:
    return m.fresh(reason=f"{type(node).__name__} is not followed")


def _constant(m: Machine, node: ast.Constant) -> Value:
    value = node.value
    if isinstance(value, (bytes, complex)):
        return m.fresh(kind=type(value).__name__)
    return followed(m, value)


def followed(m: Machine, value: Value) -> Value:
    """A value that was worked out, or an unknown one where it is too large to go on with."""
    large = kind_of_large(value)
    return value if large is None else m.fresh(reason="too large to be followed", kind=large)


def _name(m: Machine, node: ast.Name) -> Value:
    return lookup(m, node.id)


def lookup(m: Machine, name: str) -> Value:
    """The value of a name as seen from the current frame: function frames outwards, the module, Python itself."""
    frame: Frame | None = m.frame
    while frame is not None:
        value = frame.names.get(name, NOTHING)
        if value is not NOTHING:
            if name in frame.rebound:
                return frame.rebound[name]
            return settle(value, m.facts)
        frame = frame.outer
        # a class body's names are not seen from its methods
        while frame is not None and frame.owner is not None and frame.function is None:
            frame = frame.outer
    from lstmcheck.infer.builtins import BUILTINS, CONSTANTS

    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in BUILTINS:
        return Builtin(name)
    top = m.frame.top
    known = top.names.get("*unknown*")
    if known is None:
        known = top.names["*unknown*"] = Unknown("names")
    return known.attrs.setdefault(name, Unknown(name, f"{name} is not defined here", free=True))


def _attribute(m: Machine, node: ast.Attribute) -> Value:
    from lstmcheck.infer.attributes import get_attribute

    receiver = evaluate(m, node.value)
    m.node = node
    name = node.attr
    if name[:2] == "__":
        name = mangled(m, name)
    if type(receiver) not in BY_CASE:
        return get_attribute(m, receiver, name)
    return m.each(receiver, lambda value: get_attribute(m, value, name))


def mangled(m: Machine, name: str) -> str:
    """A private name (`self.__h`) as Python stores it inside a class."""
    if name.startswith("__") and not name.endswith("__") and m.frame.owner is not None:
        return f"_{m.frame.owner.name.lstrip('_')}{name}"
    return name


def _subscript(m: Machine, node: ast.Subscript) -> Value:
    from lstmcheck.infer.subscripts import get_item

    receiver = evaluate(m, node.value)
    key = evaluate(m, node.slice)
    m.node = node
    if type(receiver) not in BY_CASE and type(key) not in BY_CASE:
        return get_item(m, receiver, key)
    return m.each(receiver, lambda value: m.each(key, lambda k: get_item(m, value, k)))


def _slice(m: Machine, node: ast.Slice) -> Value:
    lower, upper, step = (None if part is None else evaluate(m, part) for part in (node.lower, node.upper, node.step))
    return Slice(lower, upper, step)


def _tuple(m: Machine, node: ast.Tuple) -> Value:
    return _sequence(m, "tuple", node.elts, node)


def _list(m: Machine, node: ast.List) -> Value:
    return _sequence(m, "list", node.elts, node)


def _set(m: Machine, node: ast.Set) -> Value:
    return _sequence(m, "set", node.elts, node)


def _sequence(m: Machine, kind: str, elements: list[ast.expr], node: ast.expr) -> Value:
    head: list[Value] = []
    for i, element in enumerate(elements):
        if isinstance(element, ast.Starred):
            inner = evaluate(m, element.value)
            known = whole_items(m, inner)
            if known is None:
                return Items(kind, head, m.fresh("element"), m.fresh("length").as_dim(), made=Site(m.frame.file, node))
            head.extend(known)
        else:
            head.append(evaluate(m, elements[i]))
    return Items(kind, head, made=Site(m.frame.file, node))


def whole_items(m: Machine, value: Value) -> tuple[Value, ...] | None:
    """All elements of a value that is iterated, None when they are not all known."""
    from lstmcheck.infer.loops import elements_of

    contents = elements_of(m, value)
    return contents.head if contents is not None and contents.rest is NOTHING else None


def _dict(m: Machine, node: ast.Dict) -> Value:
    result = Mapping(made=Site(m.frame.file, node))
    for key_node, value_node in zip(node.keys, node.values):
        value = evaluate(m, value_node)
        if key_node is None:
            value = settle(value, m.facts)
            if not isinstance(value, Mapping) or value.open:
                # anything that came before may be replaced
                result.entries.update({key: m.fresh(str(key), "another dict may hold it") for key in result.entries})
                result.state["open"] = True
            if isinstance(value, Mapping):
                result.entries.update(value.entries)
            continue
        key = evaluate(m, key_node)
        if is_key(key):
            result.entries[key] = value
        else:
            result.state["open"] = True
    return result


def is_key(value: Value) -> bool:
    """Whether a value is a constant that can be a dictionary key here."""
    return isinstance(value, (str, int, float, bool)) or value is None


def _lambda(m: Machine, node: ast.Lambda) -> Value:
    return make_function(m, node)


def make_function(
    m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, owner: Class | None = None
) -> Function:
    """A function value closing over the current frame, its defaults evaluated now as Python does."""
    arguments = node.args
    defaults = tuple(evaluate(m, default) for default in arguments.defaults)
    kw_defaults = tuple(None if default is None else evaluate(m, default) for default in arguments.kw_defaults)
    return Function(node, m.frame, defaults, kw_defaults, owner)


def _named(m: Machine, node: ast.NamedExpr) -> Value:
    value = evaluate(m, node.value)
    m.put(m.frame.names, node.target.id, value)
    return value


def _starred(m: Machine, node: ast.Starred) -> Value:
    return evaluate(m, node.value)


def _formatted(m: Machine, node: ast.JoinedStr) -> Value:
    parts: list[str] = []
    known = True
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            assert isinstance(part, ast.FormattedValue)
            value = evaluate(m, part.value)
            if isinstance(value, (str, int)) and part.format_spec is None and part.conversion == -1:
                parts.append(str(value))
            else:
                known = False
    return followed(m, "".join(parts)) if known else m.fresh(kind="str")


def _await(m: Machine, node: ast.Await) -> Value:
    evaluate(m, node.value)
    return m.fresh(reason="awaited")


def _yield(m: Machine, node: ast.Yield) -> Value:
    value = None if node.value is None else evaluate(m, node.value)
    if m.frame.yields is not None:
        m.frame.yields.append(value)
        m.frame.yields_all = m.frame.yields_all and m.forks == m.frame.forks
    return m.fresh(reason="sent into a generator")


def _yield_from(m: Machine, node: ast.YieldFrom) -> Value:
    known = whole_items(m, evaluate(m, node.value))
    if m.frame.yields is not None:
        m.frame.yields.extend(known if known is not None else [m.fresh("element")])
    return m.fresh(reason="result of a generator")


# Conditions


def truthiness(m: Machine, value: Value) -> Dim:
    """The condition that a value is true, as Python's `bool(value)` tells."""
    value = settle(value, m.facts)
    if value is None or value is NOTHING:
        return 0
    if is_truth(value):
        return m.facts.simplify(truth_dim(value))
    if isinstance(value, (int, float, str)):
        return int(bool(value))
    if isinstance(value, Poly):
        return 1 - equals(value, 0)
    if isinstance(value, Items):
        return 1 - equals(value.length, 0)
    if isinstance(value, Mapping):
        filled = any(entry is not NOTHING for entry in value.entries.values())
        return 1 if filled else guard("dict is empty", True) if value.open else 0
    if isinstance(value, Choice):
        total: Dim = 0
        for condition, option in value.options:
            total = total + condition * truthiness(m, option)
        return total
    if isinstance(value, Unknown):
        return value.as_truth()
    if isinstance(value, External) and value.path.endswith("TYPE_CHECKING"):
        return 0
    if isinstance(value, Layer) and value.children is not None:
        return truthiness(m, value.children)
    if isinstance(value, Instance) and value.cls is not None:
        from lstmcheck.infer.classes import find_member

        special = any(find_member(value.cls, name) is not NOTHING for name in ("__bool__", "__len__"))
        return guard("instance is true", True) if special else 1
    if isinstance(value, (Layer, Class, Function, External, Instance)):
        return 1
    if isinstance(value, (Tensor, Packed)):
        return guard("tensor is true")
    return guard("value is true", True)


def _bool_op(m: Machine, node: ast.BoolOp) -> Value:
    return _bool_chain(m, node.values, isinstance(node.op, ast.And))


def _bool_chain(m: Machine, nodes: list[ast.expr], is_and: bool) -> Value:
    first = evaluate(m, nodes[0])
    if len(nodes) == 1:
        return first
    condition = truthiness(m, first)
    if isinstance(condition, int):
        return _bool_chain(m, nodes[1:], is_and) if bool(condition) == is_and else first
    goes_on = condition if is_and else 1 - condition
    results: list[Value] = []
    m.fork(goes_on, lambda: results.append(_bool_chain(m, nodes[1:], is_and)), lambda: None)
    if not results:
        return first
    second = results[0]
    if is_truth(first) and is_truth(second):
        a, b = truth_dim(first), truth_dim(second)
        return truth(a * b if is_and else either(a, b))
    return join(goes_on, second, first)


def _if_expression(m: Machine, node: ast.IfExp) -> Value:
    condition = truthiness(m, evaluate(m, node.test))
    values: dict[bool, Value] = {}

    def side(branch: ast.expr, which: bool) -> None:
        values[which] = evaluate(m, branch)

    m.fork(condition, lambda: side(node.body, True), lambda: side(node.orelse, False))
    if len(values) == 1:
        return next(iter(values.values()))
    return join(m.facts.simplify(condition), values[True], values[False])


def _unary(m: Machine, node: ast.UnaryOp) -> Value:
    operand = evaluate(m, node.operand)
    if isinstance(node.op, ast.Not):
        return truth(1 - truthiness(m, operand))
    return m.each(operand, lambda value: _signed(m, node, value))


def _signed(m: Machine, node: ast.UnaryOp, value: Value) -> Value:
    if is_truth(value):
        value = truth_dim(value)
    if isinstance(node.op, ast.USub):
        if is_dim(value) or isinstance(value, float):
            return -value
        if isinstance(value, Unknown) and value.kind in (None, "int") and "dim" in value.facts:
            return _with_dim(m, -value.as_dim(), value.kind)
    if isinstance(node.op, ast.Invert) and isinstance(value, int):
        return ~value
    if isinstance(node.op, ast.UAdd) or isinstance(value, (Tensor, Array)):
        return value
    return m.fresh()


def _compare(m: Machine, node: ast.Compare) -> Value:
    left = evaluate(m, node.left)
    total: Dim = 1
    for op_node, right_node in zip(node.ops, node.comparators):
        right = evaluate(m, right_node)
        result = _compare_options(m, op_node, left, right)
        if not is_truth(result):
            return result if len(node.ops) == 1 else m.fresh(kind="bool", free=_is_free(left, right))
        total = total * truth_dim(result)
        left = right
    return truth(m.facts.simplify(total))


def _compare_options(m: Machine, op_node: ast.cmpop, left: Value, right: Value) -> Value:
    if type(left) not in BY_CASE and type(right) not in BY_CASE:
        return compare_values(m, op_node, left, right)
    return m.each(left, lambda a: m.each(right, lambda b: compare_values(m, op_node, a, b)))


def compare_values(m: Machine, op_node: ast.cmpop, a: Value, b: Value) -> Value:
    """The truth of one comparison."""
    if isinstance(op_node, (ast.Is, ast.IsNot)):
        return _negated_if(isinstance(op_node, ast.IsNot), is_same_object(m, a, b))
    if (isinstance(a, Array) or isinstance(b, Array)) and not isinstance(op_node, (ast.In, ast.NotIn)):
        return _on_arrays(m, "==" if isinstance(op_node, (ast.Eq, ast.NotEq)) else "<", a, b)
    if isinstance(op_node, (ast.Eq, ast.NotEq)):
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            return _on_tensors(m, "==", a, b)
        return _negated_if(isinstance(op_node, ast.NotEq), equal_values(m, a, b))
    if isinstance(op_node, (ast.In, ast.NotIn)):
        return _negated_if(isinstance(op_node, ast.NotIn), _contained(m, a, b))
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return _on_tensors(m, "<", a, b)
    return _ordered(m, op_node, a, b)


def _on_tensors(m: Machine, name: str, a: Value, b: Value) -> Value:
    from lstmcheck.infer.torch_ops.pointwise import binary

    result = binary(m, a, b, name)
    return m.fresh(kind="tensor") if result is None else result


def _on_arrays(m: Machine, operator: str, a: Value, b: Value) -> Value:
    from lstmcheck.infer.numpy_ops.arrays import binary

    return binary(m, operator, a, b)


_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}


def _negated_if(negate: bool, condition: Dim) -> Value:
    return truth(1 - condition if negate else condition)


def is_same_object(m: Machine, a: Value, b: Value) -> Dim:
    """The condition `a is b`."""
    if b is None:
        a, b = b, a
    if a is None:
        if b is None:
            return 1
        if isinstance(b, Unknown) and b.kind in (None, "str", "tensor"):
            condition = b.is_none()
            if "default" in b.facts:
                for atom in atoms_of(condition):
                    m.defaults[atom] = int(b.facts["default"] is None)
            return m.facts.simplify(condition)
        return 0
    if is_truth(a) and is_truth(b):
        return equals(truth_dim(a), truth_dim(b))
    if isinstance(a, bool) and isinstance(b, Unknown):
        return b.as_truth() if a else 1 - b.as_truth()
    if isinstance(b, bool) and isinstance(a, Unknown):
        return a.as_truth() if b else 1 - a.as_truth()
    if isinstance(a, External) and isinstance(b, External):
        return int(a.path == b.path)
    if isinstance(a, Builtin) and isinstance(b, Builtin):
        return int(a.name == b.name)
    kinds = (Class, Function, External, Builtin)
    if isinstance(a, kinds) and isinstance(b, kinds):
        return int(a is b)
    return _asked(m, ("is", Itself(b)), a) if isinstance(a, Unknown) else guard("is", True)


def _asked(m: Machine, question: Any, value: Unknown) -> Dim:
    """One guard for each question that is asked of one unknown value."""
    known: Dim | None = value.facts.get(question)
    if known is None:
        text = question[1] if isinstance(question, tuple) and isinstance(question[1], str) else "?"
        fresh = guard(f"{value.name} == {text!r}", not value.free)
        known = fresh
        if question[0] == "==":
            # a value equals one constant at most: each question excludes those asked before
            for asked, condition in list(value.facts.items()):
                if isinstance(asked, tuple) and asked[0] == "==":
                    known = known * (1 - condition)
            if "default" in value.facts:
                (atom,) = atoms_of(fresh)
                m.defaults[atom] = int(value.facts["default"] == text)
        value.facts[question] = known
    return m.facts.simplify(known)


def equal_values(m: Machine, a: Value, b: Value) -> Dim:
    """The condition `a == b`."""
    if isinstance(a, (str, type(None))) and isinstance(b, (str, type(None))):
        return int(a == b)
    left, right = _number(a), _number(b)
    if isinstance(left, float) or isinstance(right, float):
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return int(left == right)
        return guard("==", not _is_free(a, b))
    if left is not None and right is not None:
        return m.facts.simplify(equals(left, right))
    for value, other in ((a, b), (b, a)):
        if isinstance(value, Unknown):
            if isinstance(other, (str, type(None))):
                return value.is_none() if other is None else _asked(m, ("==", other), value)
            number = _number(other)
            if isinstance(number, (int, Poly)) and value.kind in (None, "int"):
                return m.facts.simplify(equals(value.as_dim(), number))
            if isinstance(other, Unknown) and value is other:
                return 1
            return guard(f"{value.name} ==", not value.free)
    if isinstance(a, Items) and isinstance(b, Items) and a.whole and b.whole:
        return _equal_items(m, a, b)
    if isinstance(a, ShapeOf) or isinstance(b, ShapeOf):
        return guard("shape ==", True)
    if (isinstance(a, Instance) or isinstance(b, Instance)) and a is not b and a is not None and b is not None:
        # an Enum's member, or a class with its own idea of equality
        return guard("==", True)
    if isinstance(a, (External, Class, Builtin)) and isinstance(b, (External, Class, Builtin)):
        return is_same_object(m, a, b)
    if type(a) is not type(b) and (a is None or b is None or isinstance(a, str) or isinstance(b, str)):
        return 0
    return 1 if same(a, b) else guard("==", not _is_free(a, b))


def _equal_items(m: Machine, a: Items, b: Items) -> Dim:
    if len(a.head) != len(b.head):
        return 0
    total: Dim = 1
    for x, y in zip(a.head, b.head):
        m.tick()
        total = total * equal_values(m, x, y)
    return total


def _is_free(*values: Value) -> bool:
    """Whether one of the values may really be anything, so that a question about them has no fixed answer."""
    return any(isinstance(value, Tensor) or (isinstance(value, Unknown) and value.free) for value in values)


def _number(value: Value) -> Dim | float | None:
    if is_truth(value):
        return truth_dim(value)
    if is_dim(value) or isinstance(value, float):
        number: Dim | float = value
        return number
    return None


def _contained(m: Machine, item: Value, container: Value) -> Dim:
    if isinstance(container, Items) and container.whole:
        total: Dim = 0
        for element in container.head:
            m.tick()
            total = either(total, equal_values(m, item, settle(element, m.facts)))
        return m.facts.simplify(total)
    if isinstance(container, Mapping) and is_key(item):
        if item in container.entries and container.entries[item] is not NOTHING:
            return 1
        return guard("in dict", True) if container.open else 0
    if isinstance(container, Mapping) and isinstance(item, Unknown) and not container.open:
        total = 0
        for key in container.entries:
            m.tick()
            total = either(total, equal_values(m, item, key))
        return m.facts.simplify(total)
    if isinstance(container, str) and isinstance(item, str):
        return int(item in container)
    if isinstance(item, str) and isinstance(container, Unknown):
        return _asked(m, ("contains", item), container)
    return guard("in", not _is_free(item, container))


def _ordered(m: Machine, op_node: ast.cmpop, a: Value, b: Value) -> Value:
    left, right = _number(a), _number(b)
    for value, other in ((a, right), (b, left)):
        if (
            isinstance(value, Unknown)
            and value.kind in (None, "int")
            and other is not None
            and not isinstance(other, float)
        ):
            if value is a:
                left = value.as_dim()
            else:
                right = value.as_dim()
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return bool(_ORDER[type(op_node)](left, right))
    for drawn, bound, mirrored in ((a, right, False), (b, left, True)):
        if isinstance(drawn, Unknown) and drawn.facts.get("unit") and isinstance(bound, (int, float)):
            decided = _against_unit(op_node, bound, mirrored)
            if decided is not None:
                return decided
    if isinstance(left, float) or isinstance(right, float):
        unknown = a if isinstance(a, Unknown) else b
        if isinstance(unknown, Unknown):
            number = right if unknown is a else left
            return truth(_asked(m, (type(op_node).__name__, unknown is a, number), unknown))
    if left is None or right is None or isinstance(left, float) or isinstance(right, float):
        return truth(guard("comparison", not _is_free(a, b)))
    conditions: dict[type, Callable[[], Dim]] = {
        ast.Gt: lambda: greater(left, right),
        ast.Lt: lambda: greater(right, left),
        ast.GtE: lambda: 1 - greater(right, left),
        ast.LtE: lambda: 1 - greater(left, right),
    }
    return truth(m.facts.simplify(conditions[type(op_node)]()))


def _against_unit(op_node: ast.cmpop, bound: float, mirrored: bool) -> bool | None:
    """A number drawn from [0, 1) against a bound (`mirrored`: the bound stands on the left), where that is decided."""
    kind = type(op_node)
    if mirrored:
        kind = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE}[kind]
    if bound >= 1:
        return kind in (ast.Lt, ast.LtE)
    if bound < 0 or (bound == 0 and kind in (ast.Lt, ast.GtE)):
        return kind in (ast.Gt, ast.GtE)
    return None


_ORDER: dict[type, Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
}


# Arithmetic


def _binary(m: Machine, node: ast.BinOp) -> Value:
    left = evaluate(m, node.left)
    right = evaluate(m, node.right)
    m.node = node
    if type(left) not in BY_CASE and type(right) not in BY_CASE:
        return arithmetic(m, type(node.op), left, right)
    return m.each(left, lambda a: m.each(right, lambda b: arithmetic(m, type(node.op), a, b)))


def arithmetic(m: Machine, kind: type[ast.operator], a: Value, b: Value) -> Value:
    """The value of `a <op> b`."""
    if isinstance(a, Array) or isinstance(b, Array):
        return _on_arrays(m, _SIGNS[kind], a, b)
    if kind is not ast.Mult and _on_tuple(m, _SIGNS.get(kind, ""), a, b):
        return m.fresh()
    if isinstance(a, (Tensor, Packed)) or isinstance(b, (Tensor, Packed)):
        return _tensor_arithmetic(m, kind, a, b)
    left, right = _number(a), _number(b)
    if left is not None and right is not None:
        return numbers(m, kind, left, right)
    if isinstance(a, (str, Items)) or isinstance(b, (str, Items)):
        return _sequence_arithmetic(m, kind, a, b)
    if isinstance(a, Mapping) and isinstance(b, Mapping) and kind is ast.BitOr:
        known = {key: m.fresh(str(key)) for key in a.entries} if b.open else a.entries
        return Mapping({**known, **b.entries}, a.open or b.open)
    if isinstance(a, ShapeOf) or isinstance(b, ShapeOf):
        return m.fresh("shape")
    return _unknown_arithmetic(m, kind, a, b, left, right)


def _on_tuple(m: Machine, sign: str, a: Value, b: Value) -> bool:
    """Whether a tuple of tensors is added to, subtracted from, ... a tensor or a number, which is reported."""
    from lstmcheck.infer.attributes import takes_for_tensor, tuple_misused

    for value, other in ((a, b), (b, a)):
        if isinstance(other, Tensor) and not other.vague:
            name = "Tensor"
        elif isinstance(other, (int, float)) and not isinstance(other, bool):
            name = type(other).__name__
        else:
            continue
        if sign and takes_for_tensor(value):
            names = ("tuple", name) if value is a else (name, "tuple")
            text = f"unsupported operand type(s) for {sign}: '{names[0]}' and '{names[1]}'"
            tuple_misused(m, value, sign, "TypeError", text)
            return True
    return False


def _unknown_arithmetic(
    m: Machine, kind: type[ast.operator], a: Value, b: Value, left: Dim | float | None, right: Dim | float | None
) -> Value:
    """Arithmetic with a value that may turn out to be an int or a tensor: it keeps its reading as an int."""
    result = _unknown_result(m, kind, a, b, left, right)
    if isinstance(result, Unknown) and _is_free(a, b):
        result.free = True
    return result


def _unknown_result(
    m: Machine, kind: type[ast.operator], a: Value, b: Value, left: Dim | float | None, right: Dim | float | None
) -> Value:
    if not all(isinstance(v, Unknown) or n is not None for v, n in ((a, left), (b, right))):
        return m.fresh()
    if any(isinstance(v, Unknown) and v.kind in ("float", "str") for v in (a, b)) or isinstance(left, float):
        return m.fresh(kind="float" if kind is not ast.Mod else None)
    if any(isinstance(v, Unknown) and v.kind == "tensor" for v in (a, b)):
        return _tensor_arithmetic(m, kind, a, b)
    if kind is ast.Div:
        result = m.fresh()
        result.facts["divided"] = True
        return result
    if isinstance(right, float) or kind not in _EXACT:
        return m.fresh()
    x = left if left is not None else a.as_dim()
    y = right if right is not None else b.as_dim()
    try:
        whole = all(n is not None or v.kind == "int" for v, n in ((a, left), (b, right)))
        return _with_dim(m, _EXACT[kind](x, y), "int" if whole else None)
    except (TooComplex, ZeroDivisionError):
        return m.fresh()


def _with_dim(m: Machine, dim: Dim, kind: str | None = None) -> Value:
    result = m.fresh(str(dim), kind=kind)
    result.facts["dim"] = dim
    return result


_EXACT: dict[type, Callable[[Dim, Dim], Dim]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: floordiv,
    ast.Mod: modulo,
}


def numbers(m: Machine, kind: type[ast.operator], a: Dim | float, b: Dim | float) -> Value:
    """Arithmetic on ints (constant or not) and floats."""
    try:
        if isinstance(a, (int, float)) and isinstance(b, (int, float)):
            return _plain(kind, a, b)
        if isinstance(a, float) or isinstance(b, float) or kind is ast.Div:
            return m.fresh(kind="float")
        if kind in _EXACT:
            return _EXACT[kind](a, b)
        if kind is ast.Pow and isinstance(b, int) and 0 <= b <= 4:
            result: Dim = 1
            for _ in range(b):
                result = result * a
            return result
        if kind in (ast.BitAnd, ast.BitOr) and _is_condition(a) and _is_condition(b):
            return truth(a * b if kind is ast.BitAnd else either(a, b))
    except (TooComplex, ArithmeticError, ValueError, TypeError):
        return m.fresh()
    return m.fresh(kind="int")


def _is_condition(dim: Dim) -> bool:
    return isinstance(dim, Poly) and all(atom.is_guard for monomial in dim.terms for atom in monomial)


_PLAIN: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}

HUGE = 10**12


def _plain(kind: type[ast.operator], a: int | float, b: int | float) -> Value:
    if kind in (ast.Pow, ast.LShift) and (abs(a) > HUGE or abs(b) > 64):
        raise ArithmeticError("too large to follow")
    operation = _PLAIN.get(kind)
    if operation is None:
        raise ArithmeticError("not a number operation")
    result = operation(a, b)
    if isinstance(result, complex):
        raise ArithmeticError("complex")
    if kind_of_large(result) is not None:
        raise ArithmeticError("too large to follow")
    return result


def _filled_in(m: Machine, template: str, value: Value) -> Value:
    """`"layer%d" % 3`."""
    parts = value.head if isinstance(value, Items) and value.whole else (value,)
    if all(isinstance(part, (str, int)) for part in parts) and may_fill(template):
        try:
            return followed(m, template % tuple(parts))
        except (TypeError, ValueError, OverflowError, MemoryError):
            return m.fresh(kind="str")
    return m.fresh(kind="str")


def _sequence_arithmetic(m: Machine, kind: type[ast.operator], a: Value, b: Value) -> Value:
    if isinstance(a, str) and isinstance(b, str) and kind is ast.Add:
        return followed(m, a + b)
    if kind is ast.Mod and isinstance(a, str):
        return _filled_in(m, a, b)
    if isinstance(a, Items) and isinstance(b, Items) and kind is ast.Add:
        m.spend(len(a.head) + len(b.head))
        if a.whole and b.whole:
            return Items(a.kind, a.head + b.head)
        return Items(a.kind, a.head, m.fresh("element"), a.length + b.length)
    if kind is ast.Mult:
        items, count = (a, b) if isinstance(a, Items) else (b, a)
        if isinstance(items, Items):
            times = m.dim(count)
            if isinstance(times, int) and items.whole and 0 <= times * len(items.head) <= 64:
                return Items(items.kind, items.head * times)
            if times is not None and items.whole and len(items.head) == 1:
                return Items(items.kind, (), items.head[0], times)
    return m.fresh(kind="str") if isinstance(a, str) or isinstance(b, str) else m.fresh()


def _tensor_arithmetic(m: Machine, kind: type[ast.operator], a: Value, b: Value) -> Value:
    from lstmcheck.infer.silent import reading
    from lstmcheck.infer.strides import carry as strides
    from lstmcheck.infer.torch_ops.matrix import matmul
    from lstmcheck.infer.torch_ops.pointwise import binary

    result = matmul(m, a, b) if kind is ast.MatMult else binary(m, a, b, _SIGNS.get(kind, ""))
    reading.combined(m, kind, a, b, result)
    (strides.multiplied if kind is ast.MatMult else strides.combined)(a, b, result)
    return m.fresh(kind="tensor") if result is None else result


def _call(m: Machine, node: ast.Call) -> Value:
    from lstmcheck.infer.calls import call_node

    return call_node(m, node)


def _comprehension(m: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
    from lstmcheck.infer.loops import comprehend

    kind = {ast.ListComp: "list", ast.SetComp: "set"}.get(type(node), "generator")
    return comprehend(m, node, kind)


def _dict_comprehension(m: Machine, node: ast.DictComp) -> Value:
    from lstmcheck.infer.loops import comprehend_dict

    return comprehend_dict(m, node)


HANDLERS: dict[type, Handler] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.NamedExpr: _named,
    ast.Starred: _starred,
    ast.JoinedStr: _formatted,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.BoolOp: _bool_op,
    ast.IfExp: _if_expression,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BinOp: _binary,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
}
