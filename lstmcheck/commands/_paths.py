"""Paths of the command line that do not exist."""

from __future__ import annotations

import os


def no_such_path(path: str) -> str:
    """The message about a path that does not exist, naming the nearest path or command."""
    from lstmcheck.commands import names
    from lstmcheck.config import did_you_mean

    near = nearest_path(path)
    if near is not None:
        return f"{path!r} does not exist: did you mean {near!r}?"
    return f"{path!r} does not exist{did_you_mean(path, names())}"


def nearest_path(path: str) -> str | None:
    """The existing path that looks most like one that does not exist."""
    import difflib

    at, missing = path, list[str]()
    while at and not os.path.lexists(at):
        at, last = os.path.split(at.rstrip(os.sep))
        missing.insert(0, last)
    for name in missing:
        try:
            entries = os.listdir(at or ".")
        except OSError:
            return None
        near = [name] if name in entries else difflib.get_close_matches(name, entries, n=1)
        if not near:
            return None
        at = os.path.join(at, near[0])
    return at
