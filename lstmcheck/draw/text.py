"""The picture for a terminal: box characters or ASCII, usually within 80 columns, colour on demand."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from lstmcheck.draw import grid
from lstmcheck.draw.model import Layer, Mistake, Picture, Tensor
from lstmcheck.draw.words import cells, visible

WIDTH = 80
MAX_CONSUMERS = 3
# how many columns a shape may take, from what is best to what fits (0: the legend has the sizes), and an expression
_SAID = {26: 22, 18: 18, 13: 12, 0: 0}
CHARACTERS = "─│┌┐└┘├┤┬┴┼╌╎►▼→←▓░\N{HORIZONTAL ELLIPSIS}"
_ASCII = str.maketrans(CHARACTERS, "-|+++++++++-:>v><#=~")
_CODES = {"forward": "34", "reverse": "32", "wrong": "1;31", "grey": "2", "strong": "1"}


def render(picture: Picture, width: int = WIDTH, colour: bool = False, ascii: bool = False) -> str:
    """The lines of the picture, ending with a line end; `ascii` for terminals that show no box characters."""
    parts = [_Layer(layer, width).lines(colour) for layer in picture.layers]
    lines = [line for at, part in enumerate(parts) for line in (*([""] if at else []), *part)]
    for link in picture.links:
        source, target = picture.layers[link.source], picture.layers[link.target]
        lines.append(f"{link.part} of {_called(source)} -> {link.into} of {_called(target)}")
    text = "\n".join(lines) + "\n"
    return text.translate(_ASCII) if ascii else text


def _called(layer: Layer) -> str:
    return visible(layer.name or f"nn.{layer.kind}")


class _Canvas:
    """Characters in columns and rows, each with a role."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[str, str]]] = []

    def put(self, x: int, y: int, text: str, role: str = "") -> None:
        """Write a text that does not break; a wide character takes two columns."""
        while len(self.rows) <= y:
            self.rows.append([])
        row = self.rows[y]
        row += [(" ", "")] * (x + cells(text) - len(row))
        for character in text:
            wide = cells(character)
            if wide == 0:
                row[x - 1] = (row[x - 1][0] + character, row[x - 1][1])
                continue
            row[x] = (character, role)
            if wide == 2:
                row[x + 1] = ("", role)
            x += wide

    def lines(self, colour: bool) -> Iterator[str]:
        """The rows as text."""
        for row in self.rows:
            out, current = "", ""
            for character, role in row:
                if colour and role != current:
                    out += ("\x1b[0m" if current else "") + (f"\x1b[{_CODES[role]}m" if role else "")
                    current = role
                out += character
            yield out.rstrip() + ("\x1b[0m" if current else "")


class _Block:
    """Lines about one tensor; one with a mistake stands in a dashed box."""

    def __init__(self, layer: Layer, names: str, tensor: Tensor, longest: int) -> None:
        self.mistakes = [one for name in names.split(", ") for one in grid.mistakes_of(layer, name)]
        self.lines = list(self._lines(names, tensor, longest))
        self.width = max(cells(text) for parts in self.lines for text in ["".join(part for part, _ in parts)])
        self.height = len(self.lines)
        if self.mistakes:
            self.width += 4
            self.height += 2

    def _lines(self, names: str, tensor: Tensor, longest: int) -> Iterator[list[tuple[str, str]]]:
        absent = not tensor.given and tensor.name.endswith("_0") and not self.mistakes
        said = "zeros: none given" if absent else tensor.expression if tensor.expression != tensor.name else ""
        said = grid.shortened(visible(said), _SAID[longest])
        packed = "  packed" if tensor.packed else ""
        if not _SAID[longest]:
            said = "zeros" if absent else ""
        yield [(names, "strong"), (f"  {said}" if said else "", "grey"), (packed, "")]
        pairs = grid.columns(tensor, longest) if longest else None
        if pairs is None:
            yield [(grid.shape(tensor.axes), "")]
            rank_differs = tensor.sizes is not None and len(tensor.sizes) != len(tensor.axes)
            if tensor.sizes is not None and (longest or rank_differs):
                sizes = grid.shortened(visible(grid.shape(tensor.sizes)), max(longest, 12))
                yield [(sizes, "wrong" if self.mistakes else "grey")]
        else:
            wrong = {one.axis for one in self.mistakes}
            for line, look in ((0, ""), (1, "grey")):
                parts = [("(", look)]
                for axis, pair in enumerate(pairs):
                    parts.append((pair[line], "wrong" if axis in wrong else look))
                    parts.append((", " if axis < len(pairs) - 1 else ",)" if len(pairs) == 1 else ")", look))
                yield parts
        needs = next((one for one in self.mistakes if one.expected), None)
        if needs is not None:
            indent = 0
            if pairs is not None and needs.axis is not None and needs.axis < len(pairs):
                indent = 1 + sum(cells(letter) + 2 for letter, _ in pairs[: needs.axis])
                indent += (cells(pairs[needs.axis][0]) - 1) // 2
            yield [(" " * indent, ""), (f"X needs {grid.shortened(visible(needs.expected), 22)}", "wrong")]
        elif self.mistakes:
            yield [("X", "wrong")]

    def put(self, canvas: _Canvas, x: int, y: int) -> None:
        """Write it at a place."""
        if self.mistakes:
            edge = "╌" * (self.width - 2)
            canvas.put(x, y, f"┌{edge}┐", "wrong")
            for row in range(1, self.height - 1):
                canvas.put(x, y + row, "╎", "wrong")
                canvas.put(x + self.width - 1, y + row, "╎", "wrong")
            canvas.put(x, y + self.height - 1, f"└{edge}┘", "wrong")
            x, y = x + 2, y + 1
        for row, parts in enumerate(self.lines):
            at = x
            for text, role in parts:
                canvas.put(at, y + row, text, role)
                at += cells(text)


class _Layer:
    """One layer, laid out for a width: shapes are shortened, then left to the legend, until it fits."""

    def __init__(self, layer: Layer, width: int) -> None:
        self.layer = layer
        self.width = width
        self.rows = grid.rows(layer)
        self.count = 1 if layer.is_cell else len(grid.directions(layer))
        texts = [one.index for row in self.rows for one in row.cells]
        self.cell = max(max(map(cells, texts)) + 4, 11)
        if layer.is_cell:
            self.cell = len(layer.kind) + 4
        if layer.condition:
            self.cell = max(self.cell, 15)
        elided = max((cells(row.label) + 8 for row in self.rows if not row.cells), default=0)
        bars = (grid.with_value(grid.bar(layer), grid.bar_value(layer)), self._sized("E"))
        elided = max(elided, *(cells(bar) + 6 for bar in bars))
        self.cell = max(self.cell, -(-(elided - self.count + 1) // self.count))
        self.label = 0 if layer.is_cell else max(cells(row.label) for row in self.rows if row.cells) + 1
        self.inner = self.count * self.cell + self.count - 1
        self.frame = self.label + self.inner + 6
        for longest in _SAID:
            self._measure(longest)
            if self.total <= width:
                break

    def _measure(self, longest: int) -> None:
        layer = self.layer
        self.source = _Block(layer, layer.input.name, layer.input, longest)
        self.states = [_Block(layer, *group, longest) for group in grid.grouped(layer, layer.states)]
        self.results = [_Block(layer, *group, longest) for group in grid.grouped(layer, layer.results)]
        self.output = _Block(layer, "output", layer.output, longest) if layer.output is not None else None
        self.left = self.source.width + 3
        self.right = self.left + self.frame + 5
        blocks = [*self.results, *([self.output] if self.output is not None else [])]
        self.total = self.right + max(block.width for block in blocks)
        self.total = max(self.total, self.left + sum(block.width + 3 for block in self.states) - 3)

    def lines(self, colour: bool) -> list[str]:
        """Everything about the layer."""
        canvas = _Canvas()
        y = 0
        for line in textwrap.wrap(visible(grid.heading(self.layer)), self.width, subsequent_indent="    "):
            canvas.put(0, y, line, "strong")
            y += 1
        if self.layer.place is not None:
            canvas.put(0, y, grid.ending(visible(str(self.layer.place)), self.width), "grey")
            y += 1
        y = self._picture(canvas, y + 1)
        for line in self._legend():
            canvas.put(0, y, line)
            y += 1
        for mistake in self.layer.mistakes:
            y = self._mistake(canvas, y + 1, mistake)
        return list(canvas.lines(colour))

    def _picture(self, canvas: _Canvas, y: int) -> int:
        top = y + max(block.height for block in self.states)
        x = self.left
        ends = []
        for block in self.states:
            block.put(canvas, x, top - block.height)
            ends.append(min(x + min(block.width // 2, 6), self.left + self.frame - 2))
            x += block.width + 3
        frame_top = top + 1
        out_y, in_y, bottom = self._grid(canvas, frame_top)
        rights = self._right(canvas, out_y, frame_top)
        bottom = max(bottom, rights[-1] + 1)
        wrong = "wrong" if grid.mistakes_of(self.layer, "layer") else ""
        across, down = ("╌", "╎") if wrong else ("─", "│")
        for row in range(frame_top + 1, bottom):
            canvas.put(self.left, row, down, wrong)
            canvas.put(self.left + self.frame - 1, row, down, wrong)
        canvas.put(self.left, frame_top, f"┌{across * (self.frame - 2)}┐", wrong)
        canvas.put(self.left, bottom, f"└{across * (self.frame - 2)}┘", wrong)
        if wrong:
            canvas.put(self.left + self.frame - 3, frame_top + 1, "X", wrong)
        for end in ends:
            canvas.put(end, top, "│")
            canvas.put(end, frame_top, "▼")
        for row in rights:
            start = self.left + self.frame - 1
            canvas.put(start, row, "├──►" if row != out_y or self.output is None else "┼──►")
            if row == out_y and self.output is not None:
                canvas.put(start - 1, row, "─")
        source_y = min(in_y - self.source.height // 2, bottom - self.source.height + 1)
        self.source.put(canvas, 0, source_y)
        canvas.put(self.source.width + 1, in_y, "──┼" + "─" * self.label + "─►")
        return max(bottom, len(canvas.rows) - 1) + 2

    def _grid(self, canvas: _Canvas, y: int) -> tuple[int, int, int]:
        """The cells and bars; returns the rows of the topmost and lowest bar, and that of the frame's lower edge."""
        layer, x = self.layer, self.left + 3 + self.label
        y += 1
        if not layer.is_cell:
            for at, direction in enumerate(grid.directions(layer)):
                text = "reverse (D=2)" if direction == "reverse" and layer.condition else direction
                canvas.put(x + at * (self.cell + 1), y, text.center(self.cell).rstrip(), direction)
            y += 1
            self._bar(canvas, x, y)
            out_y = y
            y += 1
        else:
            canvas.put(x, y, "one time step".center(self.inner).rstrip(), "grey")
            out_y = y + 2
            y += 1
        for at, row in enumerate(self.rows):
            if not row.cells:
                canvas.put(x, y, f"... {row.label} ...".center(self.inner).rstrip(), "grey")
                y += 1
            else:
                self._cells(canvas, x, y, row)
                y += 3
            if at < len(self.rows) - 1:
                self._bar(canvas, x, y)
                y += 1
        text = f" {self._sized('E')} "
        canvas.put(x, y, text.center(self.inner, "─"))
        return out_y, y, y + 1

    def _sized(self, letter: str) -> str:
        size = visible(grid.value(self.layer, letter))
        return grid.with_value(letter, size if len(size) <= 8 else "")

    def _bar(self, canvas: _Canvas, x: int, y: int) -> None:
        text = f" {grid.with_value(grid.bar(self.layer), grid.bar_value(self.layer))} "
        left = (self.inner - len(text)) // 2
        right = self.inner - len(text) - left
        canvas.put(x, y, "▓" * left, "forward")
        canvas.put(x + left, y, text, "strong")
        canvas.put(x + left + len(text), y, ("▓" if self.count == 1 else "░") * right, grid.directions(self.layer)[-1])

    def _cells(self, canvas: _Canvas, x: int, y: int, row: grid.Row) -> None:
        line = "┬".join("─" * self.cell for _ in row.cells)
        canvas.put(x - 1, y, f"┌{line}┐")
        canvas.put(x - 1, y + 2, f"└{line.replace('┬', '┴')}┘")
        canvas.put(self.left + 2, y + 1, row.label)
        for at, one in enumerate(row.cells):
            start = x + at * (self.cell + 1)
            canvas.put(start - 1, y + 1, "│")
            if self.layer.is_cell:
                canvas.put(start, y + 1, self.layer.kind.center(self.cell).rstrip(), "strong")
            elif one.direction == "forward":
                canvas.put(start + 1, y + 1, one.index, "forward")
                canvas.put(start + self.cell - 2, y + 1, "→", "forward")
            else:
                canvas.put(start + 1, y + 1, "←", "reverse")
                canvas.put(start + self.cell - 1 - cells(one.index), y + 1, one.index, "reverse")
        canvas.put(x + self.inner, y + 1, "│")

    def _right(self, canvas: _Canvas, out_y: int, frame_top: int) -> list[int]:
        """The results and what takes them; returns the rows at which arrows leave the frame."""
        rows = []
        y = max(out_y, frame_top + 1)
        if self.output is not None:
            rows.append(y)
            y = self._result(canvas, self.output, ("output",), y)
        for number, block in enumerate(self.results):
            if number == 0:
                rows.append(y + bool(block.mistakes))
            names = tuple(one.name for one in self.layer.results)
            y = self._result(canvas, block, names if number == len(self.results) - 1 else (), y)
        return rows

    def _result(self, canvas: _Canvas, block: _Block, parts: Sequence[str], y: int) -> int:
        block.put(canvas, self.right - bool(block.mistakes), y - bool(block.mistakes))
        y += block.height - bool(block.mistakes)
        found = [one for one in self.layer.consumers if one.part in parts]
        found.sort(key=lambda one: not grid.mistakes_of(self.layer, one.name))
        room = max(self.width - self.right - 3, 12)
        for one in found[:MAX_CONSUMERS]:
            mistakes = grid.mistakes_of(self.layer, one.name)
            role = "wrong" if mistakes else ""
            text = one.name
            if one.expression:
                text += f" {one.expression}" if one.name == "return" else f"({one.expression})"
            canvas.put(self.right, y, "└►", role)
            canvas.put(self.right + 3, y, grid.shortened(visible(text), room), role)
            y += 1
            if one.what:
                canvas.put(self.right + 3, y, grid.shortened(visible(one.what), room), role or "grey")
                y += 1
            if mistakes:
                got = next((f"X gets {mistake.got}" for mistake in mistakes if mistake.got), "X")
                canvas.put(self.right + 3, y, grid.shortened(visible(got), room), role)
                y += 1
        if len(found) > MAX_CONSUMERS:
            canvas.put(self.right + 3, y, f"and {len(found) - MAX_CONSUMERS} more", "grey")
            y += 1
        return y + 1

    def _legend(self) -> Iterator[str]:
        """Letters with their sizes, as many in a line as fit."""
        texts = [
            f"{letter} {meaning}" + (f" = {visible(size)}" if size else "")
            for letter, meaning, size in grid.legend(self.layer)
        ]
        line = ""
        for text in [*texts, *map(visible, self.layer.notes)]:
            if line and cells(line) + 3 + cells(text) > self.width:
                yield line
                line = text
            else:
                line = f"{line}   {text}" if line else text
        if line:
            yield line

    def _mistake(self, canvas: _Canvas, y: int, mistake: Mistake) -> int:
        head = f"X {mistake.code} "
        lines = textwrap.wrap(visible(mistake.message), self.width - len(head)) or [""]
        canvas.put(0, y, head, "wrong")
        for line in lines:
            canvas.put(len(head), y, line)
            y += 1
        for number, code, label in grid.shown_lines(mistake):
            room = max(self.width - 2 - len(number), 40)
            canvas.put(2, y, number, "grey")
            canvas.put(2 + len(number), y, grid.shortened(visible(code), room))
            y += 1
            if label:
                canvas.put(2 + len(number), y, grid.shortened(visible(label), room), "grey")
                y += 1
        return y
