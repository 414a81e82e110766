"""Paths of the command line: standard input, and those that do not exist."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from lstmcheck.commands import CommandError


def with_stdin(paths: Sequence[str], filename: str | None) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """The paths with `-` replaced by the file that it stands for, and what was read from standard input for it.

    Raises CommandError.
    """
    if "-" not in paths:
        if filename is not None:
            raise CommandError("--stdin-filename goes with `-`, the standard input")
        return tuple(paths), {}
    name = filename or "-"
    if sys.stdin is None:
        raise CommandError("there is no standard input to read `-` from")
    return tuple(name if path == "-" else path for path in paths), {name: sys.stdin.buffer.read()}


def listed(file: str | None, paths: Sequence[str]) -> list[str]:
    """The paths, and those that a file (`-` is standard input) lists, one a line or with a NUL after each.

    The working directory where neither is given. Raises CommandError.
    """
    if file is None:
        return list(paths) or ["."]
    try:
        if file != "-":
            with open(file, "rb") as opened:
                data = opened.read()
        elif "-" in paths:
            raise CommandError("standard input is either a program (`-`) or a list of files (`--files-from -`)")
        elif sys.stdin is None:
            raise CommandError("there is no standard input to read a list of files from")
        else:
            data = sys.stdin.buffer.read()
    except OSError as error:
        raise CommandError(f"cannot read the list of files {file!r}: {error.strerror}") from None
    names = data.split(b"\0") if b"\0" in data else (line.rstrip(b"\r") for line in data.split(b"\n"))
    # in a list "-" is the name of a file
    return [*paths, *("./-" if name == b"-" else os.fsdecode(name) for name in names if name)]


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
