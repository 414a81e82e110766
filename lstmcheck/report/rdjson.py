"""The Reviewdog Diagnostic Format. Columns count from 1 in bytes of UTF-8; the end is exclusive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lstmcheck.findings import Finding, Fix, Location
from lstmcheck.report import Report
from lstmcheck.report._identity import Lines
from lstmcheck.report._links import page
from lstmcheck.report._text import cell_text, details, json_text, one_line


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    diagnostics = [_diagnostic(finding, report.lines) for finding in report.findings]
    yield json_text({"source": {"name": "lstmcheck"}, "diagnostics": diagnostics}, indent=2)


def _diagnostic(finding: Finding, lines: Lines) -> dict[str, Any]:
    url = page(finding.code)
    return {
        "message": "\n".join([f"[{finding.name}] {cell_text(finding)}{one_line(finding.message)}", *details(finding)]),
        "location": _place(finding.location, lines),
        "severity": finding.severity.upper(),
        "code": {"value": finding.code, **({"url": url} if url else {})},
        "suggestions": _suggestions(finding.fix, lines),
        "related_locations": [
            {"message": one_line(related.label), "location": _place(related.location, lines)}
            for related in finding.related
        ],
    }


def _suggestions(fix: Fix | None, lines: Lines) -> list[dict[str, Any]]:
    """A suggestion is one replacement: a fix of several edits cannot be said."""
    if fix is None or len(fix.edits) != 1 or fix.edits[0].location.cell is not None:
        return []
    (edit,) = fix.edits
    return [{"range": _range(edit.location, lines(edit.location.path)), "text": edit.content}]


def _place(where: Location, lines: Lines) -> dict[str, Any]:
    path = where.path.replace("\\", "/")
    return {"path": path} if where.cell is not None else {"path": path, "range": _range(where, lines(where.path))}


def _range(where: Location, text: Sequence[str]) -> dict[str, Any]:
    return {
        "start": {"line": where.line, "column": _bytes(text, where.line, where.column)},
        "end": {"line": where.end_line, "column": _bytes(text, where.end_line, where.end_column)},
    }


def _bytes(text: Sequence[str], line: int, column: int) -> int:
    """The byte column of a character column; the same where the line is not known or all ASCII."""
    before = text[line - 1][: column - 1] if 0 < line <= len(text) else ""
    return column + len(before.encode("utf-8", "surrogatepass")) - len(before)
