"""From bytes to a syntax tree with positions that people use: 1-based lines and code point columns."""

from __future__ import annotations

import ast
import io
import warnings
from typing import TYPE_CHECKING

from lstmcheck.source.collecting import without_collecting
from lstmcheck.source.columns import LONG, LongLine
from lstmcheck.source.mentions import NAMES
from lstmcheck.source.outline import Outline
from lstmcheck.source.syntax import names_layer

if TYPE_CHECKING:
    from lstmcheck.findings import Cell, Finding, Location


class SourceFile:
    """A file that parses: where it is, its bytes, its syntax tree, and positions within it.

    Of a notebook it is the program that its code cells make together; `cells` are then not empty.
    """

    __slots__ = ("_lines", "_long", "_names_layer", "_outline", "cells", "data", "path", "tree")

    def __init__(self, path: str, data: bytes, tree: ast.Module, cells: tuple[Cell, ...] = ()) -> None:
        self.path = path
        self.data = data
        self.tree = tree
        self.cells = cells
        self._lines: list[str] | None = None
        self._long: tuple[int, LongLine] | None = None  # the long line that was asked for last, by its number
        self._outline: Outline | None = None
        self._names_layer: bool | None = None

    @property
    def lines(self) -> list[str]:
        """The text, line by line, as the parser counts lines."""
        if self._lines is None:
            self._lines = split_lines(decode(self.data))
        return self._lines

    @property
    def outline(self) -> Outline:
        """What the file's functions and classes mention, assign and change."""
        if self._outline is None:
            self._outline = Outline(self.tree)
        return self._outline

    @property
    def names_layer(self) -> bool:
        """Whether it names a recurrent layer, or packing, in code."""
        if self._names_layer is None:
            # what gives one to something is known from the outline; else all of the tree has to be looked at
            outline = self.outline
            gives = any(not NAMES.isdisjoint(scope.mentioned) for scope in outline.statements)
            gives = gives or not NAMES.isdisjoint(outline.imported.values())
            self._names_layer = gives or names_layer(self.tree)
        return self._names_layer

    @property
    def is_walkable(self) -> bool:
        """Whether its syntax tree, which the parser took, can be walked by a function that calls itself."""
        try:
            return self.outline is not None
        except RecursionError:
            return False

    def location(self, node: ast.AST) -> Location:
        """Where a node stands. A node without an end is a point; one without a place is the start of the file."""
        from lstmcheck.findings import Location

        line = getattr(node, "lineno", None)
        if line is None:
            return Location(self.path, 1, 1, 1, 1, self.cell_at(1))
        start: int = getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None)
        end = getattr(node, "end_col_offset", None)
        if end_line is None or end is None:
            end_line, end = line, start
        column, end_column = self.column(line, start), self.column(end_line, end)
        return Location(self.path, line, column, end_line, end_column, self.cell_at(line))

    def cell_at(self, line: int) -> Cell | None:
        """The cell of a notebook in which a line of the program stands."""
        return next((cell for cell in reversed(self.cells) if cell.first <= line), None)

    def segment(self, node: ast.AST) -> str:
        """The source text of a node, empty where it has none."""
        if getattr(node, "end_lineno", None) is None:
            return ""
        return self.excerpt(self.location(node))

    def excerpt(self, where: Location) -> str:
        """The source text of a span."""
        picked = self.lines[where.line - 1 : where.end_line]
        if not picked:
            return ""
        picked[-1] = picked[-1][: where.end_column - 1]
        picked[0] = picked[0][where.column - 1 :]
        return "\n".join(picked)

    def column(self, line: int, offset: int) -> int:
        """The 1-based code point column of a UTF-8 byte offset."""
        if line > len(self.lines):
            return offset + 1
        text = self.lines[line - 1]
        if text.isascii():
            return offset + 1
        if len(text) > LONG:
            if self._long is None or self._long[0] != line:
                self._long = line, LongLine(text)
            return self._long[1].characters(offset) + 1
        return len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")) + 1


def parse(path: str, data: bytes) -> SourceFile | Finding:
    """The parsed file, or the one finding that says why it cannot be parsed. Never raises."""
    try:
        if b"\0" in data:
            raise ValueError("a NUL byte")
        with without_collecting(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data, filename=path)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:  # UnicodeDecodeError among them
        from lstmcheck.source.unparsed import finding

        return finding(path, data, error)
    return SourceFile(path, data, tree)


def declared_encoding(data: bytes) -> str:
    """The encoding that the first two lines of a file declare. Raises SyntaxError."""
    import tokenize

    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def decode(data: bytes) -> str:
    """The text of a file as the parser sees it; bytes that are no text become U+FFFD."""
    if data.isascii():
        return data.decode("ascii")
    try:
        return data.decode(declared_encoding(data), "replace")
    except (SyntaxError, LookupError):
        return data.decode("utf-8-sig", "replace")


def encode(text: str) -> bytes:
    """The bytes of a file with this text, in the encoding that it declares."""
    data = text.encode("utf-8", "replace")
    if data.isascii():
        return data
    try:
        return text.encode(declared_encoding(data), "replace")
    except (SyntaxError, LookupError):
        return data


def split_lines(text: str) -> list[str]:
    """Lines as Python's parser counts them: `str.splitlines` would also split at form feeds and U+2028."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")
