"""The layers x directions grid in words: which cell is which row of h_n, what runs between the rows, the legend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lstmcheck.draw.model import Layer, Mistake, Tensor
from lstmcheck.draw.words import cells, visible

MANY = 6
KEPT = 2


@dataclass(frozen=True)
class Cell:
    """One layer in one direction. `index` is its row of h_n, `alias` the same row from the end, where that is known."""

    direction: str
    index: str
    alias: str = ""


@dataclass(frozen=True)
class Row:
    """One layer's cells, or a line of text for the layers that are left out (`cells` is empty then)."""

    label: str
    cells: tuple[Cell, ...] = ()


def directions(layer: Layer) -> tuple[str, ...]:
    """The directions in the order of h_n."""
    return ("forward",) if layer.directions == 1 else ("forward", "reverse")


def rows(layer: Layer) -> list[Row]:
    """The grid from the top layer down; the middle of many layers is one row of text."""
    if layer.is_cell:
        return [Row("", (Cell("", layer.results[0].name),))]
    count = layer.layers
    if not isinstance(count, int):
        return [_open_top(layer), Row("L layers in all"), _row(layer, 0)]
    if count <= MANY:
        # a layer of none, which torch refuses, is drawn as one
        return [_row(layer, number) for number in reversed(range(max(count, 1)))]
    above = [_row(layer, number) for number in reversed(range(count - KEPT, count))]
    below = [_row(layer, number) for number in reversed(range(KEPT))]
    return [*above, Row(f"{count - 2 * KEPT} more: l{KEPT} to l{count - KEPT - 1}"), *below]


def _row(layer: Layer, number: int) -> Row:
    names = directions(layer)
    total = layer.layers * layer.directions if isinstance(layer.layers, int) and layer.directions != "D" else None
    cells = []
    for at, direction in enumerate(names):
        index = _index(number, at, layer.directions)
        row = number * len(names) + at
        top = isinstance(total, int) and total > 1 and row >= total - len(names)
        cells.append(Cell(direction, f"h_n[{index}]", f"h_n[{row - int(total or 0)}]" if top else ""))
    return Row(f"l{number}", tuple(cells))


def _index(number: int, at: int, times: int | str) -> str:
    if isinstance(times, int):
        return str(number * times + at)
    base = "" if number == 0 else "D" if number == 1 else f"{number}*D"
    return f"{base}+{at}" if base and at else base or str(at)


def _open_top(layer: Layer) -> Row:
    if layer.directions == "D":
        texts = ["-D", "1-D"]
    else:
        texts = [str(at - int(layer.directions)) for at in range(int(layer.directions))]
    cells = tuple(Cell(direction, f"h_n[{text}]") for direction, text in zip(directions(layer), texts))
    return Row("last", cells)


def bar(layer: Layer) -> str:
    """What a layer hands to the next: every direction's width."""
    times = {1: "", 2: "2*"}.get(layer.directions if isinstance(layer.directions, int) else 0, "D*")
    return f"{times}{layer.width}"


def value(layer: Layer, letter: str) -> str:
    """The size of a letter where the legend says it."""
    return next((one.value for one in layer.legend if one.letter == letter), "")


def bar_value(layer: Layer) -> str:
    """The number of features that a layer hands on, empty where it is none."""
    width = value(layer, layer.width)
    return str(int(layer.directions) * int(width)) if layer.directions != "D" and width.isdecimal() else ""


def with_value(name: str, number: str) -> str:
    """`H = 64`, or the name alone."""
    return f"{name} = {number}" if number and number != name else name


def shown_lines(mistake: Mistake) -> Iterator[tuple[str, str, str]]:
    """The source below a mistake: number, code and label of the lines that explain it, and of its own."""
    places = [*((place, label) for place, label in mistake.because), *([(mistake.place, "")] if mistake.place else [])]
    width = max((len(str(place.line)) for place, _ in places), default=0)
    for place, label in sorted(places, key=lambda pair: (pair[0].path, pair[0].line)):
        if place.text.strip():
            yield f"{place.line:>{width}} | ", place.text.strip(), label


def grouped(layer: Layer, tensors: tuple[Tensor, ...]) -> list[tuple[str, Tensor]]:
    """Tensors that look the same together: their names joined, and the first of them."""
    groups: list[tuple[list[str], Tensor, str]] = []
    for tensor in tensors:
        plain = replace(tensor, name="", expression="", place=None)
        mistaken = mistakes_of(layer, tensor.name)
        for names, first, said in groups:
            same = replace(first, name="", expression="", place=None) == plain
            if same and not mistaken and not mistakes_of(layer, first.name):
                names.append(tensor.name)
                groups[groups.index((names, first, said))] = (names, first, _both(said, tensor.expression))
                break
        else:
            groups.append(([tensor.name], tensor, tensor.expression))
    return [(", ".join(names), replace(first, expression=said)) for names, first, said in groups]


def _both(first: str, second: str) -> str:
    return first if first == second or not second else second if not first else f"{first}, {second}"


def mistakes_of(layer: Layer, part: str) -> list[Mistake]:
    """The mistakes about one part of a layer; those about "state" concern every state."""
    states = {tensor.name for tensor in layer.states}
    return [
        mistake for mistake in layer.mistakes if mistake.part == part or (mistake.part == "state" and part in states)
    ]


def legend(layer: Layer) -> Iterator[tuple[str, str, str]]:
    """Letter, meaning and value of everything that the picture names by a letter."""
    for one in layer.legend:
        yield (
            one.letter,
            one.meaning,
            "" if one.value in (one.letter, one.meaning, "\N{HORIZONTAL ELLIPSIS}") else one.value,
        )


def heading(layer: Layer) -> str:
    """`self.lstm = nn.LSTM(...)`."""
    text = layer.text or f"nn.{layer.kind}"
    return f"{layer.name} = {text}" if layer.name else text


def in_words(layer: Layer) -> str:
    """The whole picture as prose, for readers who do not see it."""
    parts = [f"{heading(layer)}."]
    if layer.is_cell:
        parts.append("A cell: one time step at a call.")
    else:
        depth = f"{layer.layers} layer{'' if layer.layers == 1 else 's'}"
        ways = {1: "forward only", 2: "forward and reverse"}.get(
            layer.directions if isinstance(layer.directions, int) else 0, f"forward, and reverse if {layer.condition}"
        )
        parts.append(f"{depth}, {ways}.")
        found = [cell for row in rows(layer) for cell in row.cells]
        if len(found) > 1:
            listed = [
                f"{row.label} {cell.direction} is {cell.index}" for row in reversed(rows(layer)) for cell in row.cells
            ]
            parts.append(f"Rows of h_n: {', '.join(listed)}.")
    parts.append(f"{shape_in_words(layer.input)}.")
    parts += [f"{shape_in_words(tensor)}." for tensor in layer.states]
    parts += [f"{shape_in_words(tensor)}." for tensor in (layer.output, *layer.results) if tensor is not None]
    for one in layer.consumers:
        through = f" as {one.expression}" if one.expression else ""
        parts.append(f"{one.part} goes{through} into {one.name}{f', {one.what}' if one.what else ''}.")
    parts += [f"Mistake {one.code}: {one.message}." for one in layer.mistakes]
    return " ".join(parts)


def shape_in_words(tensor: Tensor) -> str:
    """`input x (B, T, E) = (8, 20, 32)`."""
    said = f" {tensor.expression}" if tensor.expression and tensor.expression != tensor.name else ""
    packed = ", packed" if tensor.packed else ""
    missing = "" if tensor.given or not tensor.name.endswith("_0") else ", not given: zeros"
    sizes = f" = {shape(tensor.sizes)}" if tensor.sizes is not None else ""
    return f"{tensor.name}{said} {shape(tensor.axes)}{sizes}{packed}{missing}"


def shape(texts: tuple[str, ...]) -> str:
    """A shape as a tuple is written."""
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def columns(tensor: Tensor, longest: int) -> list[tuple[str, str]] | None:
    """Letter and size of each axis, padded to the same width; None where they do not stand below each other.

    Long sizes are cut until the shape takes at most about `longest` columns; the legend has them whole.
    """
    if tensor.sizes is None or len(tensor.sizes) != len(tensor.axes):
        return None
    sizes = [visible(size) for size in tensor.sizes]
    room = max(map(cells, sizes), default=0)
    while room > 5 and sum(min(cells(size), room) + 2 for size in sizes) > longest:
        room -= 1
    out = []
    for letter, size in zip(tensor.axes, sizes):
        size = shortened(size, room)
        width = max(cells(letter), cells(size))
        out.append((centred(letter, width), centred(size, width)))
    return out


def centred(text: str, width: int) -> str:
    """A text in the middle of so many columns."""
    left = (width - cells(text)) // 2
    return f"{' ' * left}{text}{' ' * (width - cells(text) - left)}"


def shortened(text: str, longest: int) -> str:
    """A text of at most `longest` columns."""
    if cells(text) <= longest:
        return text
    while text and cells(text) > longest - 1:
        text = text[:-1]
    return f"{text}\N{HORIZONTAL ELLIPSIS}"


def ending(text: str, longest: int) -> str:
    """The end of a text, of at most `longest` columns: of a path, the file and the line."""
    if cells(text) <= longest:
        return text
    while text and cells(text) > longest - 1:
        text = text[1:]
    return f"\N{HORIZONTAL ELLIPSIS}{text}"
