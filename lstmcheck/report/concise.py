"""One line a finding: `path:line:column: CODE [name] severity: message`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lstmcheck.report import Report
from lstmcheck.report._colour import Paint, painter
from lstmcheck.report._text import leading, one_line

if TYPE_CHECKING:
    from lstmcheck.findings import Finding


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    paint = painter(report.colour)
    for finding in report.findings:
        where = finding.location
        yield f"{leading(where.place)}: {statement(finding, paint)}"


def statement(finding: Finding, paint: Paint) -> str:
    """What is wrong, without the place; `[*]` where `--fix` mends it."""
    code = paint(finding.severity, finding.code)
    mark = " [*]" if finding.fix is not None and finding.fix.applicability == "safe" else ""
    return f"{code} [{finding.name}]{mark} {finding.severity}: {one_line(finding.message)}"
