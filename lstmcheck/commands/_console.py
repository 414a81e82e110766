"""What commands say, and where: the report to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from lstmcheck.commands import CommandError


def tell(line: str) -> None:
    """Say something beside the report."""
    if sys.stderr is not None:
        print(line, file=sys.stderr)


def tell_plain(line: str) -> None:
    """Say something that holds what users wrote: nothing in it reaches a terminal as a command."""
    from lstmcheck.report._text import printable

    tell(printable(line))


def write(lines: Iterable[str]) -> None:
    """Print the report. A reader who has seen enough (`| head`) is no error."""
    out = sys.stdout
    if out is None:
        return
    if hasattr(out, "reconfigure"):
        out.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            out.write(line + "\n")
        out.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # so that the interpreter's own flush is quiet
        if not isinstance(error, BrokenPipeError):
            raise CommandError(f"cannot write the report: {error.strerror}") from None


def wants_colour(choice: str, out: TextIO | None = None) -> bool:
    """The option decides, then NO_COLOR, then FORCE_COLOR, then whether a terminal reads (standard output)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    out = out or sys.stdout
    return out is not None and out.isatty() and os.environ.get("TERM") != "dumb"


def columns(out: TextIO | None) -> int | None:
    """The width of the terminal that reads a stream, if one does."""
    if out is None or not out.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns
