"""`lstmcheck run`: a program as `python` runs it, with its recurrent calls checked while they happen."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from lstmcheck.commands import FOUND, _complete
from lstmcheck.commands._console import tell, wants_colour
from lstmcheck.commands._options import Target, color_option, outputs
from lstmcheck.commands._reports import source_lines, write_file

if TYPE_CHECKING:
    from lstmcheck.findings import Finding
    from lstmcheck.report import Output


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("target", metavar="SCRIPT", shell_complete=_complete.files)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]...")
@click.option("-m", "is_module", is_flag=True, help="SCRIPT is a module, as for `python -m`.")
@click.option(
    "-o",
    "--output",
    multiple=True,
    type=Target(),
    metavar="FORMAT[:FILE]",
    help="Also write the findings in this format to this file; repeatable. Without FILE: print this format.",
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
    files = [one._replace(file=os.path.abspath(one.file or "")) for one in files]
    process = os.getpid()

    def write(findings: Sequence[Finding]) -> None:
        if os.getpid() == process:  # not in a worker that was forked
            _write(files, findings)

    write(())
    try:
        ended = runner.run(target, arguments, is_module, write)
    except runner.CannotRun as error:
        raise click.UsageError(str(error)) from None
    write(ended.findings)
    _print(printed.format, ended.findings, wants_colour(color, sys.stderr), quiet)
    found = any(finding.severity != "info" for finding in ended.findings)
    return FOUND if found and not exit_zero else ended.code


def _write(files: Sequence[Output], findings: Sequence[Finding]) -> None:
    from lstmcheck.report import Report, render

    for format, file in files:
        write_file(file or "", render(format, Report(findings, 0, 0, source_lines(()))))


def _print(format: str, findings: Sequence[Finding], colour: bool, quiet: bool) -> None:
    from lstmcheck.report import Report, counted, render

    if findings or format != "full":
        for line in render(format, Report(findings, 0, 0, source_lines(()), colour)):
            tell(line)
    if not quiet:
        tell(f"lstmcheck: {counted(findings) or 'nothing found'}")
