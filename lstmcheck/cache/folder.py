"""A folder of entries, each a JSON file: read, written as a whole, bounded, removed.

Nothing here raises for what is wrong with the folder: without it a run takes longer and finds the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from lstmcheck.source import disk

NAME = ".lstmcheck_cache"
MAX_BYTES = 64_000_000
MAX_ENTRIES = 500
_PREFIX, _SUFFIX = "run-", ".json"
_TAG = "CACHEDIR.TAG"
_OTHERS = {
    _TAG: "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of lstmcheck; `lstmcheck clean` removes it.\n",
    ".gitignore": "*\n",
}
_ROOTS = (".git", ".hg", "lstmcheck.toml", "pyproject.toml", "setup.py", "setup.cfg")


class Damaged(Exception):
    """An entry that cannot be read as one."""


class Removed(NamedTuple):
    """What `clean` did: how many entries and bytes are gone."""

    entries: int
    size: int


def default(directory: str) -> str:
    """Where the cache of a directory's project is: at the nearest root above, or in the directory without one."""
    at = os.path.abspath(directory)
    while not any(os.path.exists(os.path.join(at, name)) for name in _ROOTS):
        parent = os.path.dirname(at)
        if parent == at:
            return os.path.join(directory, NAME)
        at = parent
    return os.path.join(at, NAME)


def read(folder: str, key: str) -> dict[str, Any] | None:
    """The entry of a key; None where there is none. Raises Damaged."""
    try:
        with open(_path(folder, key), "rb") as file:
            data = file.read()
    except OSError:
        return None
    import json

    try:
        entry = json.loads(data)
    except (ValueError, RecursionError):
        raise Damaged from None
    if not isinstance(entry, dict):
        raise Damaged
    # an entry of another key whose digest is the same
    return entry if entry.get("key") == key else None


def write(folder: str, key: str, entry: dict[str, Any]) -> bool:
    """Keep an entry in place of what its key had, and let the oldest go; whether that was possible."""
    import json

    from lstmcheck.source.write import write_atomically

    data = json.dumps({"key": key, **entry}, separators=(",", ":")).encode()
    try:
        _prepare(folder)
        write_atomically(_path(folder, key), data, durable=False)
    except OSError:
        return False
    _bound(folder)
    return True


def clean(folder: str) -> Removed | None:
    """Remove what this module wrote, and the folder if nothing else is in it; None where it is no cache of ours.

    Raises OSError.
    """
    if not os.path.isfile(os.path.join(folder, _TAG)):
        return None
    entries = size = 0
    for path, status in list(_entries(folder)):
        os.unlink(path)
        entries += 1
        size += status.st_size
    for name in (*_left_over(folder), *_OTHERS):
        if os.path.exists(os.path.join(folder, name)):
            os.unlink(os.path.join(folder, name))
    if not os.listdir(folder):
        os.rmdir(folder)
    return Removed(entries, size)


def _path(folder: str, key: str) -> str:
    return os.path.join(folder, f"{_PREFIX}{disk.digest(key.encode('utf-8', 'surrogatepass'))}{_SUFFIX}")


def _prepare(folder: str) -> None:
    """Make the folder, so that neither git nor a backup takes it. Raises OSError."""
    if os.path.isfile(os.path.join(folder, _TAG)):
        return
    from lstmcheck.source.write import write_atomically

    os.makedirs(folder, exist_ok=True)
    # a folder of the user's own keeps what it has
    for name, text in _OTHERS.items():
        if name == _TAG or os.path.basename(folder) == NAME or not os.listdir(folder):
            write_atomically(os.path.join(folder, name), text.encode(), durable=False)


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as scan:
        for entry in scan:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                try:
                    yield entry.path, entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # another run let it go
                    continue


def _left_over(folder: str) -> list[str]:
    """Parts that a killed run left."""
    return [name for name in os.listdir(folder) if name.startswith(f".{_PREFIX}") and name.endswith(".tmp")]


def _bound(folder: str) -> None:
    """Let the entries go that were written longest ago, until the rest is small enough."""
    try:
        entries = sorted(_entries(folder), key=lambda entry: entry[1].st_mtime_ns, reverse=True)
        size = 0
        for number, (path, status) in enumerate(entries, 1):
            size += status.st_size
            if number > MAX_ENTRIES or (size > MAX_BYTES and number > 1):
                os.unlink(path)
    except OSError:  # another run does the same
        return
