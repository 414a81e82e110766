"""Which parts of a program can have to do with a recurrent layer, told by names alone.

A definition is relevant that mentions a layer, or another relevant definition that its file defines or imports.
Nothing else has to be looked at by itself: no finding can arise there. A file is concerned that has a relevant
definition, or reads at all what one of them may have left in a name; unless it only lists layers, or compares with
them, and has nothing that would build one.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lstmcheck.source import disk
from lstmcheck.source.mentions import asks
from lstmcheck.source.outline import RECEIVERS, Scope, builds, holders
from lstmcheck.source.parse import SourceFile
from lstmcheck.source.syntax import decorators, walk

LAYERS = frozenset({"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell", "RNNBase", "pack_padded_sequence"})
# reads a name of torch.nn that stands elsewhere
_ASKING = "getattr"
# what imports by text, or runs it, may reach anything
_BY_TEXT = frozenset(
    {"import_module", "__import__", "spec_from_file_location", "exec", "eval", "run_path", "run_module"}
)


class Relevance(NamedTuple):
    """What is looked at."""

    definitions: frozenset[ast.AST]  # classes and functions of modules
    files: frozenset[str]  # paths of the files to be run though nothing imports them
    makers: frozenset[ast.AST]  # definitions and statements that may come to build a layer, or to pack


def relevance(files: Sequence[SourceFile], roots: Sequence[str]) -> Relevance:
    """The definitions and files that can have to do with a recurrent layer."""
    views = [_View(file, roots) for file in files]
    # where a relevant name is defined
    names: dict[str, list[_View]] = dict.fromkeys(LAYERS, views)
    names[_ASKING] = [view for view in views if view.asks]
    found: set[ast.AST] = set()
    _spread(views, names, found)
    definitions = frozenset(found)
    for view in views:
        view.concerned = any(
            (scope.node in definitions and not scope.only_binds) or not _BY_TEXT.isdisjoint(scope.mentioned)
            for scope in view.definitions + view.statements
        )
        view.waiting += view.statements
        for scope in view.definitions:
            if scope.node in definitions:
                _note_registered(view, scope, names, views)
    _spread(views, names, found)
    tables = {name for view in views for scope in view.statements if scope.node in found for name in _bound(scope)}
    held = {name for view in views for scope in view.definitions for name in holders(scope.within(), LAYERS)}
    makers = _makers(views, LAYERS | (tables | held) - RECEIVERS, found)
    registering = {part for view in views if view.registers(makers) for part in view.imported_as}
    for view in views:
        view.concerned = (view.concerned and view.makes(makers)) or not registering.isdisjoint(view.modules)
    return Relevance(definitions, frozenset(view.path for view in views if view.concerned), frozenset(makers))


def _makers(views: Sequence[_View], holding: frozenset[str], relevant: set[ast.AST]) -> set[ast.AST]:
    """What of the relevant may build a layer itself, and what mentions some of that.

    `holding` are the names of layers, and of what may hold one.
    """
    found: set[ast.AST] = set()
    makers: dict[str, list[_View]] = {}
    for view in views:
        # a class of the file's own is told from torch's
        own = LAYERS & view.own
        layers = (LAYERS - own).union(f".{name}" for name in LAYERS)
        given = (holding - own).union(local for local, name in view.imported.items() if name in holding)
        called = given.union(f".{name}" for name in holding)
        view.waiting = []
        # the statements of a module share its names
        script = builds([part for scope in view.statements for part in scope.within()], layers, called, given)
        script = script or any(view.asks_in(scope) for scope in view.statements)
        for scope in view.definitions + view.statements:
            if scope.node not in relevant:
                continue
            own_parts = list(scope.within())
            if script if not scope.name else view.asks_in(scope) or builds(own_parts, layers, called, given):
                found.add(scope.node)
                for name in _bound(scope):
                    _note(makers, name, view)
            else:
                view.waiting.append(scope)
    _spread(views, makers, found)
    for view in views:
        for scope in view.definitions:
            if scope.node in found:
                _note_registered(view, scope, makers, views)
    _spread(views, makers, found)
    return found


def _spread(views: Iterable[_View], names: dict[str, list[_View]], found: set[ast.AST]) -> None:
    """Find every waiting scope that sees a relevant name; what it binds is relevant, too."""
    grows = True
    while grows:
        grows = False
        for view in views:
            known = view.known(names)
            rest: list[Scope] = []
            for scope in view.waiting:
                if any(view.sees(name, names) for name in scope.mentioned & known):
                    found.add(scope.node)
                    grows = True
                    # a table of layers is of no concern until something is done with it
                    view.concerned |= not scope.only_binds
                    for name in _bound(scope):
                        known.add(name)
                        _note(names, name, view)
                else:
                    rest.append(scope)
            view.waiting = rest


def _note(names: dict[str, list[_View]], name: str, view: _View) -> None:
    if name not in LAYERS and name != _ASKING:
        names.setdefault(name, []).append(view)


def _bound(scope: Scope) -> Iterable[str]:
    if scope.name:
        return (scope.name,)
    stored = {node.id for node in walk(scope.node) if type(node) is ast.Name and type(node.ctx) is ast.Store}
    return stored | scope.stored | scope.changed


def _note_registered(view: _View, scope: Scope, names: dict[str, list[_View]], views: Iterable[_View]) -> None:
    """What registers a relevant definition may hand it out by any name of the file that keeps the register."""
    for decorator in decorators(scope.node):
        for keeper in views:
            if decorator in keeper.own and (keeper is view or not keeper.parts.isdisjoint(view.modules)):
                kept = {name for statement in keeper.statements for name in _bound(statement)}
                for name in keeper.own | kept:
                    _note(names, name, keeper)


class _View:
    """A file: its scopes, those not yet found to be relevant, and what its imports let it see."""

    def __init__(self, file: SourceFile, roots: Sequence[str]) -> None:
        outline = file.outline
        self.path = file.path
        self.statements = [scope for scope in outline.statements if not scope.name]
        self.definitions = [
            scope
            for statement in outline.statements
            for scope in ([statement] if statement.name else statement.inner)
            if scope.name
        ]
        self.own = frozenset(scope.name for scope in self.definitions)
        self.waiting = list(self.definitions)
        self.concerned = False
        self.asks = asks(file.data)
        self.imported = outline.imported
        self.modules = outline.modules
        path = os.path.splitext(disk.real_path(file.path))[0]
        below = [os.path.relpath(path, root) for root in roots if path.startswith(os.path.join(root, ""))]
        parts = max(below, key=len, default=path).split(os.sep)
        self.parts = frozenset(parts)
        # its own name and its package's
        self.imported_as = parts[-2:]

    def registers(self, found: set[ast.AST]) -> bool:
        """Whether importing this file may hand a layer to another one: by a decorator, or a call of the module."""
        return any(decorators(scope.node) for scope in self.definitions if scope.node in found) or any(
            isinstance(scope.node, ast.Expr) for scope in self.statements if scope.node in found
        )

    def asks_in(self, scope: Scope) -> bool:
        """Whether a part of it reads a name of torch.nn that stands elsewhere."""
        return self.asks and _ASKING in scope.mentioned

    def makes(self, makers: set[ast.AST]) -> bool:
        """Whether a part of it builds a layer, or may reach anything by text."""
        parts = self.definitions + self.statements
        return any(scope.node in makers or not _BY_TEXT.isdisjoint(scope.mentioned) for scope in parts)

    def known(self, names: dict[str, list[_View]]) -> set[str]:
        """The relevant names, with those under which this file imports them."""
        renamed = (local for local, name in self.imported.items() if local != name and name in names)
        return set(names).union(renamed)

    def sees(self, name: str, names: dict[str, list[_View]]) -> bool:
        """Whether a name that this file mentions may be the relevant one."""
        if name in LAYERS or name in self.imported:
            return True
        if name == _ASKING:
            return self.asks
        return any(view is self or not view.parts.isdisjoint(self.modules) for view in names[name])
