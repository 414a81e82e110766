"""`--fix` and its relatives: what is written, what is printed, what stays as it was."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lstmcheck import fixing
from lstmcheck.cli import main
from lstmcheck.config import Settings
from lstmcheck.findings import Edit, Finding, Fix, Location

BAD = """\
import torch
from torch import nn

lstm = nn.LSTM(10, 20, bidirectional=True)
h0 = torch.zeros(1, 3, 20)  # one row
out, (h, c) = lstm(torch.randn(5, 3, 10), (h0, h0))
"""
GOOD = BAD.replace("zeros(1", "zeros(2")
HOPELESS = BAD + "nn.LSTM(10, 20)(torch.zeros(5, 3, 11))\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def command(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "lstmcheck", *args], input=stdin, capture_output=True, timeout=60)


def test_a_safe_fix_is_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(BAD)
    assert main(["--fix", "a.py"]) == 0
    assert (here / "a.py").read_text() == GOOD
    said = capsys.readouterr()
    assert "Fixed 1 finding in 1 file" in said.err
    assert "All checks passed" in said.out


def test_a_second_run_changes_nothing(here: Path) -> None:
    path = here / "a.py"
    path.write_text(BAD)
    main(["--fix", "a.py"])
    before = path.stat()
    assert main(["--fix", "a.py"]) == 0
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_without_fix_nothing_is_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(BAD)
    assert main(["a.py"]) == 1
    assert (here / "a.py").read_text() == BAD
    assert "[*] 1 fixable with --fix" in capsys.readouterr().out


def test_a_diff_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(BAD)
    assert main(["--diff", "a.py"]) == 1
    assert (here / "a.py").read_text() == BAD
    said = capsys.readouterr()
    assert "-h0 = torch.zeros(1, 3, 20)  # one row\n+h0 = torch.zeros(2, 3, 20)  # one row\n" in said.out
    assert "LSTM201" not in said.out
    assert "Would fix 1 finding" in said.err
    (here / "a.py").write_text(GOOD)
    assert main(["--diff", "a.py"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", [BAD, BAD.rstrip("\n"), BAD.replace("\n", "\r\n")], ids=["plain", "no-end", "crlf"])
def test_a_patch_program_takes_the_diff(here: Path, text: str) -> None:
    path = here / "a.py"
    path.write_bytes(text.encode())
    patch = command("--diff", "a.py").stdout
    done = subprocess.run(["git", "apply", "-p0", "-"], input=patch, capture_output=True, cwd=here, timeout=60)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == text.encode().replace(b"zeros(1", b"zeros(2")


def test_fix_only_reports_nothing_else(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(BAD)
    (here / "b.py").write_text(HOPELESS)
    assert main(["--fix-only", "."]) == 0
    assert (here / "a.py").read_text() == GOOD
    assert capsys.readouterr().out == ""


def test_the_exit_code_can_tell_of_a_fix(here: Path) -> None:
    (here / "a.py").write_text(BAD)
    assert main(["--fix", "--exit-non-zero-on-fix", "a.py"]) == 1
    assert main(["--fix", "--exit-non-zero-on-fix", "a.py"]) == 0
    (here / "a.py").write_text(BAD)
    assert main(["--fix-only", "--exit-non-zero-on-fix", "a.py"]) == 1


def test_what_is_left_is_reported(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(HOPELESS)
    assert main(["--fix", "a.py"]) == 1
    said = capsys.readouterr()
    assert "LSTM223" in said.out
    assert "LSTM201" not in said.out


def test_standard_input_comes_back_fixed() -> None:
    done = command("--fix", "-", stdin=BAD.encode())
    assert done.stdout == GOOD.encode()
    assert b"All checks passed" in done.stderr
    assert done.returncode == 0
    assert command("--fix", "-", stdin=GOOD.encode()).stdout == GOOD.encode()


def test_the_text_of_standard_input_stays_byte_for_byte() -> None:
    text = b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").replace("one row", "eine Zeile für alle").encode()
    assert command("--fix", "-", stdin=text).stdout == text.replace(b"zeros(1", b"zeros(2")


ODD = {
    "crlf": BAD.replace("\n", "\r\n").encode(),
    "cr": BAD.replace("\n", "\r").encode(),
    "mixed": BAD.replace("\n", "\r\n", 2).encode(),
    "no-newline-at-the-end": BAD.rstrip("\n").encode(),
    "bom": b"\xef\xbb\xbf" + BAD.encode(),
    "latin-1": b"# -*- coding: latin-1 -*-\n" + BAD.replace("one row", "eine Zeile für alle").encode("latin-1"),
    "cp1252": b"# coding: cp1252\n" + BAD.replace("one row", "10 €").encode("cp1252"),
    "wide": BAD.replace("h0 =", "h0 = '🦊' and").encode(),
    "form-feed": BAD.replace("\nlstm", "\n\x0c\nlstm").encode(),
    "separators": BAD.replace("one row", "one\u2028row\x0b\x1c").encode(),
}


@pytest.mark.parametrize("name", ODD)
def test_everything_else_stays_byte_for_byte(here: Path, name: str) -> None:
    (here / "a.py").write_bytes(ODD[name])
    assert main(["--fix", "a.py"]) == 0
    assert (here / "a.py").read_bytes() == ODD[name].replace(b"zeros(1", b"zeros(2")


def test_permissions_and_links_stay(here: Path) -> None:
    target = here / "lib" / "real.py"
    target.parent.mkdir()
    target.write_text(BAD)
    target.chmod(0o750)
    (here / "a.py").symlink_to(target)
    assert main(["--fix", "a.py"]) == 0
    assert (here / "a.py").is_symlink()
    assert target.read_text() == GOOD
    assert stat.S_IMODE(target.stat().st_mode) == 0o750


def test_one_file_under_two_names_is_fixed_once(here: Path) -> None:
    (here / "a.py").write_text(BAD)
    (here / "b.py").symlink_to(here / "a.py")
    assert main(["--fix", "."]) == 0
    assert (here / "a.py").read_text() == GOOD


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_cannot_be_written_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(BAD)
    (here / "a.py").chmod(0o444)
    assert main(["--fix", "a.py"]) == 2
    assert "cannot write 'a.py': Permission denied" in capsys.readouterr().err


def test_what_the_settings_do_not_report_is_not_fixed(here: Path) -> None:
    (here / "a.py").write_text(BAD)
    assert main(["--fix", "--ignore", "LSTM201", "a.py"]) == 0
    assert (here / "a.py").read_text() == BAD


def test_what_a_comment_silences_is_not_fixed(here: Path) -> None:
    silenced = BAD.replace("(h0, h0))", "(h0, h0))  # lstmcheck: ignore[state-layers]")
    (here / "a.py").write_text(silenced)
    assert main(["--fix", "a.py"]) == 0
    assert (here / "a.py").read_text() == silenced


def test_what_the_baseline_knows_is_not_fixed(here: Path) -> None:
    (here / "a.py").write_text(BAD)
    assert main(["--update-baseline", "--baseline", "known.json", "a.py"]) == 0
    assert main(["--fix", "--baseline", "known.json", "a.py"]) == 0
    assert (here / "a.py").read_text() == BAD


MODEL = """\
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.lstm = nn.LSTM(10, width, bidirectional=True)

    def state(self, batch):
        return torch.zeros(1, batch, self.width), torch.zeros(1, batch, self.width)
"""
USE = """\
import torch
from model import Head

head = Head(20)
out, _ = head.lstm(torch.zeros(5, 3, 10), head.state(3))
"""


def test_a_file_that_was_not_asked_for_is_not_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "model.py").write_text(MODEL)
    (here / "use.py").write_text(USE)
    assert main(["--fix", "use.py"]) == 1
    assert (here / "model.py").read_text() == MODEL
    assert "fixable" not in capsys.readouterr().out
    assert main(["--fix", "."]) == 0
    assert (here / "model.py").read_text() == MODEL.replace("zeros(1", "zeros(2")
    assert (here / "use.py").read_text() == USE


def test_a_fix_that_would_break_something_else_is_not_made(here: Path) -> None:
    other = BAD + "other = nn.LSTM(10, 20)\nother(torch.randn(5, 3, 10), (h0, h0))\n"
    (here / "a.py").write_text(other)
    assert main(["--fix", "a.py"]) == 1
    assert (here / "a.py").read_text() == other


def test_what_an_error_hid_keeps_no_fix_from_being_made(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last step of both directions is read on the line that raised: torch never came to say nothing of it."""
    (here / "a.py").write_text(
        "import torch\nfrom torch import nn\n\nlstm = nn.LSTM(10, 20, 2, 0.5, batch_first=True, bidirectional=True)\n"
        "h0 = torch.zeros(2, 3, 20)\nout, h, c = lstm(torch.randn(3, 5, 10), h0, h0)\n"
        "y = nn.Linear(20, 2)(out[:, -1])\n"
    )
    assert main(["--fix", "--output-format", "concise", "a.py"]) == 1
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["LSTM643"]
    text = (here / "a.py").read_text()
    for part in ("2, dropout=0.5", "zeros(4", "out, (h, c)", "(h0, h0)", "Linear(40, 2)"):
        assert part in text
    assert main(["--fix", "--unsafe-fixes", "a.py"]) == 0
    assert "torch.cat((h[-2], h[-1]), dim=1)" in (here / "a.py").read_text()


def notebook(*cells: str) -> str:
    made = [
        {
            "cell_type": "code",
            "execution_count": 7,
            "metadata": {"tags": ["x"]},
            "outputs": [{"name": "stdout", "output_type": "stream", "text": ["zeros(1, 3, 20)\n"]}],
            "source": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {"z": 1}, "nbformat": 4, "nbformat_minor": 5}, indent=3)


def test_a_notebook_is_fixed_in_its_cells(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, rest = BAD.split("h0 =", 1)
    before = notebook("%matplotlib inline\n" + head, "h0 =" + rest)
    (here / "a.ipynb").write_text(before)
    assert main(["--diff", "a.ipynb"]) == 1
    assert "--- a.ipynb:cell 2\n+++ a.ipynb:cell 2\n" in capsys.readouterr().out
    assert main(["--fix", "a.ipynb"]) == 0
    wanted = before.replace('"h0 = torch.zeros(1', '"h0 = torch.zeros(2')
    assert (here / "a.ipynb").read_text() == wanted


def test_fixes_that_touch_wait_for_each_other(here: Path) -> None:
    text = BAD.replace("out, (h, c)", "out, h, c").replace("(h0, h0))", "h0, h0)")
    (here / "a.py").write_text(text)
    assert main(["--fix", "a.py"]) == 0
    assert (here / "a.py").read_text() == GOOD


KILLED = """\
import os, sys
from lstmcheck.cli import main

left = int(sys.argv[1])

def watch(event, args):
    global left
    if event in ("open", "os.rename", "os.chmod", "os.remove", "os.truncate") and "a.py" in str(args):
        left -= 1
        if left < 0:
            os._exit(9)

sys.addaudithook(watch)
main(["--fix", "-qq", "a.py"])
os._exit(0)
"""


def test_a_killed_run_leaves_the_old_file_or_the_new_one(here: Path) -> None:
    """Killed before each of the steps that touch the file, one after the other."""
    seen = []
    for step in range(100):
        (here / "a.py").write_text(BAD)
        done = subprocess.run([sys.executable, "-c", KILLED, str(step)], cwd=here, capture_output=True, timeout=60)
        seen.append((here / "a.py").read_text())
        assert seen[-1] in (BAD, GOOD)
        if done.returncode == 0:
            break
        assert done.returncode == 9
    assert seen[0] == BAD
    assert seen[-1] == GOOD
    assert len(seen) > 3


# Edits that do not fit


def misplaced(line: int, path: str = "a.py") -> Finding:
    """A finding whose fix changes a line that may not be there."""
    where = Location(path, line, 1, line, 2)
    return Finding("LSTM999", "for-a-test", "error", "x", where, fix=Fix("safe", "x", (Edit(where, "y"),)))


@pytest.mark.parametrize("lines", [(99,), (98, 99)])
@pytest.mark.parametrize("path", ["a.py", "gone.py"])
def test_a_fix_that_does_not_fit_is_not_made(here: Path, lines: tuple[int, ...], path: str) -> None:
    """Neither by itself nor together with others, and what is found is found as before."""
    (here / "a.py").write_text(BAD)
    done = fixing.fix("a.py", settings=Settings(), choose=lambda _: [misplaced(line, path) for line in lines])
    assert (done.mended, done.after) == ([], {})
    assert [finding.code for finding in done.result.findings] == ["LSTM201"]


def test_a_file_that_is_another_one_by_now_is_left_as_it_is(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / "a.py"
    path.write_text(BAD)
    own = fixing.fix

    def slowly(*paths: Any, **options: Any) -> Any:
        done = own(*paths, **options)
        path.write_text("x = 1\n")
        return done

    monkeypatch.setattr(fixing, "fix", slowly)
    assert main(["--fix", "a.py"]) == 2
    assert "was changed while it was checked" in capsys.readouterr().err
    assert path.read_text() == "x = 1\n"


def test_a_file_that_cannot_be_written_is_told_in_one_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a.py").write_text(BAD)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert main(["--fix", "a.py", "--no-cache"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "lstmcheck: cannot write 'a.py': No space left on device"
    assert (here / "a.py").read_text() == BAD
