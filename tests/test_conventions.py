"""Every line of docs/conventions.md does what stands beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "conventions.md"
ROWS = [
    (command.replace("\\|", "|"), int(code))
    for commands, code in re.findall(r"^\| .* \| (`.*`) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for command in re.findall(r"`([^`]+)`", commands)
]
CLEAN = "import torch\nfrom torch import nn\n\nlstm = nn.LSTM(10, 20, num_layers=2)\nx = torch.zeros(15, 8, 10)\n"
CLEAN += "state = torch.zeros(2, 8, 20)\nout, state = lstm(x, (state, state))\n"
WRONG = CLEAN.replace("zeros(2,", "zeros(1,")
FILES = {
    "clean.py": CLEAN,
    "wrong.py": WRONG,
    "risky.py": CLEAN.replace("num_layers=2", "dropout=0.5").replace("zeros(2,", "zeros(1,"),
    "syntax.py": "import torch\nLSTM = (\n",
    "noqa.py": WRONG.rstrip() + "  # noqa: LSTM201\n",
    "ignored.py": WRONG.rstrip() + "  # lstmcheck: ignore[state-layers]\n",
    "file.py": f"# lstmcheck: file-ignore[LSTM2]\n{WRONG}",
    "silenced.py": f"{CLEAN}x = 1  # lstmcheck: ignore[LSTM201]\n",
    ".venv/lib/wrong.py": WRONG,
    ".venv/bin/activate": "",
    ".gitignore": "made/\n",
    ".git/HEAD": "",
    "made/wrong.py": WRONG,
    "package/pyproject.toml": '[tool.lstmcheck]\nignore = ["LSTM201"]\n',
    "package/wrong.py": WRONG,
    "nb.ipynb": json.dumps(
        {
            "cells": [
                {"cell_type": kind, "metadata": {}, "source": text, "id": kind, **more}
                for kind, text, more in (
                    ("markdown", "# A notebook", {}),
                    ("code", WRONG, {"outputs": [], "execution_count": 1}),
                )
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    ),
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "latin.py").write_bytes(b"import torch, LSTM\nx = '\xe9'\n")
    return tmp_path


def run(command: str, here: Path) -> subprocess.CompletedProcess[str]:
    """A command line of the page, with the command of this tree."""
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    shell = f'lstmcheck() {{ "{sys.executable}" -m lstmcheck "$@"; }}\n{command}'
    return subprocess.run(["bash", "-c", shell], cwd=here, env=clean, capture_output=True, text=True, timeout=120)


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 40


@pytest.mark.parametrize(("command", "code"), ROWS, ids=[command for command, _ in ROWS])
def test_a_line_ends_as_the_page_says(command: str, code: int, here: Path) -> None:
    if "lstmcheck run " in command:
        pytest.importorskip("torch")
    done = run(command, here)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if code == 2:
        # one line, and mostly the line of usage above it
        assert done.stdout == ""
        assert "lstmcheck" in done.stderr or "Error" in done.stderr


SAID = [
    ("lstmcheck --selct LSTM2 wrong.py", "--select"),
    ("lstmcheck --select LSTM20x wrong.py", "LSTM201"),
    ("lstmcheck --output-format sarfi wrong.py", "sarif"),
    ("lstmcheck --config 'selekt = [\"LSTM2\"]' wrong.py", "select"),
    ("lstmcheck clean.py", "1 file with nn.LSTM/GRU/RNN"),
    ("lstmcheck --output-format concise nb.ipynb", "nb.ipynb:cell 2:7:14: LSTM201"),
    ("lstmcheck silenced.py", "LSTM911"),
    ("FORCE_COLOR=1 lstmcheck wrong.py", "\x1b["),
    ("NO_COLOR=1 lstmcheck --color always wrong.py", "\x1b["),
    ("COLUMNS=20 lstmcheck wrong.py", "this 2-layer LSTM needs 2 (num_layers * num_directions = 2 * 1)"),
    (
        "lstmcheck --add-ignore=later --diff wrong.py",
        "+out, state = lstm(x, (state, state))  # lstmcheck: ignore[state-layers]",
    ),
    ("lstmcheck --statistics wrong.py risky.py", "LSTM108"),
]
NOT_SAID = [
    ("lstmcheck --show-files .", "made"),
    ("lstmcheck --show-files .", ".venv"),
    ("lstmcheck wrong.py", "\x1b["),
    ("NO_COLOR=1 FORCE_COLOR=1 lstmcheck wrong.py", "\x1b["),
]


@pytest.mark.parametrize(("command", "text"), SAID)
def test_a_line_says_what_the_page_promises(command: str, text: str, here: Path) -> None:
    assert command in [line for line, _ in ROWS]
    done = run(command, here)
    assert text in done.stdout + done.stderr


@pytest.mark.parametrize(("command", "text"), NOT_SAID)
def test_a_line_does_not_say_what_the_page_denies(command: str, text: str, here: Path) -> None:
    assert command in [line for line, _ in ROWS]
    done = run(command, here)
    assert text not in done.stdout + done.stderr


def test_a_clean_file_is_an_empty_list_for_programs(here: Path) -> None:
    done = run("lstmcheck --output-format json clean.py", here)
    assert json.loads(done.stdout) == []
