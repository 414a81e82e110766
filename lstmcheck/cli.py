"""The command. Only click is imported at start; everything else when it is needed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from lstmcheck import __version__
from lstmcheck.commands import INTERNAL, INTERRUPTED, OK, USAGE, Commands, names
from lstmcheck.commands._console import tell_plain

_WITHOUT_COMMAND = ("--help", "-h", "--version")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="lstmcheck", message="%(prog)s %(version)s")
def cli() -> None:
    """Find mistakes around torch's recurrent layers, without running the code.

    `lstmcheck PATH...` is the same as `lstmcheck check PATH...`.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing but `KeyboardInterrupt` at a bad moment gets out."""
    args = with_command(sys.argv[1:] if argv is None else argv)
    if args[0] != "run":  # which leaves the program its own settings
        gc.set_threshold(100_000, 20, 100)  # syntax trees are many objects that live until the end
    try:
        code = cli.main(args, prog_name="lstmcheck", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        return _fail(error.format_message(), USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if os.environ.get("LSTMCHECK_DEBUG"):
            raise
        return _fail(
            f"internal error: {type(error).__name__}: {error} - this is a bug in lstmcheck, not in your code. "
            "Run again with LSTMCHECK_DEBUG=1 for the traceback to report; --exclude leaves a file out.",
            INTERNAL,
        )


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
