"""Which files import which: enough to find the files that use a layer without naming it. Nothing is resolved twice."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator

Parts = tuple[str, ...]


def parts_of(path: str) -> Parts:
    """The absolute path of a module as parts, without its suffix; a package stands for its `__init__.py`."""
    parts = tuple(os.path.splitext(os.path.abspath(path))[0].split(os.sep))
    return parts[:-1] if parts[-1] == "__init__" else parts


class Modules:
    """A set of modules, to be asked whether a file imports one of them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[Parts]] = {}
        for path in paths:
            parts = parts_of(path)
            self._by_name.setdefault(parts[-1], []).append(parts)
        words = b"|".join(re.escape(os.fsencode(name)) for name in sorted(self._by_name))
        self._line = re.compile(rb"^[ \t]*(?:from|import)\b[^\n#]*\b(?:%s)\b" % words, re.MULTILINE)

    def mentioned_in(self, data: bytes) -> bool:
        """Whether the bytes have an import with a module's name in its first line: a first look, before parsing."""
        return self._line.search(data) is not None

    def imported_by(self, path: str, tree: ast.Module) -> bool:
        """Whether a file imports one of the modules; an absolute import matches the end of a module's path."""
        here = parts_of(path) if os.path.basename(path) == "__init__.py" else parts_of(path)[:-1]
        return any(self._has(parts, exact) for parts, exact in _imports(tree, here))

    def _has(self, parts: Parts, exact: bool) -> bool:
        known = self._by_name.get(parts[-1], ()) if parts else ()
        return any(module == parts if exact else module[-len(parts) :] == parts for module in known)


def _imports(tree: ast.Module, here: Parts) -> Iterator[tuple[Parts, bool]]:
    """What a file may import, and whether it is a whole path (a relative import) or the end of one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((tuple(alias.name.split(".")), False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                module = here[: len(here) - node.level + 1] + module
            yield module, bool(node.level)
            yield from (((*module, alias.name), bool(node.level)) for alias in node.names)
