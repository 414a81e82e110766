"""The report as lines for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.report._colour import painter
from lstmcheck.report._text import one_line
from lstmcheck.report.full import block
from lstmcheck.runtime import sites
from lstmcheck.runtime.collected import Collected
from lstmcheck.traced import words


def lines(report: Collected, colour: bool = False) -> Iterator[str]:
    """The lines of the report."""
    yield from findings(report, colour)
    for layer in report.layers:
        modules = f"   {words.many(layer.modules, 'module')}" if layer.modules > 1 else ""
        counts = f"{words.many(layer.parameters, 'parameter')}{modules}   {words.many(layer.calls, 'call')}"
        yield f"{words.constructor(layer)}   {one_line(words.made(layer))}   {counts}"
        yield from (f"    {one_line(call)}" for call in words.calls(layer))
    if report.layers:
        yield ""
    yield f"lstmcheck: {words.summary(report)}"


def findings(report: Collected, colour: bool = False, columns: int | None = None) -> Iterator[str]:
    """The findings in full, each with how often it was made and by which ranks; an empty line after each."""
    paint = painter(colour)
    for row in report.rows:
        yield from block(row.finding, sites.lines_of, paint, columns)
        if seen := words.seen(row):
            yield f"   = seen {seen}"
        yield ""
