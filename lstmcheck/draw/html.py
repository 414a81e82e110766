"""The picture in a page of its own, with the source below: pointing at a part marks its line. No script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lstmcheck.draw import grid, svg
from lstmcheck.draw.model import Layer, Mistake, Picture, Place
from lstmcheck.draw.words import escaped

AROUND = 2
_STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;padding:1.5rem;max-width:70rem;background:#ffffff;color:#1b1f24;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:1.25rem;margin:0 0 1rem}
h2{font-size:1rem;margin:1.5rem 0 .5rem}
figure{margin:0 0 1.5rem}
ol.source{list-style:none;margin:0;padding:.5rem 0;border:1px solid #d0d7de;border-radius:8px;overflow-x:auto;
font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
ol.source li{padding:0 .75rem;white-space:pre}
ol.source .n{display:inline-block;min-width:3em;padding-right:1em;text-align:right;color:#59636e;user-select:none}
ol.source li.gap{color:#59636e}
ol.source li.bad{box-shadow:inset 4px 0 #d55e00}
g[class^=lc-line]:hover>rect:first-of-type{stroke-width:2.5}
@media (prefers-color-scheme:dark){
body{background:#010409;color:#e6edf3}
ol.source{border-color:#30363d}
ol.source .n,ol.source li.gap{color:#9ba6b2}
ol.source li.bad{box-shadow:inset 4px 0 #f0732a}
}
"""
_MARKED = "{background:#fff3c4}"
_MARKED_DARK = "{background:#3a3000}"


def render(pictures: Sequence[Picture], sources: Mapping[str, Sequence[str]] | None = None, title: str = "") -> str:
    """A whole page. `sources` are the lines of the files by path; only those near what is drawn are shown."""
    shown = {path: _numbers(pictures, path, len(lines)) for path, lines in (sources or {}).items()}
    title = title or "; ".join(grid.heading(layer) for picture in pictures for layer in picture.layers)
    body = [f"<h1>{escaped(title)}</h1>"]
    body += [f"<figure>\n{svg.render(picture)}</figure>" for picture in pictures]
    for path, lines in (sources or {}).items():
        if shown[path]:
            body += [f"<h2>{escaped(path)}</h2>", *source(lines, shown[path], _mistaken(pictures, path))]
    numbers = sorted({place.line for picture in pictures for place in _places(picture)})
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escaped(title)}</title>",
            f"<style>{_STYLE}{hover(numbers)}</style></head>",
            "<body>",
            *body,
            "</body>",
            "</html>\n",
        ]
    )


def hover(numbers: Sequence[int]) -> str:
    """Style that marks a line of the source while a reader points at what is drawn of it."""
    rules = [f"body:has(.lc-line-{number}:hover) .line-{number}" for number in numbers]
    if not rules:
        return ""
    joined = ",\n".join(rules)
    return f"{joined}{_MARKED}\n@media (prefers-color-scheme:dark){{\n{joined}{_MARKED_DARK}\n}}\n"


def source(lines: Sequence[str], numbers: Sequence[int], bad: frozenset[int]) -> Iterator[str]:
    """Numbered lines of a file, a gap where some are left out."""
    yield '<ol class="source">'
    previous = numbers[0] - 1
    for number in numbers:
        if number != previous + 1:
            yield '<li class="gap">...</li>'
        look = f"line-{number} bad" if number in bad else f"line-{number}"
        yield f'<li class="{look}"><span class="n">{number}</span>{escaped(lines[number - 1])}</li>'
        previous = number
    yield "</ol>"


def _numbers(pictures: Sequence[Picture], path: str, count: int) -> list[int]:
    wanted: set[int] = set()
    for picture in pictures:
        for place in _places(picture):
            if place.path == path:
                wanted.update(range(place.line - AROUND, place.line + AROUND + 1))
    return sorted(number for number in wanted if 1 <= number <= count)


def _mistaken(pictures: Sequence[Picture], path: str) -> frozenset[int]:
    mistakes = [mistake for picture in pictures for layer in picture.layers for mistake in layer.mistakes]
    return frozenset(one.place.line for one in mistakes if one.place is not None and one.place.path == path)


def _places(picture: Picture) -> Iterator[Place]:
    for layer in picture.layers:
        for part in _parts(layer):
            place: Place | None = getattr(part, "place", None)
            if place is not None:
                yield place
        yield from _explained(layer.mistakes)


def _explained(mistakes: Sequence[Mistake]) -> Iterator[Place]:
    for mistake in mistakes:
        yield from (place for place, _ in mistake.because)


def _parts(layer: Layer) -> Iterator[object]:
    yield layer
    yield layer.input
    yield layer.output
    yield from layer.states
    yield from layer.results
    yield from layer.consumers
    yield from layer.mistakes
