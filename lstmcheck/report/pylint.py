"""One line a finding, as flake8 and ruff write for readers of pylint's output: `path:line: [CODE] message`."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.report import Report
from lstmcheck.report._text import leading, one_line


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        where = finding.location
        yield f"{leading(where.file)}:{where.row}: [{finding.code}] {finding.name}: {one_line(finding.message)}"
