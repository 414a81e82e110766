"""`lstmcheck baseline`."""

from __future__ import annotations

import os
from typing import Any

import click

from lstmcheck.commands import OK, CommandError, _complete
from lstmcheck.commands._baseline import write_baseline
from lstmcheck.commands._options import files_from_option, settings_options
from lstmcheck.commands._paths import listed, no_such_path
from lstmcheck.commands._reports import source_lines
from lstmcheck.commands._settings import Given, scopes


@click.command("baseline")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=_complete.files)
@files_from_option
@click.option("--baseline", "file", metavar="FILE", help="The file to write (default: lstmcheck-baseline.json).")
@settings_options
def command(paths: tuple[str, ...], files_from: str | None, file: str | None, **options: Any) -> int:
    """Write what is found now as known, so that `check --baseline FILE` reports only what is new.

    The same as `check --update-baseline`. What the file knows about other files and rules stays.

    Exit codes: 0 written, 2 wrong usage, 101 internal error.
    """
    from lstmcheck.checker import check
    from lstmcheck.config import ConfigError
    from lstmcheck.result import NOTHING

    given = listed(files_from, paths)
    for path in given:
        if not os.path.lexists(path):
            raise CommandError(no_such_path(path))
    scoped = scopes(given, Given(**options), baseline=file)
    try:
        result = check(*given, settings=scoped) if given else NOTHING
    except ConfigError as error:
        raise CommandError(str(error)) from None
    write_baseline(result, scoped.base.baseline, scoped, source_lines(result.files, result.texts))
    return OK
