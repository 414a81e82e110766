"""Which files a path means: walk, usual excludes, `.gitignore`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lstmcheck.source import disk
from lstmcheck.source.disk import EXCLUDED

SUFFIXES = (".py", ".ipynb")


class Found(NamedTuple):
    """A file to look at: its path as it is shown, and whether it was named rather than met in a directory."""

    path: str
    explicit: bool


class Level(NamedTuple):
    """Ignore patterns and the directory that they are relative to."""

    base: str
    says: Callable[[str, bool], bool | None]  # whether a relative path, of a folder or not, is left out


# Levels, each with the path of one folder relative to its own.
_Here = list[tuple[Callable[[str, bool], "bool | None"], str]]


# The patterns that leave out what is in a directory: those of the nearest configuration file.
Excludes = Callable[[str], "list[Level]"]
# Files that a directory's own patterns can stand in.
CONFIGURATIONS = frozenset(("pyproject.toml", "lstmcheck.toml"))


def discover(
    paths: Iterable[str], excludes: Excludes = lambda path: [], force_exclude: bool = False
) -> Iterator[Found]:
    """The files that the paths mean, each once, in a fixed order. A named file is excluded only by force."""
    seen: set[str] = set()
    for given in paths:
        path = shown(given)
        found: Iterable[Found]
        if force_exclude and excluded_by_force(path, excludes):
            found = ()
        elif disk.is_folder(path):
            found = (Found(inner, False) for inner in walk(path, excludes))
        else:
            found = (Found(path, True),)
        for file in found:
            if file.path not in seen:
                seen.add(file.path)
                yield file


def shown(path: str) -> str:
    """A path as reports print it: relative where it lies under the working directory."""
    path = os.path.normpath(path)
    if os.path.isabs(path):
        here = os.getcwd()
        if path == here:
            return "."
        if path.startswith(here.rstrip(os.sep) + os.sep):
            return os.path.relpath(path, here)
    return path


def excluded_by_force(path: str, excludes: Excludes) -> bool:
    """Whether a walk from the working directory would have left out what is named."""
    if any(part in EXCLUDED for part in path.split(os.sep)[:-1]):
        return True
    if excluded(path, excludes(os.path.dirname(path) or ".")):
        return True
    levels = _levels_above(os.path.dirname(path) or ".")
    return bool(levels) and _ignored_with_parents(levels, path)


def walk(root: str, excludes: Excludes = lambda path: []) -> Iterator[str]:
    """The Python files and notebooks under a directory, sorted. Links to directories are not followed."""
    levels = _levels_above(root)
    if levels and _ignored_with_parents(levels, root):
        levels = []  # an ignored directory that was asked for by name is wanted
    exclude = excludes(root)
    if excluded(root, exclude):
        exclude = []
    yield from _walk(root, _in(levels, root), _in(exclude, root), excludes, True)


def _walk(directory: str, ignore: _Here, exclude: _Here, excludes: Excludes, is_root: bool) -> Iterator[str]:
    try:
        entries = disk.entries(directory)
    except OSError:
        yield directory  # reading it reports why
        return
    names = {entry.name for entry in entries}
    if "pyvenv.cfg" in names and not is_root:
        return
    if not is_root and not names.isdisjoint(CONFIGURATIONS):
        exclude = _in(excludes(directory), directory)
    if ".gitignore" in names:
        level = _level(directory, os.path.join(directory, ".gitignore"))
        if level is not None:
            ignore = [(level.says, ""), *ignore]
    beginning = "" if directory == "." else os.path.join(directory, "")
    for name, is_folder, is_link in entries:
        path = beginning + name
        if is_folder:
            if name in EXCLUDED:
                continue
        elif not name.endswith(SUFFIXES) or (is_link and disk.is_folder(path)):
            continue
        if (ignore and _left_out(ignore, name, is_folder)) or (exclude and _left_out(exclude, name, is_folder)):
            continue
        if is_folder:
            yield from _walk(path, _below(ignore, name), _below(exclude, name), excludes, False)
        else:
            yield path


def _verdict(levels: list[Level], path: str, is_directory: bool) -> bool:
    """Whether patterns leave out a path; the deepest level that says anything decides, as in git."""
    folder, name = os.path.split(os.path.abspath(path))
    return bool(name) and _left_out(_in(levels, folder), name, is_directory)


def _in(levels: list[Level], folder: str) -> _Here:
    """The levels that hold in a folder, the deepest first, with the beginning of each path there."""
    here: _Here = []
    for level in reversed(levels):
        relative = os.path.relpath(folder, level.base)
        if relative == ".":
            here.append((level.says, ""))
        elif not relative.startswith(".."):
            here.append((level.says, relative.replace(os.sep, "/") + "/"))
    return here


def _below(here: _Here, name: str) -> _Here:
    """The same in a folder of that folder."""
    return [(says, f"{beginning}{name}/") for says, beginning in here]


def _left_out(here: _Here, name: str, is_directory: bool) -> bool:
    for says, beginning in here:
        found = says(beginning + name, is_directory)
        if found is not None:
            return found
    return False


def _ignored_with_parents(levels: list[Level], path: str) -> bool:
    """Whether a path or any directory above it, within the reach of the levels, is left out."""
    absolute = os.path.abspath(path)
    top = levels[0].base
    at = absolute
    while at.startswith(top) and at != top:
        if _verdict(levels, at, at != absolute or disk.is_folder(at)):
            return True
        at = os.path.dirname(at)
    return False


def excluded(path: str, exclude: list[Level]) -> bool:
    """Whether patterns leave out a path or what it is in."""
    return any(_ignored_with_parents([level], path) for level in exclude)


def _levels_above(directory: str) -> list[Level]:
    """The `.gitignore` files above a directory, up to the root of its repository; none outside one.

    Nor has one a say in what no walk enters (`.venv/lib`): who asks for that by name wants it.
    """
    found: list[Level] = []
    at = os.path.abspath(directory)
    while os.path.basename(at) not in EXCLUDED:
        if at != os.path.abspath(directory):
            level = _level(at, os.path.join(at, ".gitignore"))
            if level is not None:
                found.append(level)
        if disk.exists(os.path.join(at, ".git")):
            level = _level(at, os.path.join(at, ".git", "info", "exclude"))
            if level is not None:
                found.append(level)
            return found[::-1]
        parent = os.path.dirname(at)
        if parent == at:
            break
        at = parent
    return []


_ROOT_MARKS = (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
_MAX_ABOVE = 4
_MAX_NEIGHBOURS = 200


def _above(directory: str) -> list[str]:
    """A directory and those above it, up to the root of its project; only itself and its packages without one."""
    above: list[str] = []
    at = directory
    for _ in range(_MAX_ABOVE):
        above.append(at)
        if not disk.is_folder(at or "."):
            return above[:1]
        if any(disk.exists(os.path.join(at, mark)) for mark in _ROOT_MARKS):
            return above
        at = shown(os.path.join(os.path.abspath(at), os.pardir))
    while len(above) > 1 and not disk.exists(os.path.join(above[-2], "__init__.py")):
        above.pop()
    return above


def project_root(directory: str) -> str:
    """The root of the project that a directory belongs to, as far as it shows; otherwise the directory."""
    return _above(directory)[-1]


def neighbours(files: Iterable[str]) -> Iterator[str]:
    """Files that may use a named one: those beside it and above it in its project, and one folder below the root."""
    left = _MAX_NEIGHBOURS
    for directory in dict.fromkeys(os.path.dirname(shown(file)) or "." for file in files):
        above = _above(directory)
        for place in dict.fromkeys((*above, *_folders(above[-1]))):
            for path in _modules(place):
                yield path
                left -= 1
                if not left:
                    return


def _folders(directory: str) -> list[str]:
    try:
        entries = disk.entries(directory)
    except OSError:
        return []
    return [
        os.path.join(directory, entry.name) if directory != "." else entry.name
        for entry in entries
        if entry.is_folder and entry.name not in EXCLUDED and not entry.name.startswith(".")
    ]


def _modules(directory: str) -> list[str]:
    try:
        names = [entry.name for entry in disk.entries(directory)]
    except OSError:
        return []
    return [name if directory == "." else os.path.join(directory, name) for name in names if name.endswith(".py")]


def _level(base: str, path: str) -> Level | None:
    try:
        text = disk.read(path).decode("utf-8", "replace")
    except OSError:
        return None
    from lstmcheck.source.patterns import of_text

    return of_text(base, text)
