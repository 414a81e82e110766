"""Which files use a layer without naming it: those that import a class or function which has one inside."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Parts = tuple[str, ...]

# Import statements by their text, parentheses included: a fraction of the price of parsing, and only a first look.
_FROM = re.compile(rb"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\n\\]|\\\n)*)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([^\n#;]+)", re.MULTILINE)
_WORD = re.compile(rb"\w+")
_ATTRIBUTE = re.compile(rb"\.\s*(\w+)")


class Provider(NamedTuple):
    """A module and the names in it that have a layer inside."""

    parts: Parts  # the absolute path, a package standing for its `__init__.py`
    depth: int  # how many of the last parts an absolute import may name
    names: frozenset[str]


def parts_of(path: str) -> Parts:
    """The absolute path of a module as parts, without its suffix."""
    parts = tuple(os.path.splitext(os.path.abspath(path))[0].split(os.sep))
    return parts[:-1] if parts[-1] == "__init__" else parts


def provider(path: str, tree: ast.Module, wanted: Iterable[str], roots: Iterable[str]) -> Provider:
    """What a file provides: its top-level names that mention a wanted name, or a name of the file that does."""
    parts = parts_of(path)
    tops = [len(parts_of(root)) for root in roots if parts[: len(parts_of(root))] == parts_of(root)]
    # The directory that was given may itself be the package, so its own name counts too.
    depth = max(len(parts) - min(tops, default=len(parts)) + 1, 1)
    return Provider(parts, depth, frozenset(_providing(tree, set(wanted))))


def _providing(tree: ast.Module, wanted: set[str]) -> set[str]:
    mentions = [(names, _mentioned(statement)) for statement in tree.body if (names := set(_bound(statement)))]
    found: set[str] = set()
    while True:
        more = {name for names, used in mentions if used & (wanted | found) for name in names}
        if more <= found:
            return found
        found |= more


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _mentioned(statement: ast.stmt) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 20:
            found.add(node.value)
    return found


class Providers:
    """Modules that provide layers, to be asked what of theirs a file imports."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._all = [provider for provider in providers if provider.names]
        self._by_last: dict[str, list[tuple[Provider, int]]] = {}
        for provider in self._all:
            for up in range(provider.depth):
                end = len(provider.parts) - up
                self._by_last.setdefault(provider.parts[end - 1], []).append((provider, end))

    def used_by(self, path: str, data: bytes) -> set[str]:
        """The provided names that a file imports, or reads from a module that it imports."""
        if not self._all:
            return set()
        here = parts_of(path)
        package = here if os.path.basename(path) == "__init__.py" else here[:-1]
        found: set[str] = set()
        for match in _FROM.finditer(data):
            module = match[1].decode("utf-8", "replace")
            parts, exact = _resolved(module, package)
            names = {word.decode("utf-8", "replace") for word in _WORD.findall(match[2])}
            offered = self._names(parts, exact)
            found |= offered if b"*" in match[2] else offered & names
            for name in names - found:
                found |= self._read(self._names((*parts, name), exact), data)
        for match in _IMPORT.finditer(data):
            for module in match[1].decode("utf-8", "replace").split(","):
                name = module.split(" as ")[0].strip()
                found |= self._read(self._names(tuple(name.split(".")), False), data)
        return found

    def _names(self, parts: Parts, exact: bool) -> set[str]:
        """What a module offers: its own names, and for a package those of the modules below it."""
        found: set[str] = set()
        for provider, end in self._by_last.get(parts[-1], ()) if parts else ():
            start = 0 if exact else end - len(parts)
            if (
                start >= 0
                and (exact or start >= len(provider.parts) - provider.depth)
                and provider.parts[start:end] == parts
            ):
                found |= provider.names
        return found

    def _read(self, offered: set[str], data: bytes) -> set[str]:
        if not offered:
            return offered
        return offered & {name.decode("utf-8", "replace") for name in _ATTRIBUTE.findall(data)}


def _resolved(module: str, package: Parts) -> tuple[Parts, bool]:
    """A module's parts, and whether they are a whole path (a relative import) or the end of one."""
    name = module.lstrip(".")
    level = len(module) - len(name)
    parts = tuple(name.split(".")) if name else ()
    if not level:
        return parts, False
    return package[: max(len(package) - level + 1, 0)] + parts, True
