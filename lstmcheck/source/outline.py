"""What each function and class of a file mentions, assigns and changes, from one walk over its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from lstmcheck.source.syntax import FIELDS, walk

MAX_TEXT = 40

MUTATORS = frozenset(
    {
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "update",
        "setdefault",
        "add",
        "sort",
        "reverse",
        "popitem",
    }
)
# what a method calls its class or object
RECEIVERS = frozenset({"cls", "self"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TESTS = ("isinstance", "issubclass")
_SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda})
# a name in an annotation gives no value
_FIELDS = {
    kind: tuple(name for name in fields if name not in ("annotation", "returns")) for kind, fields in FIELDS.items()
}


class Scope:
    """A function, class, lambda or statement of a module: what stands in it, scopes inside it apart."""

    __slots__ = (
        "_all",
        "acts",
        "bound",
        "called",
        "calls",
        "changed",
        "compared",
        "globals",
        "handed",
        "inner",
        "names",
        "node",
        "offered",
        "put",
        "stored",
        "tested",
        "texts",
        "yields",
    )

    def __init__(self, node: ast.AST) -> None:
        self.node = node
        # in no order
        self.inner: list[Scope] = []
        # names and attributes
        self.names: set[str] = set()
        # names that only tell one value from another: classes in `isinstance(m, nn.LSTM)`, keys of a table, a set
        self.tested: set[str] = set()
        # short texts: they may name something (`getattr`, `setattr`)
        self.texts: set[str] = set()
        # names and attributes that are operands of a comparison
        self.compared: set[str] = set()
        # texts that are not only that
        self.offered: set[str] = set()
        # attributes that are assigned or deleted
        self.stored: set[str] = set()
        # those of them that are not the attributes of a method's own object
        self.put: set[str] = set()
        # names and attributes whose contents are changed in place (`x.append(...)`, `self.x[k] = v`)
        self.changed: set[str] = set()
        # what is called: a name, an attribute as ".name", and empty for what is neither (`table[kind](...)`)
        self.called: set[str] = set()
        # what is an argument of a call, or a base of a class, in the same way
        self.handed: set[str] = set()
        # parameters but for a method's first, and names that are assigned
        self.bound: set[str] = set()
        # methods that are called on a name
        self.calls: set[str] = set()
        self.globals: set[str] = set()
        self.yields = False
        # it calls something
        self.acts = False
        self._all: frozenset[str] | None = None

    @property
    def is_function(self) -> bool:
        """Whether this is a `def`."""
        return isinstance(self.node, _FUNCTIONS)

    @property
    def name(self) -> str:
        """The name of a function or class, empty for anything else."""
        name: str = getattr(self.node, "name", "")
        return name

    @property
    def mentioned(self) -> frozenset[str]:
        """Every name, attribute and short text in it that may give it a value, inner scopes included."""
        if self._all is None:
            self._all = frozenset(self.names.union(self.texts, *(scope.mentioned for scope in self.inner)))
        return self._all

    @property
    def named(self) -> frozenset[str]:
        """What is mentioned, and what values are only compared with."""
        return frozenset(self.mentioned.union(*(scope.tested for scope in self.within())))

    @property
    def read_inside(self) -> frozenset[str]:
        """What functions in it mention, or it itself where it is one: they may read a name of the code around them."""
        if isinstance(self.node, (*_FUNCTIONS, ast.Lambda)):
            return self.named
        return frozenset().union(*(scope.read_inside for scope in self.inner))

    @property
    def only_binds(self) -> bool:
        """Whether a statement of a module does no more than to give values to names: it calls and changes nothing."""
        return isinstance(self.node, (ast.Assign, ast.AnnAssign)) and not (self.acts or self.stored or self.changed)

    def gives(self, names: Set[str]) -> bool:
        """Whether its own code may give something one of some names."""
        return not names.isdisjoint(self.names | self.texts) and not names.isdisjoint(
            (self.names - self.compared) | self.offered
        )

    def within(self) -> Iterator[Scope]:
        """This scope and all inside it."""
        yield self
        for scope in self.inner:
            yield from scope.within()


def holders(scopes: Iterable[Scope], given: Set[str]) -> set[str]:
    """The attributes of classes that may hold what is given."""
    classes = (scope for scope in scopes if isinstance(scope.node, ast.ClassDef))
    return set().union(*(scope.bound for scope in classes if scope.gives(given)))


def builds(scopes: Sequence[Scope], layers: Set[str], called_holders: Set[str], given: Set[str]) -> bool:
    """Whether a piece of code may build one of some layers; these, and their holders, as they would be called.

    That is where it hands one to a call or to a class derived from it, where it calls one or a holder of some, or where
    it gives one of what is `given` to a variable, to an attribute, to what has no name, or to the constructor of a base
    class, and calls that.
    """
    called = set().union(*(scope.called for scope in scopes))
    if not called.isdisjoint(called_holders) or any(not layers.isdisjoint(scope.handed) for scope in scopes):
        return True
    functions = [scope for scope in scopes if not isinstance(scope.node, ast.ClassDef)]
    if any(scope.gives(given) for scope in functions):
        bound = set().union(*(scope.bound for scope in functions))
        stored = set().union(*(scope.stored for scope in functions))
        return not called.isdisjoint(bound.union(_as_called(stored), ("", ".__init__")))
    held = holders(scopes, given)
    return bool(held) and not called.isdisjoint(_as_called(held) | {""})


class Outline:
    """The scopes of a file: one for each statement of the module, and by node."""

    def __init__(self, tree: ast.Module) -> None:
        self.of: dict[ast.AST, Scope] = {}
        # what `from ... import name as local` binds, by local name
        self.imported: dict[str, str] = {}
        # parts of the paths of modules that are imported, or may be
        self.modules: set[str] = set()
        self.statements = [self._scope(statement) for statement in tree.body]

    def scopes(self) -> Iterator[Scope]:
        """Every scope of the file."""
        for statement in self.statements:
            yield from statement.within()

    def _scope(self, node: ast.AST) -> Scope:
        scope = self.of[node] = Scope(node)
        self._fill(scope, node)
        return scope

    def _fill(self, scope: Scope, root: ast.AST) -> None:
        names, changed = scope.names, scope.changed
        waiting: list[Any] = [root]
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind is ast.Name:
                if type(node.ctx) is not ast.Store:
                    names.add(node.id)
                else:
                    scope.bound.add(node.id)
                continue
            if kind is ast.Constant:
                if type(node.value) is str and len(node.value) < MAX_TEXT:
                    scope.texts.add(node.value)
                    scope.offered.add(node.value)
                continue
            if kind is ast.Attribute:
                names.add(node.attr)
                if type(node.ctx) is not ast.Load:
                    scope.stored.add(node.attr)
                    if not _is_receiver(node.value):
                        scope.put.add(node.attr)
                waiting.append(node.value)
                continue
            if kind is ast.Call:
                called = node.func
                if type(called) is ast.Name and called.id in _TESTS and len(node.args) == 2:
                    waiting.append(node.args[0])
                    _note_tested(scope, node.args[1])
                    continue
                scope.acts = True
                _note_handed(scope.handed, node.args)
                _note_handed(scope.handed, (keyword.value for keyword in node.keywords))
                if type(called) is ast.Name:
                    scope.called.add(called.id)
                    if called.id == "setattr" and node.args and not _is_receiver(node.args[0]):
                        _note_changed(changed, node.args[0])
                elif type(called) is not ast.Attribute:
                    scope.called.add("")
                else:
                    scope.called.add(f".{called.attr}")
                    if called.attr in MUTATORS:
                        _note_changed(changed, called.value)
                    if type(called.value) is ast.Name:
                        scope.calls.add(called.attr)
            elif kind is ast.Subscript:
                if type(node.ctx) is not ast.Load:
                    _note_changed(changed, node.value)
            elif kind is ast.AugAssign:
                _note_changed(changed, node.target)
            elif kind in _SCOPES:
                if node is not root:
                    scope.inner.append(self._scope(node))
                    continue
                if isinstance(node, ast.ClassDef):
                    _note_handed(scope.handed, node.bases)
            elif kind is ast.ImportFrom or kind is ast.Import:
                self._note_import(node)
                continue
            elif kind is ast.Dict:
                for key in node.keys:
                    _note_tested(scope, key)
                waiting += node.values
                continue
            elif kind is ast.Set:
                for element in node.elts:
                    if type(element) is ast.Name or type(element) is ast.Attribute:
                        _note_tested(scope, element)
                    else:
                        waiting.append(element)
                continue
            elif kind is ast.Compare:
                for part in (node.left, *node.comparators):
                    if type(part) is not ast.Constant:
                        waiting.append(part)
                        if type(part) is ast.Attribute:
                            scope.compared.add(part.attr)
                        elif type(part) is ast.Name:
                            scope.compared.add(part.id)
                    elif type(part.value) is str and len(part.value) < MAX_TEXT:
                        scope.texts.add(part.value)
                continue
            elif kind is ast.arg:
                if node.arg not in RECEIVERS:
                    scope.bound.add(node.arg)
                continue
            elif kind is ast.Yield or kind is ast.YieldFrom:
                scope.yields = True
            elif kind is ast.Global:
                scope.globals.update(node.names)
            elif node is None:
                continue
            for name in _FIELDS[kind]:
                value = getattr(node, name, None)
                if type(value) is list:
                    waiting += value
                elif value is not None:
                    waiting.append(value)

    def _note_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom):
            self.imported.update((alias.asname or alias.name, alias.name) for alias in node.names)
            self.modules.update((node.module or "").split("."))
        for alias in node.names:
            self.modules.update(alias.name.split("."))


def _note_handed(handed: set[str], values: Iterable[ast.expr]) -> None:
    for value in values:
        if type(value) is ast.Name:
            handed.add(value.id)
        elif type(value) is ast.Attribute:
            handed.add(f".{value.attr}")


def _as_called(attributes: Set[str]) -> set[str]:
    return {f".{name}" for name in attributes}


def _note_tested(scope: Scope, node: ast.expr | None) -> None:
    """Note names that are only compared with."""
    for part in () if node is None else walk(node):
        if type(part) is ast.Name:
            scope.tested.add(part.id)
        elif type(part) is ast.Attribute:
            scope.tested.add(part.attr)
        elif type(part) is ast.Constant and type(part.value) is str and len(part.value) < MAX_TEXT:
            scope.texts.add(part.value)


def _is_receiver(node: ast.expr) -> bool:
    return type(node) is ast.Name and node.id in RECEIVERS


def _note_changed(changed: set[str], target: ast.expr) -> None:
    while isinstance(target, ast.Subscript):
        # what is inside a container is changed with it: `self.results[run].append(...)`
        target = target.value
    if isinstance(target, ast.Attribute) and target.attr == "__dict__":
        target = target.value
    elif (
        isinstance(target, ast.Call) and isinstance(target.func, ast.Name) and target.func.id == "vars" and target.args
    ):
        target = target.args[0]
    if type(target) is ast.Attribute:
        changed.add(target.attr)
    elif type(target) is ast.Name:
        changed.add(target.id)
