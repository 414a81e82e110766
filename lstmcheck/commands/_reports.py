"""From findings to what is printed and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from lstmcheck.commands import CommandError
from lstmcheck.commands._console import write

if TYPE_CHECKING:
    from lstmcheck.report import Output, Report
    from lstmcheck.source.parse import SourceFile


def source_lines(
    files: Iterable[SourceFile], given: Mapping[str, bytes] | None = None
) -> Callable[[str], Sequence[str]]:
    """The lines of a file by its path: given, already read, or from disk; none where it cannot be read."""
    known = {file.path: file.data for file in files} | dict(given or {})
    texts: dict[str, Sequence[str]] = {}

    def lines(path: str) -> Sequence[str]:
        if path not in texts:
            from lstmcheck.source.parse import decode, split_lines
            from lstmcheck.source.reading import read

            data = known[path] if path in known else read(path)
            texts[path] = split_lines(decode(data)) if isinstance(data, bytes) else ()
        return texts[path]

    return lines


def outputs(output_format: str | None, output: Sequence[Output], default: str = "full") -> list[Output]:
    """What to write: exactly one format to standard output, and the files. Raises CommandError."""
    from lstmcheck.report import Output

    printed = [one.format for one in output if one.file is None]
    if output_format is not None:
        printed.append(output_format)
    if len(printed) > 1:
        raise CommandError(f"only one format can be printed, not {' and '.join(printed)}: give the others a FILE")
    return [Output(printed[0] if printed else default, None), *(one for one in output if one.file is not None)]


def write_reports(outputs: Sequence[Output], report: Report, quiet: int = 0, statistics: bool = False) -> None:
    """Write the files first, then print. The summary follows the findings where people read them.

    `quiet` 1 prints findings only, 2 nothing; `statistics` prints the count of each rule instead of its findings.
    Raises CommandError where something cannot be written.
    """
    from lstmcheck.report import render, summary

    show = _statistics if statistics else render

    plain = report._replace(colour=False)
    for format, file in outputs:
        if file is not None:
            write_file(file, render(format, plain))
    for format, file in outputs:
        if file is None:
            last = [*_more(report), summary(report), *_fixable(report)] if format == "full" and not quiet else []
            # nothing is loaded where people are told that there is nothing
            shown = show(format, report) if report.findings or format != "full" else ()
            write(chain(shown, last) if quiet < 2 else ())


def _statistics(format: str, report: Report) -> Iterator[str]:
    from lstmcheck.report import _statistics

    if format not in _statistics.FORMATS:
        raise CommandError(f"--statistics has no format {format!r}, only {', '.join(_statistics.FORMATS)}")
    return _statistics.render(format, report)


def _more(report: Report) -> Iterator[str]:
    """Where the pages of the rules are, said once."""
    codes = sorted({finding.code for finding in report.findings})
    if codes:
        others = f", and so for {', '.join(codes[1:4])}{', ...' if len(codes) > 4 else ''}" if len(codes) > 1 else ""
        yield f"`lstmcheck explain {codes[0]}` says more{others}"


def _fixable(report: Report) -> Iterator[str]:
    from lstmcheck.report import fixable

    line = fixable(report.findings)
    if line is not None:
        yield line


def write_file(path: str, lines: Iterable[str]) -> None:
    """Write a report as a whole, making its folder. Raises CommandError."""
    from lstmcheck.source.write import write_atomically

    text = "".join(line + "\n" for line in lines)
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise CommandError(f"cannot write {path!r}: {error.strerror}") from None
