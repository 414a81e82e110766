"""Shapes for a reader: source with the shapes beside the lines, the layers, and what is not known."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from lstmcheck.report._colour import Paint, painter
from lstmcheck.report._excerpt import _columns, visible
from lstmcheck.source.syntax import CELL_HEAD
from lstmcheck.survey.model import FileShapes, Line, ProgramShapes

MIN_WIDTH = 40
MAX_CODE = 88


def terminal_width() -> int:
    """The width of the terminal, or 100 where the output goes elsewhere."""
    return max(shutil.get_terminal_size((100, 24)).columns, MIN_WIDTH)


def page(shapes: ProgramShapes, width: int | None = None, colour: bool = False) -> Iterator[str]:
    """The lines of the page for a terminal of a width."""
    paint = painter(colour)
    columns = terminal_width() if width is None else max(width, MIN_WIDTH)
    for number, file in enumerate(shapes.files):
        if number:
            yield ""
        yield from _file(file, columns, paint)
    if shapes.legend:
        yield ""
        words = ", ".join(f"{name} {meaning}" for name, meaning in shapes.legend.items())
        yield from wrapped(f"{words}: sizes that the code gives no name; ... are axes that are not known", "", columns)


def _file(file: FileShapes, width: int, paint: Paint) -> Iterator[str]:
    yield paint("place", file.path)
    notes: dict[int, list[Line]] = {}
    for line in file.lines:
        notes.setdefault(line.line, []).append(line)
    yield from _source(file, notes, width, paint)
    if file.layers:
        yield ""
        yield paint("info", "layers")
        for layer in file.layers:
            yield from wrapped(f"{layer.name + ' = ' if layer.name else ''}{layer.text}", "  ", width, "      ")
            facts = [f"made in line {layer.line}"]
            if layer.called:
                facts.append("called in " + ", ".join(_joined(layer.called)))
            else:
                facts.append("never seen called")
            if layer.parameters is not None:
                facts.insert(0, f"{layer.parameters} parameters")
            yield from wrapped("; ".join(facts), "      ", width)
    unknown = [(line.line, line.name, str(line.cause), line.cause) for line in file.lines if line.cause is not None]
    unknown += [(gap.line, f"{gap.part} of {gap.call}", str(gap.cause), gap.cause) for gap in file.gaps]
    if unknown:
        yield ""
        yield paint("warning", "not known")
        for number, what, why, cause in sorted(unknown, key=lambda row: row[:3]):
            place = cause.path or (f"line {cause.line}" if cause.line and cause.line != number else "")
            at = f" ({place}{f':{cause.line}' if cause.path else ''})" if place else ""
            yield from wrapped(f"line {number}: {what}: {why}{at}", "  ", width, "      ")


def _joined(called: tuple[str, ...]) -> list[str]:
    """`line 3, line 9` as `lines 3, 9`."""
    here = [text.removeprefix("line ") for text in called if text.startswith("line ")]
    others = [text for text in called if not text.startswith("line ")]
    return ([f"{'line' if len(here) == 1 else 'lines'} {', '.join(here)}"] if here else []) + others


def _source(file: FileShapes, notes: dict[int, list[Line]], width: int, paint: Paint) -> Iterator[str]:
    """The lines of the file with their shapes; what has none and is far from any is left out."""
    kept = _kept(file, notes)
    gutter = len(str(max(kept, default=1)))
    texts = {number: visible(file.source[number - 1]).rstrip() for number in kept}
    room = width - gutter - 3
    most = min(MAX_CODE, room * 3 // 5)
    beside = max((size for number in notes if number in texts and (size := _width(texts[number])) <= most), default=0)
    previous = 0
    for number in kept:
        if previous and number > previous + 1:
            yield paint("place", f"{'...':>{gutter}}")
        previous = number
        labels = [_label(line, paint) for line in notes.get(number, ())]
        yield from _line(texts[number], number, gutter, labels, beside, room, paint)


def _kept(file: FileShapes, notes: dict[int, list[Line]]) -> list[int]:
    """The lines to show: all between the first and last note of a neighbourhood, and the heads around them."""
    whole = file.last - file.first < 40 or not notes
    if whole:
        return list(range(file.first, min(file.last, len(file.source)) + 1))
    kept: set[int] = set()
    for number in notes:
        kept.update(range(max(number - 2, file.first), min(number + 2, file.last) + 1))
        indent = _indent(file.source[number - 1])
        for above in range(number - 1, file.first - 1, -1):
            text = file.source[above - 1]
            if text.strip() and _indent(text) < indent and text.lstrip().startswith(("def ", "class ", "async ")):
                kept.add(above)
                indent = _indent(text)
            elif text.startswith(CELL_HEAD):
                kept.add(above)
                break
    return sorted(number for number in kept if number <= len(file.source))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _line(
    text: str, number: int, gutter: int, labels: list[tuple[str, str]], beside: int, room: int, paint: Paint
) -> Iterator[str]:
    head = paint("place", f"{number:>{gutter}} |")
    if not labels:
        yield f"{head} {text}".rstrip()
        return
    blank = paint("place", f"{'':>{gutter}} |")
    first, rest = labels[0], labels[1:]
    column = max(beside, _width(text))
    if column + 2 + len(first[0]) <= room:
        yield f"{head} {text}{' ' * (column - _width(text) + 2)}{first[1]}"
        for plain, painted in rest:
            at = column + 2 if column + 2 + len(plain) <= room else _indent(text) + 4
            yield f"{blank} {' ' * at}{painted}"
        return
    yield f"{head} {text}"
    for _, painted in labels:
        yield f"{blank} {' ' * (_indent(text) + 4)}{painted}"


def _label(line: Line, paint: Paint) -> tuple[str, str]:
    """A value's label, plain and painted."""
    name = "returns" if line.kind == "returns" else line.name
    if line.cause is not None:
        return f"{name}: ?", f"{name}: {paint('warning', '?')}"
    texts = " | ".join(shown.text for shown in line.shapes)
    at = ", ".join(dict.fromkeys(shown.at for shown in line.shapes if shown.at))
    tail = f"  (called from {at})" if at else ""
    return f"{name}: {texts}{tail}", f"{name}: {paint('help', texts)}{paint('place', tail)}"


def _width(text: str) -> int:
    return _columns(text)[-1]


def wrapped(text: str, indent: str, width: int, later: str | None = None) -> list[str]:
    """Prose in lines of a width; words that are longer than a line stay whole."""
    import textwrap

    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [indent]
