"""One layer on the sheet: title, states, input, grid, results, consumers, legend, mistakes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from lstmcheck.draw import grid
from lstmcheck.draw.boxes import EDGE, LINE, Area, ConsumerBox, TensorBox, mark, tip
from lstmcheck.draw.model import Consumer, Layer, Mistake
from lstmcheck.draw.paper import MONO, SMALL, Paper
from lstmcheck.draw.words import cells, prose, visible

GAP = 38.0
HEADER = 28.0
BESIDE = 16.0
CELL_HEIGHT = 42.0
CELL_GAP = 6.0
MIN_CELL = 116.0
ELISION = 20.0
BAR = 19.0
STEP = 13.0
STACKED = 14.0
MIN_WIDTH = 580.0
MAX_CONSUMERS = 3


class Panel:
    """One layer, drawn from `top` down. `at` says where its tensors are, for what goes to other layers."""

    def __init__(self, paper: Paper, layer: Layer, top: float, linked: bool) -> None:
        self.paper = paper
        self.layer = layer
        self.at: dict[str, Area] = {}
        self.rows = grid.rows(layer)
        self.count = 1 if layer.is_cell else len(grid.directions(layer))
        self.cell = self._cell_width()
        self.inner = self.count * self.cell + (self.count - 1) * CELL_GAP

        source = TensorBox(layer, layer.input.name, layer.input)
        states = [TensorBox(layer, names, tensor) for names, tensor in grid.grouped(layer, layer.states)]
        results = [TensorBox(layer, names, tensor) for names, tensor in grid.grouped(layer, layer.results)]
        output = TensorBox(layer, "output", layer.output) if layer.output is not None else None
        consumers = [(part, ConsumerBox(layer, one, rest)) for part, one, rest in _consumers(layer)]

        labels = 0.0 if layer.is_cell else max(cells(row.label) for row in self.rows if row.cells) * MONO + 12
        self.left = EDGE + source.width + GAP
        self.inside = self.left + BESIDE + labels
        self.right = self.inside + self.inner + BESIDE + GAP
        self.stack = self._stack_width() if self.count > 1 or len(self.rows) > 1 else 0.0
        self.results_width = max(self.stack + max(box.width for box in results), output.width if output else 0.0)
        self.far = self.right + self.results_width + GAP
        end = max([box.width + self.far for _, box in consumers], default=self.far - GAP)
        end = max(end, self.left + sum(box.width + 12 for box in states) - 12, EDGE + MIN_WIDTH)
        self.width = end - EDGE

        self.states_top = self._title(top) + 22 * linked
        self.frame_top = self.states_top + max(box.height for box in states) + 26
        self.frame = Area(self.left, self.frame_top, self.right - GAP - self.left, self._frame_height())
        self._draw_frame()
        out_y, in_y = self._draw_grid(self.frame_top + HEADER)
        self._draw_states(states)
        self._place(source, EDGE, max(in_y - source.height / 2, self.frame_top))
        paper.arrow([(EDGE + source.width, in_y), (self.inside, in_y)], "arrow")
        lowest = self._draw_results(output, results, out_y)
        lowest = max(lowest, self._draw_consumers(consumers))
        lowest = max(lowest, self.frame.y + self.frame.height, self.at["input"].y + source.height)
        self.bottom = self._words(lowest + 24)
        paper.reach(end, self.bottom)

    # Sizes

    def _cell_width(self) -> float:
        texts = [f"{one.index} = {one.alias}" if one.alias else one.index for row in self.rows for one in row.cells]
        width = max(max(map(cells, texts)) * MONO + 20, cells(self._sized(self.layer.width)) * SMALL + 64, MIN_CELL)
        elided = max((cells(f"... {row.label} ...") * SMALL for row in self.rows if not row.cells), default=0.0)
        if self.layer.condition:
            width = max(width, cells(self._heading("reverse")) * SMALL + 60)
        return max(width, (elided - (self.count - 1) * CELL_GAP) / self.count)

    def _stack_width(self) -> float:
        return max(cells(_bare(one.index)) for row in self.rows for one in row.cells) * SMALL + 22

    def _frame_height(self) -> float:
        rows = sum(CELL_HEIGHT if row.cells else ELISION for row in self.rows)
        joins = len(self.rows) - 1
        output = 0.0 if self.layer.is_cell else BAR + STEP
        return HEADER + output + rows + joins * (BAR + 2 * STEP) + STEP + BAR + 14

    # The parts

    def _title(self, y: float) -> float:
        y += 12
        place = self.layer.place
        self.paper.begin(tip(place, ""), mark(place))
        lines = textwrap.wrap(
            visible(grid.heading(self.layer)), max(int(self.width / MONO), 30), subsequent_indent="    "
        )
        for line in lines:
            self.paper.text(EDGE + (4 * MONO if line.startswith(" ") else 0), y, line.strip(), "mono strong ink")
            y += LINE
        if place is not None:
            self.paper.text(EDGE, y, grid.ending(visible(str(place)), int(self.width / SMALL)), "small grey")
            y += LINE
        self.paper.end()
        return y + 2

    def _heading(self, direction: str) -> str:
        return "reverse if D = 2" if direction == "reverse" and self.layer.condition else direction

    def _draw_frame(self) -> None:
        layer, paper, frame = self.layer, self.paper, self.frame
        paper.begin(tip(layer.place, grid.heading(layer)), mark(layer.place))
        paper.box(frame.x, frame.y, frame.width, frame.height, "frame", 10)
        if grid.mistakes_of(layer, "layer"):
            paper.box(frame.x - 4, frame.y - 4, frame.width + 8, frame.height + 8, "bad", 12)
            paper.cross(frame.x + frame.width - 1, frame.y + 1, 5)
        y = frame.y + 19
        if layer.is_cell:
            paper.text(frame.x + frame.width / 2, y, "one time step", "small grey", "middle")
        else:
            for middle, direction in zip(self._middles(), grid.directions(layer)):
                text = self._heading(direction)
                half = cells(text) * SMALL / 2 + 5
                paper.text(middle, y, text, "small grey", "middle")
                way = 1 if direction == "forward" else -1
                paper.arrow([(middle + way * half, y - 4), (middle + way * (half + 20), y - 4)], f"way-{direction}")
        paper.end()

    def _middles(self) -> list[float]:
        return [self.inside + at * (self.cell + CELL_GAP) + self.cell / 2 for at in range(self.count)]

    def _draw_grid(self, y: float) -> tuple[float, float]:
        """The bars and cells from the top; returns the heights of the middle of the topmost and lowest bar."""
        paper, layer = self.paper, self.layer
        out_y = y + BAR / 2
        if not layer.is_cell:
            y = self._bar(y)
        for at, row in enumerate(self.rows):
            if not row.cells:
                paper.text(self.inside + self.inner / 2, y + 14, f"... {row.label} ...", "small grey", "middle")
                y += ELISION + STEP
            else:
                if not layer.is_cell:
                    y = self._feed(y)
                paper.text(self.left + 10, y + CELL_HEIGHT / 2 + 4, row.label, "mono grey")
                for middle, one in zip(self._middles(), row.cells):
                    self._cell(one, middle - self.cell / 2, y)
                y = self._feed(y + CELL_HEIGHT)
            if at < len(self.rows) - 1:
                y = self._bar(y) + (0.0 if self.rows[at + 1].cells else STEP)
        paper.box(self.inside, y, self.inner, BAR, "neutral", 3)
        paper.text(self.inside + self.inner / 2, y + 14, self._sized("E"), "small ink", "middle")
        return out_y, y + BAR / 2

    def _bar(self, y: float) -> float:
        """What a layer hands on: both directions side by side."""
        half = self.inner / self.count
        for at, direction in enumerate(grid.directions(self.layer)):
            self.paper.filled(self.inside + at * half, y, half, BAR, direction)
        text = grid.with_value(grid.bar(self.layer), grid.bar_value(self.layer))
        middle, room = self.inside + self.inner / 2, cells(text) * SMALL + 14
        if self.count > 1:
            self.paper.box(middle - room / 2, y + 2, room, BAR - 4, "label", 3)
        self.paper.text(middle, y + 14, text, "small strong ink", "middle")
        return y + BAR

    def _feed(self, y: float) -> float:
        for middle in self._middles():
            self.paper.arrow([(middle, y + STEP), (middle, y + 1)], "thin")
        return y + STEP

    def _cell(self, one: grid.Cell, x: float, y: float) -> None:
        layer, paper = self.layer, self.paper
        direction = one.direction or "forward"
        middle = x + self.cell / 2
        paper.begin(f"{direction}: its last state is {one.index}" if one.direction else "one time step")
        paper.filled(x, y, self.cell, CELL_HEIGHT, direction, 6)
        paper.text(middle, y + 34, self._sized(layer.width), "small grey", "middle")
        if layer.is_cell:
            paper.text(middle, y + 18, layer.kind, "mono strong ink", "middle")
        else:
            alias = f" = {one.alias}" if one.alias else ""
            start = middle - (cells(one.index) * MONO + cells(alias) * SMALL) / 2
            paper.text(start, y + 18, one.index, "mono strong ink")
            paper.text(start + cells(one.index) * MONO, y + 18, alias, "small grey")
            ends = (x + self.cell - 26, x + self.cell - 8) if direction == "forward" else (x + 26, x + 8)
            paper.arrow([(ends[0], y + 30), (ends[1], y + 30)], f"way-{direction}")
        paper.end()

    def _sized(self, letter: str) -> str:
        size = visible(grid.value(self.layer, letter))
        return grid.with_value(letter, size if len(size) <= 8 else "")

    def _draw_states(self, states: Sequence[TensorBox]) -> None:
        low = self.frame_top - 26
        x = self.left
        for box in states:
            self._place(box, x, low - box.height)
            end = min(x + min(box.width / 2, 60.0), self.left + self.frame.width - 24)
            start = max(end, x + 10)
            bend = [(start, low + 13), (end, low + 13)] if end < start else []
            look = "thin" if box.absent else "arrow"
            self.paper.arrow([(start, low), *bend, (end, self.frame_top)], look)
            x += box.width + 12

    def _place(self, box: TensorBox, x: float, y: float, width: float | None = None) -> None:
        wide = box.width if width is None else width
        for name in box.names:
            self.at[name] = Area(x, y, wide, box.height)
        box.draw(self.paper, x, y, wide)

    def _draw_results(self, output: TensorBox | None, results: Sequence[TensorBox], out_y: float) -> float:
        """The output beside the topmost bar, with the bar's colours, and the states below; returns how far down."""
        paper = self.paper
        needed = max(sum(box.height + 8 for box in results) - 8, self._stack_height())
        top = max(self.frame_top, self.frame_top + (self.frame.height - needed) / 2)
        if output is not None:
            y = max(out_y - output.height / 2, self.states_top)
            self._place(output, self.right, y, self.results_width)
            half = self.results_width / self.count
            for at, direction in enumerate(grid.directions(self.layer)):
                paper.filled(self.right + at * half, y - 7, half, 7, direction)
            paper.arrow([(self.inside + self.inner, out_y), (self.right, out_y)], "arrow")
            top = y + output.height + 14
        if self.stack:
            self._draw_stack(top)
        y = top
        for box in results:
            self._place(box, self.right + self.stack, y, self.results_width - self.stack)
            y += box.height + 8
        entry = top + min(results[0].height / 2, 24.0)
        leave = min(entry, self.frame.y + self.frame.height - 10)
        paper.arrow(_across(self.left + self.frame.width, leave, self.right, entry), "arrow")
        return top + needed

    def _stack_height(self) -> float:
        return sum(STACKED * max(len(row.cells), 1) for row in self.rows) if self.stack else 0.0

    def _draw_stack(self, y: float) -> None:
        """The rows of h_n in their order, row 0 on top."""
        paper, width = self.paper, self.stack - 10
        paper.begin("the rows of h_n in their order")
        for row in reversed(self.rows):
            if not row.cells:
                paper.text(self.right + width / 2, y + 9, "...", "small grey", "middle")
                y += STACKED
            for one in row.cells:
                paper.filled(self.right, y, width, STACKED, one.direction)
                paper.text(self.right + width / 2, y + 11, _bare(one.index), "small ink", "middle")
                y += STACKED
        paper.end()

    def _draw_consumers(self, consumers: Sequence[tuple[str, ConsumerBox]]) -> float:
        lowest = 0.0
        for part, box in consumers:
            source = self.at.get(part) or self.at[self.layer.results[0].name]
            x, middle = source.right
            y = max(middle - box.height / 2, lowest, self.states_top)
            box.draw(self.paper, self.far, y)
            self.at.setdefault(f"{part}>{box.consumer.name}", Area(self.far, y, box.width, box.height))
            target = y + box.height / 2
            start = min(max(target, source.y + 8), source.y + source.height - 8)
            self.paper.arrow(_across(x, start, self.far, target), "arrow")
            lowest = y + box.height + 12
        return lowest

    # Below

    def _words(self, y: float) -> float:
        """Legend, notes, and the mistakes with their lines; returns how far down they reach."""
        paper, x = self.paper, EDGE
        for letter, meaning, size in [*grid.legend(self.layer), *(("", note, "") for note in self.layer.notes)]:
            tail = f"{meaning} = {grid.shortened(visible(size), 40)}" if size else visible(meaning)
            head = cells(letter) * SMALL + 5 if letter else 0.0
            wide = head + prose(tail)
            if x > EDGE and x + wide > EDGE + self.width:
                x, y = EDGE, y + LINE
            paper.text(x, y, letter, "small strong ink")
            paper.text(x + head, y, tail, "prose grey", "", prose(tail))
            x += wide + 18
        y += 4
        for mistake in self.layer.mistakes:
            y = self._mistake(mistake, y + 24)
        return y + 4

    def _mistake(self, mistake: Mistake, y: float) -> float:
        paper, place = self.paper, mistake.place
        paper.begin(tip(place, ""), mark(place))
        paper.cross(EDGE + 5, y - 4)
        paper.text(EDGE + 18, y, mistake.code, "mono wrong")
        start = EDGE + 18 + cells(mistake.code) * MONO + 10
        for at, line in enumerate(wrapped(visible(mistake.message), EDGE + self.width - start)):
            y += LINE * bool(at)
            paper.text(start, y, line, "prose ink", "", prose(line))
        y += 8
        lines = list(grid.shown_lines(mistake))
        if lines:
            paper.box(EDGE, y, self.width, LINE * sum(1 + bool(label) for _, _, label in lines) + 6, "code", 4)
            y -= 2
        for head, code, label in lines:
            room = int((self.width - 16) / SMALL) - cells(head)
            y += LINE
            paper.text(EDGE + 8, y, head, "small grey")
            paper.text(EDGE + 8 + cells(head) * SMALL, y, grid.shortened(visible(code), room), "small ink")
            if label:
                y += LINE
                paper.text(EDGE + 8 + cells(head) * SMALL, y, grid.shortened(visible(label), room), "small grey")
        y += 8 * bool(lines)
        paper.end()
        return y


def _consumers(layer: Layer) -> Iterator[tuple[str, Consumer, int]]:
    """The consumers that are drawn, those of the output first, and how many are left out after the last."""
    for tensor in (layer.output, *layer.results):
        found = [one for one in layer.consumers if tensor is not None and one.part == tensor.name]
        found.sort(key=lambda one: not grid.mistakes_of(layer, one.name))
        shown = found[:MAX_CONSUMERS]
        for at, one in enumerate(shown, 1):
            yield one.part, one, len(found) - len(shown) if at == len(shown) else 0


def _across(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    middle = (x0 + x1) / 2
    return [(x0, y0), (x1, y1)] if y0 == y1 else [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]


def _bare(index: str) -> str:
    """`h_n[3]` as `3`."""
    return index.removeprefix("h_n[").removesuffix("]")


def wrapped(text: str, width: float) -> list[str]:
    """Prose in lines of a width in points."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and prose(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
