"""The picture as SVG: no script, no font of its own, light and dark by CSS, the same bytes for the same layers."""

from __future__ import annotations

import zlib

from lstmcheck.draw import grid
from lstmcheck.draw.boxes import EDGE
from lstmcheck.draw.model import Picture
from lstmcheck.draw.panel import Panel
from lstmcheck.draw.paper import HATCHED, Paper, number
from lstmcheck.draw.style import STYLE
from lstmcheck.draw.words import escaped


def render(picture: Picture) -> str:
    """The whole file, ending with a line end."""
    paper = Paper()
    panels: list[Panel] = []
    top = EDGE
    for layer in picture.layers:
        panels.append(Panel(paper, layer, top, any(link.target == len(panels) for link in picture.links)))
        top = panels[-1].bottom + EDGE
    _links(paper, picture, panels)
    width, height = number(paper.right + EDGE), number(paper.bottom + EDGE - 4)
    title = escaped(picture.title or "; ".join(grid.heading(layer) for layer in picture.layers))
    words = escaped(" ".join(map(grid.in_words, picture.layers)))
    body = "\n".join(paper.out)
    # several pictures may stand in one page, and each needs names of its own
    mark = f"lc{zlib.crc32((title + words + body).encode()):08x}"
    edge = f'width="{number(paper.right + EDGE - 1)}" height="{number(paper.bottom + EDGE - 5)}"'
    pattern = 'width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    about = f'style="max-width:100%;height:auto" role="img" aria-labelledby="{mark}-t {mark}-d"'
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {about}>',
        f'<title id="{mark}-t">{title}</title>',
        f'<desc id="{mark}-d">{words}</desc>',
        f"<style>{STYLE}</style>",
        f'<defs><pattern id="{mark}-h" {pattern}><path d="M0 0V7" class="lc-hatch"/></pattern></defs>',
        f'<rect x=".5" y=".5" {edge} rx="8" class="lc-page"/>',
        body.replace(HATCHED, f"url(#{mark}-h)"),
        "</svg>\n",
    ]
    return "\n".join(lines)


def _links(paper: Paper, picture: Picture, panels: list[Panel]) -> None:
    """What goes from one layer to another: out to the right, down, back below the next title, and in."""
    edge = paper.right
    for at, link in enumerate(picture.links):
        source, target = panels[link.source].at, panels[link.target]
        start = source.get(f"{link.part}>{target.layer.name}") or source.get(link.part)
        end = target.at.get(link.into)
        if start is None or end is None:
            continue
        lane = edge + 14 + 8 * at
        run = target.states_top - 8 - 5 * (at % 3)
        (x0, y0), (x1, y1) = start.right, (end.x + 18 + 9 * (at % 3), end.y)
        paper.arrow([(x0, y0), (lane, y0), (lane, run), (x1, run), (x1, y1)], "arrow")
