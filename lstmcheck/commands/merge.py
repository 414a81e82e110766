"""`lstmcheck merge`."""

from __future__ import annotations

import click

from lstmcheck.commands import OK, CommandError, _complete
from lstmcheck.commands._console import write
from lstmcheck.commands._reports import write_file


@click.command("merge")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=_complete.files)
@click.option("-o", "--output", metavar="FILE", help="Write the whole to a file instead of printing it.")
def command(files: tuple[str, ...], output: str | None) -> int:
    """Make one report of those of parts: JSON, JSON lines, SARIF, or baselines. Each finding stands in it once.

    Exit codes: 0 merged, 2 wrong usage or files that do not belong together, 101 internal error.
    """
    from lstmcheck.merging import MergeError, merged
    from lstmcheck.source import disk

    try:
        lines = merged(files, disk.read)
    except MergeError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"cannot read {error.filename!r}: {error.strerror}") from None
    if output is None or output == "-":
        write(lines)
    else:
        write_file(output, lines)
    return OK
