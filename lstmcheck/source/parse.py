"""From bytes to a syntax tree with positions that people use: 1-based lines and code point columns."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings
from typing import NamedTuple

from lstmcheck.findings import Cell, Finding, Location
from lstmcheck.source import disk, problems
from lstmcheck.source.collecting import without_collecting
from lstmcheck.source.outline import Outline

# Texts of the parser that mean "too deep", not "wrong".
_TOO_DEEP = ("too many nested parentheses", "too many levels of indentation", "too many statically nested")
_ENCODING_TROUBLE = (
    "(unicode error)",
    "codec can't decode",
    "encoding problem",
    "unknown encoding",
    "Non-UTF-8",
    "null byte",
)


class SourceFile:
    """A file that parses: where it is, its bytes, its syntax tree, and positions within it.

    Of a notebook it is the program that its code cells make together; `cells` are then not empty.
    """

    __slots__ = ("_lines", "_outline", "cells", "data", "path", "tree")

    def __init__(self, path: str, data: bytes, tree: ast.Module, cells: tuple[Cell, ...] = ()) -> None:
        self.path = path
        self.data = data
        self.tree = tree
        self.cells = cells
        self._lines: list[str] | None = None
        self._outline: Outline | None = None

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
    def is_walkable(self) -> bool:
        """Whether its syntax tree, which the parser took, can be walked by a function that calls itself."""
        try:
            return self.outline is not None
        except RecursionError:
            return False

    def location(self, node: ast.AST) -> Location:
        """Where a node stands. A node without an end is a point; one without a place is the start of the file."""
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
        return len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")) + 1


class LeftOut(NamedTuple):
    """A file that is rightly not read, with the reason in words."""

    reason: str


def read(path: str, whole: bool = True) -> bytes | Finding | LeftOut:
    """The bytes of a regular file. Anything else is not opened, so that a pipe never blocks the run.

    `whole` is as for `disk.read`.
    """
    try:
        return disk.read(path, whole)
    except disk.TooLarge as error:
        return LeftOut(error.strerror or "too large")
    except disk.NotRegular:
        return problems.report(problems.UNREADABLE, path, "Cannot read this file: it is not a regular file")
    except OSError as error:
        return problems.report(problems.UNREADABLE, path, f"Cannot read this file: {_reason(path, error)}")
    except ValueError:
        return problems.report(problems.UNREADABLE, path, "Cannot read this file: its name holds a NUL character")


def _reason(path: str, error: OSError) -> str:
    target = disk.target(path) if isinstance(error, FileNotFoundError) else None
    if target is not None:
        return f"it is a broken link to {target}"
    reason = error.strerror or type(error).__name__
    return reason[:1].lower() + reason[1:]


def parse(path: str, data: bytes) -> SourceFile | Finding:
    """The parsed file, or the one finding that says why it cannot be parsed. Never raises."""
    nul = data.find(b"\0")
    if nul >= 0:
        return _at_byte(path, data, nul, _nul_message(data))
    try:
        with without_collecting(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data, filename=path)
    except SyntaxError as error:
        return _syntax_error(path, data, error)
    except (RecursionError, MemoryError):
        return problems.report(problems.TOO_NESTED, path, "This file is nested too deeply for Python's parser")
    except ValueError as error:  # UnicodeDecodeError among them
        return _encoding_finding(path, data) or problems.report(problems.WRONG_ENCODING, path, f"Cannot parse: {error}")
    return SourceFile(path, data, tree)


def _nul_message(data: bytes) -> str:
    looks = " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    return f"This file holds a NUL byte, so Python cannot read it{looks}"


def _syntax_error(path: str, data: bytes, error: SyntaxError) -> Finding:
    message = error.msg or "invalid syntax"
    if any(text in message for text in _TOO_DEEP):
        line, column = _point(error)
        text = "This file is nested too deeply for Python's parser"
        return problems.report(problems.TOO_NESTED, path, f"{text}: {message}", line, column)
    if error.lineno is None or any(text in message for text in _ENCODING_TROUBLE):
        found = _encoding_finding(path, data)
        if found is not None:
            return found
    line, column = _point(error)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return problems.report(
        problems.SYNTAX_ERROR,
        path,
        f"Syntax error: {message}",
        line,
        column,
        help=f"read as Python {version}, the version that runs lstmcheck; nothing in this file was checked",
    )


def _point(error: SyntaxError) -> tuple[int, int]:
    return max(error.lineno or 1, 1), max(error.offset or 1, 1)


def _encoding_finding(path: str, data: bytes) -> Finding | None:
    """What is wrong with the encoding, or None where the file decodes."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        # A line among the first two that is not UTF-8 is reported here too: look for the byte below.
        if "unknown encoding" in str(error) or "encoding problem" in str(error):
            return problems.report(problems.WRONG_ENCODING, path, f"Cannot decode this file: {error.msg}")
        encoding = "utf-8"
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        value = data[error.start]
        return _at_byte(path, data, error.start, f"This file is not valid {encoding}: byte 0x{value:02x} is no text")
    except LookupError:
        return problems.report(problems.WRONG_ENCODING, path, f"Cannot decode this file: {encoding!r} is no encoding")
    return None


def _at_byte(path: str, data: bytes, offset: int, message: str) -> Finding:
    before = split_lines(data[:offset].decode("utf-8", "replace"))
    help = "save the file as UTF-8, or declare its encoding in the first line"
    return problems.report(problems.WRONG_ENCODING, path, message, len(before), len(before[-1]) + 1, help=help)


def decode(data: bytes) -> str:
    """The text of a file as the parser sees it; bytes that are no text become U+FFFD."""
    if data.isascii():
        return data.decode("ascii")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding, "replace")
    except (SyntaxError, LookupError):
        return data.decode("utf-8-sig", "replace")


def encode(text: str) -> bytes:
    """The bytes of a file with this text, in the encoding that it declares."""
    data = text.encode("utf-8", "replace")
    if data.isascii():
        return data
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return text.encode(encoding, "replace")
    except (SyntaxError, LookupError):
        return data


def split_lines(text: str) -> list[str]:
    """Lines as Python's parser counts them: `str.splitlines` would also split at form feeds and U+2028."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")
