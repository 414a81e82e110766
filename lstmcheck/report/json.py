"""A JSON list with one object a finding: the whole model, nothing worded for this format alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstmcheck.findings import Axis, Edit, Finding, Fix, Location
from lstmcheck.report import Report
from lstmcheck.report._identity import fingerprints
from lstmcheck.report._text import json_text


def render(report: Report) -> Iterator[str]:
    """The lines of the report: one list, one finding a line."""
    yield "[" + ",\n ".join(json_text(found) for found in as_list(report)) + "]"


def as_list(report: Report) -> list[dict[str, Any]]:
    """The findings as plain values, each with its fingerprint."""
    keys = fingerprints(report.findings, report.lines)
    return [{**as_json(finding), "fingerprint": key} for finding, key in zip(report.findings, keys)]


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        **_place(finding.location),
        "related": [{**_place(related.location), "label": related.label} for related in finding.related],
        "axes": [_axis(axis) for axis in finding.axes],
        "torch_says": finding.torch_says,
        "help": finding.help,
        "condition": finding.condition,
        "fix": _fix(finding.fix),
    }


def _place(where: Location) -> dict[str, Any]:
    return {
        "path": where.path,
        "cell": where.cell.number if where.cell is not None else None,
        "line": where.row,
        "column": where.column,
        "end_line": where.end_row,
        "end_column": where.end_column,
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {"axis": axis.axis, "name": axis.name, "expected": axis.expected, "got": axis.got, "ok": axis.ok}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"applicability": fix.applicability, "title": fix.title, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.location), "content": edit.content}
