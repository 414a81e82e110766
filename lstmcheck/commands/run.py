"""`lstmcheck run`: a program as `python` runs it, with its recurrent calls checked while they happen."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from lstmcheck.commands import FOUND, CommandError, _complete
from lstmcheck.commands._console import columns, tell, wants_colour
from lstmcheck.commands._options import Target, color_option
from lstmcheck.commands._reports import outputs, source_lines, write_file

if TYPE_CHECKING:
    from lstmcheck.report import Output
    from lstmcheck.traced.report import Report

# a format of a run's report alone
_PAGE = "html"


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("target", metavar="SCRIPT", shell_complete=_complete.files)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]...")
@click.option("-m", "is_module", is_flag=True, help="SCRIPT is a module, as for `python -m`.")
@click.option(
    "-o",
    "--output",
    multiple=True,
    type=Target(pages=(_PAGE,)),
    metavar="FORMAT[:FILE]",
    help="Also write the findings in this format to this file; repeatable. Without FILE: print this format. "
    "html:FILE is a page with the layers and their calls.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with the program's own code even when something was found.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@color_option
def command(
    target: str,
    arguments: tuple[str, ...],
    is_module: bool,
    output: Sequence[Output],
    exit_zero: bool,
    quiet: bool,
    color: str,
) -> int:
    """Run a program and check the recurrent calls that really happen: lstmcheck run train.py --epochs 3

    It runs as under `python`, with the arguments that follow it. What was found is printed to standard error at its
    end; files are written as soon as something is found.

    Exit codes: 1 something found, else the program's own; 2 wrong usage, 101 internal error.
    """
    from lstmcheck import runner

    printed, *files = outputs(None, output)
    rank = runner.rank()
    files = [one._replace(file=_of_rank(os.path.abspath(one.file or ""), rank)) for one in files]
    process = os.getpid()

    def write(report: Report | None) -> None:
        if os.getpid() == process:  # not in a worker that was forked
            _write(files, report)

    write(None)
    try:
        ended = runner.run(target, arguments, is_module, write)
    except runner.CannotRun as error:
        raise CommandError(str(error)) from None
    if os.getpid() != process:
        return ended.code  # a child that came back from the program too
    if ended.is_told and not ended.code:
        return ended.code  # rank 0 tells of it, and ends with its code
    write(ended.report)
    if ended.report is not None and rank == 0:
        _remove(files, {number for row in ended.report.rows for number in row.ranks} - {rank})
    _print(printed.format, ended.report, wants_colour(color, sys.stderr), quiet)
    found = ended.report is not None and not ended.report.ok
    return FOUND if found and not exit_zero else ended.code


def _of_rank(file: str, rank: int) -> str:
    """The file for what one process of a distributed run has found, until rank 0 takes it over."""
    stem, suffix = os.path.splitext(file)
    return f"{stem}.rank{rank}{suffix}" if rank else file


def _remove(files: Sequence[Output], ranks: Collection[int]) -> None:
    """Remove the files of ranks whose findings stand in those of this process."""
    for _, file in files:
        for rank in ranks:
            with suppress(OSError):
                os.unlink(_of_rank(file or "", rank))


def _write(files: Sequence[Output], report: Report | None) -> None:
    from lstmcheck import report as formats

    findings = report.findings if report is not None else ()
    for format, file in files:
        if format == _PAGE:
            from lstmcheck.traced.report import Report

            lines: Iterable[str] = (report if report is not None else Report()).to_html().splitlines()
        else:
            lines = formats.render(format, formats.Report(findings, 0, 0, source_lines(())))
        write_file(file or "", lines)


def _print(format: str, report: Report | None, colour: bool, quiet: bool) -> None:
    from lstmcheck import report as formats

    if report is not None and format == "full":
        from lstmcheck.traced import text

        for line in text.findings(report, colour, columns(sys.stderr)):
            tell(line)
    elif format != "full":
        findings = report.findings if report is not None else ()
        for line in formats.render(
            format, formats.Report(findings, 0, 0, source_lines(()), colour, columns(sys.stderr))
        ):
            tell(line)
    if not quiet:
        tell(f"lstmcheck: {_summary(report)}")


def _summary(report: Report | None) -> str:
    if report is None:
        return "nothing was traced"
    from lstmcheck.traced import words

    return words.summary(report)
