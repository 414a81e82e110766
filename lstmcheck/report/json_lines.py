"""The objects of the JSON format, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lstmcheck.report import Report
from lstmcheck.report.json import as_list


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    yield from map(json.dumps, as_list(report))
