"""The boxes of tensors and of what takes them, each of a size that is known before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lstmcheck.draw import grid
from lstmcheck.draw.model import Consumer, Layer, Place, Tensor
from lstmcheck.draw.paper import MONO, SMALL, Paper
from lstmcheck.draw.words import cells, visible

EDGE = 20.0
LINE = 17.0
LONGEST_SHAPE = 26
LONGEST_NAME = 22


@dataclass(frozen=True)
class Area:
    """Where something is drawn."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> tuple[float, float]:
        """The middle of the right edge."""
        return self.x + self.width, self.y + self.height / 2


class Box(Protocol):
    """Something of a known size."""

    width: float
    height: float


class TensorBox:
    """A tensor's box: its name and expression, its axes by letter, the sizes below in grey."""

    def __init__(self, layer: Layer, names: str, tensor: Tensor) -> None:
        self.tensor = tensor
        self.title = names
        self.names = names.split(", ")
        self.mistakes = [one for name in self.names for one in grid.mistakes_of(layer, name)]
        self.absent = not tensor.given and tensor.name.endswith("_0") and not self.mistakes
        said = tensor.expression if tensor.expression != tensor.name else ""
        self.said = grid.shortened(visible("zeros: none given" if self.absent else said), LONGEST_NAME)
        self.pairs = grid.columns(tensor, LONGEST_SHAPE)
        needs = next((one for one in self.mistakes if one.expected), None)
        self.needs = f"needs {grid.shortened(visible(needs.expected), LONGEST_NAME)}" if needs is not None else ""
        self.axis = needs.axis if needs is not None and self.pairs is not None else None
        widths = [self._head_width(), *(cells(text) * MONO for text in self._lines())]
        if self.needs:
            widths.append(self._axis_middle() + 11 + cells(self.needs) * SMALL)
        self.width = max(max(widths) + 24, 96.0)
        self.height = 16 + LINE * (2 + (tensor.sizes is not None) + bool(self.needs))

    def _head_width(self) -> float:
        wide = cells(self.title) * MONO + (cells(self.said) * SMALL + 9 if self.said else 0)
        return wide + (cells("packed") * SMALL + 36 if self.tensor.packed else 0)

    def _lines(self) -> list[str]:
        if self.pairs is not None:
            return [grid.shape(tuple(letter for letter, _ in self.pairs))]
        sizes = [] if self.tensor.sizes is None else [visible(grid.shape(self.tensor.sizes))]
        return [grid.shape(self.tensor.axes), *(grid.shortened(text, LONGEST_SHAPE) for text in sizes)]

    def _axis_middle(self) -> float:
        """How far the middle of the wrong axis is from the start of the text."""
        if self.axis is None or self.pairs is None or self.axis >= len(self.pairs):
            return 5.0
        before = sum(cells(letter) + 2 for letter, _ in self.pairs[: self.axis]) + 1
        return (before + cells(self.pairs[self.axis][0]) / 2) * MONO

    def draw(self, paper: Paper, x: float, y: float, width: float) -> None:
        """Draw it at a place, as wide as asked for."""
        tensor = self.tensor
        paper.begin(tip(tensor.place, grid.shape_in_words(tensor)), mark(tensor.place))
        paper.box(x, y, width, self.height, "absent" if self.absent else "box", 6)
        if self.mistakes:
            paper.box(x - 3, y - 3, width + 6, self.height + 6, "bad", 8)
        at = y + 19
        paper.text(x + 12, at, self.title, "mono strong ink")
        paper.text(x + 12 + cells(self.title) * MONO + 9, at, self.said, "small grey")
        if tensor.packed:
            for row, wide in enumerate((20, 15, 9)):
                paper.box(x + width - 30, at - 10 + row * 4.5, wide, 3, "neutral", 0)
            paper.text(x + width - 36 - cells("packed") * SMALL, at, "packed", "small grey")
        at = self._shape(paper, x + 12, at + LINE)
        if self.needs:
            middle = x + 12 + self._axis_middle()
            paper.cross(middle, at - 4)
            paper.text(middle + 11, at, self.needs, "small wrong")
        elif self.mistakes:
            paper.cross(x + width - 3, y + 3, 5)
        paper.end()

    def _shape(self, paper: Paper, x: float, y: float) -> float:
        """Both lines of the shape; returns where the next line goes."""
        if self.pairs is None:
            letters, *sizes = self._lines()
            paper.text(x, y, letters, "mono ink")
            for text in sizes:
                y += LINE
                paper.text(x, y, text, "mono wrong" if self.mistakes else "mono grey")
            return y + LINE
        wrong = {one.axis for one in self.mistakes}
        paper.text(x, y, "(", "mono ink")
        paper.text(x, y + LINE, "(", "mono grey")
        at = x + MONO
        for axis, (letter, size) in enumerate(self.pairs):
            end = ", " if axis < len(self.pairs) - 1 else ",)" if len(self.pairs) == 1 else ")"
            for line, text, look in ((y, letter, "ink"), (y + LINE, size, "grey")):
                paper.text(at, line, text, "mono wrong" if axis in wrong else f"mono {look}")
                paper.text(at + cells(letter) * MONO, line, end, f"mono {look}")
            at += (cells(letter) + len(end)) * MONO
        return y + 2 * LINE


class ConsumerBox:
    """What takes a result, written as the program does."""

    def __init__(self, layer: Layer, consumer: Consumer, more: int) -> None:
        self.consumer = consumer
        self.mistakes = grid.mistakes_of(layer, consumer.name)
        texts = [(consumer.name, "mono strong ink"), (consumer.what, "small ink"), (consumer.expression, "small grey")]
        self.lines = [(grid.shortened(visible(text), LONGEST_NAME), look) for text, look in texts if text]
        got = next((one.got for one in self.mistakes if one.got), "")
        if got:
            self.lines.append((f"   gets {grid.shortened(visible(got), LONGEST_NAME)}", "small wrong"))
        self.says_what = bool(got)
        if more:
            self.lines.append((f"and {more} more", "small grey"))
        self.width = max(cells(text) * (MONO if "mono" in look else SMALL) for text, look in self.lines) + 24
        self.height = 12 + LINE * len(self.lines)

    def draw(self, paper: Paper, x: float, y: float) -> None:
        """Draw it at a place."""
        place = self.consumer.place
        paper.begin(tip(place, f"{self.consumer.name} {self.consumer.what}".strip()), mark(place))
        paper.box(x, y, self.width, self.height, "box", 6)
        if self.mistakes:
            paper.box(x - 3, y - 3, self.width + 6, self.height + 6, "bad", 8)
            if not self.says_what:
                paper.cross(x + self.width - 3, y + 3, 5)
        at = y + 18
        for text, look in self.lines:
            if look == "small wrong":
                paper.cross(x + 17, at - 4)
            paper.text(x + 12, at, text, look)
            at += LINE
        paper.end()


def tip(place: Place | None, words: str) -> str:
    """What is shown when a reader points at something: words, and the source line."""
    if place is None:
        return words
    source = f": {place.text.strip()}" if place.text.strip() else ""
    return f"{words} - {place}{source}" if words else f"{place}{source}"


def mark(place: Place | None) -> str:
    """The class by which a page finds what belongs to a line of the source."""
    return f"lc-line-{place.line}" if place is not None else ""
