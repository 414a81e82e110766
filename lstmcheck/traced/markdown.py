"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.report._text import one_line
from lstmcheck.runtime.collected import Collected
from lstmcheck.traced import words


def lines(report: Collected) -> Iterator[str]:
    """The lines: a summary, a table of findings, a table of layers."""
    yield f"**lstmcheck**: {words.summary(report)}"
    if report.rows:
        yield from ("", "| place | rule | severity | message | seen |", "|---|---|---|---|---|")
    for row in report.rows:
        one = row.finding
        message = f"{one.message} *{one.help}*" if one.help else one.message
        yield _row(
            f"`{one.location.place}`", f"{one.code} {one.name}", one.severity, message, words.seen(row) or "once"
        )
    if report.layers:
        yield from ("", "| layer | made | parameters | modules | calls | shapes |", "|---|---|---:|---:|---:|---|")
    for layer in report.layers:
        counts = (f"{layer.parameters:,}", f"{layer.modules:,}", f"{layer.calls:,}")
        shapes = "<br>".join(words.calls(layer))
        yield _row(f"`{words.constructor(layer)}`", f"`{words.made(layer)}`", *counts, shapes)


def _row(*texts: str) -> str:
    return "| " + " | ".join(one_line(text).replace("|", "\\|") for text in texts) + " |"
