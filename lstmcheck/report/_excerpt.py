"""Source lines with their spans underlined and labelled, as they stand in the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lstmcheck.report._colour import Paint
from lstmcheck.report._text import one_line, printable, tame

if TYPE_CHECKING:
    from lstmcheck.findings import Location

MAX_WIDTH = 160
_BEFORE = 40


class Mark(NamedTuple):
    """A span to underline. The primary one is where the mistake is mended or torch raises."""

    where: Location
    label: str
    primary: bool


def excerpt(marks: Sequence[Mark], lines: Callable[[str], Sequence[str]], role: str, paint: Paint) -> Iterator[str]:
    """The marked lines in the order of the file; those of other files, and cells, follow under their names."""
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
                yield from _line(text[number - 1], on_line[0].where.row, width, on_line, role, paint)


def _line(text: str, number: int, width: int, marks: list[Mark], role: str, paint: Paint) -> Iterator[str]:
    # The primary span is drawn last, so that it stays visible inside a wider related one.
    ordered = sorted(marks, key=lambda mark: (mark.primary, mark.where.column))
    shift = _shift(text, next((mark for mark in marks if mark.primary), marks[0]))
    text, cut = _shortened(text, shift)
    columns = _columns(text)
    spans = []
    for mark in ordered:
        start = min(max(mark.where.column - 1 - cut, 0), len(text))
        end = mark.where.end_column - 1 - cut if mark.where.end_line == mark.where.line else len(text.rstrip())
        end = min(max(end, start + 1), max(len(text), start + 1))
        shown = mark._replace(label=one_line(mark.label))
        spans.append((columns[start], max(columns[min(end, len(text))], columns[start] + 1), shown))
    yield f"{paint('place', f'{number:>{width}} |')} {visible(text)}".rstrip()
    gutter = paint("place", f"{' ' * width} |") + " "
    for row in _rows(spans, role, paint):
        yield gutter + row


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


def _shift(text: str, mark: Mark) -> int:
    """How many characters to leave out at the left so that the mark of a very long line is seen."""
    if len(text) <= MAX_WIDTH or mark.where.column < MAX_WIDTH - _BEFORE:
        return 0
    return mark.where.column - _BEFORE


def shortened(text: str) -> str:
    """The beginning of a very long line."""
    return _shortened(text, 0)[0]


def _shortened(text: str, shift: int) -> tuple[str, int]:
    """A window of a very long line, and by how much its columns moved."""
    if len(text) <= MAX_WIDTH:
        return text, 0
    left, right = ("..." if shift else ""), ("..." if len(text) > shift + MAX_WIDTH else "")
    return f"{left}{text[shift : shift + MAX_WIDTH]}{right}", shift - len(left)


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
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def visible(text: str) -> str:
    """The line with tabs as spaces and nothing in it that a terminal obeys."""
    return tame("".join("    " if c == "\t" else c if c.isprintable() else "?" for c in text))
