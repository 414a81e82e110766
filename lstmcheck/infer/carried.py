"""Which names a loop carries from one round into the next: those that its body may read before it assigns them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from lstmcheck.source.syntax import walk


def carried_names(loop: ast.For | ast.AsyncFor | ast.While) -> frozenset[str]:
    """The names whose value at the end of a round may be read in the next one."""
    read: set[str] = set()
    if isinstance(loop, ast.While):
        _read(loop.test, frozenset(), read)
        _run(loop.body, frozenset(), read)
    else:
        _run(loop.body, _assign(loop.target, frozenset(), read), read)
    return frozenset(read)


def _read(node: ast.AST | None, known: frozenset[str], read: set[str]) -> None:
    """Note what an expression or a nested definition reads beyond the names assigned so far."""
    if node is not None:
        for inner in walk(node):
            if type(inner) is ast.Name and type(inner.ctx) is not ast.Store and inner.id not in known:
                read.add(inner.id)


def _assign(target: ast.expr, known: frozenset[str], read: set[str]) -> frozenset[str]:
    _read(target, known, read)
    return known | {node.id for node in walk(target) if type(node) is ast.Name and type(node.ctx) is ast.Store}


def _run(statements: Iterable[ast.stmt], known: frozenset[str], read: set[str]) -> frozenset[str]:
    """Go through statements in order; the result is what is certainly assigned at their end."""
    for statement in statements:
        known = _statement(statement, known, read)
    return known


def _statement(node: ast.stmt, known: frozenset[str], read: set[str]) -> frozenset[str]:
    if isinstance(node, ast.Assign):
        _read(node.value, known, read)
        for target in node.targets:
            known = _assign(target, known, read)
        return known
    if isinstance(node, ast.AnnAssign):
        _read(node.value, known, read)
        return known if node.value is None else _assign(node.target, known, read)
    if isinstance(node, ast.AugAssign):
        if isinstance(node.target, ast.Name) and node.target.id not in known:
            read.add(node.target.id)
        _read(node.target, known, read)
        _read(node.value, known, read)
        return known
    if isinstance(node, ast.If):
        _read(node.test, known, read)
        return _run(node.body, known, read) & _run(node.orelse, known, read)
    if isinstance(node, (ast.For, ast.AsyncFor)):
        _read(node.iter, known, read)
        _run(node.body, _assign(node.target, known, read), read)
        _run(node.orelse, known, read)
        return known
    if isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            _read(item.context_expr, known, read)
            if item.optional_vars is not None:
                known = _assign(item.optional_vars, known, read)
        return _run(node.body, known, read)
    if isinstance(node, ast.While):
        _read(node.test, known, read)
        _run(node.body, known, read)
        _run(node.orelse, known, read)
        return known
    _read(node, known, read)
    return known
