"""A JSON list with one object a finding: the whole model, nothing worded for this format alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lstmcheck.findings import Axis, Finding, Location
from lstmcheck.report import Report


def render(report: Report) -> Iterator[str]:
    """The lines of the report: one list, one finding a line."""
    texts = [json.dumps(as_json(finding)) for finding in report.findings]
    yield "[" + ",\n ".join(texts) + "]"


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
