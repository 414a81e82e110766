"""What an editor has open, as programs: a file, or the cells of a notebook together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import Workspace

from lstmcheck.findings import Location
from lstmcheck.source import discover, notebook
from lstmcheck.source.parse import decode, split_lines


@dataclass(frozen=True)
class Part:
    """A document of the editor: a file, or one cell of a notebook."""

    uri: str
    version: int | None
    text: str
    is_code: bool = True

    @cached_property
    def lines(self) -> list[str]:
        """Its lines as Python counts them."""
        return split_lines(self.text)


@dataclass(frozen=True)
class Program:
    """What is checked together: its path, its bytes as they would be saved, and the documents that it is made of.

    For a notebook the parts are its cells in order, so that cell N is part N - 1.
    """

    uri: str
    path: str
    data: bytes
    parts: tuple[Part, ...]
    is_notebook: bool = False

    def part(self, location: Location) -> Part | None:
        """The document that a place of this program lies in; None for a place elsewhere."""
        if discover.shown(location.path) != discover.shown(self.path):
            return None
        if not self.is_notebook:
            return self.parts[0]
        number = location.cell.number if location.cell is not None else 1
        return self.parts[number - 1] if number <= len(self.parts) else None

    def texts(self, data: bytes) -> dict[Part, str]:
        """The texts of its code when its bytes become others, by document."""
        if not self.is_notebook:
            return {self.parts[0]: decode(data)}
        return {self.parts[code.cell.number - 1]: code.text for code in self._cells(data)}

    def line(self, part: Part, row: int) -> int:
        """The line of the program, from 1, at which a row of one of its documents stands, from 1."""
        return row if not self.is_notebook else row + self._first_lines[part] - 1

    def place(self, line: int) -> tuple[Part, int] | None:
        """The document and the row, from 1, of a line of the program, from 1."""
        if not self.is_notebook:
            return self.parts[0], line
        above = [(part, first) for part, first in self._first_lines.items() if first <= line]
        return (above[-1][0], line - above[-1][1] + 1) if above else None

    @cached_property
    def _first_lines(self) -> dict[Part, int]:
        """Where the code of a notebook's cells starts in the program that they make together, in order."""
        return {self.parts[code.cell.number - 1]: code.cell.first for code in self._cells(self.data)}

    def _cells(self, data: bytes) -> Sequence[notebook.CodeCell]:
        book = notebook.load(self.path, data)
        return book.cells if isinstance(book, notebook.Notebook) else ()


def program_of(workspace: Workspace, uri: str) -> Program | None:
    """The program that an open document belongs to; None for one that is not Python, or was closed."""
    book = workspace.get_notebook_document(notebook_uri=uri) or workspace.get_notebook_document(cell_uri=uri)
    if book is not None:
        return _notebook(workspace, book)
    document = workspace.text_documents.get(uri)
    if document is None or not _is_python(document.language_id, uri):
        return None
    text = document.source
    return Program(uri, path_of(uri), text.encode("utf-8", "replace"), (Part(uri, document.version, text),))


def _is_python(language: str | None, uri: str) -> bool:
    return language == "python" if language else uri.endswith(".py")


def path_of(uri: str) -> str:
    """The path of a document; one that was never saved lies in the working directory."""
    path = to_fs_path(uri)
    if path is not None and uri.startswith("file:"):
        return path
    return "untitled.py"


def _notebook(workspace: Workspace, book: types.NotebookDocument) -> Program:
    parts = []
    for cell in book.cells:
        document = workspace.text_documents.get(cell.document)
        is_code = cell.kind == types.NotebookCellKind.Code and (document is None or document.language_id == "python")
        parts.append(Part(cell.document, book.version, document.source if document is not None else "", is_code))
    path = path_of(book.uri)
    return Program(book.uri, path if path.endswith(".ipynb") else f"{path}.ipynb", _saved(parts), tuple(parts), True)


def _saved(parts: Sequence[Part]) -> bytes:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code" if part.is_code else "raw", "metadata": {}, "source": part.text}
        | ({"outputs": [], "execution_count": None} if part.is_code else {})
        for part in parts
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
