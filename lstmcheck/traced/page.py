"""The report as HTML: a page of its own, and the same as a part of another page. No script, nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.draw import Picture, svg
from lstmcheck.draw.html import source
from lstmcheck.draw.words import escaped
from lstmcheck.report._text import axis_text
from lstmcheck.runtime import sites
from lstmcheck.runtime.collected import Collected, Row
from lstmcheck.traced import pictures, words

_AROUND = 1
_STYLE = """
.lc-report{max-width:70rem;color:#1b1f24;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.lc-report h2{font-size:1.05rem;margin:1.5rem 0 .5rem}
.lc-report h3{font-size:1rem;margin:1.25rem 0 .25rem}
.lc-report p{margin:.25rem 0}
.lc-report .error b,.lc-report .warning b{color:#b34700}
.lc-report table{border-collapse:collapse;margin:.5rem 0}
.lc-report td,.lc-report th{padding:.2rem .6rem;border:1px solid #d0d7de;text-align:left;vertical-align:top}
.lc-report code,.lc-report ol.source{font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.lc-report ol.source{list-style:none;margin:.25rem 0;padding:.4rem 0;border:1px solid #d0d7de;border-radius:8px;
overflow-x:auto}
.lc-report ol.source li{padding:0 .75rem;white-space:pre}
.lc-report ol.source .n{display:inline-block;min-width:3em;padding-right:1em;text-align:right;color:#59636e}
.lc-report ol.source li.bad{box-shadow:inset 4px 0 #d55e00}
.lc-report figure{margin:.5rem 0}
@media (prefers-color-scheme:dark){
.lc-report{color:#e6edf3}
.lc-report .error b,.lc-report .warning b{color:#f0732a}
.lc-report td,.lc-report th,.lc-report ol.source{border-color:#30363d}
.lc-report ol.source .n{color:#9ba6b2}
}
"""
_PAGE = """:root{color-scheme:light dark}
body{margin:0 auto;padding:1.5rem;max-width:70rem;background:#ffffff}
@media (prefers-color-scheme:dark){body{background:#010409}}
"""


def page(report: Collected) -> str:
    """A whole page."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            f"<head>{head}<title>lstmcheck: {escaped(words.summary(report))}</title>",
            f"<style>{_PAGE}</style></head>",
            "<body>",
            fragment(report),
            "</body>",
            "</html>\n",
        ]
    )


def fragment(report: Collected) -> str:
    """The report inside another page, such as a notebook's."""
    return "\n".join(['<div class="lc-report">', f"<style>{_STYLE}</style>", *_body(report), "</div>"])


def _body(report: Collected) -> Iterator[str]:
    yield f"<p><b>lstmcheck</b>: {escaped(words.summary(report))}</p>"
    for row in report.rows:
        yield from _finding(row)
    for probe in report.probes:
        yield f"<h2>the first batch</h2>{probe._repr_html_()}"
    for layer, drawn in zip(report.layers, pictures.layers(report)):
        yield f"<h2>{escaped(words.constructor(layer))}</h2>"
        yield (
            f"<p>made at <code>{escaped(words.made(layer))}</code>; {words.many(layer.parameters, 'parameter')}, "
            f"{words.many(layer.modules, 'module')}, {words.many(layer.calls, 'call')}</p>"
        )
        yield f"<figure>\n{svg.render(Picture((drawn,)))}</figure>"
        if layer.shapes:
            rows = "".join(f"<tr><td>{escaped(call)}</td></tr>" for call in words.calls(layer))
            yield f"<table><tr><th>called with</th></tr>{rows}</table>"


def _finding(row: Row) -> Iterator[str]:
    one = row.finding
    where = one.location
    yield f'<section class="{one.severity}"><h3><b>{escaped(one.code)}</b> {escaped(one.message)}</h3>'
    seen = words.seen(row)
    yield f"<p><code>{escaped(where.place)}</code> {one.severity}{f', seen {escaped(seen)}' if seen else ''}</p>"
    yield from _lines(where.path, where.line, where.end_line)
    for related in one.related:
        yield f"<p><code>{escaped(related.location.place)}</code> {escaped(related.label)}</p>"
    for axis in one.axes:
        if axis.ok is False:
            yield f"<p>{escaped(axis_text(axis))}</p>"
    if one.torch_says:
        yield f"<p>torch would say: <code>{escaped(one.torch_says)}</code></p>"
    if one.help:
        yield f"<p>help: {escaped(one.help)}</p>"
    yield "</section>"


def _lines(path: str, first: int, last: int) -> Iterator[str]:
    lines = sites.lines_of(path)
    numbers = [n for n in range(first - _AROUND, last + _AROUND + 1) if 1 <= n <= len(lines)]
    if numbers:
        yield from source(lines, numbers, frozenset(range(first, last + 1)))
