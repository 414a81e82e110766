"""Walking a syntax tree fast: only the fields that can hold code, no operators, contexts or positions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from lstmcheck.source.mentions import NAMES

# The line before each cell in the program that a notebook's cells make, before the cell's number.
CELL_HEAD = "# %% cell "

# Nodes without code below them, and nodes that say how another one is meant.
_LEAVES = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.type_ignore)
_PLAIN_FIELDS = frozenset(
    {"arg", "asname", "attr", "ctx", "id", "kind", "kwd_attrs", "level", "module", "name", "rest", "type_comment"}
)
_NOT_CODE = {
    ast.Constant: {"value"},
    ast.BinOp: {"op"},
    ast.UnaryOp: {"op"},
    ast.BoolOp: {"op"},
    ast.AugAssign: {"op"},
    ast.Compare: {"ops"},
    ast.FormattedValue: {"conversion"},
    ast.AnnAssign: {"simple"},
    ast.comprehension: {"is_async"},
    ast.Global: {"names"},
    ast.Nonlocal: {"names"},
    ast.MatchSingleton: {"value"},
}


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that can hold other nodes, the last first, so that a stack gives them in order."""
    without = _NOT_CODE.get(kind, set())
    code = [field for field in kind._fields if field not in _PLAIN_FIELDS and field not in without]
    return tuple(reversed(code))


FIELDS: dict[type, tuple[str, ...]] = {
    kind: _fields(kind)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and not issubclass(kind, _LEAVES)
}


def walk(*roots: ast.AST) -> Iterator[Any]:
    """Every node below the roots and the roots themselves, in the order of the text; operators are left out."""
    waiting: list[Any] = list(reversed(roots))
    fields = FIELDS
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        yield node
        for name in fields[type(node)]:
            value = getattr(node, name, None)
            if type(value) is list:
                waiting.extend(reversed(value))
            elif value is not None:
                waiting.append(value)


def by_name(names: Iterable[ast.Name]) -> dict[str, list[ast.Name]]:
    """Nodes that are names, by what they say, each in the order that they come in."""
    found: dict[str, list[ast.Name]] = {}
    for node in names:
        found.setdefault(node.id, []).append(node)
    return found


def decorators(definition: ast.AST) -> set[str]:
    """The names that the decorators of a definition begin with, calls and one attribute taken off."""
    found = set()
    for decorator in getattr(definition, "decorator_list", ()):
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            found.add(node.id)
    return found


def names_layer(tree: ast.Module) -> bool:
    """The last tier: a recurrent layer is named in code (as a name, an attribute, an import, or a whole string)."""
    for node in walk(tree):
        if isinstance(node, ast.Name):
            found = node.id in NAMES
        elif isinstance(node, ast.Attribute):
            found = node.attr in NAMES
        elif isinstance(node, ast.alias):
            found = node.name.rpartition(".")[2] in NAMES
        elif isinstance(node, ast.Constant):
            found = isinstance(node.value, str) and node.value in NAMES
        else:
            found = False
        if found:
            return True
    return False
