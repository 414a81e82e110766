"""Which definitions of a program can have to do with a recurrent layer, told by names alone.

A definition is relevant that mentions a layer, or another relevant definition that its file defines or imports.
Nothing else has to be looked at by itself: no finding can arise there.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Sequence

from lstmcheck.source.outline import Scope
from lstmcheck.source.parse import SourceFile

LAYERS = frozenset({"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell", "RNNBase", "pack_padded_sequence"})


def relevant(files: Iterable[SourceFile], roots: Sequence[str]) -> frozenset[ast.AST]:
    """The classes and functions of modules that can have to do with a recurrent layer."""
    views = [_View(file, roots) for file in files]
    found: set[ast.AST] = set()
    # where a relevant name is defined
    names: dict[str, list[_View]] = dict.fromkeys(LAYERS, views)
    grows = True
    while grows:
        grows = False
        for view in views:
            rest: list[Scope] = []
            for scope in view.waiting:
                if any(view.sees(name, names) for name in scope.mentioned & view.known(names)):
                    found.add(scope.node)
                    names.setdefault(scope.name, []).append(view)
                    grows = True
                else:
                    rest.append(scope)
            view.waiting = rest
    return frozenset(found)


class _View:
    """A file: the definitions not yet found to be relevant, and what its imports let it see."""

    def __init__(self, file: SourceFile, roots: Sequence[str]) -> None:
        outline = file.outline
        self.waiting = [
            scope
            for statement in outline.statements
            for scope in ([statement] if statement.name else statement.inner)
            if scope.name
        ]
        self.imported = outline.imported
        self.modules = outline.modules
        path = os.path.splitext(os.path.realpath(file.path))[0]
        below = [os.path.relpath(path, root) for root in roots if path.startswith(os.path.join(root, ""))]
        self.parts = frozenset(max(below, key=len, default=path).split(os.sep))

    def known(self, names: dict[str, list[_View]]) -> set[str]:
        """The relevant names, with those under which this file imports them."""
        renamed = (local for local, name in self.imported.items() if local != name and name in names)
        return set(names).union(renamed)

    def sees(self, name: str, names: dict[str, list[_View]]) -> bool:
        """Whether a name that this file mentions may be the relevant one."""
        if name in LAYERS or name in self.imported:
            return True
        return any(view is self or not view.parts.isdisjoint(self.modules) for view in names[name])
