"""Which files use a layer without naming it: those that import a class or function which has one inside."""

from __future__ import annotations

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeGuard

from lstmcheck.source import disk, mentions, reading
from lstmcheck.source.outline import Outline
from lstmcheck.source.resolve import LIBRARIES, Resolver
from lstmcheck.source.syntax import decorators

Parts = tuple[str, ...]

# Import statements are told by their text, parentheses included: a fraction of the price of parsing, a first look only.
_WORD_IMPORT = re.compile(rb"import(?=[ \t(]|_module\()")
# A list without an end is not looked for through all of the file, from each of its imports.
_NAMES = re.compile(rb"[ \t]*(\([^)]{0,10000}\)|[^\n\\]*(?:\\\n[^\n\\]*){0,100})")
_MODULES = re.compile(rb"[ \t]+([^\n#;]+)")
_BY_TEXT = ord("_")
# Python itself would break without these, so that no program has a module of such a name.
_NEVER = frozenset(
    b"torch numpy typing __future__ abc collections contextlib copy dataclasses enum functools inspect io itertools "
    b"json logging math operator os re sys time traceback types typing_extensions unittest warnings weakref".split()
)
# No path of a module is so long: of a longer line, what stands further left is not looked at.
_FAR = 400  # bytes
_ANY_DEPTH = 1_000
# a text that can be the path of a module, or the beginning of one: `f"models.{name}"`
_DOTTED = (re.compile(rb"'([\w{}][\w{}.]*)'"), re.compile(rb'"([\w{}][\w{}.]*)"'))
_DIRECT = re.compile(rb"import_module\([ \t]*[\"'](\w+)[\"']")
_BETWEEN = bytes.maketrans(b",()\\", b"    ")
_ATTRIBUTE = re.compile(rb"\.\s*(\w+)")


class Provider(NamedTuple):
    """A module and the names in it that have a layer inside."""

    parts: Parts  # the absolute path, a package standing for its `__init__.py`
    depth: int  # how many of the last parts an absolute import may name
    names: frozenset[str]


class Imports(NamedTuple):
    """What a file imports, libraries left out."""

    members: list[tuple[str, frozenset[str], bool]]  # of `from module import names`; whether a star is among them
    modules: list[tuple[str, str]]  # of `import module as name`
    said: frozenset[Parts]  # texts that can be the path of a module, where modules are imported by text


def parts_of(path: str) -> Parts:
    """The absolute path of a module as parts, without its suffix."""
    parts = tuple(os.path.splitext(os.path.abspath(path))[0].split(os.sep))
    return parts[:-1] if parts[-1] == "__init__" else parts


def provider(path: str, outline: Outline, wanted: Iterable[str] | None, roots: Iterable[str]) -> Provider:
    """What a file provides: its top-level names that mention a wanted name, or a name of the file that does.

    None wants every name.
    """
    parts = parts_of(path)
    tops = [len(parts_of(root)) for root in roots if parts[: len(parts_of(root))] == parts_of(root)]
    # The directory that was given may itself be the package, so its own name counts too.
    depth = max(len(parts) - min(tops, default=len(parts)) + 1, 1)
    names = {name for scope in outline.statements for name in _bound(scope.node)} if wanted is None else None
    return Provider(parts, depth, frozenset(_providing(outline, set(wanted or ())) if names is None else names))


def _providing(outline: Outline, wanted: set[str]) -> set[str]:
    statements = [(names, scope.mentioned) for scope in outline.statements if (names := set(_bound(scope.node)))]
    own = {name for names, _ in statements for name in names}
    nodes = [scope.node for scope in outline.statements]
    decorated = {node.name: decorators(node) & own for node in nodes if _is_definition(node)}
    found: set[str] = set()
    registers: set[str] = set()
    while True:
        known = wanted | found
        # whoever is registered beside a layer's maker has no layer by that
        more = {
            name
            for names, used in statements
            for name in names
            if used & (known - (decorated[name] & registers) if name in decorated else known)
        }
        # what registers a layer's maker hands it out by other names of the file
        fresh = set().union(*(decorated.get(name, set()) for name in more)) - more - registers
        if fresh:
            registers |= fresh
            kept = set().union(*(used for names, used in statements if names & fresh)) & own
            more |= fresh | {name for names, used in statements if used & kept for name in names}
        more.discard("__all__")
        if more <= found:
            return found
        found |= more


def _is_definition(statement: ast.AST) -> TypeGuard[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))


def _bound(statement: ast.AST) -> Iterator[str]:
    if _is_definition(statement):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


class Providers:
    """Modules that provide layers, to be asked what of theirs a file imports."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._all = [provider for provider in providers if provider.names]
        self._by_last: dict[str, list[tuple[Provider, int]]] = {}
        # the last parts of the modules' paths and of their packages'
        self._ends = {part for provider in self._all for part in provider.parts[-2:]}
        for provider in self._all:
            for up in range(provider.depth):
                end = len(provider.parts) - up
                self._by_last.setdefault(provider.parts[end - 1], []).append((provider, end))

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def lasts(self) -> Iterable[str]:
        """The last parts of the paths under which they can be imported."""
        return self._by_last.keys()

    def used_by(self, path: str, data: bytes, imports: Imports | None = None) -> set[str]:
        """The provided names that a file imports, or reads from a module that it imports."""
        if not self._all:
            return set()
        package = _package(path)
        imports = imports_of(data) if imports is None else imports
        found: set[str] = set()
        for module, names, star in imports.members:
            parts, exact = _resolved(module, package)
            offered = self._names(parts, exact)
            found |= offered if star else offered & names
            for name in names - found:
                found |= self._read((*parts, name), exact, name, data)
        for module, alias in imports.modules:
            found |= self._read(tuple(module.split(".")), False, alias, data)
        for said in filter(self._may_lead, imports.said):
            for provider in self._all:
                if _leads_to(said, provider.parts):
                    found |= provider.names
        return found

    def _may_lead(self, said: Parts) -> bool:
        """Whether a text can be the path of a module at all."""
        end = said[-2:-1] if _is_beginning(said) else said[-1:]
        return not self._ends.isdisjoint(end)

    def may_serve(self, path: str, imports: Imports) -> bool:
        """Whether a file imports a module that provides anything: False where it uses none of it."""
        if not self._all:
            return False
        package: Parts | None = None
        for module, names, _ in imports.members:
            if module.startswith("."):
                package = package if package is not None else _package(path)
            elif module.rpartition(".")[2] not in self._by_last and names.isdisjoint(self._by_last):
                continue
            parts, exact = _resolved(module, package or ())
            if self._names(parts, exact) or any(self._names((*parts, name), exact) for name in names):
                return True
        if any(self._names(tuple(module.split(".")), False) for module, _ in imports.modules):
            return True
        said = filter(self._may_lead, imports.said)
        return any(_leads_to(text, provider.parts) for text in said for provider in self._all)

    def _names(self, parts: Parts, exact: bool, below: int = _ANY_DEPTH) -> set[str]:
        """What a module offers: its own names, and for a package those of the modules so far below it."""
        found: set[str] = set()
        if not parts or parts[-1] not in self._by_last:
            return found
        for provider, end in self._by_last[parts[-1]]:
            start = 0 if exact else end - len(parts)
            if (
                start >= 0
                and len(provider.parts) - end <= below
                and (exact or start >= len(provider.parts) - provider.depth)
                and provider.parts[start:end] == parts
            ):
                found |= provider.names
        return found

    def _read(self, parts: Parts, exact: bool, module: str, data: bytes) -> set[str]:
        """What of a module's names a file reads from it; all where it hands it on, or imports it and no more."""
        offered = self._names(parts, exact)
        if not offered:
            return offered
        name = re.escape(module.encode())
        if data.count(module.encode()) == 1 or len(re.findall(rb"\b%b\b(?!\s*\.)" % name, data)) > 1:
            return self._names(parts, exact, 1)
        return offered & {name.decode("utf-8", "replace") for name in _ATTRIBUTE.findall(data)}


class Index:
    """Files by the last parts of the paths that they import, so that few have to be asked what they use."""

    def __init__(self, known: Mapping[str, Imports]) -> None:
        self._by_last: dict[str, list[str]] = defaultdict(list)
        self._of_any: list[str] = []
        for path, imports in known.items():
            self.add(path, imports)

    def add(self, path: str, imports: Imports) -> None:
        """Another file."""
        members, modules, said = imports
        lasts = {module.rpartition(".")[2] for module, _ in modules}
        for module, names, _ in members:
            lasts.add(module.rpartition(".")[2])
            lasts |= names
        # the last part is the package's own, or stands in a text
        if said or "" in lasts:
            self._of_any.append(path)
        for last in lasts:
            self._by_last[last].append(path)

    def may_use(self, providers: Providers) -> set[str]:
        """The files that may import one of some modules; that the others do not is certain."""
        return set(self._of_any).union(*(self._by_last.get(last, ()) for last in providers.lasts))


def _package(path: str) -> Parts:
    here = parts_of(path)
    return here if os.path.basename(path) == "__init__.py" else here[:-1]


class _Statements(NamedTuple):
    """Import statements as they are written, libraries left out."""

    members: list[tuple[bytes, bytes]]  # of `from module import names`
    modules: list[bytes]  # each `module as name` of `import`
    by_text: bool  # whether modules are imported by text


def _statements(data: bytes) -> _Statements:
    """The import statements that begin a line."""
    members = []
    modules: list[bytes] = []
    by_text = False
    for match in _WORD_IMPORT.finditer(data):
        start, end = match.span()
        if data[end] == _BY_TEXT:
            by_text = True
            continue
        line = data.rfind(b"\n", max(start - _FAR, 0), start) + 1
        origin = _origin(data[line:start]) if line or start <= _FAR else None
        if origin is None:
            continue
        if origin:
            listed = _NAMES.match(data, end)
            if listed is not None:
                members.append((origin, listed[1]))
        else:
            listed = _MODULES.match(data, end)
            if listed is not None:
                modules += (one for one in listed[1].split(b",") if _head(one) not in _NEVER)
    return _Statements(members, modules, by_text)


@lru_cache(maxsize=4096)  # many lines begin alike
def _origin(before: bytes) -> bytes | None:
    """The module of a line that begins with `from module`, empty where nothing stands before `import`.

    None for what is no import statement, and for libraries.
    """
    words = before.split()
    if not words:
        return b""
    return words[1] if len(words) == 2 and words[0] == b"from" and _head(words[1]) not in _NEVER else None


def _head(module: bytes) -> bytes:
    """The first part of a module's path, empty for one that is relative."""
    return module.strip().partition(b".")[0].partition(b" ")[0]


def imports_of(data: bytes) -> Imports:
    """What a file says that it imports, told by its text."""
    statements = _statements(data)
    members = [_member(module, listed) for module, listed in statements.members]
    modules = []
    for one in statements.modules:
        name, _, alias = one.decode("utf-8", "replace").strip().partition(" as ")
        modules.append((name.strip(), alias.strip() or name.strip()))
    return Imports(members, modules, frozenset(_said(data)) if statements.by_text else frozenset())


@lru_cache(maxsize=4096)  # many files import the same
def _member(module: bytes, listed: bytes) -> tuple[str, frozenset[str], bool]:
    names = frozenset(listed.translate(_BETWEEN).decode("utf-8", "replace").split())
    return module.decode("utf-8", "replace"), names, b"*" in listed


def _said(data: bytes) -> Iterator[Parts]:
    for text in (text for dotted in _DOTTED for text in dotted.findall(data)):
        parts = tuple(text.decode("utf-8", "replace").split("."))
        if parts[0] not in LIBRARIES:
            yield parts
    for word in _DIRECT.findall(data):
        yield word.decode("utf-8", "replace"), ""


def _leads_to(said: Parts, module: Parts) -> bool:
    """Whether a text can be the path of a module, of its package, or the beginning of its path."""
    if _is_beginning(said):
        beginning = said[:-1]
        return bool(beginning) and module[:-1][-len(beginning) :] == beginning
    return module[-len(said) :] == said or (len(said) > 1 and module[:-1][-len(said) :] == said)


def _is_beginning(said: Parts) -> bool:
    return not said[-1] or "{" in said[-1]


class Reach:
    """Which files import, directly or through others, a file whose bytes speak of a recurrent layer."""

    def __init__(self, resolver: Resolver, depth: int) -> None:
        self._resolver = resolver
        self._depth = depth
        self._read: dict[str, bytes] = {}
        self._gives: dict[str, bool] = {}
        self._targets_of: dict[str, Mapping[str, frozenset[str]]] = {}

    def __call__(self, path: str, data: bytes) -> bool:
        """Whether a file's imports lead to a layer."""
        seen = {disk.real_path(path)}
        reached = set(self._targets(path, data))
        for _ in range(self._depth):
            further: set[str] = set()
            for target in reached - seen:
                if mentions.mentions(self.data(target)):
                    return True
                further.update(self.targets(target))
            seen |= reached
            reached = further
        return False

    def data(self, path: str) -> bytes:
        """The bytes of a file, none of one that cannot be read."""
        known = self._read.get(path)
        if known is None:
            read = reading.read(path)
            known = self._read[path] = read if isinstance(read, bytes) else b""
        return known

    def gives(self, path: str) -> bool:
        """Whether a file's bytes say that it may give a layer to something."""
        known = self._gives.get(path)
        if known is None:
            known = self._gives[path] = mentions.said(path, self.data(path)).given
        return known

    def targets(self, path: str) -> Mapping[str, frozenset[str]]:
        """The files that a file imports, each with the names that this binds."""
        known = self._targets_of.get(path)
        if known is None:
            known = self._targets_of[path] = self._targets(path, self.data(path))
        return known

    def _targets(self, path: str, data: bytes) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}

        def note(names: frozenset[str], module: str, level: int) -> bool:
            target = self._resolver.find(path, data, module, level)
            if target is None or not target.endswith(".py"):
                return target is not None
            found[target] = found.get(target, frozenset()) | names
            return target.endswith("__init__.py")

        statements = _statements(data)
        for said, listed in statements.members:
            text = said.decode("utf-8", "replace")
            module = text.lstrip(".")
            level = len(text) - len(module)
            names = frozenset(listed.translate(_BETWEEN).decode("utf-8", "replace").split())
            if note(names, module, level):
                for name in names:
                    note(frozenset((name,)), f"{module}.{name}" if module else name, level)
        for one in statements.modules:
            module, _, alias = one.decode("utf-8", "replace").strip().partition(" as ")
            note(frozenset((alias.strip() or module.partition(".")[0],)), module.strip(), 0)
        return found


def _resolved(module: str, package: Parts) -> tuple[Parts, bool]:
    """A module's parts, and whether they are a whole path (a relative import) or the end of one."""
    name = module.lstrip(".")
    level = len(module) - len(name)
    parts = tuple(name.split(".")) if name else ()
    if not level:
        return parts, False
    return package[: max(len(package) - level + 1, 0)] + parts, True
