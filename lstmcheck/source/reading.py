"""The bytes of a file, or why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lstmcheck.source import disk

if TYPE_CHECKING:
    from lstmcheck.findings import Finding


class LeftOut(NamedTuple):
    """A file that is rightly not read, with the reason in words."""

    reason: str


def read(path: str, whole: bool = True) -> bytes | Finding | LeftOut:
    """The bytes of a regular file. Anything else is not opened, so that a pipe never blocks the run.

    `whole` is as for `disk.read`.
    """
    try:
        return disk.read(path, whole)
    except disk.TooLarge as error:
        return LeftOut(error.strerror or "too large")
    except disk.NotRegular:
        return _unreadable(path, "it is not a regular file")
    except OSError as error:
        return _unreadable(path, _reason(path, error))
    except ValueError:
        return _unreadable(path, "its name holds a NUL character")


def _unreadable(path: str, why: str) -> Finding:
    from lstmcheck.source import problems

    return problems.report(problems.UNREADABLE, path, f"Cannot read this file: {why}")


def _reason(path: str, error: OSError) -> str:
    target = disk.target(path) if isinstance(error, FileNotFoundError) else None
    if target is not None:
        return f"it is a broken link to {target}"
    reason = error.strerror or type(error).__name__
    return reason[:1].lower() + reason[1:]
