"""Notebooks: their code as one program with lines that stay, and what makes one no program."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Any

import pytest

from lstmcheck.findings import Finding
from lstmcheck.source import magics, notebook, notebook_text
from lstmcheck.source.notebook import Notebook, Skipped
from lstmcheck.source.parse import SourceFile


def document(*cells: str, **metadata: Any) -> dict[str, Any]:
    """A notebook with these code cells; one that begins with `#text` is a text cell."""
    made = [
        {"cell_type": "markdown", "metadata": {}, "source": cell}
        if cell.startswith("#text")
        else {
            "cell_type": "code",
            "execution_count": 7,
            "metadata": {},
            "outputs": [],
            "source": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def load(*cells: str, **metadata: Any) -> Any:
    return notebook.load("nb.ipynb", json.dumps(document(*cells, **metadata)).encode())


def program(*cells: str) -> tuple[SourceFile | None, list[Finding]]:
    return notebook.parsed(load(*cells))


def test_cells_make_one_program_and_lines_lead_back() -> None:
    file, found = program("#text Title", "import torch\nx = 1\n", "", "y = x\nz = [\n    y,\n]")
    assert file is not None
    assert found == []
    names = {node.id: node for node in ast.walk(file.tree) if isinstance(node, ast.Name)}
    places = {name: file.location(node).place for name, node in names.items()}
    assert places == {"x": "nb.ipynb:cell 4:1:5", "y": "nb.ipynb:cell 4:3:5", "z": "nb.ipynb:cell 4:2:1"}
    where = file.location(file.tree.body[-1])
    assert (where.row, where.end_row, where.cell and where.cell.run) == (2, 4, 7)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["%matplotlib inline", "x = 1"], ["# %matplotlib inline", "x = 1"]),
        (["!pip install torch \\", "  numpy", "x = 1"], ["# !pip install torch \\", "#   numpy", "x = 1"]),
        (["for f in x:", "    !cat {f}"], ["for f in x:", "    pass  # !cat {f}"]),
        (["files = !ls", "a, b = %timeit -o f()"],
         ["files = get_ipython()  # files = !ls", "a, b = get_ipython()  # a, b = %timeit -o f()"]),
        (["%time h = rnn(x)"], ["h = get_ipython()  # %time h = rnn(x)"]),
        (["nn.LSTM?", "?nn.GRU", "rnn.forward??"], ["# nn.LSTM?", "# ?nn.GRU", "# rnn.forward??"]),
        (["%%bash", "ls ((", "    if"], ["# %%bash", "# ls ((", "#     if"]),
        (["", "%%time", "x = 1", "!ls"], ["", "# %%time", "x = 1", "# !ls"]),
        (["%%writefile a.py", "x = 1"], ["# %%writefile a.py", "# x = 1"]),
        # Python that only looks like it
        (["x = (a", "  % b)"], ["x = (a", "  % b)"]),
        (["!ls", "x = (a", "  % b)", "%cd"], ["# !ls", "x = (a", "  % b)", "# %cd"]),
        (["!ls", 's = """', "%not a magic", '"""'], ["# !ls", 's = """', "%not a magic", '"""']),
        (["!ls", "x = a \\", "  % b"], ["# !ls", "x = a \\", "  % b"]),
        (["!ls", "s = '(' # (", "%cd"], ["# !ls", "s = '(' # (", "# %cd"]),
        (["!ls", "s = 'a\\", "%b'", "%cd"], ["# !ls", "s = 'a\\", "%b'", "# %cd"]),
    ],
)  # fmt: skip
def test_what_ipython_reads_is_neutral(lines: Sequence[str], expected: Sequence[str]) -> None:
    assert magics.neutral(lines) == list(expected)


def test_commands_without_a_percent_sign() -> None:
    file, found = program("pip install torch\nimport torch\nls\ncd src\nls = 3")
    assert found == []
    assert file is not None
    assert len(file.tree.body) == 2


def test_the_margin_of_a_cell_is_taken_away() -> None:
    cell = "\n  import torch\n  if torch:\n      x = 1\n\n  %cd\ny = 2"
    file, found = program(cell, "\tz = 3", "    %%time\n    w = 4")
    assert found == []
    assert file is not None
    places = {n.id: file.location(n).place for n in ast.walk(file.tree) if isinstance(n, ast.Name) and n.id in "xyzw"}
    assert places == {
        "x": "nb.ipynb:cell 1:4:5",
        "y": "nb.ipynb:cell 1:7:1",
        "z": "nb.ipynb:cell 2:1:1",
        "w": "nb.ipynb:cell 3:2:1",
    }


def test_a_broken_cell_is_told_and_the_others_are_read() -> None:
    file, found = program("x = 1", "#text", "y = = 2\nz = 1", "w = 3")
    assert [(one.code, one.location.place) for one in found] == [("LSTM901", "nb.ipynb:cell 3:1:5")]
    assert file is not None
    assert [node.targets[0].id for node in file.tree.body if isinstance(node, ast.Assign)] == ["x", "w"]  # type: ignore[attr-defined]


def test_a_bracket_that_is_left_open_ends_with_its_cell() -> None:
    file, found = program("x = (1", "y = 2")
    assert [one.location.cell and one.location.cell.number for one in found] == [1]
    assert file is not None
    assert len(file.tree.body) == 1


@pytest.mark.parametrize("first", ["# -*- coding: latin-1 -*-\ns = 'é'", "s = '\ud800é'", "\ufeffs = 'é'"])
def test_odd_first_lines(first: str) -> None:
    file, found = program(first)
    assert file is not None or found


def test_reading_both_forms_of_source() -> None:
    data = document("x = 1\ny = 2")
    data["cells"][0]["source"] = "x = 1\ny = 2"
    book = notebook.load("nb.ipynb", json.dumps(data).encode())
    assert isinstance(book, Notebook)
    assert book.program == b"# %% cell 1\nx = 1\ny = 2"


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "a notebook in R"),
        ({"language_info": {"name": "julia"}}, "a notebook in julia"),
        ({"language_info": {"name": "python", "version": "2.7.15"}}, "a notebook in Python 2"),
        ({"kernelspec": {"name": "python2"}}, "a notebook in Python 2"),
    ],
)
def test_other_languages_are_left_out(metadata: dict[str, Any], why: str) -> None:
    book = load("x <- 1", **metadata)
    assert isinstance(book, Skipped)
    assert book.reason == why


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": None},
        {"kernelspec": {"name": "python3"}},
        {"language_info": {"name": "python", "version": "3.12"}},
    ],
)
def test_python_notebooks(metadata: dict[str, Any]) -> None:
    assert isinstance(load("x = 1", **metadata), Notebook)


def test_an_old_format_is_left_out() -> None:
    book = notebook.load("nb.ipynb", b'{"worksheets": [{"cells": []}], "nbformat": 3, "metadata": {}}')
    assert isinstance(book, Skipped)
    assert "nbconvert" in book.reason


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not valid JSON"),
        (b'{"cells": [\n<<<<<<< HEAD\n]}', "not valid JSON"),
        (b"[]", "no notebook"),
        (b"3", "no notebook"),
        (b"{}", 'no list of "cells"'),
        (b'{"cells": 3}', 'no list of "cells"'),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_broken_notebooks(data: bytes, says: str) -> None:
    found = notebook.load("nb.ipynb", data)
    assert isinstance(found, Finding)
    assert found.code == "LSTM905"
    assert says in found.message


def test_broken_json_has_its_place() -> None:
    found = notebook.load("nb.ipynb", b'{"cells": [\n<<<<<<< HEAD\n]}')
    assert isinstance(found, Finding)
    assert found.location.place == "nb.ipynb:2:1"
    assert found.help is not None
    assert "merge" in found.help


@pytest.mark.parametrize(
    "cells", [[3, None, "x"], [{}], [{"cell_type": "code"}], [{"cell_type": "code", "source": [3]}]]
)
def test_odd_cells_are_empty(cells: list[Any]) -> None:
    book = notebook.load("nb.ipynb", json.dumps({"cells": cells}).encode())
    assert isinstance(book, Notebook)
    file, found = notebook.parsed(book)
    assert file is not None
    assert found == []


def changed(data: bytes, *changes: tuple[str, str]) -> bytes:
    """A notebook's file after its program was changed."""
    book = notebook.load("nb.ipynb", data)
    assert isinstance(book, Notebook)
    program = book.program.decode()
    for old, new in changes:
        assert old in program
        program = program.replace(old, new)
    return notebook_text.rewritten(book, data, program.encode())


SOURCES = [["%matplotlib inline\n", "x = 'é'\n", "y = 1"], ["y = 2\n", "\n", "!ls\n", "y"]]


def file_of(sources: Sequence[Any], **layout: Any) -> bytes:
    cells: list[Any] = [
        {"source": source, "outputs": [{"data": "y = 1\\n"}], "cell_type": "code"} for source in sources
    ]
    cells.insert(1, {"metadata": {"source": ["y = 1"]}, "cell_type": "markdown", "source": ["y = 1"]})
    return json.dumps({"metadata": {"z": 1, "cells": [1]}, "cells": cells, "nbformat": 4}, **layout).encode()


@pytest.mark.parametrize(
    "layout", [{"indent": 1}, {"indent": "\t", "ensure_ascii": False}, {}, {"separators": (",", ":")}]
)
@pytest.mark.parametrize("form", [list, "".join])
def test_only_the_changed_line_changes_in_the_file(layout: dict[str, Any], form: Any) -> None:
    before = file_of([form(source) for source in SOURCES], **layout)
    after = [list(source) for source in SOURCES]
    after[1][0] = "y = 3\n"
    assert changed(before, ("y = 2", "y = 3")) == file_of([form(source) for source in after], **layout)


def test_lines_are_inserted_and_removed() -> None:
    before = file_of(SOURCES, indent=1, ensure_ascii=False)
    more = [["%matplotlib inline\n", "x = 'é'\n", "w = 'ü'\n", "v = 0\n", "y = 1"], ["y = 2\n", "!ls\n", "y"]]
    after = changed(before, ("y = 1", "w = 'ü'\nv = 0\ny = 1"), ("y = 2\n\n", "y = 2\n"))
    assert after == file_of(more, indent=1, ensure_ascii=False)


def test_the_spelling_of_other_lines_stays() -> None:
    before = rb'{"cells": [{"cell_type": "code", "source": ["a = \"\u00e9\/\"\n",  "b = 1\n","c = 1"]}]}'
    assert changed(before, ("b = 1", "b = 'ä'")) == before.replace(b"b = 1", rb"b = '\u00e4'")
    before = rb'{"cells": [{"cell_type": "code", "source": "a = \"\u00e9\/\\n\"\nb = 1\nc = 1"}]}'
    assert changed(before, ("b = 1", "b = 2")) == before.replace(b"b = 1", b"b = 2")


@pytest.mark.parametrize("around", [b"\xef\xbb\xbf%s", b"\n %s\r\n\n"])
def test_what_is_around_stays(around: bytes) -> None:
    before = around % file_of(SOURCES, indent=2).replace(b"\n", b"\r\n")
    assert changed(before, ("y = 2", "y = 3")) == before.replace(b"y = 2", b"y = 3")


@pytest.mark.parametrize("more", ["", "s = '\ud800'"])
def test_nothing_changed_changes_nothing(more: str) -> None:
    before = file_of([*SOURCES, [more]], indent=1)
    assert changed(before) == before


@pytest.mark.parametrize(
    "change", [("# %% cell 3\n", ""), ("# %% cell 1\n", "import os\n# %% cell 1\n"), ("# !ls", "pass")]
)
def test_what_cannot_be_taken_apart_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(notebook_text.CannotRewrite):
        changed(file_of(SOURCES), change)
