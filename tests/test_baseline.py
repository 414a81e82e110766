"""Known findings: only new ones are reported, wherever the lines go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lstmcheck import cli

FILE = "lstmcheck-baseline.json"
BAD = "import torch\nfrom torch import nn\n\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
AGAIN = "out, h = rnn(torch.zeros(5, 3, 11))\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "nets" / "b.py").write_text(BAD)
    return tmp_path


class Run:
    """The command within this process; calling it gives exit code, output, errors."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.captured = captured

    def __call__(self, *args: str) -> tuple[int, str, str]:
        code = cli.main(args)
        return (code, *self.captured.readouterr())

    def new(self, *args: str) -> list[tuple[str, int]]:
        """Path and line of what is new."""
        out = self(*args, "--baseline", FILE, "--output-format", "json", "-q")[1]
        return [(found["path"], found["line"]) for found in json.loads(out)]


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def test_what_is_known_is_not_reported(run: Run) -> None:
    assert run("baseline") == (0, "", f"2 known findings in {FILE}\n")
    code, out, err = run("--baseline", FILE)
    assert code == 0
    assert out == "All checks passed: 2 files with nn.LSTM/GRU/RNN, 0 without\n"
    assert err == f"note: 2 known findings are not shown ({FILE})\n"


def test_a_finding_stays_known_when_it_moves_or_is_laid_out_differently(run: Run, here: Path) -> None:
    run("baseline")
    (here / "a.py").write_text(BAD.replace("rnn = ", "\n\n\nrnn = ").replace("rnn(torch", "rnn(\n    torch"))
    assert run.new() == []
    (here / "a.py").write_text(BAD.replace("5, 3, 11", "5, 3, 12"))
    assert run.new() == [("a.py", 5)], "other code is another finding"


def test_as_many_are_known_as_were_there(run: Run, here: Path) -> None:
    run("baseline")
    (here / "a.py").write_text(BAD + AGAIN)
    assert run.new() == [("a.py", 6)]


def test_what_is_gone_is_said_and_removed(run: Run, here: Path) -> None:
    run("baseline")
    (here / "a.py").write_text(BAD.replace("11", "10"))
    (here / "nets" / "b.py").unlink()
    code, _, err = run("--baseline", FILE)
    assert code == 0
    assert "in a.py is gone (" in err
    assert "in nets/b.py is gone (" in err
    assert "--update-baseline removes" in err
    assert run("--update-baseline", "--baseline", FILE)[2] == f"0 known findings in {FILE}\n"
    assert json.loads((here / FILE).read_text()) == {"version": 1, "findings": []}


def test_what_was_not_looked_at_is_not_gone(run: Run, here: Path) -> None:
    run("baseline")
    before = (here / FILE).read_text()
    assert "is gone" not in run("a.py", "--baseline", FILE)[2]
    assert "is gone" not in run("--baseline", FILE, "--select", "LSTM3")[2]
    run("baseline", "a.py")
    run("baseline", "--select", "LSTM3")
    assert (here / FILE).read_text() == before
    (here / "a.py").write_text(BAD + AGAIN)
    run("baseline", "a.py")
    assert [entry["number"] for entry in json.loads((here / FILE).read_text())["findings"]] == [2, 1]


def test_one_entry_a_line_in_order_and_the_same_every_time(run: Run, here: Path) -> None:
    run("baseline")
    text = (here / FILE).read_text()
    assert [json.loads(line.rstrip(","))["path"] for line in text.splitlines()[1:-1]] == ["a.py", "nets/b.py"]
    modified = (here / FILE).stat().st_mtime_ns
    run("baseline")
    assert (here / FILE).stat().st_mtime_ns == modified


def test_it_holds_from_any_directory(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "pyproject.toml").write_text(f'[tool.lstmcheck]\nbaseline = "{FILE}"\n')
    run("baseline")
    assert (here / FILE).exists()
    monkeypatch.chdir(here / "nets")
    assert run("b.py")[0] == 0
    assert run("baseline")[2].startswith("2 known findings in ")


def test_a_baseline_of_its_own_name(run: Run, here: Path) -> None:
    run("baseline", "--baseline", "known.json", "nets")
    assert run("--baseline", "known.json", "nets")[0] == 0
    assert run("--baseline", "known.json", "a.py")[0] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such baseline"),
        ("{", "this is no baseline"),
        ("[]", "this is no baseline"),
        ('{"version": 1, "findings": [{"x": 1}]}', "this is no baseline"),
        ('{"version": 2, "findings": []}', "version 2"),
    ],
)
def test_what_is_no_baseline(run: Run, here: Path, content: str | None, said: str) -> None:
    if content is not None:
        (here / FILE).write_text(content)
    code, out, err = run("--baseline", FILE)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_one_that_cannot_be_written(run: Run, here: Path) -> None:
    code, out, err = run("baseline", "--baseline", "a.py/known.json")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "cannot write" in err or "Not a directory" in err


def test_what_is_no_path_and_what_is_no_baseline(run: Run, here: Path) -> None:
    code, _, err = run("baseline", "nowhere.py")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "nowhere.py" in err
    assert run("baseline", ".")[0] == 0
    known = json.loads(Path(FILE).read_text())
    known["findings"][0]["code"] = 3
    Path(FILE).write_text(json.dumps(known))
    code, _, err = run(".", "--baseline", FILE)
    assert (code, len(err.splitlines())) == (2, 1)
    assert FILE in err


def test_a_file_under_two_names_is_mended_once(run: Run, here: Path) -> None:
    (here / "link.py").symlink_to("a.py")
    code, _, err = run("--fix", "--unsafe-fixes", "a.py", "link.py")
    assert code == 0, err
    assert (here / "a.py").read_text() == BAD.replace("10, 20", "11, 20")


def test_settings_of_a_file_that_is_named(run: Run, here: Path) -> None:
    (here / "nets" / "pyproject.toml").write_text('[tool.lstmcheck]\nignore = ["LSTM223"]\n')
    assert run("a.py")[0] == 1
    assert run("a.py", "--config", "nets/pyproject.toml")[0] == 0


def test_a_text_that_no_page_explains(run: Run) -> None:
    code, _, err = run("explain", "nothing that torch says")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "no page explains 'nothing that torch says'" in err
