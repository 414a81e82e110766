"""The passes over a file: the module as it runs, then every class and function with symbolic arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from lstmcheck.dims import TooComplex, guard, symbol
from lstmcheck.infer import changed
from lstmcheck.infer.attributes import Property
from lstmcheck.infer.calls import run_function
from lstmcheck.infer.classes import derives_from_torch, find_member, linear_bases
from lstmcheck.infer.machine import IDLE_STEPS, STRAY_STEPS, GiveUp, Machine
from lstmcheck.infer.silent import gates, rows, structure
from lstmcheck.infer.statements import run_block
from lstmcheck.infer.values import (
    NOTHING,
    Class,
    Frame,
    Function,
    Instance,
    Items,
    Layer,
    Mapping,
    Truth,
    Unknown,
    Value,
)
from lstmcheck.source.mentions import NAMES
from lstmcheck.source.outline import Scope
from lstmcheck.source.parse import SourceFile


def run_module(m: Machine, file: SourceFile, frame: Frame, steps: int) -> None:
    """Execute a module's statements in their own budget."""
    saved = m.frame, m.node, m.facts, m.steps, m.calls, m.active, m.muted, m.depth, m.runs
    around_it = m.arg_nodes, m.loops, m.no_grad, m.weights, m.reserve
    from lstmcheck.dims import NOTHING_KNOWN

    m.frame, m.facts, m.steps, m.calls, m.active, m.muted, m.depth = frame, NOTHING_KNOWN, steps, [], [], 0, 0
    m.runs = {}
    m.arg_nodes, m.loops, m.no_grad = {}, [], 0
    concrete, trusted = m.concrete, m.trust_defaults
    m.concrete = m.trust_defaults = True
    around = m.set_apart()
    try:
        reads, m.tensors_read = m.tensors_read, {}
        if run_statements(m, file.tree.body):
            # what was not run may read what seems to be read by nothing
            rows.judge(m)
        m.tensors_read = reads
        gates.finish(m, file.tree)
    finally:
        if m.observer is not None:
            m.observer.left(m, frame)
        m.rejoin(around)
        m.concrete, m.trust_defaults = concrete, trusted
        m.frame, m.node, m.facts, m.steps, m.calls, m.active, m.muted, m.depth, m.runs = saved
        m.arg_nodes, m.loops, m.no_grad, m.weights, m.reserve = around_it


def run_statements(m: Machine, statements: list[ast.stmt]) -> bool:
    """Run a module's statements; one that costs too much is skipped, the rest goes on. False where any was."""
    whole = True
    for statement in statements:
        frame = m.frame
        left = m.steps + m.reserve
        m.grant(left, IDLE_STEPS)
        if not bounded(m, partial(_one, m, statement)):
            m.frame = frame
            whole = False
        m.steps, m.reserve = max(m.steps, 0) + m.reserve, 0
        if not m.steps:
            break
    return whole


def _one(m: Machine, statement: ast.stmt) -> None:
    run_block(m, [statement])


def bounded(m: Machine, run: Callable[[], object]) -> bool:
    """Run something; a spent budget ends it and nothing else."""
    frame, facts, forks, depth, active, calls = m.frame, m.facts, m.forks, m.depth, list(m.active), list(m.calls)
    try:
        run()
        return True
    except (GiveUp, TooComplex, RecursionError):
        m.frame, m.facts, m.forks, m.depth, m.active, m.calls = frame, facts, forks, depth, active, calls
        return False


def run_file(m: Machine, file: SourceFile) -> Frame | None:
    """The first pass over a given file: its module as it runs."""
    m.project.begin_file()
    return m.project.frame_of(file.path, _module_name(file.path))


def analyze_file(m: Machine, file: SourceFile) -> None:
    """The further passes over one given file: every class and function by itself."""
    frame = run_file(m, file)
    if frame is None:
        return
    m.frame = frame
    outline = file.outline
    assigned = assigned_late(outline.statements)
    m.begin_file(file.data.count(b"\n"))
    changed.hide_registries(frame)
    concerned = [
        (not derives_from_torch(value), NAMES.isdisjoint(outline.of[node].mentioned), node, value)
        for node, value in definitions(frame, file.tree.body)
        if node in m.project.relevance.definitions
    ]
    # a model comes before what holds it and what trains it, so that it has its share of the budget
    for *_, node, value in sorted(concerned, key=lambda row: row[:2]):
        m.frame = frame
        _begin(m, value, node)
        if _expected_to_fail(node):
            continue
        if isinstance(value, Class) and value.node is node:
            analyze_class(m, value, assigned)
        elif isinstance(value, Function) and value.node is node and not _was_seen(m, value):
            with _heard(m, frame.names.get(value.name)):
                symbolic_run(m, value, None)


def _begin(m: Machine, value: Value, node: ast.stmt) -> None:
    """Start the budget of one function, as large as what its text promises.

    A module that names recurrent layers and builds some has all of it at once; what builds none has next to nothing.
    """
    if node not in m.project.relevance.makers:
        m.begin(STRAY_STEPS)
        return
    m.begin()
    if derives_from_torch(value) and not NAMES.isdisjoint(value.frame.file.outline.of[node].mentioned):
        m.meet()


def _was_seen(m: Machine, function: Function) -> bool:
    """Whether the program itself ran all of a function that makes no layer: what trains or tests a model."""
    outline = function.frame.file.outline
    return function.node in m.completed and NAMES.isdisjoint(outline.of[function.node].mentioned)


def _open_held(m: Machine, instance: Instance, mutated: set[str], depth: int = 0) -> None:
    """Give up what functions may change of what an object's own objects hold: `self.memory.rewards.append(reward)`.

    A module's lists are mostly its layers: of them only those count that its own methods change.
    """
    for value in instance.fields.values():
        if not isinstance(value, Instance) or value.cls is None or depth == _MODULES_DEEP:
            continue
        own = changed.in_functions([value.cls.frame.file.outline.of[value.cls.node]], frozenset({"__init__"}))
        changed.open_named(m, value.fields, own if derives_from_torch(value.cls) else own | mutated)
        _open_held(m, value, mutated, depth + 1)


def definitions(frame: Frame, body: list[ast.stmt]) -> list[tuple[ast.stmt, Value]]:
    """Classes and functions defined by a module's statements, also below conditions, with their values."""
    found: list[tuple[ast.stmt, Value]] = []
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.append((statement, undecorated(frame.names.get(statement.name, NOTHING))))
        elif isinstance(statement, (ast.If, ast.Try, ast.With)):
            found += definitions(frame, statement.body)
            found += definitions(frame, getattr(statement, "orelse", []))
    return found


def undecorated(value: Value) -> Value:
    """The function under decorators."""
    if isinstance(value, Property):
        return undecorated(value.function)
    if isinstance(value, Unknown) and "wraps" in value.facts:
        return undecorated(value.facts["wraps"])
    if isinstance(value, Function) and value.wraps is not None:
        return undecorated(value.wraps)
    return value


@contextmanager
def _heard(m: Machine, value: Value) -> Iterator[None]:
    """Report what is found in a function, unless a decorator of the program may catch what it raises."""
    caught = _may_catch(value)
    m.muted += caught
    try:
        yield
    finally:
        m.muted -= caught


def _may_catch(value: Value) -> bool:
    if isinstance(value, Property):
        return _may_catch(value.function)
    if not isinstance(value, Function) or value.wraps is None:
        return False
    blocks = (ast.Try, ast.With, ast.AsyncWith)
    return any(isinstance(node, blocks) for node in ast.walk(value.node)) or _may_catch(value.wraps)


def _module_name(path: str) -> str:
    import os

    return os.path.splitext(os.path.basename(path))[0]


def assigned_late(scopes: Iterable[Scope]) -> dict[str, set[str]]:
    """Attribute names by where they are assigned: function name -> names ("" for code outside functions)."""
    found: dict[str, set[str]] = {}

    def visit(scope: Scope, function: str) -> None:
        if scope.is_function:
            function = scope.name
        if scope.stored:
            found.setdefault(function, set()).update(scope.stored)
        for inner in scope.inner:
            visit(inner, function)

    for scope in scopes:
        visit(scope, "")
    return found


def _constructor_helpers(cls: Class) -> set[str]:
    """Methods that only the constructor runs through, as far as this class shows: what they assign is not late."""
    of = cls.frame.file.outline.of
    bodies = {
        node.name: of[node] for node in cls.node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    called = {name: set().union(*(inner.calls for inner in scope.within())) for name, scope in bodies.items()}
    reached = {"__init__"}
    pending = ["__init__"]
    while pending:
        for name in called.get(pending.pop(), ()):
            if name in bodies and name not in reached:
                reached.add(name)
                pending.append(name)
    outside = set().union(*(names for name, names in called.items() if name not in reached)) if called else set()
    return {name for name in reached if name not in outside} | {"__init__", "__post_init__", "setup", "build"}


def _holds_layer(value: Value, depth: int = 0) -> bool:
    """Whether a module has a recurrent layer, or another module has one for it."""
    if isinstance(value, Layer):
        return value.config is not None
    if not isinstance(value, Instance) or depth == _MODULES_DEEP:
        return False
    return any(_holds_layer(field, depth + 1) for field in value.fields.values())


def _late_in_bases(cls: Class) -> set[str]:
    """Attributes that methods of base classes in other files assign, the constructor's helpers left out."""
    found: set[str] = set()
    for base in linear_bases(cls):
        if isinstance(base, Class) and base.frame.file is not cls.frame.file:
            helpers = _constructor_helpers(base)
            assigned = assigned_late([base.frame.file.outline.of[base.node]])
            found.update(*(names for function, names in assigned.items() if function not in helpers))
    return found


_MODULES_DEEP = 3
_ENTRANCES = ("forward", "__call__", "training_step")


def analyze_class(m: Machine, cls: Class, assigned: dict[str, set[str]]) -> None:
    """Run the constructor with symbolic parameters, then every method on the object that it leaves."""
    from lstmcheck.dims import NOTHING_KNOWN

    instance = Instance(cls)
    constructor = undecorated(find_member(cls, "__init__"))
    m.facts = NOTHING_KNOWN
    m.trust_defaults = True
    if isinstance(constructor, Function):
        m.trust_defaults = constructor.node not in m.entered
        with _heard(m, find_member(cls, "__init__")):
            if not bounded(m, lambda: run_symbolically(m, constructor, instance)):
                return
    # what the constructor refuses (it raises) never reaches a method
    structure.built(m, instance)
    built, by_default = m.facts, m.trust_defaults
    helpers = _constructor_helpers(cls)
    scope = cls.frame.file.outline.of[cls.node]
    late = set().union(*(names for function, names in assigned.items() if function not in helpers))
    late |= _late_in_bases(cls)
    changed.open_named(m, instance.fields, changed.in_functions([scope], frozenset(helpers)))
    _open_held(m, instance, changed.in_functions(cls.frame.file.outline.statements))
    for name in late & set(instance.fields):
        instance.fields[name] = Unknown(f"self.{name}", "assigned in several places", free=True)
    is_module = derives_from_torch(cls)
    holds_layer = _holds_layer(instance)
    # what is called from outside comes first: it has its share of the budget
    for name, member in sorted(cls.names.items(), key=lambda item: item[0] not in _ENTRANCES):
        function = undecorated(member)
        if not isinstance(function, Function) or name == "__init__" or function.node not in cls.node.body:
            continue
        if _expected_to_fail(function.node) or (not is_module and _was_seen(m, function)):
            continue
        _begin(m, cls, cls.node)
        if holds_layer:
            m.meet()
        m.facts, m.trust_defaults = built, by_default
        with _heard(m, member):
            symbolic_run(m, function, None if _is_static(function) else instance)
    m.facts = NOTHING_KNOWN


def symbolic_run(m: Machine, function: Function, receiver: Value) -> None:
    """Run a function with symbolic arguments and undo what it wrote.

    A default speaks for a function only where the program itself was not seen to call it.
    """
    trusted = m.trust_defaults
    m.trust_defaults = trusted and function.node not in m.entered
    try:
        bounded(m, lambda: m.attempt(lambda: _judged(m, function, receiver)))
    finally:
        m.trust_defaults = trusted


def _judged(m: Machine, function: Function, receiver: Value) -> None:
    m.tensors_read = {}
    rows.judge(m, run_symbolically(m, function, receiver))


_FAILING = ("xfail", "skip", "expectedFailure", "patch", "raises")


def _expected_to_fail(node: ast.AST) -> bool:
    """Whether a decorator says that a test is skipped, is expected to fail, or runs with something replaced."""
    decorators = getattr(node, "decorator_list", [])
    return any(word in ast.unparse(decorator) for decorator in decorators for word in _FAILING)


def _is_static(function: Function) -> bool:
    return any(getattr(decorator, "name", "") in ("staticmethod", "classmethod") for decorator in function.decorators)


def run_symbolically(m: Machine, function: Function, receiver: Value) -> Value:
    """Run a function whose caller is not known: every parameter is a symbol of its own."""
    m.node = None
    return run_function(m, function, symbolic_parameters(m, function, receiver), receiver)


def symbolic_parameters(m: Machine, function: Function, receiver: Value) -> dict[str, Value]:
    """A value for every parameter, as far as its default and its annotation tell what it is."""
    arguments = function.node.args
    positional = arguments.posonlyargs + arguments.args
    names: dict[str, Value] = {}
    first_default = len(positional) - len(function.defaults)
    for i, parameter in enumerate(positional):
        if i == 0 and receiver is not None:
            names[parameter.arg] = receiver
            continue
        default = function.defaults[i - first_default] if i >= first_default else NOTHING
        names[parameter.arg] = symbolic(m, parameter, default)
    for parameter, kw_default in zip(arguments.kwonlyargs, function.kw_defaults):
        names[parameter.arg] = symbolic(m, parameter, NOTHING if kw_default is None else kw_default)
    if arguments.vararg is not None:
        names[arguments.vararg.arg] = Items(
            "tuple", (), Unknown(arguments.vararg.arg, "a parameter", free=True), symbol("len", 0)
        )
    if arguments.kwarg is not None:
        names[arguments.kwarg.arg] = Mapping(open=True)
    return names


def symbolic(m: Machine, parameter: ast.arg, default: Value) -> Value:
    """One parameter's value: an int or bool where its default or annotation says so, else unknown."""
    name = parameter.arg
    annotation = parameter.annotation
    kind = annotation.id if isinstance(annotation, ast.Name) else _attribute_name(annotation)
    if isinstance(default, (bool, Truth)) or kind == "bool":
        condition = guard(name)
        if isinstance(default, bool):
            (atom,) = condition.atoms
            m.defaults[atom] = int(default)
        return Truth(condition)
    if (isinstance(default, int) or kind == "int") and not isinstance(default, float):
        return symbol(name)
    if kind in ("Tensor", "FloatTensor", "LongTensor"):
        return Unknown(name, "a parameter", "tensor")
    if isinstance(default, float) or kind == "float":
        return Unknown(name, "a parameter", "float", True)
    text = (isinstance(default, str) and kind in (None, "str")) or kind == "str"
    value = Unknown(name, "a parameter", "str" if text else None, True)
    if default is None or isinstance(default, str):
        value.facts["default"] = default
    return value


def _attribute_name(annotation: ast.expr | None) -> str | None:
    return annotation.attr if isinstance(annotation, ast.Attribute) else None
