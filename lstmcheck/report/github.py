"""Workflow commands of GitHub Actions, shown as annotations.

Lines and columns count from 1. GitHub takes columns only where the span lies within one line.
"""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.findings import Finding
from lstmcheck.report import Report
from lstmcheck.report._text import details, one_line, printable

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        where, path = finding.location, printable(finding.location.path).replace("\\", "/")
        properties = {"title": f"{finding.code} ({finding.name})", "file": path, **_span(finding)}
        given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
        # the log shows nothing but the message
        first = f"{printable(where.place)}: {finding.code} {one_line(finding.message)}"
        message = "\n".join([first, *details(finding)])
        yield f"::{_COMMANDS[finding.severity]} {given}::{_data(message)}"


def _span(finding: Finding) -> dict[str, int]:
    where = finding.location
    if where.cell is not None:
        return {}
    if where.line != where.end_line:
        return {"line": where.line, "endLine": where.end_line}
    return {"line": where.line, "col": where.column, "endLine": where.end_line, "endColumn": where.end_column}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
