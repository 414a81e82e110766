"""Reading a function as text: who loads a name, where a call's state goes, what changes with a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from lstmcheck.infer.machine import Machine
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.values import Class, Frame
from lstmcheck.source.parse import SourceFile
from lstmcheck.source.syntax import FIELDS, by_name, walk

Node = TypeVar("Node", bound=ast.AST)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def scope_of(m: Machine) -> ast.AST:
    """The function that is running, or the module."""
    frame: Frame | None = m.frame
    while frame is not None:
        if frame.function is not None:
            return frame.function.node
        frame = frame.outer
    return m.frame.file.tree


class _Below(NamedTuple):
    """What stands below a node: the parent of each, and all by their kind in the order of `ast.walk`."""

    parents: dict[ast.AST, ast.AST]
    kinds: dict[type[ast.AST], list[Any]]


_IN_ORDER = {kind: tuple(reversed(fields)) for kind, fields in FIELDS.items()}


@remembered
def _below(scope: ast.AST) -> _Below:
    parents: dict[ast.AST, ast.AST] = {}
    kinds: dict[type[ast.AST], list[Any]] = {type(scope): [scope]}
    fields = _IN_ORDER
    waiting = [scope]
    for node in waiting:
        for name in fields[type(node)]:
            value = getattr(node, name, None)
            if value is None:
                continue
            for child in value if type(value) is list else (value,):
                if child is not None:
                    parents[child] = node
                    kind = type(child)
                    if kind in kinds:
                        kinds[kind].append(child)
                    else:
                        kinds[kind] = [child]
                    waiting.append(child)
    return _Below(parents, kinds)


def parents(scope: ast.AST) -> dict[ast.AST, ast.AST]:
    """The parent of every node below one."""
    return _below(scope).parents


def of_kind(scope: ast.AST, kind: type[Node]) -> list[Node]:
    """The node and those below it that are of one kind, in the order of `ast.walk`."""
    found: list[Node] = _below(scope).kinds.get(kind, [])
    return found


def around(scope: ast.AST, node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around one, from the inside out, up to the scope."""
    above = parents(scope)
    current = above.get(node)
    while current is not None:
        yield current
        current = above.get(current)


@remembered
def _named(scope: ast.AST) -> dict[str, list[ast.Name]]:
    """Where each name stands below a node."""
    return by_name(of_kind(scope, ast.Name))


def named(scope: ast.AST, name: str) -> list[ast.Name]:
    """Where a name is read, bound or deleted below a node, in the order of `ast.walk`."""
    return _named(scope).get(name, [])


def reads(scope: ast.AST, name: str) -> list[ast.Name]:
    """Where a name is read below a node, in the order of `ast.walk`."""
    return [node for node in named(scope, name) if isinstance(node.ctx, ast.Load)]


@remembered
def loads(scope: ast.AST) -> frozenset[str]:
    """The names that are read anywhere below a node."""
    return frozenset(node.id for node in of_kind(scope, ast.Name) if not isinstance(node.ctx, ast.Store))


@remembered
def _bindings(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """For every name that a plain assignment of its own binds below a node, what is assigned."""
    found: dict[str, list[ast.expr]] = {}
    for node in walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def bound_to(scope: ast.AST, name: str) -> list[ast.expr]:
    """What plain assignments below a node bind to a name of its own."""
    return _bindings(scope).get(name, [])


@remembered
def attribute_loads(tree: ast.AST) -> frozenset[str]:
    """The attributes that are read below a node, for more than to see whether they are None or to renew them."""
    above = parents(tree)
    found: set[str] = set()
    for node in of_kind(tree, ast.Attribute):
        if node.attr not in found and isinstance(node.ctx, ast.Load) and not _only_asks(node, above):
            found.add(node.attr)
    for constant in of_kind(tree, ast.Constant):
        if isinstance(constant.value, str) and constant.value.isidentifier():
            found.add(constant.value)
    return frozenset(found)


def _only_asks(node: ast.Attribute, above: dict[ast.AST, ast.AST]) -> bool:
    parent = above.get(node)
    if isinstance(parent, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops):
        return True
    while parent is not None and not isinstance(parent, ast.stmt):
        parent = above.get(parent)
    if not isinstance(parent, ast.Assign):
        return False
    return any(
        isinstance(inner, ast.Attribute) and inner.attr == node.attr
        for target in parent.targets
        for inner in walk(target)
    )


def state_target(scope: ast.AST, call: ast.AST, kind: str) -> ast.expr | None:
    """What the state of a recurrent call is bound to.

    That is the second target of `out, state = lstm(x)`, and the whole target of a cell's call. None where the call
    stands in any other place; a constant of that place where the program takes only the output (`lstm(x)[0]`).
    """
    parent = parents(scope).get(call)
    if isinstance(parent, ast.Subscript) and isinstance(parent.slice, ast.Constant) and not kind.endswith("Cell"):
        return parent.slice if parent.slice.value == 0 else None
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return None
    target = parent.targets[0]
    if kind.endswith("Cell"):
        return target
    if isinstance(target, ast.Tuple) and len(target.elts) == 2:
        second = target.elts[1]
        return None if isinstance(second, ast.Starred) else second
    return None


def is_unread(scope: ast.AST, target: ast.expr) -> bool:
    """Whether nothing below the scope reads what is bound to a target made of plain names."""
    read = loads(scope)
    if "locals" in read:
        return False
    parts = [node for node in ast.walk(target) if not isinstance(node, (ast.Tuple, ast.List, ast.expr_context))]
    return all(isinstance(part, ast.Constant) or (isinstance(part, ast.Name) and part.id not in read) for part in parts)


@remembered
def names_in(node: ast.AST) -> frozenset[str]:
    """Every plain name in a piece of code."""
    return frozenset(inner.id for inner in walk(node) if isinstance(inner, ast.Name))


@remembered
def _sources(loop: ast.AST) -> dict[str, set[str]]:
    """For every name that a loop's body binds, the names that it is made from."""
    depends: dict[str, set[str]] = {}
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
            value: ast.AST = node.value
        elif isinstance(node, (ast.AugAssign, ast.NamedExpr)):
            targets, value = [node.target], node
        elif isinstance(node, (ast.For, ast.AsyncFor)) and node is not loop:
            targets, value = [node.target], node.iter
        else:
            continue
        for target in targets:
            for name in names_in(target):
                depends.setdefault(name, set()).update(names_in(value))
    return depends


def depends(loop: ast.AST, name: str, sources: frozenset[str]) -> bool:
    """Whether a loop's body makes a name from one of some others, itself or through names in between."""
    made = _sources(loop)
    return name in made and not sources.isdisjoint(_reached(name, made))


@remembered
def varying(loop: ast.AST) -> frozenset[str]:
    """The names whose values change from round to round: what a loop is over, and what a round takes from the last."""
    depends = _sources(loop)
    found = set(names_in(loop.target)) if isinstance(loop, (ast.For, ast.AsyncFor)) else set()
    found |= {name for name in depends if name in _reached(name, depends)}
    while True:
        new = {name for name, sources in depends.items() if name not in found and sources & found}
        if not new:
            return frozenset(found)
        found |= new


def _reached(name: str, depends: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    pending = list(depends[name])
    while pending:
        source = pending.pop()
        if source not in reached:
            reached.add(source)
            pending += depends.get(source, ())
    return reached


def method_around(file: SourceFile, node: ast.AST) -> ast.FunctionDef | None:
    """The method of a class in whose body a node stands; None where the nearest function is no method."""
    chain = list(around(file.tree, node))
    for i, outer in enumerate(chain):
        if isinstance(outer, FUNCTIONS):
            inside = i + 1 < len(chain) and isinstance(chain[i + 1], ast.ClassDef)
            return outer if inside and isinstance(outer, ast.FunctionDef) else None
    return None


def method_of(m: Machine, frame: Frame | None = None) -> tuple[Class, ast.FunctionDef] | None:
    """The class and the method that a frame runs; None in plain functions and in modules."""
    current: Frame | None = frame or m.frame
    while current is not None and current.function is None:
        current = current.outer
    if current is None or current.function is None or current.function.owner is None:
        return None
    node = current.function.node
    return (current.function.owner, node) if isinstance(node, ast.FunctionDef) else None
