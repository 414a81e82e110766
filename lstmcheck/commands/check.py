"""`lstmcheck check`, the command that is meant where none is named, as click reads it."""

from __future__ import annotations

from typing import Any

import click

from lstmcheck.commands import _complete
from lstmcheck.commands._check import check
from lstmcheck.commands._options import (
    OneOf,
    cache_dir_option,
    color_option,
    files_from_option,
    output_options,
    settings_options,
)


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=_complete.files)
@settings_options
@output_options
@files_from_option
@click.option("--stdin-filename", metavar="PATH", help="What `-`, the standard input, is the contents of.")
@click.option(
    "--fail-on",
    type=OneOf(lambda: ("error", "warning", "info")),
    help="The lowest severity that makes the exit code 1 (default: warning).",
)
@click.option("--show-info", is_flag=True, help="Report advice too (severity info).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when something was found.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, and write the files.")
@click.option("--unsafe-fixes", is_flag=True, help="Allow fixes after which the program may mean something else.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, write nothing, report nothing else.")
@click.option("--fix-only", is_flag=True, help="Like --fix, and do not report what is left.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 when something was fixed, even if all was.")
@click.option(
    "--add-ignore",
    metavar="REASON",
    help="Silence what is found with comments; --add-ignore=REASON gives the reason. With --diff, show them.",
)
@click.option("--baseline", metavar="FILE", help="Do not report the findings that this file knows.")
@click.option("--update-baseline", is_flag=True, help="Write what is found as known, and stop.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of showing them.")
@click.option("--show-files", is_flag=True, help="List the files that would be looked at, and stop.")
@click.option("--show-settings", is_flag=True, help="Show the settings and where they are from, and stop.")
@cache_dir_option
@click.option("--no-cache", is_flag=True, envvar="LSTMCHECK_NO_CACHE", help="Neither read nor keep earlier results.")
@click.option("-q", "--quiet", count=True, help="Print findings only; -qq prints nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Say what was read, and with which settings.")
@color_option
def command(**given: Any) -> int:
    """Check files and directories (default: the working directory); `-` is a program from standard input.

    Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 101 internal error.
    """
    return check(**given)
