"""A Code Quality report of GitLab, which is a list of Code Climate issues. Lines and columns count from 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstmcheck.findings import Finding, Location
from lstmcheck.report import Report
from lstmcheck.report._identity import fingerprints
from lstmcheck.report._text import cell_text, details, json_text, one_line

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    keys = fingerprints(report.findings, report.lines)
    yield json_text([_issue(finding, key) for finding, key in zip(report.findings, keys)], indent=2)


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": finding.code,
        "description": f"{finding.code} [{finding.name}] {cell_text(finding)}{one_line(finding.message)}",
        "content": {"body": "\n".join(f"    {line}" for line in details(finding))},
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        "location": _place(finding.location),
        "other_locations": [_place(related.location) for related in finding.related],
    }


def _place(where: Location) -> dict[str, Any]:
    if where.cell is not None:
        return {"path": where.path.replace("\\", "/"), "lines": {"begin": 1}}
    begin = {"line": where.line, "column": where.column}
    end = {"line": where.end_line, "column": where.end_column}
    return {"path": where.path.replace("\\", "/"), "positions": {"begin": begin, "end": end}}
