"""The findings of each file under its path, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lstmcheck.report import Report
from lstmcheck.report._colour import painter
from lstmcheck.report._text import leading
from lstmcheck.report.concise import statement


def render(report: Report) -> Iterator[str]:
    """The lines of the report; files are separated by an empty line."""
    paint = painter(report.colour)
    for file, group in groupby(report.findings, key=lambda finding: finding.location.file):
        findings = list(group)
        points = [f"{finding.location.row}:{finding.location.column}" for finding in findings]
        width = max(map(len, points))
        yield paint("place", f"{leading(file)}:")
        yield from (f"  {point:>{width}}  {statement(finding, paint)}" for point, finding in zip(points, findings))
        yield ""
