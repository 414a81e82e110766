"""Executing statements: one small function for each kind of syntax node, in a table."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.dims import Dim, Poly, TooComplex, Verdict, conjunction, either, guard, is_opaque, select, symbol
from lstmcheck.infer import ranks
from lstmcheck.infer.checkpoints import Weights, forget
from lstmcheck.infer.expressions import arithmetic, evaluate, is_key, make_function, mangled, truthiness
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import GiveUp, Machine
from lstmcheck.infer.meaning import filling
from lstmcheck.infer.meaning import names as size_names
from lstmcheck.infer.records import as_tuple
from lstmcheck.infer.shapes import ANY_SHAPE, Shape
from lstmcheck.infer.silent import reading
from lstmcheck.infer.silent.unpacking import unpacked
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Choice,
    Contents,
    Instance,
    Items,
    Mapping,
    ShapeOf,
    Site,
    Tensor,
    Unknown,
    Value,
)


class Flow(NamedTuple):
    """How a statement ends.

    `falls` is the condition under which the next statement runs, `leaves` that under which the loop around it ends
    (break, return). `lost` says that its effects are lost (raise), `quiet` that what follows rests on a condition that
    was not worked out.
    """

    falls: Dim
    lost: bool = False
    leaves: Dim = 0
    quiet: bool = False


ON = Flow(1)
ENDED = Flow(0)
LEFT = Flow(0, leaves=1)
RAISED = Flow(0, True)


def run_block(m: Machine, statements: Sequence[ast.stmt]) -> Flow:
    """Execute statements in order, under what earlier ones leave possible."""
    facts, path = m.facts, m.frame.path
    falls: Dim = 1
    leaves: Dim = 0
    quiet = False
    try:
        for statement in statements:
            m.steps -= 1
            if m.steps < 0:
                raise GiveUp("too many steps")
            flow = HANDLERS.get(type(statement), _skip)(m, statement)
            if flow is ON:
                continue
            leaves = _or(leaves, conjunction((falls, flow.leaves)))
            falls = conjunction((falls, flow.falls))
            if isinstance(flow.falls, int) and flow.falls == 0:
                return flow if isinstance(leaves, int) and leaves == flow.leaves else Flow(0, flow.lost, leaves)
            if not m.assume(flow.falls):
                return LEFT
            if flow.quiet and not quiet:
                quiet = True
                m.muted += 1
            m.frame.path = (*m.frame.path, flow.falls)
    finally:
        m.muted -= quiet
        m.facts, m.frame.path = facts, path
    return ON if isinstance(falls, int) else Flow(falls, leaves=leaves, quiet=quiet)


def _or(a: Dim, b: Dim) -> Dim:
    if isinstance(a, int):
        return 1 if a else b
    if isinstance(b, int):
        return 1 if b else a
    try:
        return either(a, b)
    except TooComplex:
        return guard("leaves")


def _skip(m: Machine, node: ast.stmt) -> Flow:
    return ON


def _expression(m: Machine, node: ast.Expr) -> Flow:
    if not isinstance(node.value, ast.Constant):
        value = evaluate(m, node.value)
        if isinstance(value, Unknown) and value.facts.get("never returns"):
            return RAISED
    return ON


def _assign(m: Machine, node: ast.Assign) -> Flow:
    value = evaluate(m, node.value)
    for target in node.targets:
        if isinstance(target, ast.Name) and isinstance(node.value, (ast.Call, ast.Subscript)):
            size_names.sized(m, target.id, node.value)
        assign(m, target, value)
    return ON


def _annotated(m: Machine, node: ast.AnnAssign) -> Flow:
    if node.value is not None:
        assign(m, node.target, evaluate(m, node.value))
    elif isinstance(node.target, ast.Name) and m.frame.owner is not None and m.frame.function is None:
        m.frame.names.setdefault("*annotated*", []).append(node.target.id)
    return ON


def _augmented(m: Machine, node: ast.AugAssign) -> Flow:
    current = evaluate(m, _as_load(node.target))
    operand = evaluate(m, node.value)
    m.node = node
    if isinstance(current, Items) and current.kind == "list" and isinstance(node.op, ast.Add):
        from lstmcheck.infer.containers import extend

        extend(m, current, operand)
        return ON

    def changed(a: Value) -> Value:
        # an array is changed in place: it keeps its shape and its dtype; a tensor its shape
        if isinstance(a, Array):
            return a
        made = m.each(operand, lambda b: arithmetic(m, type(node.op), a, b))
        if isinstance(made, Tensor) and isinstance(a, Tensor) and made.shape.open and not (a.shape.open or a.vague):
            m.refine(made, a.shape)
        return made

    value = m.each(current, changed)
    assign(m, node.target, value)
    return ON


def _as_load(target: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)


def assign(m: Machine, target: ast.expr, value: Value) -> None:
    """Bind a value to a name, attribute, item, or a tuple of them."""
    if m.observer is not None:
        m.observer.bound(m, target, value)
    if isinstance(target, ast.Name):
        if isinstance(value, (Tensor, Unknown)):
            _name_after(value, target.id)
        elif isinstance(value, Array):
            _name_after(value.data, target.id)
        elif isinstance(value, Poly):
            size_names.note(m, target.id, value)
        frame = m.frame
        if target.id in frame.globals_:
            frame = frame.top
        m.put(frame.names, target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(m, target, value)
    elif isinstance(target, ast.Attribute):
        from lstmcheck.infer.attributes import set_attribute

        receiver = evaluate(m, target.value)
        name = mangled(m, target.attr)
        m.each(receiver, lambda owner: set_attribute(m, owner, name, value))
    elif isinstance(target, ast.Subscript):
        from lstmcheck.infer.subscripts import set_item

        receiver = evaluate(m, target.value)
        key = evaluate(m, target.slice)
        m.each(receiver, lambda owner: set_item(m, owner, key, value))
        filling.written(m, target, receiver, key)
    else:
        assert isinstance(target, ast.Starred)
        assign(m, target.value, value)


def _name_after(value: Tensor | Unknown, name: str) -> None:
    if value.name in ("", "?"):
        value.name = name


def _unpack(m: Machine, target: ast.Tuple | ast.List, value: Value) -> None:
    starred = next((i for i, element in enumerate(target.elts) if isinstance(element, ast.Starred)), None)
    m.node = target
    if starred is not None:
        _unpack_starred(m, target, value, starred)
        return
    count = len(target.elts)
    whose = value.tensor if isinstance(value, ShapeOf) else value.state.get("of") if isinstance(value, Items) else None
    if whose is not None:
        size_names.unpacked(m, whose, target)
    parts = m.each(value, lambda option: Items("tuple", unpack(m, option, count, target)))
    for i, element in enumerate(target.elts):
        assign(m, element, m.each(parts, partial(_at, m, i)))


def _at(m: Machine, position: int, parts: Value) -> Value:
    return parts.head[position] if isinstance(parts, Items) else m.fresh()


def _unpack_starred(m: Machine, target: ast.Tuple | ast.List, value: Value, starred: int) -> None:
    from lstmcheck.infer.expressions import whole_items

    known = whole_items(m, value)
    after = len(target.elts) - starred - 1
    if isinstance(value, ShapeOf) or known is None or len(known) < len(target.elts) - 1:
        for element in target.elts:
            assign(m, element, m.fresh())
        return
    for element, part in zip(target.elts[:starred], known):
        assign(m, element, part)
    assign(m, target.elts[starred], Items("list", known[starred : len(known) - after]))
    for element, part in zip(target.elts[starred + 1 :], known[len(known) - after :] if after else ()):
        assign(m, element, part)


def unpack(m: Machine, value: Value, count: int, target: ast.Tuple | ast.List) -> list[Value]:
    """The `count` values that a value unpacks into; a wrong count of a recurrent result is reported."""
    from lstmcheck.infer.subscripts import apart, get_item

    value = as_tuple(value)
    unpacked(m, value, target)
    if isinstance(value, Items):
        if value.whole:
            if len(value.head) == count:
                return list(value.head)
            _wrong_count(m, value, len(value.head), count, target)
            return [m.fresh() for _ in range(count)]
        known = list(value.head[:count])
        return known + [apart(value, i) for i in range(len(known), count)]
    if isinstance(value, ShapeOf):
        sizes = rank_shown(m, value.tensor, count)
        return list(sizes) if sizes is not None else [m.fresh() for _ in range(count)]
    if isinstance(value, Tensor) and value.shape.at(0) is not None:
        size: Any = value.shape.at(0)
        if _wrong_count(m, value, size, count, target):
            return [m.fresh() for _ in range(count)]
        return [get_item(m, value, i) for i in range(count)]
    if isinstance(value, Unknown):
        return [
            value.items.setdefault(i, Unknown(f"{value.name}[{i}]", value.reason, free=value.free))
            for i in range(count)
        ]
    return [m.fresh() for _ in range(count)]


def rank_shown(m: Machine, tensor: Tensor, rank: int) -> tuple[Dim, ...] | None:
    """The sizes of a tensor that the program unpacks into `rank` names, which shows its rank."""

    shape = tensor.shape
    if shape.open and shape.min_rank <= rank:
        ranks.show_rank(m, tensor, rank)
        return tensor.shape.left if not tensor.shape.open else None
    return shape.left if shape.rank == rank else None


def _wrong_count(m: Machine, value: Items | Tensor, got: Dim | None, count: int, target: ast.expr) -> bool:
    """Whether a recurrent layer's result, a tuple or list with tensors, or a tensor surely has not `count` elements."""
    if isinstance(value, Items) and value.role is None and not any(isinstance(part, Tensor) for part in value.head):
        return False
    role = value.role if isinstance(value, Items) or (value.role is not None and value.role.exact) else None
    few = isinstance(got, int) and got < count
    text = (
        "not enough values to unpack (expected {want}, got {got})"
        if few
        else "too many values to unpack (expected {want})"
    )
    fields: dict[str, Any] = {"want": count, "got": got}
    need = Need(
        "unpack.count",
        got,
        count,
        subject="tuple" if role is None else role.part,
        raises=Raises("ValueError", text, fields),
        detail={"given": f"a {value.kind}" if isinstance(value, Items) else "a tensor"}
        if role is None
        else {"kind": role.layer.kind.rpartition(".")[2], "of": role.part},
    )
    return m.need(need, Site(m.frame.file, target), None if role is None else role.layer) is Verdict.NE


# Conditions and loops


def _is_lost(flow: Flow) -> bool:
    return flow.lost


def _if(m: Machine, node: ast.If) -> Flow:
    condition = truthiness(m, evaluate(m, node.test))
    then, otherwise = m.fork(
        condition,
        lambda: run_block(m, node.body),
        lambda: run_block(m, node.orelse),
        _is_lost,
    )
    if then is None or otherwise is None:
        return then if then is not None else otherwise if otherwise is not None else ON
    if then is ON and otherwise is ON:
        return ON
    return _either_way(m, condition, then, otherwise)


def _either_way(m: Machine, condition: Dim, then: Flow, otherwise: Flow) -> Flow:
    condition = m.facts.simplify(condition)
    if then.falls == 0 and otherwise.falls == 0:
        falls: Dim = 0
    else:
        try:
            falls = select(condition, then.falls, otherwise.falls)
        except TooComplex:
            falls = guard("goes on")
    try:
        leaves = select(condition, then.leaves, otherwise.leaves)
    except TooComplex:
        leaves = guard("leaves")
    # code after `if opaque: return` may never run; after `if opaque: raise` it runs in every right program
    quiet = is_opaque(falls) and any(flow.falls == 0 and not flow.lost for flow in (then, otherwise))
    return Flow(falls, falls == 0 and then.lost and otherwise.lost, leaves, quiet)


def _for(m: Machine, node: ast.For) -> Flow:
    from lstmcheck.infer.loops import run_for

    return run_for(m, node)


def _while(m: Machine, node: ast.While) -> Flow:
    from lstmcheck.infer.loops import run_while

    return run_while(m, node)


def _return(m: Machine, node: ast.Return) -> Flow:
    value = None if node.value is None else evaluate(m, node.value)
    reading.returned(m, value)
    m.frame.returns.append((conjunction(m.frame.path), value))
    if m.observer is not None:
        m.observer.returned(m, node, value)
    return LEFT


def _ends(m: Machine, node: ast.stmt) -> Flow:
    return ENDED


def _leaves(m: Machine, node: ast.stmt) -> Flow:
    return LEFT


def _raise(m: Machine, node: ast.Raise) -> Flow:
    return RAISED


def _assert(m: Machine, node: ast.Assert) -> Flow:
    condition = m.facts.simplify(truthiness(m, evaluate(m, node.test)))
    if isinstance(condition, int):
        return ON if condition else RAISED
    # an assertion that was not worked out holds in every right program, and tells nothing
    return ON if is_opaque(condition) else Flow(condition)


# Blocks


def _with(m: Machine, node: ast.With | ast.AsyncWith) -> Flow:
    quiet = no_grad = 0
    entered: list[Value] = []
    for item in node.items:
        value = evaluate(m, item.context_expr)
        quiet += expects_trouble(item.context_expr, value)
        quiet += isinstance(value, Items) and value.kind == "generator"
        inside = _enter(m, value)
        library = value.facts.get("library", "") if isinstance(value, Unknown) else ""
        no_grad += library.endswith(("no_grad", "inference_mode", "set_grad_enabled"))
        if isinstance(value, Instance):
            entered.append(value)
            quiet += _may_swallow(value)
        if item.optional_vars is not None:
            assign(m, item.optional_vars, inside)
    m.muted += quiet
    m.no_grad += no_grad
    try:
        return run_block(m, node.body)
    finally:
        m.muted -= quiet
        m.no_grad -= no_grad
        for value in reversed(entered):
            _call_special(m, value, "__exit__", [None, None, None])


def _enter(m: Machine, value: Value) -> Value:
    if isinstance(value, Instance):
        result = _call_special(m, value, "__enter__", [])
        return value if result is NOTHING else result
    if isinstance(value, Items) and value.kind == "generator" and value.head:
        return value.head[0]
    return value if isinstance(value, Tensor) else m.fresh(reason="a context manager", free=True)


def _call_special(m: Machine, instance: Instance, name: str, args: list[Value]) -> Value:
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.classes import find_member

    member = find_member(instance.cls, name) if instance.cls is not None else NOTHING
    return NOTHING if member is NOTHING else call_value(m, member, [instance, *args], {})


def _may_swallow(instance: Instance) -> bool:
    """Whether `__exit__` may return something true, which ends an exception."""
    from lstmcheck.infer.classes import find_member
    from lstmcheck.infer.values import Function

    leave = find_member(instance.cls, "__exit__") if instance.cls is not None else NOTHING
    if not isinstance(leave, Function):
        # a library's own, which may be `contextlib.suppress`
        return True
    returns = [inner for inner in ast.walk(leave.node) if isinstance(inner, ast.Return) and inner.value is not None]
    return any(not (isinstance(r.value, ast.Constant) and not r.value.value) for r in returns)


EXPECTS = frozenset(
    {
        "raises",
        "assertRaises",
        "assertRaisesRegex",
        "assertWarns",
        "assertWarnsRegex",
        "warns",
        "suppress",
        "deprecated_call",
        "ExitStack",
    }
)
_REPLACES = frozenset({"patch", "object", "dict", "multiple", "setattr", "context"})


def expects_trouble(node: ast.expr, value: Value) -> bool:
    """Whether a context may expect an exception, or replace torch itself (mocks).

    A context that comes in by name and is not known may be one, too.
    """
    if isinstance(value, Choice):
        return any(expects_trouble(node, option) for _, option in value.options)
    if isinstance(value, Unknown):
        if value.facts.get("expects"):
            return True
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            return "library" not in value.facts
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in EXPECTS or (name in _REPLACES and not isinstance(value, Instance))
    return False


_NOT_TORCH = frozenset(
    {
        "KeyboardInterrupt",
        "SystemExit",
        "ImportError",
        "ModuleNotFoundError",
        "FileNotFoundError",
        "OSError",
        "IOError",
        "StopIteration",
        "EOFError",
        "queue.Empty",
        "Empty",
    }
)


def _catches_torch(handler: ast.ExceptHandler) -> bool:
    """Whether a handler may catch what torch raises for a wrong shape or argument."""
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) not in _NOT_TORCH for kind in types)


def _try(m: Machine, node: ast.Try) -> Flow:
    if not node.handlers:
        return _finally(m, _protected(m, node), node.finalbody)
    # where an exception is caught, neither the body nor a handler is known to run
    happened = guard("exception", any(_catches_torch(handler) for handler in node.handlers))
    caught, whole = m.fork(
        happened,
        lambda: _caught(m, node),
        lambda: _protected(m, node),
        _is_lost,
    )
    # a new condition excludes neither side
    assert caught is not None
    assert whole is not None
    return _finally(m, _either_way(m, happened, caught, whole), node.finalbody)


def _protected(m: Machine, node: ast.Try) -> Flow:
    flow = run_block(m, node.body)
    if node.orelse and not (isinstance(flow.falls, int) and flow.falls == 0):
        return run_block(m, node.orelse)
    return flow


def _finally(m: Machine, flow: Flow, statements: list[ast.stmt]) -> Flow:
    ending = run_block(m, statements)
    return ending if isinstance(ending.falls, int) and ending.falls == 0 else flow


def _caught(m: Machine, node: ast.Try) -> Flow:
    """The body up to some exception, then a handler: whatever the body writes is not known."""
    mark = m.watch()
    try:
        run_block(m, node.body)
        written = {(id(mapping), key): (mapping, key) for mapping, key, _ in m.written_since(mark)}
        for mapping, key in written.values():
            m.put(mapping, key, unknown_state(mapping.get(key, NOTHING), key))
    finally:
        m.unwatch()
    return _handlers(m, node.handlers)


def unknown_state(value: Any, key: Any) -> Any:
    """What a heap entry is once it may have been written or not."""
    if isinstance(value, Contents):
        return Contents((), Unknown("element"), symbol("len", 0))
    if isinstance(value, Shape):
        return ANY_SHAPE
    return Unknown(key if isinstance(key, str) else "?", "written before an exception")


def _handlers(m: Machine, handlers: list[ast.ExceptHandler]) -> Flow:
    first, *others = handlers
    if first.name:
        m.put(m.frame.names, first.name, m.fresh(first.name, free=True))
    if not others:
        return run_block(m, first.body)
    chosen = guard("handler", True)
    then, otherwise = m.fork(chosen, lambda: run_block(m, first.body), lambda: _handlers(m, others), _is_lost)
    assert then is not None
    assert otherwise is not None
    return _either_way(m, chosen, then, otherwise)


def _match(m: Machine, node: ast.Match) -> Flow:
    subject = evaluate(m, node.subject)
    return _match_cases(m, subject, node.cases)


def _match_cases(m: Machine, subject: Value, cases: list[ast.match_case]) -> Flow:
    if not cases:
        return ON
    case = cases[0]
    condition = _matches(m, subject, case.pattern)
    for name in ast.walk(case.pattern):
        captured = getattr(name, "name", None) if isinstance(name, (ast.MatchAs, ast.MatchStar)) else None
        if captured:
            whole = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            m.put(m.frame.names, captured, subject if whole else m.fresh(captured))
    if case.guard is not None:
        condition = condition * truthiness(m, evaluate(m, case.guard))
    then, otherwise = m.fork(
        condition,
        lambda: run_block(m, case.body),
        lambda: _match_cases(m, subject, cases[1:]),
        _is_lost,
    )
    if then is None or otherwise is None:
        return then if then is not None else otherwise if otherwise is not None else ON
    return _either_way(m, condition, then, otherwise)


def _matches(m: Machine, subject: Value, pattern: ast.pattern) -> Dim:
    from lstmcheck.infer.expressions import equal_values

    if isinstance(pattern, ast.MatchValue):
        return equal_values(m, settle(subject, m.facts), evaluate(m, pattern.value))
    if isinstance(pattern, ast.MatchSingleton):
        from lstmcheck.infer.expressions import is_same_object

        return is_same_object(m, settle(subject, m.facts), pattern.value)
    if isinstance(pattern, ast.MatchOr):
        from lstmcheck.dims import either

        total: Dim = 0
        for option in pattern.patterns:
            total = either(total, _matches(m, subject, option))
        return total
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        return 1
    return guard("case")


# Definitions


def _function(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Flow:
    from lstmcheck.infer.calls import decorate

    owner = m.frame.owner if m.frame.function is None else None
    function = make_function(m, node, owner)
    decorators = tuple(evaluate(m, decorator) for decorator in node.decorator_list)
    function.decorators = decorators
    m.put(m.frame.names, node.name, decorate(m, function, decorators))
    return ON


def _class(m: Machine, node: ast.ClassDef) -> Flow:
    from lstmcheck.infer.classes import define_class

    m.put(m.frame.names, node.name, define_class(m, node))
    return ON


def _import(m: Machine, node: ast.Import) -> Flow:
    for alias in node.names:
        if alias.asname:
            m.put(m.frame.names, alias.asname, m.project.module(m, alias.name))
        else:
            top = alias.name.partition(".")[0]
            m.put(m.frame.names, top, m.project.module(m, top))
            if top != alias.name:
                m.project.module(m, alias.name)
    return ON


def _import_from(m: Machine, node: ast.ImportFrom) -> Flow:
    for alias in node.names:
        if alias.name == "*":
            m.project.import_star(m, node.module or "", node.level)
        else:
            value = m.project.member(m, node.module or "", node.level, alias.name)
            m.put(m.frame.names, alias.asname or alias.name, value)
    return ON


def _global(m: Machine, node: ast.Global) -> Flow:
    m.frame.globals_.update(node.names)
    return ON


def _nonlocal(m: Machine, node: ast.Nonlocal) -> Flow:
    for name in node.names:
        outer = m.frame.outer
        while outer is not None and name not in outer.names:
            outer = outer.outer
        if outer is not None:
            m.put(outer.names, name, m.fresh(name, "nonlocal"))
    return ON


def _delete(m: Machine, node: ast.Delete) -> Flow:
    for target in node.targets:
        if isinstance(target, ast.Name):
            m.delete(m.frame.names, target.id)
        elif isinstance(target, ast.Subscript):
            receiver, key = evaluate(m, target.value), evaluate(m, target.slice)
            if isinstance(receiver, Mapping) and is_key(key):
                m.delete(receiver.entries, key)
            elif isinstance(receiver, Weights):
                forget(m, receiver)
            elif isinstance(receiver, Items):
                m.set_contents(receiver, (), m.fresh("element"), m.fresh("length").as_dim())
        elif isinstance(target, ast.Attribute):
            from lstmcheck.infer.attributes import delete_attribute

            delete_attribute(m, evaluate(m, target.value), target.attr)
    return ON


Handler = Callable[[Machine, Any], Flow]

HANDLERS: dict[type, Handler] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Return: _return,
    ast.Break: _leaves,
    ast.Continue: _ends,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Delete: _delete,
}
if hasattr(ast, "TryStar"):
    HANDLERS[ast.TryStar] = _try
