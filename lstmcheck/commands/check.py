"""`lstmcheck check`, the command that is meant where none is named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from lstmcheck.commands import FOUND, OK
from lstmcheck.commands._console import tell, wants_colour
from lstmcheck.commands._options import Listed, OneOf, color_option, joined, output_options, outputs
from lstmcheck.commands._paths import no_such_path, with_stdin
from lstmcheck.commands._reports import source_lines, write_reports

if TYPE_CHECKING:
    from lstmcheck.checker import Result
    from lstmcheck.config import Settings
    from lstmcheck.report import Output


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--select", multiple=True, type=Listed(), metavar="RULES", help="Report only these codes, prefixes, names."
)
@click.option("--ignore", multiple=True, type=Listed(), metavar="RULES", help="Do not report these.")
@click.option(
    "--exclude", multiple=True, type=Listed(), metavar="PATTERNS", help="Leave out files; syntax of .gitignore."
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even when they are named.")
@output_options
@click.option("--stdin-filename", metavar="PATH", help="What `-`, the standard input, is the contents of.")
@click.option(
    "--fail-on",
    default="warning",
    type=OneOf(lambda: ("error", "warning", "info")),
    help="The lowest severity that makes the exit code 1 (default: warning).",
)
@click.option("--show-info", is_flag=True, help="Report advice too (severity info).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when something was found.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@color_option
def command(
    paths: tuple[str, ...],
    select: Sequence[Sequence[str]],
    ignore: Sequence[Sequence[str]],
    exclude: Sequence[Sequence[str]],
    force_exclude: bool,
    output_format: str | None,
    output: Sequence[Output],
    stdin_filename: str | None,
    fail_on: str,
    show_info: bool,
    exit_zero: bool,
    quiet: bool,
    color: str,
) -> int:
    """Check files and directories (default: the working directory); `-` is a program from standard input.

    Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 101 internal error.
    """
    from lstmcheck.checker import check
    from lstmcheck.report import Report, summary

    wanted = outputs(output_format, output)
    given, contents = with_stdin(paths or (".",), stdin_filename)
    for path in given:
        if path not in contents and not os.path.lexists(path):
            raise click.UsageError(no_such_path(path))
    settings = _settings(given, select, ignore, exclude)
    settings = settings._replace(show_info=show_info or fail_on == "info", force_exclude=force_exclude)
    result = check(*given, settings=settings, given=contents)
    lines = source_lines(result.files, result.texts)
    report = Report(result.findings, result.with_layers, result.without_layers, lines, wants_colour(color))
    write_reports(wanted, report, with_summary=not quiet)
    if not quiet:
        _remarks(result, summary(report) if wanted[0].format != "full" else None)
    return FOUND if not exit_zero and _fails(result, fail_on) else OK


def _remarks(result: Result, summary: str | None) -> None:
    for note in result.notes:
        tell(f"note: {note}")
    if not (result.with_layers or result.without_layers or result.findings or result.notes):
        tell("warning: no Python files found under the given paths")
    if summary is not None:
        tell(summary)


def _fails(result: Result, fail_on: str) -> bool:
    if not result.findings:
        return False
    from lstmcheck.findings import SEVERITIES

    rank = {severity: at for at, severity in enumerate(SEVERITIES)}
    return any(rank[finding.severity] >= rank[fail_on] for finding in result.findings)  # type: ignore[index]


def _settings(
    paths: Sequence[str],
    select: Sequence[Sequence[str]],
    ignore: Sequence[Sequence[str]],
    exclude: Sequence[Sequence[str]],
) -> Settings:
    """The project's settings under those of the command line; patterns of both are relative to where they stand."""
    from lstmcheck.config import ConfigError, load

    try:
        settings = load(paths)
        settings = settings._replace(
            select=joined(select) or settings.select,
            ignore=settings.ignore + joined(ignore),
            exclude=settings.exclude + joined(exclude),
        )
        settings.validate()
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    return settings
