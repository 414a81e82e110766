"""Edits on the bytes of a file: where they do not fit, the reason; where they do, nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lstmcheck.findings import Edit, Location
from lstmcheck.source import notebook
from lstmcheck.source.notebook_text import CannotRewrite, rewritten
from lstmcheck.source.patch import CannotPatch, patched


def edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    return Edit(Location("a.py", line, column, end_line, end_column), text)


def book(*sources: Any, **more: Any) -> bytes:
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], **one}
        for one in ({"source": source} if not isinstance(source, dict) else source for source in sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


@pytest.mark.parametrize(
    ("data", "change", "expected"),
    [
        (b"a = 1\r\nb = 2\r\n", edit(2, 1, 2, 1, "c = 3\n"), b"a = 1\r\nc = 3\r\nb = 2\r\n"),
        (b"a = 1\r\nb = 2", edit(2, 6, 2, 6, "\nc = 3"), b"a = 1\r\nb = 2\r\nc = 3"),
        (b"a = 1", edit(1, 6, 1, 6, "\nb = 2"), b"a = 1\nb = 2"),
        (b"a = 1\r\n", edit(2, 1, 2, 1, "b = 2\n"), b"a = 1\r\nb = 2\r\n"),
        (b"\xef\xbb\xbfa = '\xc3\xa9'\n", edit(1, 1, 1, 2, "bc"), b"\xef\xbb\xbfbc = '\xc3\xa9'\n"),
        (b"# coding: latin-1\na = '\xe9'\n", edit(2, 5, 2, 8, "'\xf6'"), b"# coding: latin-1\na = '\xf6'\n"),
    ],
)
def test_the_rest_of_a_file_stays_as_it_was(data: bytes, change: Edit, expected: bytes) -> None:
    assert patched("a.py", data, [change]) == expected


@pytest.mark.parametrize(
    ("path", "data", "change", "words"),
    [
        ("a.py", b"a = 1\n", edit(3, 1, 3, 1, "x"), "it has no line 3"),
        ("a.py", b"a = 1\nb\n", edit(1, 9, 1, 9, "x"), "line 1 has no column 9"),
        ("a.py", b"# coding: nowhere\n", edit(1, 1, 1, 1, "x"), "unknown encoding: nowhere"),
        ("a.py", b"# coding: latin-1\na = 1\n", edit(2, 5, 2, 6, "'\u20ac'"), "iso-8859-1"),
        ("a.py", b"# coding: utf-7\na = '+AOkAYg-'\n", edit(2, 1, 2, 2, "b"), "not those that utf-7 would write"),
        ("a.py", b"a = 1\nb = 2\nc = '\xff'\n", edit(1, 1, 1, 2, "b"), "utf-8"),
        ("a.ipynb", b"{}", edit(1, 1, 1, 1, "x"), "it is no notebook that can be read"),
        ("a.ipynb", book("a = 1"), edit(1, 1, 1, 2, "x"), "the lines that begin the cells have changed"),
        ("a.ipynb", book("%magic\na = 1"), edit(2, 1, 2, 2, "x"), "a line that IPython reads has changed"),
    ],
)
def test_an_edit_that_does_not_fit(path: str, data: bytes, change: Edit, words: str) -> None:
    with pytest.raises(CannotPatch, match=words):
        patched(path, data, [change])


@pytest.mark.parametrize(
    ("source", "line", "text", "expected"),
    [
        (["a = 1\n", "b = 2"], 3, "b = 3", ["a = 1\n", "b = 3"]),
        ("a = 1\nb = 2", 3, "b = 3", "a = 1\nb = 3"),
        (["a = 1"], 2, "a = 1\nb = 2", ["a = 1\n", "b = 2"]),
        ([], 2, "a = 1\nb = 2", ["a = 1\n", "b = 2"]),
        ("", 2, "a = 1", "a = 1"),
    ],
)
def test_a_cell_keeps_the_form_of_its_source(source: Any, line: int, text: str, expected: Any) -> None:
    data = book("import torch", source)
    loaded = notebook.load("a.ipynb", data)
    assert isinstance(loaded, notebook.Notebook)
    lines = loaded.program.decode().split("\n")
    start = next(i for i, one in enumerate(lines) if one.endswith("2") and "ell" in one)
    lines[start + line - 1] = text
    changed = json.loads(rewritten(loaded, data, "\n".join(lines).encode()))
    assert [cell["source"] for cell in changed["cells"]] == ["import torch", expected]


def test_a_cell_without_a_source_is_left_alone() -> None:
    data = book("import torch", {}, "a = 1")
    loaded = notebook.load("a.ipynb", data)
    assert isinstance(loaded, notebook.Notebook)
    changed = json.loads(rewritten(loaded, data, loaded.program.replace(b"a = 1", b"a = 2")))
    assert [cell.get("source") for cell in changed["cells"]] == ["import torch", None, "a = 2"]
    lines = loaded.program.split(b"\n")
    with pytest.raises(CannotRewrite, match="cell 2 has no source"):
        rewritten(loaded, data, b"\n".join([*lines[:3], b"b = 1", *lines[3:]]))
