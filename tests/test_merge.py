"""`lstmcheck merge`: the parts of a split run make what one run makes."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from lstmcheck import cli

BAD = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
DROPOUT = "from torch import nn\nrnn = nn.LSTM(10, 20, dropout=0.5)\n"
ONE = '[{"path": "a.py", "line": 1, "column": 1, "code": "LSTM201", "message": "m"}]'
FORMATS = ("json", "json-lines", "sarif")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c", "d"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "bad.py").write_text(BAD + BAD.splitlines()[-1] + "\n")
        (folder / "other.py").write_text(DROPOUT if name in "bc" else "x = 1\n")
    return tmp_path


def run(*args: str) -> int:
    return cli.main(args)


def parts(format: str, split: Sequence[Sequence[str]]) -> list[str]:
    names = []
    for number, paths in enumerate(split):
        names.append(f"part{number}")
        assert run(*paths, "-qq", "-o", f"{format}:part{number}") < 2
    return names


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "split", [[["a"], ["b", "c", "d"]], [["d", "c"], ["b"], ["a"]], [["a", "b", "c"], ["b", "c", "d"]]]
)
def test_parts_make_the_whole(here: Path, format: str, split: list[list[str]]) -> None:
    assert run(".", "-qq", "-o", f"{format}:whole") == 1
    names = parts(format, split)
    for order in (names, names[::-1]):
        assert run("merge", *order, "-o", "merged") == 0
        assert (here / "merged").read_bytes() == (here / "whole").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_merging_again_changes_nothing(here: Path, format: str) -> None:
    names = parts(format, [["a"], ["b"]])
    assert run("merge", *names, "-o", "one") == 0
    assert run("merge", "one", "one", names[0], "-o", "two") == 0
    assert (here / "one").read_bytes() == (here / "two").read_bytes()


def test_parts_in_which_nothing_was_found(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty").touch()
    (here / "none").write_text("[]\n")
    (name,) = parts("json", [["a"]])
    assert run("merge", "empty", name, "none", "-o", "merged") == 0
    assert (here / "merged").read_bytes() == (here / name).read_bytes()
    capsys.readouterr()
    assert run("merge", "none") == 0
    assert capsys.readouterr().out == "[]\n"
    assert run("merge", "empty") == 0
    assert capsys.readouterr().out == ""


def test_baselines(here: Path) -> None:
    assert run("baseline", ".", "--baseline", "whole.json") == 0
    for name in ("a", "b", "c", "d"):
        assert run("baseline", name, "--baseline", f"{name}.json") == 0
    order = [f"{name}.json" for name in "dbcab"]
    random.Random(1).shuffle(order)
    assert run("merge", *order, "-o", "merged.json") == 0
    assert (here / "merged.json").read_bytes() == (here / "whole.json").read_bytes()
    assert run(".", "--baseline", "merged.json", "-qq") == 0


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (ONE, '{"version": 1, "findings": []}', "one is json and two is a baseline: merge one format at a time"),
        ("nonsense", "[]", "one is no report that can be merged"),
        ("3", "[]", "one is no report that can be merged"),
        ('[{"a": 1}]', "[]", "one is no report that can be merged"),
        ("[" * 100_000, "[]", "one is no report that can be merged"),
        ('{"version": 1, "findings": [3]}', '{"version": 1, "findings": []}', "one is no baseline"),
        ('{"version": 1, "findings": []}', '{"version": 2, "findings": []}', "two: version 2 of a baseline, not 1"),
    ],
)
def test_what_cannot_be_merged_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], first: str, second: str, said: str
) -> None:
    (here / "one").write_text(first)
    (here / "two").write_text(second)
    assert run("merge", "one", "two") == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_other_versions_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = parts("sarif", [["a"], ["b"]])
    text = json.loads((here / second).read_text())
    text["runs"][0]["tool"]["driver"]["version"] = "99.0"
    (here / second).write_text(json.dumps(text))
    assert run("merge", first, second) == 2
    err = capsys.readouterr().err
    assert "lstmcheck 99.0: make all parts with one version" in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("merge", "gone") == 2
    assert capsys.readouterr().err == "lstmcheck: cannot read 'gone': No such file or directory\n"
