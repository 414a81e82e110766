"""What shells offer when Tab is pressed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lstmcheck.cli import main
from lstmcheck.commands._group import cli


def offered(words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What bash is told for a line that ends at the cursor, as "type,value"."""
    parts = ["lstmcheck", *words.split(" ")]
    monkeypatch.setenv("_LSTMCHECK_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(parts))
    monkeypatch.setenv("COMP_CWORD", str(len(parts) - 1))
    with pytest.raises(SystemExit):
        cli.main([], prog_name="lstmcheck")
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("expl", ["plain,explain"]),
        ("src/mod", ["file,src/mod"]),
        ("check src/mod", ["file,src/mod"]),
        ("shapes mod", ["file,mod"]),
        ("run tra", ["file,tra"]),
        ("check --output-format conc", ["plain,concise"]),
        ("check --color n", ["plain,never"]),
        ("explain state-la", ["plain,state-layers"]),
        ("explain lstm201", ["plain,LSTM201"]),
        ("check --select LSTM201,LSTM202", ["plain,LSTM201,LSTM202"]),
        ("check --exclude src/", ["file,src/"]),
        ("check --stat", ["plain,--statistics"]),
    ],
)
def test_what_is_offered(
    words: str, expected: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offered(words, monkeypatch, capsys) == list(expected)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_that_the_page_names_exist(shell: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from lstmcheck.cli import main; main([])"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "_LSTMCHECK_COMPLETE": f"{shell}_source"},
    )
    assert "_LSTMCHECK_COMPLETE" in done.stdout, done.stderr


def test_a_check_does_not_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["."]) == 0
