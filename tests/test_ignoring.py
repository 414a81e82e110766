"""`--add-ignore`: comments that silence what is found, where they stand, and that the program stays the same."""

from __future__ import annotations

import ast
import dataclasses
import json
from pathlib import Path

import pytest

from lstmcheck.cli import main
from lstmcheck.config import Settings
from lstmcheck.ignoring import ignore

HEAD = """\
import torch
from torch import nn

rnn = nn.GRU(10, 20)
x = torch.zeros(5, 3, 11)
"""
SHORT = "  # lstmcheck: ignore[input-features]"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


LONG = "out, h = rnn(" + "x" + " " * 50 + ")"

CASES = {
    "at the end": ("out, h = rnn(x)\n", f"out, h = rnn(x){SHORT}\n"),
    "above what is long": (f"{LONG}\n", f"{SHORT.strip()}\n{LONG}\n"),
    "above what has lines": ("out, h = rnn(\n    x\n)\n", f"{SHORT.strip()}\nout, h = rnn(\n    x\n)\n"),
    "into the comment that is there": (
        "out, h = rnn(x)  # lstmcheck: ignore[input-dtype]  for now\n",
        "out, h = rnn(x)  # lstmcheck: ignore[input-dtype, input-features]  for now\n",
    ),
    "into the comment above": (
        "# lstmcheck: ignore[LSTM3] old\nout, h = rnn(x)\n",
        "# lstmcheck: ignore[LSTM3, input-features] old\nout, h = rnn(x)\n",
    ),
    "beside another comment": ("out, h = rnn(x)  # a\n", f"out, h = rnn(x)  # a{SHORT}\n"),
    "not into a text": (
        'out, h = rnn(x); s = """\n"""\n',
        f'{SHORT.strip()}\nout, h = rnn(x); s = """\n"""\n',
    ),
    "within a block": ("for i in range(2):\n\tout, h = rnn(x)\n", f"for i in range(2):\n\tout, h = rnn(x){SHORT}\n"),
    "above a header": (
        f"for y in ({LONG[9:]},):\n    pass\n",
        f"{SHORT.strip()}\nfor y in ({LONG[9:]},):\n    pass\n",
    ),
    "without an end of line": ("out, h = rnn(x)", f"out, h = rnn(x){SHORT}"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", CASES)
def test_where_the_comment_stands(here: Path, name: str, end: str) -> None:
    before, after = ((HEAD + text).replace("\n", end) for text in CASES[name])
    path = here / "a.py"
    path.write_bytes(before.encode())
    ignore = ["--ignore", "unused-suppression"]
    assert main(["--add-ignore", *ignore, "a.py"]) == 0
    assert path.read_bytes().decode() == after
    assert ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    assert main([*ignore, "a.py"]) == 0
    written = path.stat().st_mtime_ns
    assert main(["--add-ignore", *ignore, "a.py"]) == 0
    assert path.stat().st_mtime_ns == written


def test_a_reason_follows(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(HEAD + "rnn(x)\n")
    assert main(["--add-ignore=known,\n see the plan", "a.py"]) == 0
    assert (here / "a.py").read_text() == f"{HEAD}rnn(x){SHORT}  known, see the plan\n"
    assert "Silenced 1 finding in 1 file" in capsys.readouterr().err


def test_a_path_is_no_reason(here: Path) -> None:
    (here / "a.py").write_text(HEAD + "rnn(x)\n")
    (here / "b.py").write_text(HEAD + "rnn(x)\n")
    assert main(["--add-ignore", "a.py"]) == 0
    assert SHORT in (here / "a.py").read_text()
    assert SHORT not in (here / "b.py").read_text()


def test_several_findings_of_a_statement_share_a_comment(here: Path) -> None:
    (here / "a.py").write_text(HEAD + "a = rnn(x), rnn(torch.zeros(5, 3, 10))[:, 0]\n")
    assert main(["--add-ignore", "a.py"]) == 0
    last = (here / "a.py").read_text().splitlines()[-2]
    assert last == "# lstmcheck: ignore[input-features, result-tuple]"


def test_a_diff_shows_the_comments(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(HEAD + "rnn(x)\n")
    assert main(["--add-ignore", "--diff", "a.py"]) == 1
    assert f"+rnn(x){SHORT}\n" in capsys.readouterr().out
    assert (here / "a.py").read_text() == HEAD + "rnn(x)\n"


def test_what_cannot_be_silenced_is_reported(here: Path) -> None:
    (here / "a.py").write_text("from torch.nn import LSTM\nx = (\n")
    assert main(["--add-ignore", "a.py"]) == 1
    assert (here / "a.py").read_text() == "from torch.nn import LSTM\nx = (\n"


def test_a_fix_and_a_comment_exclude_each_other(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(HEAD)
    assert main(["--add-ignore", "--fix", "a.py"]) == 2
    assert "one after the other" in capsys.readouterr().err


def test_a_notebook_gets_its_comments_in_the_cells(here: Path) -> None:
    cell = {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {},
        "outputs": [],
        "source": ["%time rnn(x)\n", "out, h = rnn(x)\n", "print(1)"],
    }
    cells = [{**cell, "source": HEAD.splitlines(keepends=True)}, cell]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (here / "a.ipynb").write_text(json.dumps(book, indent=1))
    assert main(["--add-ignore=later", "a.ipynb"]) == 0
    after = json.loads((here / "a.ipynb").read_text())
    assert after["cells"][1]["source"][1] == f"out, h = rnn(x){SHORT}  later\n"
    after["cells"][1]["source"] = cell["source"]
    assert after == book


def test_what_cannot_be_silenced_is_given_up(here: Path) -> None:
    """Bytes that would be written otherwise, and a file that is not among those that were read."""
    text = f"# coding: utf-7\n{HEAD}y = '+AOkAYg-'\nout, h = rnn(x)\n"
    (here / "a.py").write_bytes(text.encode("ascii"))
    done = ignore("a.py", settings=Settings())
    assert (done.mended, done.after) == ([], {})
    assert [finding.code for finding in done.result.findings] == ["LSTM223"]
    elsewhere = done.result.findings[0]
    gone = dataclasses.replace(elsewhere, location=dataclasses.replace(elsewhere.location, path="gone.py"))
    (here / "a.py").write_text(HEAD)
    done = ignore("a.py", settings=Settings(), choose=lambda _: [gone])
    assert (done.mended, done.after) == ([], {})
