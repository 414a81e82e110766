"""Logging commands of Azure Pipelines. There are errors and warnings only; columns count from 1."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.report import Report
from lstmcheck.report._text import cell_text, details, one_line, printable

# `%` itself is written in Azure's own way, so that the other escapes stay what they are
_ESCAPES = {"%": "%AZP25", ";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"}


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        where = finding.location
        properties = {
            "type": "error" if finding.severity == "error" else "warning",
            "sourcepath": printable(where.path).replace("\\", "/"),
            **({"linenumber": where.line, "columnnumber": where.column} if where.cell is None else {}),
            "code": finding.code,
        }
        given = "".join(f"{name}={_escaped(str(value))};" for name, value in properties.items())
        message = "\n".join([f"[{finding.name}] {cell_text(finding)}{one_line(finding.message)}", *details(finding)])
        yield f"##vso[task.logissue {given}]{_escaped(message)}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
