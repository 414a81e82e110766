"""The report for rich: tables that fit the terminal. Only this module imports rich."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lstmcheck.runtime.collected import Collected
from lstmcheck.traced import text, words


def renderable(report: Collected) -> RenderableType:
    """Findings in full, then a table of the layers, then the summary."""
    parts: list[RenderableType] = [Text.from_ansi(line) for line in text.findings(report, colour=True)]
    if report.layers:
        parts.append(_layers(report))
    parts.append(Text(f"lstmcheck: {words.summary(report)}", style="bold" if report.ok else "bold red"))
    return Group(*parts)


def _layers(report: Collected) -> Table:
    table = Table(title="recurrent layers", title_justify="left")
    for name in ("layer", "made", "shapes"):
        table.add_column(name, overflow="fold")
    for name in ("parameters", "modules", "calls"):
        table.add_column(name, justify="right")
    for layer in report.layers:
        texts = (words.constructor(layer), words.made(layer), "\n".join(words.calls(layer)))
        counts = (f"{layer.parameters:,}", f"{layer.modules:,}", f"{layer.calls:,}")
        table.add_row(*map(Text, texts), *counts)
    return table
