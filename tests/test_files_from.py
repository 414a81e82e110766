"""`--files-from`: a list of paths instead of, or beside, those of the command line."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lstmcheck import cli

BAD = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(BAD)
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], *args: str) -> list[str]:
    cli.main([*args, "--output-format", "json", "-q"])
    return [finding["path"] for finding in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    "text", [b"a.py\nb.py\n", b"a.py\r\n\r\nb.py", b"a.py\0b.py\0", b"a.py\0b.py", b"\nb.py\na.py\nb.py\n"]
)
def test_lines_or_nul(here: Path, capsys: pytest.CaptureFixture[str], text: bytes) -> None:
    (here / "list").write_bytes(text)
    assert sorted(found(capsys, "--files-from", "list")) == ["a.py", "b.py"]


def test_names_of_all_kinds(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["new\nline.py", os.fsdecode(b"half\xff.py"), "-.py", " space .py"]
    for name in names:
        (here / name).write_text(BAD)
    (here / "list").write_bytes(b"\0".join(os.fsencode(f"./{name}") for name in names))
    assert sorted(found(capsys, "--files-from", "list")) == sorted(names)


def test_beside_paths_and_from_standard_input(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"b.py\nc.py\n")))
    assert found(capsys, "a.py", "--files-from", "-") == ["a.py", "b.py", "c.py"]


def test_an_empty_list_is_no_file_at_all(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "list").write_bytes(b"\n")
    assert cli.main(["--files-from", "list"]) == 0
    assert cli.main(["baseline", "--files-from", "list"]) == 0
    assert json.loads((here / "lstmcheck-baseline.json").read_text())["findings"] == []


def test_a_file_that_is_called_like_standard_input(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "-").write_text(BAD)
    (here / "list").write_text("-\n")
    assert found(capsys, "--files-from", "list") == ["-"]


def test_a_baseline_of_a_list(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "list").write_text("a.py\n")
    assert cli.main(["baseline", "--files-from", "list"]) == 0
    assert found(capsys, "--baseline", "lstmcheck-baseline.json") == ["b.py", "c.py"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--files-from", "gone"], "cannot read the list of files 'gone': No such file or directory"),
        (["--files-from", "list"], "'d.py' does not exist"),
        (["-", "--files-from", "-"], "standard input is either a program"),
    ],
)
def test_wrong_usage(here: Path, capsys: pytest.CaptureFixture[str], args: Sequence[str], said: str) -> None:
    (here / "list").write_text("a.py\nd.py\n")
    assert cli.main(args) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
