"""Source lines with their spans underlined and labelled, as they stand in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lstmcheck.report._colour import Paint
from lstmcheck.report._text import one_line, printable, tame

if TYPE_CHECKING:
    from lstmcheck.findings import Location

MAX_WIDTH = 160
"""How many characters of a source line are shown where no terminal is narrower."""
_MIN_WIDTH = 40


class Mark(NamedTuple):
    """A span to underline. The primary one is where the mistake is mended or torch raises."""

    where: Location
    label: str
    primary: bool


def excerpt(
    marks: Sequence[Mark], lines: Callable[[str], Sequence[str]], role: str, paint: Paint, columns: int | None = None
) -> Iterator[str]:
    """The marked lines in the order of the file; those of other files, and cells, follow under their names.

    Of a line that is wider than the columns of the reader's terminal a window is shown: wrapped, it would leave its
    underline behind.
    """
    primary = next(mark for mark in marks if mark.primary)
    files = dict.fromkeys([primary.where.file, *(mark.where.file for mark in marks)])
    width = len(str(max(mark.where.row for mark in marks)))
    for file in files:
        here = [mark for mark in marks if mark.where.file == file]
        first = min(mark.where for mark in here)
        if file != primary.where.file:
            yield paint("place", f"{' ' * width}::: {printable(first.place)}")
        text = lines(first.path)
        for number in sorted({mark.where.line for mark in here}):
            on_line = [mark for mark in here if mark.where.line == number]
            if 0 < number <= len(text):
                head, gutter = f"{on_line[0].where.row:>{width}} |", f"{' ' * width} |"
                room = min(max((columns or MAX_WIDTH) - len(gutter) - 1, _MIN_WIDTH), MAX_WIDTH)
                shown, *underlines = _line(text[number - 1], on_line, room, role, paint)
                yield f"{paint('place', head)} {shown}".rstrip()
                yield from (f"{paint('place', gutter)} {row}" for row in underlines)


def _line(text: str, marks: list[Mark], room: int, role: str, paint: Paint) -> Iterator[str]:
    # The primary span is drawn last, so that it stays visible inside a wider related one.
    ordered = sorted(marks, key=lambda mark: (mark.primary, mark.where.column))
    spans = [_span(mark.where, text) for mark in ordered]
    text, cut = _window(text, _shift(text, spans, room), room)
    columns = _columns(text)
    drawn = []
    for mark, (start, end) in zip(ordered, spans):
        first = min(max(start - cut, 0), len(text))
        last = min(max(end - cut, first + 1), len(text))
        shown = mark._replace(label=one_line(mark.label))
        drawn.append((columns[first], max(columns[last], columns[first] + 1), shown))
    yield visible(text)
    yield from _rows(drawn, role, paint)


def _span(where: Location, text: str) -> tuple[int, int]:
    """The part of its first line that a place covers, at least one character."""
    start = where.column - 1
    end = where.end_column - 1 if where.end_line == where.line else len(text.rstrip())
    return start, max(end, start + 1)


def _rows(spans: list[tuple[int, int, Mark]], role: str, paint: Paint) -> Iterator[str]:
    """The underline with the rightmost label beside it, then one row for each other label, from right to left."""
    end = max(span[1] for span in spans)
    drawn: list[tuple[str, str]] = [(" ", "")] * end
    for start, stop, mark in spans:
        for at in range(start, stop):
            drawn[at] = ("^", role) if mark.primary else ("-", "related")
    labelled = sorted((span for span in spans if span[2].label), key=lambda span: span[0], reverse=True)
    underline = _painted(drawn, paint)
    rest = labelled
    if labelled and all(start <= labelled[0][0] for start, _, _ in spans):
        underline += " " + paint(role if labelled[0][2].primary else "related", labelled[0][2].label)
        rest = labelled[1:]
    yield underline
    for start, _, mark in rest:
        yield " " * start + paint(role if mark.primary else "related", mark.label)


def _painted(cells: Iterable[tuple[str, str]], paint: Paint) -> str:
    out: list[str] = []
    run, run_role = "", ""
    for character, role in cells:
        if role != run_role:
            out.append(paint(run_role, run) if run_role else run)
            run, run_role = "", role
        run += character
    out.append(paint(run_role, run) if run_role else run)
    return "".join(out)


def _shift(text: str, spans: Sequence[tuple[int, int]], room: int) -> int:
    """How many characters of a line to leave out at the left, so that all spans are seen, or else the last one."""
    start, end = min(spans)[0], max(stop for _, stop in spans)
    if end - start > room * 3 // 4:
        start, end = spans[-1]
    if len(text) <= room or end <= room - len(_CUT) or start < room // 4:
        return 0
    return min(start - room // 8, len(text) - room + len(_CUT))


_CUT = "..."


def shortened(text: str) -> str:
    """The beginning of a very long line."""
    return _window(text, 0, MAX_WIDTH)[0]


def _window(text: str, shift: int, room: int) -> tuple[str, int]:
    """So many characters of a line, and by how much its columns moved."""
    if len(text) <= room:
        return text, 0
    left = _CUT if shift else ""
    right = _CUT if len(text) - shift + len(left) > room else ""
    return f"{left}{text[shift : shift + room - len(left) - len(right)]}{right}", shift - len(left)


def _columns(text: str) -> list[int]:
    """The terminal column at which each character of the visible line starts, and the end."""
    columns, at = [], 0
    for character in text:
        columns.append(at)
        at += _width(character)
    columns.append(at)
    return columns


def _width(character: str) -> int:
    if character == "\t":
        return 4
    if character.isascii():
        return 1
    import unicodedata

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def visible(text: str) -> str:
    """The line with tabs as spaces and nothing in it that a terminal obeys."""
    return tame("".join("    " if c == "\t" else c if c.isprintable() else "?" for c in text))
