"""The report as data."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from lstmcheck import report as formats
from lstmcheck.report.json import as_list
from lstmcheck.runtime import sites
from lstmcheck.runtime.collected import Collected
from lstmcheck.runtime.layers import Layer
from lstmcheck.traced import words


def text(report: Collected) -> str:
    """One JSON object."""
    return json.dumps(values(report), indent=2)


def values(report: Collected) -> dict[str, Any]:
    """The report as plain values."""
    rows = report.rows
    found = as_list(formats.Report([row.finding for row in rows], 0, 0, sites.lines_of))
    return {
        "ok": report.ok,
        "findings": [{**one, "count": row.times, "ranks": sorted(row.ranks)} for one, row in zip(found, rows)],
        "layers": [_layer(layer) for layer in report.layers],
        "probes": [
            {"verdict": probe.verdict, "reason": probe.reason, "changed": probe.changed} for probe in report.probes
        ],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    made = layer.made
    config = {name: value for name, value in asdict(layer.config).items() if name != "call_raises"}
    return {
        "kind": layer.kind,
        "text": layer.text or words.constructor(layer),
        "path": made.path if made is not None else None,
        "line": made.line if made is not None else None,
        "column": made.column if made is not None else None,
        "config": config,
        "parameters": layer.parameters,
        "modules": layer.modules,
        "calls": layer.calls,
        "shapes": [
            {name: {"axes": layer.axes_of(name, len(sizes)), "sizes": sizes} for name, sizes in one.items()}
            for one in layer.shapes
        ],
        "more_shapes": layer.more_shapes,
    }
