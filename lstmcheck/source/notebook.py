"""Notebooks as programs: the code cells of an .ipynb in order, and the way back from a changed program to its file.

The program has a line `# %% cell N` before each cell, so that a changed one can be taken apart again. What
IPython reads and Python does not (`%magic`, `!command`, `name?`) stays as a comment, so that lines keep their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lstmcheck.findings import Cell, Finding
from lstmcheck.source import magics, problems
from lstmcheck.source.parse import SourceFile, parse, split_lines
from lstmcheck.source.syntax import CELL_HEAD


class CodeCell(NamedTuple):
    """A code cell: where it stands, its text as written, and the lines that stand for it in the program."""

    cell: Cell
    text: str
    lines: list[str]


class Notebook(NamedTuple):
    """The code of a notebook."""

    path: str
    cells: list[CodeCell]

    @property
    def program(self) -> bytes:
        """The program that the cells make together, in UTF-8."""
        return self._joined(code.lines for code in self.cells)

    @property
    def text(self) -> bytes:
        """The same lines as a reader knows them, magics included."""
        return self._joined(magics.dedented(split_lines(code.text)) for code in self.cells)

    def _joined(self, cells: Iterable[Sequence[str]]) -> bytes:
        lines = (line for code, body in zip(self.cells, cells) for line in (f"{CELL_HEAD}{code.cell.number}", *body))
        return "\n".join(lines).encode("utf-8", "replace")


class Skipped(NamedTuple):
    """A notebook that is not checked, with the reason in words."""

    reason: str


def load(path: str, data: bytes) -> Notebook | Skipped | Finding:
    """The code of a notebook from the bytes of its file. Never raises."""
    try:
        text = data.decode("utf-8-sig")
        document = json.loads(text)
    except UnicodeDecodeError as error:
        return problems.report(problems.BROKEN_NOTEBOOK, path, f"This notebook is not UTF-8: {error.reason}")
    except json.JSONDecodeError as error:
        message = f"This notebook is not valid JSON: {error.msg}"
        return problems.report(problems.BROKEN_NOTEBOOK, path, message, error.lineno, error.colno, help=_help(text))
    except ValueError as error:
        return problems.report(problems.BROKEN_NOTEBOOK, path, f"This notebook cannot be read: {error}")
    except RecursionError:
        return problems.report(problems.BROKEN_NOTEBOOK, path, "This notebook is nested too deeply to be read")
    if not isinstance(document, dict):
        return _no_notebook(path, "its outermost value is not an object")
    if "cells" not in document and "worksheets" in document:
        return Skipped("a notebook of format 3 or older; `jupyter nbconvert --to notebook` writes the present one")
    reason = _other_language(document.get("metadata"))
    if reason is not None:
        return Skipped(reason)
    cells = document.get("cells")
    if not isinstance(cells, list):
        return _no_notebook(path, 'it has no list of "cells"')
    return Notebook(path, list(_code_cells(cells)))


def _help(text: str) -> str | None:
    if not text.strip():
        return "the file is empty; Jupyter writes it anew when it is saved"
    if "<<<<<<<" in text:
        return "it holds the marks of a merge that was not finished"
    return None


def _no_notebook(path: str, why: str) -> Finding:
    return problems.report(problems.BROKEN_NOTEBOOK, path, f"This file is no notebook: {why}")


def _other_language(metadata: Any) -> str | None:
    """Why the code is not Python 3, or None where nothing says so."""
    about = metadata if isinstance(metadata, dict) else {}
    info, kernel = (
        value if isinstance(value, dict) else {} for value in map(about.get, ("language_info", "kernelspec"))
    )
    language = info.get("name") or kernel.get("language")
    if isinstance(language, str) and language.lower() not in ("python", "ipython", "python3"):
        return f"a notebook in {language}"
    if str(info.get("version", "")).startswith("2.") or kernel.get("name") == "python2":
        return "a notebook in Python 2"
    return None


def _code_cells(cells: list[Any]) -> Iterator[CodeCell]:
    line = 1
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        text = _text(cell.get("source"))
        plain = text.encode("utf-8", "replace").decode()  # half a character has no bytes
        lines = magics.neutral(magics.dedented(split_lines(plain)))
        if line == 1:
            lines = [*map(_without_cookie, lines[:1]), *lines[1:]]
        run = cell.get("execution_count")
        yield CodeCell(Cell(number, line + 1, run if isinstance(run, int) else None), text, lines)
        line += 1 + len(lines)


def _text(source: Any) -> str:
    parts = source if isinstance(source, list) else [source]
    return "".join(part for part in parts if isinstance(part, str))


def _without_cookie(line: str) -> str:
    """The first line of the first cell, in which an encoding is declared for another file than ours."""
    return line.replace("coding", "c0ding") if line.lstrip().startswith("#") else line


def parsed(notebook: Notebook) -> tuple[SourceFile | None, list[Finding]]:
    """The program of a notebook, and a finding for each cell that is no Python; such a cell counts as empty."""
    found: list[Finding] = []
    file = parse(notebook.path, notebook.program)
    if not isinstance(file, SourceFile):
        cells = []
        for code in notebook.cells:
            trouble = _trouble(notebook.path, code)
            if trouble is not None:
                lines = magics.bare(code.lines)
                repaired = code._replace(lines=lines)
                trouble = _trouble(notebook.path, repaired)
                if trouble is not None:
                    found.append(trouble)
                    repaired = code._replace(lines=[magics.hidden(line) for line in code.lines])
                code = repaired
            cells.append(code)
        notebook = notebook._replace(cells=cells)
        file = parse(notebook.path, notebook.program)
        if not isinstance(file, SourceFile):
            return None, found or [file]
    file.cells = tuple(code.cell for code in notebook.cells)
    return file, found


def _trouble(path: str, code: CodeCell) -> Finding | None:
    """What keeps a cell from being Python, at its place in the program."""
    read = parse(path, "\n".join(code.lines).encode("utf-8", "replace"))
    if isinstance(read, SourceFile):
        return None
    where, before = read.location, code.cell.first - 1
    moved = replace(where, line=where.line + before, end_line=where.end_line + before, cell=code.cell)
    return replace(read, location=moved, help=read.help and read.help.replace("in this file", "in this cell"))
