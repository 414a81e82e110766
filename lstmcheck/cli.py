"""The command. Nothing is imported at start that every run does not need: click only where it reads the arguments."""

from __future__ import annotations

import gc
import os
import sys

from lstmcheck.commands import INTERNAL, INTERRUPTED, USAGE, CommandError, names
from lstmcheck.commands._console import tell_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_WITHOUT_COMMAND = ("--help", "-h", "--version")


# what runs in them may have something to do at its end
_WITH_GUESTS = ("run", "server")


def entry() -> NoReturn:
    """The command as a process of its own.

    It ends without taking apart what it made: of a large run that would be a fourth of its time, and nothing is open.
    """
    args = sys.argv[1:]  # a program that runs has its own
    code = main(args)
    if args and args[0] in _WITH_GUESTS:
        sys.exit(code)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # gone, or closed: Python knows what to do
        sys.exit(code)
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing but `KeyboardInterrupt` at a bad moment gets out."""
    args = with_command(sys.argv[1:] if argv is None else argv)
    if args[0] != "run":  # which leaves the program its own settings
        gc.set_threshold(100_000, 20, 100)  # syntax trees are many objects that live until the end
    try:
        return _run(args)
    except CommandError as error:
        return _fail(str(error), USAGE)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if os.environ.get("LSTMCHECK_DEBUG"):
            raise
        return _fail(
            f"internal error: {type(error).__name__}: {error} - this is a bug in lstmcheck, not in your code. "
            "Run again with LSTMCHECK_DEBUG=1 for the traceback to report; --exclude leaves a file out.",
            INTERNAL,
        )


def _run(args: list[str]) -> int:
    from lstmcheck.commands import _plain

    if args[0] == "check":
        given = _plain.arguments(args[1:])
        if given is not None:
            from lstmcheck.commands._check import check

            return check(**given)
    from lstmcheck.commands._group import run

    return run(args)


def with_command(args: Sequence[str]) -> list[str]:
    """The arguments with `check` put before them where no command is named: both spellings are the same."""
    plain = args.index("--") if "--" in args else len(args)
    # its value is optional, and what follows is a path
    args = ["--add-ignore=" if arg == "--add-ignore" and at < plain else arg for at, arg in enumerate(args)]
    if args and (args[0] in _WITHOUT_COMMAND or args[0] in names()):
        return args
    return ["check", *args]


def _fail(message: str, code: int) -> int:
    tell_plain(f"lstmcheck: {' '.join(message.split())}")
    return code
