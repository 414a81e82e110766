"""Where an import statement leads: the file of a module, or the folder of a package without `__init__.py`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from lstmcheck.source import disk

# Libraries that no program shadows on purpose.
LIBRARIES = frozenset(["torch", "numpy", "typing", "typing_extensions"])
_PATH_CHANGE = re.compile(rb"sys\.path\.(?:append|insert|extend)\s*\(([^\n]*)")
_TEXT = re.compile(rb"[\"']([\w./-]+)[\"']")
_MAX_UP = 3


class Resolver:
    """Imports of the files below some roots. Answers are remembered: the files are taken not to change."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.roots = [disk.real_path(root) for root in roots]
        self._real: dict[str, str] = {}
        # the folder of each file that imports, and what its source adds to the path
        self._places: dict[tuple[str, int], tuple[str, tuple[str, ...]]] = {}
        self._known: dict[tuple[str, str, int, tuple[str, ...]], str | None] = {}

    def real_path(self, path: str) -> str:
        """A path with links followed; asked of the system once."""
        known = self._real.get(path)
        if known is None:
            known = self._real[path] = disk.real_path(path)
        return known

    def find(self, importer: str, data: bytes, module: str, level: int) -> str | None:
        """The real path of what a file, given with its source, imports.

        A path that does not end with ".py" is a folder. None is a library, or something that does not exist.
        """
        place = self._places.get((importer, hash(data)))
        if place is None:
            folder = os.path.dirname(self.real_path(importer))
            added = tuple(self._added(folder, data)) if b"sys.path" in data else ()
            place = self._places[importer, hash(data)] = folder, added
        folder, added = place
        key = (folder, module, level, added)
        if key not in self._known:
            self._known[key] = self._search(folder, module, level, added)
        return self._known[key]

    def _search(self, folder: str, module: str, level: int, added: tuple[str, ...]) -> str | None:
        parts = module.split(".") if module else []
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return _first([os.path.join(folder, *parts)])
        if not parts or parts[0] in LIBRARIES:
            return None
        found = _first([os.path.join(base, *parts) for base in dict.fromkeys((*self._bases(folder), *added))])
        if found is None:
            # a script in a sub folder that is run from above it
            above = _first([os.path.join(os.path.dirname(folder), *parts)])
            found = above if above is not None and above.endswith(".py") else None
        return found

    def _bases(self, folder: str) -> Iterator[str]:
        """Where an absolute import may start: beside the file, its package's parent folders, and the roots."""
        inside = [root for root in self.roots if _is_below(folder, root)]
        limit = min(inside, key=len, default=folder)
        current = folder
        while True:
            yield current
            yield os.path.join(current, "src")
            parent = os.path.dirname(current)
            within = current != limit and _is_below(current, limit)
            if parent == current or not (within or disk.exists(os.path.join(current, "__init__.py"))):
                break
            current = parent
        for root in self.roots:
            yield root
            yield os.path.join(root, "src")

    def _added(self, folder: str, data: bytes) -> Iterator[str]:
        """What a file adds to `sys.path`: the folders that it names, and those above it where it names a parent."""
        for match in _PATH_CHANGE.finditer(data):
            for text in _TEXT.findall(match[1]):
                for base in (folder, *self.roots):
                    yield os.path.normpath(os.path.join(base, text.decode()))
            if b".." in match[1] or b"parent" in match[1] or b"dirname" in match[1]:
                above = folder
                for _ in range(_MAX_UP):
                    above = os.path.dirname(above)
                    yield above


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _first(places: Iterable[str]) -> str | None:
    """The first module or package; a folder without `__init__.py` only where there is none of these."""
    folders = []
    for place in places:
        for candidate in (os.path.join(place, "__init__.py"), f"{place}.py"):
            if disk.is_file(candidate):
                return candidate
        if disk.is_folder(place):
            folders.append(place)
    return next((folder for folder in folders if _holds_modules(folder, 2)), None)


def _holds_modules(folder: str, depth: int) -> bool:
    try:
        entries = disk.entries(folder)
    except OSError:
        return False
    if any(entry.name.endswith(".py") for entry in entries):
        return True
    return depth > 1 and any(
        _holds_modules(path, depth - 1)
        for path, entry in ((os.path.join(folder, entry.name), entry) for entry in entries)
        if entry.is_folder or (entry.is_link and disk.is_folder(path))
    )
