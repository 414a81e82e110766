"""The objects of the JSON format, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.report import Report
from lstmcheck.report._text import json_text
from lstmcheck.report.json import as_list


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    yield from map(json_text, as_list(report))
