"""Which attributes the given files read and assign: gathered once, when a first question comes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from lstmcheck import words
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Site
from lstmcheck.source.syntax import walk

# what registers layers by hand, or collects their parameters
REGISTERS = frozenset({"add_module", "register_module", "setattr", "__setattr__", "_modules", "parameters", "modules"})


class Index:
    """What all given files do with attributes, by name."""

    def __init__(self, m: Machine) -> None:
        # attributes that are read for more than to see whether they are None or to renew them
        self.read: set[str] = set()
        # every plain assignment to an attribute, of whatever object
        self.assigned: dict[str, list[tuple[Site, ast.Assign]]] = {}
        # attributes in functions that register layers or collect parameters
        self.registered: set[str] = set()
        for file in m.project.given.values():
            self.read |= scopes.attribute_loads(file.tree)
            for node in scopes.of_kind(file.tree, ast.Assign):
                for name in _attributes(node.targets):
                    self.assigned.setdefault(name, []).append((Site(file, node), node))
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            for function in (each for kind in functions for each in scopes.of_kind(file.tree, kind)):
                named = file.outline.of.get(function)
                # what an outline leaves out gives no value
                if (named is None or not REGISTERS.isdisjoint(named.mentioned)) and mentions(function, REGISTERS):
                    self.registered |= _attributes([function])


def of(m: Machine) -> Index:
    """The index of a run, made when it is first asked for."""
    if m.attributes is None:
        m.attributes = Index(m)
    known: Index = m.attributes
    return known


def mentions(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a piece of code says one of some names, by itself or as an attribute."""
    return any(isinstance(inner, (ast.Attribute, ast.Name)) and words.last_name(inner) in names for inner in walk(node))


def _attributes(nodes: Sequence[ast.AST]) -> set[str]:
    return {inner.attr for inner in walk(*nodes) if isinstance(inner, ast.Attribute)}
