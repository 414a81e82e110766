"""What a check takes: standard input, notebooks, stubs; settings and comments hold for all of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import lstmcheck
from lstmcheck import cli

BAD = """\
import torch
from torch import nn

rnn = nn.GRU(10, 20)
out, h = rnn(torch.zeros(5, 3, 11))
"""
GOOD = BAD.replace("11", "10")


def notebook(*cells: str) -> str:
    made = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell.splitlines(True)}
        for cell in cells
    ]
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# LSTM"]}
    return json.dumps({"cells": [text, *made], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


BAD_CELLS = ("%matplotlib inline\nimport torch\nfrom torch import nn\n", "rnn = nn.GRU(10, 20)\n", BAD.splitlines()[-1])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


Run = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*args: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = cli.main(args)
        return (code, *capsys.readouterr())

    return run


def found(out: str) -> list[tuple[str, str]]:
    return [(one["path"], one["code"]) for one in json.loads(out)]


def test_standard_input(run: Run) -> None:
    code, out, _ = run("-", stdin=BAD)
    assert code == 1
    assert "  --> -:5:" in out
    assert "rnn(torch.zeros(5, 3, 11))" in out
    assert run("-", stdin=GOOD)[0] == 0


def test_standard_input_stands_for_a_file(run: Run, here: Path) -> None:
    (here / "model.py").write_text(GOOD)
    code, out, _ = run("-", "--stdin-filename", "model.py", stdin=BAD)
    assert code == 1
    assert "  --> model.py:5:" in out
    assert "rnn(torch.zeros(5, 3, 11))" in out


def test_the_file_need_not_exist_and_others_are_imported_from_its_place(run: Run, here: Path) -> None:
    (here / "pkg").mkdir()
    (here / "pkg" / "sizes.py").write_text("FEATURES = 11\n")
    source = BAD.replace("from torch import nn", "from torch import nn\nfrom sizes import FEATURES").replace(
        "11", "FEATURES"
    )
    assert run("-", "--stdin-filename", "pkg/new.py", stdin=source)[0] == 1
    assert run("-", "--stdin-filename", "nowhere/new.py", stdin=source)[0] == 0


def test_settings_and_comments_hold_for_standard_input(run: Run, here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "pyproject.toml").write_text('[tool.lstmcheck]\nignore = ["LSTM2"]\n')
    assert run("-", "--stdin-filename", "sub/model.py", stdin=BAD)[0] == 0
    assert run("-", "--stdin-filename", "model.py", stdin=BAD)[0] == 1
    assert run("-", stdin=BAD.rstrip() + "  # lstmcheck: ignore[LSTM223]\n")[0] == 0
    assert run("-", "--stdin-filename", "venv/model.py", "--force-exclude", stdin=BAD)[0] == 0


def test_standard_input_that_is_no_program(run: Run) -> None:
    code, out, _ = run("-", "--stdin-filename", "model.py", stdin="x = = 1\n")
    assert code == 1
    assert "  --> model.py:1:5\n1 | x = = 1\n" in out


def test_a_notebook_on_standard_input(run: Run) -> None:
    code, out, _ = run("-", "--stdin-filename", "a/nb.ipynb", "--output-format", "concise", stdin=notebook(*BAD_CELLS))
    assert code == 1
    assert out.startswith("a/nb.ipynb:cell 4:1:10: LSTM223 ")


def test_a_name_without_standard_input_is_wrong_usage(run: Run) -> None:
    code, _, err = run("model.py", "--stdin-filename", "model.py")
    assert code == 2
    assert "--stdin-filename goes with `-`" in err


def test_contents_can_be_given_from_python(here: Path) -> None:
    assert [one.code for one in lstmcheck.check("new.py", given={"new.py": BAD.encode()}).findings] == ["LSTM223"]
    (here / "old.py").write_text(BAD)
    assert lstmcheck.check("old.py", given={"old.py": GOOD.encode()}).findings == []


def test_a_notebook(run: Run, here: Path) -> None:
    (here / "nb.ipynb").write_text(notebook(*BAD_CELLS))
    code, out, _ = run("nb.ipynb")
    assert code == 1
    assert "  --> nb.ipynb:cell 4:1:10\n1 | out, h = rnn(torch.zeros(5, 3, 11))\n" in out
    assert " ::: nb.ipynb:cell 3:1:" in out
    _, out, _ = run("nb.ipynb", "--output-format", "json")
    (one,) = json.loads(out)
    assert (one["path"], one["cell"], one["line"], one["end_line"]) == ("nb.ipynb", 4, 1, 1)
    assert (3, 1) in {(place["cell"], place["line"]) for place in one["related"]}


def test_notebooks_of_a_folder(run: Run, here: Path) -> None:
    for name in ("nb.ipynb", ".ipynb_checkpoints/nb-checkpoint.ipynb", "sub/nb.ipynb", "other.ipynb"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(notebook(*BAD_CELLS) if name != "other.ipynb" else notebook("x = 1"))
    code, out, err = run("--output-format", "json")
    assert code == 1
    assert found(out) == [("nb.ipynb", "LSTM223"), ("sub/nb.ipynb", "LSTM223")]
    assert "2 files with nn.LSTM/GRU/RNN, 1 without\n" in err


def test_a_notebook_uses_a_module_beside_it(run: Run, here: Path) -> None:
    (here / "model.py").write_text(
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n"
        "        self.rnn = nn.GRU(size, 20)\n    def forward(self, x):\n        return self.rnn(x)[0]\n"
    )
    (here / "nb.ipynb").write_text(notebook("import torch\nfrom model import Net", "Net(10)(torch.zeros(5, 3, 11))"))
    for paths in ((".",), ("nb.ipynb",)):
        _, out, _ = run(*paths, "--output-format", "json")
        assert [code for _, code in found(out)] == ["LSTM223"], paths


def test_comments_silence_in_cells(run: Run, here: Path) -> None:
    cells = (*BAD_CELLS[:2], "# lstmcheck: ignore[LSTM223]\n" + BAD_CELLS[2])
    (here / "nb.ipynb").write_text(notebook(*cells))
    assert run("nb.ipynb")[0] == 0
    # a comment at the end of a cell says nothing about the next one
    cells = (BAD_CELLS[0], BAD_CELLS[1] + "# lstmcheck: ignore[LSTM223]", BAD_CELLS[2])
    (here / "nb.ipynb").write_text(notebook(*cells))
    assert run("nb.ipynb")[0] == 1


def test_a_broken_cell_shows_its_own_text(run: Run, here: Path) -> None:
    (here / "nb.ipynb").write_text(notebook(BAD_CELLS[0], "%ls\nrnn = = nn.GRU(10, 20)", "x = 1"))
    code, out, _ = run("nb.ipynb")
    assert code == 1
    assert "LSTM901 [syntax-error]" in out
    assert "  --> nb.ipynb:cell 3:2:7\n2 | rnn = = nn.GRU(10, 20)\n" in out
    assert "nothing in this cell was checked" in out


def test_a_broken_notebook_is_a_finding(run: Run, here: Path) -> None:
    (here / "nb.ipynb").write_text(notebook(*BAD_CELLS)[:-40])
    code, out, _ = run("nb.ipynb")
    assert code == 1
    assert out.startswith("LSTM905 [broken-notebook] This notebook is not valid JSON")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("nb.ipynb", '{"worksheets": [], "nbformat": 3}', "format 3"),
        ("nb.ipynb", '{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "a notebook in R"),
        ("model.pyi", "class Net: ...", "a stub holds no code that runs"),
    ],
)
def test_what_is_left_out_is_said(run: Run, here: Path, name: str, text: str, says: str) -> None:
    (here / name).write_text(text)
    code, out, err = run(name)
    assert code == 0
    assert err.startswith(f"note: {name}: not checked: ")
    assert says in err
    assert out.startswith("All checks passed")


def test_stubs_of_a_folder_are_passed_over(run: Run, here: Path) -> None:
    (here / "model.pyi").write_text("from torch import nn\nclass LSTM(nn.Module): ...\n")
    (here / "model.py").write_text(GOOD)
    assert run() == (0, "All checks passed: 1 file with nn.LSTM/GRU/RNN, 0 without\n", "")


def test_shapes_of_a_notebook(run: Run, here: Path) -> None:
    cells: Sequence[Any] = (*BAD_CELLS[:2], "%time\nout, h = rnn(torch.zeros(5, 3, 10))")
    (here / "nb.ipynb").write_text(notebook(*cells))
    code, out, _ = run("shapes", "nb.ipynb")
    assert code == 0
    assert "out: (5, 3, 20)" in out
