"""One line a finding: `path:line:column: CODE [name] message`."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.report import Report
from lstmcheck.report._colour import painter


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    paint = painter(report.colour)
    for finding in report.findings:
        where = finding.location
        message = " ".join(finding.message.split())
        code = paint(finding.severity, finding.code)
        yield f"{where.place}: {code} [{finding.name}] {finding.severity}: {message}"
