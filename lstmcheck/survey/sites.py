"""Calls that look recurrent in the text alone, so that figures count what the engine never reached too.

A class may hold a recurrent layer in an attribute (`self.rnn = nn.LSTM(...)`, `self.rnns = nn.ModuleList([...])`,
`self.rnn = self.rnn_cell(...)` where a base class says `self.rnn_cell = nn.LSTM`); then every `self.rnn(...)` in the
class and the classes derived from it is counted. Names of a function or module are followed in the same way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lstmcheck.infer.observe import Place
from lstmcheck.source.mentions import NAMES
from lstmcheck.source.parse import SourceFile

_CONTAINERS = frozenset({"ModuleList", "ModuleDict", "Sequential", "OrderedDict"})
_THROUGH = frozenset({"to", "cuda", "cpu", "double", "float", "half", "eval", "train"})
_PAIRS = frozenset({"enumerate", "zip", "reversed", "list"})

Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class _Held:
    """Names that hold a recurrent class, a recurrent layer, or a container of layers."""

    classes: set[str] = field(default_factory=set)
    layers: set[str] = field(default_factory=set)
    containers: set[str] = field(default_factory=set)

    def add(self, other: _Held) -> None:
        self.classes |= other.classes
        self.layers |= other.layers
        self.containers |= other.containers

    def size(self) -> int:
        return len(self.classes) + len(self.layers) + len(self.containers)


def recurrent_calls(files: Sequence[SourceFile]) -> dict[Place, ast.Call]:
    """Every call that is, or by its text can only be, one of a recurrent layer held in a name or attribute."""
    classes = {
        node.name: (node, file) for file in files for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)
    }
    imported = {file.path: _imported(file.tree) for file in files}
    held: dict[str, _Held] = {name: _Held() for name in classes}
    for _ in range(4):  # an attribute may be made from another's class, which a base class names
        before = sum(one.size() for one in held.values())
        for name, (node, file) in classes.items():
            for base in node.bases:
                known = held.get(_last_name(base))
                if known is not None:
                    held[name].add(known)
            scope = _Scope(imported[file.path], held[name], _Held())
            for function in node.body:
                if isinstance(function, Function):
                    scope.names = _parameters(function, scope)
                    for _ in range(2):
                        for inner in ast.walk(function):
                            scope.learn(inner)
        if sum(one.size() for one in held.values()) == before:
            break
    found: dict[Place, ast.Call] = {}
    for file in files:
        for call in _calls_in(file.tree, _Scope(imported[file.path], _Held(), _Held()), held):
            found[file.path, call.lineno, call.col_offset] = call
    return found


class _Scope:
    """What names and attributes of `self` hold at one place."""

    def __init__(self, imported: frozenset[str], attributes: _Held, names: _Held) -> None:
        self.imported = imported
        self.attributes = attributes
        self.names = names

    def learn(self, node: ast.AST) -> None:
        """Take in one statement."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)):
            self._iterate(node.target, node.iter)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "add_module")
            and node.args
            and self.is_layer(node.args[-1])
        ):
            self._hold(node.func.value, "containers")

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if self.is_class(value):
            self._hold(target, "classes")
        elif self.is_layer(value):
            self._hold(target, "layers")
        elif self.is_container(value):
            self._hold(target, "containers")

    def _iterate(self, target: ast.expr, iterated: ast.expr) -> None:
        if isinstance(iterated, ast.Call) and _last_name(iterated.func) in _PAIRS and isinstance(target, ast.Tuple):
            first = 1 if _last_name(iterated.func) == "enumerate" else 0
            for element, source in zip(target.elts[first:], iterated.args):
                self._iterate(element, source)
        elif self.is_container(iterated):
            self._hold(target, "layers")

    def _hold(self, target: ast.expr, what: str) -> None:
        if isinstance(target, ast.Name):
            getattr(self.names, what).add(target.id)
        elif isinstance(target, ast.Attribute) and _is_self(target.value):
            getattr(self.attributes, what).add(target.attr)

    def _holds(self, node: ast.expr, what: str) -> bool:
        if isinstance(node, ast.Name):
            return node.id in getattr(self.names, what)
        return isinstance(node, ast.Attribute) and _is_self(node.value) and node.attr in getattr(self.attributes, what)

    def is_class(self, node: ast.expr) -> bool:
        """Whether an expression is a recurrent class, or one of several."""
        if isinstance(node, ast.Attribute) and node.attr in NAMES and _last_name(node.value) in ("nn", "rnn"):
            return True
        if isinstance(node, ast.Name) and node.id in self.imported:
            return True
        if isinstance(node, ast.IfExp):
            return self.is_class(node.body) or self.is_class(node.orelse)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                return self._holds(node.func.value, "classes") or self.is_class(node.func.value)
            of_torch = _last_name(node.func) == "getattr" and node.args and _last_name(node.args[0]) == "nn"
            return bool(of_torch and len(node.args) > 1 and _can_be_recurrent(node.args[1]))
        if isinstance(node, ast.Dict):
            return bool(node.values) and all(self.is_class(value) for value in node.values)
        if isinstance(node, ast.Subscript):
            return self.is_class(node.value)
        return self._holds(node, "classes")

    def is_layer(self, node: ast.expr) -> bool:
        """Whether an expression makes or holds a recurrent layer."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _THROUGH:
                return self.is_layer(node.func.value)
            return self.is_class(node.func)
        if isinstance(node, ast.IfExp):
            return self.is_layer(node.body) or self.is_layer(node.orelse)
        if isinstance(node, ast.Subscript):
            return self.is_container(node.value)
        return self._holds(node, "layers")

    def is_container(self, node: ast.expr) -> bool:
        """Whether an expression makes or holds several layers, a recurrent one among them."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "values":
                return self.is_container(node.func.value)
            if _last_name(node.func) not in _CONTAINERS or _last_name(node.func) == "Sequential":
                return False
            return any(self.is_container(arg) for arg in node.args)
        if isinstance(node, (ast.List, ast.Tuple)):
            return any(self.is_layer(element) for element in node.elts)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            return self.is_layer(node.elt)
        if isinstance(node, ast.Dict):
            return any(self.is_layer(value) for value in node.values)
        if isinstance(node, ast.BinOp):
            return self.is_container(node.left) or self.is_container(node.right)
        return self._holds(node, "containers")


def _calls_in(node: ast.AST, scope: _Scope, held: dict[str, _Held]) -> Iterator[ast.Call]:
    """The calls below one module, class or function, each scope with what it holds itself and what is around it."""
    own = list(_own_nodes(node))
    for _ in range(2):
        for inner in own:
            scope.learn(inner)
    for inner in own:
        if isinstance(inner, ast.Call) and not scope.is_class(inner.func) and scope.is_layer(inner.func):
            yield inner
    for inner in own:
        if isinstance(inner, ast.ClassDef):
            attributes = held.get(inner.name, _Held())
            yield from _calls_in(inner, _Scope(scope.imported, attributes, scope.names), held)
        elif isinstance(inner, Function):
            names = _parameters(inner, scope)
            rebound = {part.id for part in ast.walk(inner) if isinstance(part, ast.Name) and _is_store(part)}
            names.layers |= scope.names.layers - rebound - {arg.arg for arg in _arguments(inner)}
            names.classes |= scope.names.classes - rebound
            yield from _calls_in(inner, _Scope(scope.imported, scope.attributes, names), held)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below a node up to inner functions and classes, which are yielded and not entered."""
    pending: list[ast.AST] = list(reversed(list(ast.iter_child_nodes(node))))
    while pending:
        inner = pending.pop()
        yield inner
        if not isinstance(inner, (*Function, ast.ClassDef)):
            pending.extend(reversed(list(ast.iter_child_nodes(inner))))


def _parameters(function: ast.AST, scope: _Scope) -> _Held:
    """Parameters whose default is a recurrent class."""
    held = _Held()
    assert isinstance(function, Function)
    arguments = function.args
    positional = arguments.posonlyargs + arguments.args
    with_default = list(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults))
    with_default += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d is not None]
    held.classes |= {argument.arg for argument, default in with_default if scope.is_class(default)}
    return held


def _arguments(function: ast.AST) -> Iterable[ast.arg]:
    assert isinstance(function, Function)
    return (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)


def _is_store(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _imported(tree: ast.Module) -> frozenset[str]:
    """Names under which a module imports recurrent classes of torch."""
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch.nn")
        for alias in node.names
        if alias.name in NAMES
    )


def _can_be_recurrent(name: ast.expr) -> bool:
    """Whether `getattr(nn, name)` can be a recurrent class: the name is open, or one of them."""
    if isinstance(name, ast.Constant):
        return name.value in NAMES
    return any(word in ast.unparse(name).lower() for word in ("rnn", "cell", "lstm", "gru", "mode"))


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
