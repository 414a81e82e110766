"""Exit codes, streams and order: what scripts and hooks rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lstmcheck import cli
from lstmcheck.report import formats

BAD = "import torch\nfrom torch import nn\n\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
GOOD = BAD.replace("11", "10")
# dropout of a single layer does nothing: a warning
RISKY = BAD.replace("nn.GRU(10, 20)", "nn.GRU(10, 20, dropout=0.5)").replace("11", "10")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "LSTMCHECK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "risky.py").write_text(RISKY)
    (tmp_path / "syntax.py").write_text("import torch\nLSTM = (\n")
    (tmp_path / "latin.py").write_bytes(b"import torch, LSTM\nx = '\xe9'\n")
    (tmp_path / "nul.py").write_bytes(b"import torch, LSTM\0\n")
    (tmp_path / "stub.pyi").write_text(BAD)
    (tmp_path / "text.txt").write_text("no Python")
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "link.py").symlink_to("nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "key.toml").write_text('selekt = ["LSTM"]\n')
    (tmp_path / "type.toml").write_text("select = 1\n")
    (tmp_path / "rule.toml").write_text('ignore = ["LSTM20x"]\n')
    (tmp_path / "no.toml").write_text("[\n")
    (tmp_path / "known.json").write_text("{}")
    return tmp_path


TABLE = [
    (["good.py"], 0, ""),
    (["bad.py"], 1, ""),
    (["risky.py"], 1, ""),
    (["risky.py", "--fail-on", "error"], 0, ""),
    (["bad.py", "--fail-on", "error"], 1, ""),
    (["bad.py", "--ignore", "LSTM"], 0, ""),
    (["bad.py", "--severity", "LSTM=info"], 0, ""),
    (["syntax.py"], 1, ""),
    (["latin.py"], 1, ""),
    (["nul.py"], 1, ""),
    (["link.py"], 1, ""),
    (["broken.ipynb"], 1, ""),
    (["stub.pyi"], 0, "stub"),
    (["empty"], 0, "no Python files"),
    (["missing.py"], 2, "does not exist"),
    (["good.py", "missing/x.py"], 2, "does not exist"),
    (["--selct", "LSTM"], 2, "--select"),
    (["--fail-on"], 2, "requires an argument"),
    (["--fail-on", "never"], 2, "is not one of error, warning, info"),
    (["--select", "LSTM20x"], 2, "'LSTM201'"),
    (["--config", "key.toml"], 2, "'select'"),
    (["--config", "type.toml"], 2, "list of strings"),
    (["--config", "rule.toml"], 2, "'LSTM201'"),
    (["--config", "no.toml"], 2, "no.toml"),
    (["--output-format", "sarfi"], 2, "'sarif'"),
    (["-o", "sarif:empty"], 2, "cannot write"),
    (["--baseline", "known.json"], 2, "no baseline"),
    (["explain", "LSTM20x"], 2, "'LSTM201'"),
    (["shapes", "missing.py"], 2, ""),
    (["--version"], 0, ""),
    (["--help"], 0, ""),
    (["check", "--help"], 0, ""),
    (["rules"], 0, ""),
    (["explain", "LSTM201"], 0, ""),
]


@pytest.mark.parametrize(("args", "code", "said"), TABLE, ids=[" ".join(args) for args, _, _ in TABLE])
def test_exit_codes(here: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, said: str) -> None:
    assert cli.main(args) == code
    out, err = capsys.readouterr()
    assert said in err
    assert "Traceback" not in out + err
    if code == 2:
        assert out == ""
        assert err.startswith("lstmcheck: ")
        assert err.count("\n") == 1


@pytest.mark.parametrize(("args", "code", "said"), [row for row in TABLE if row[0][0].endswith((".py", "y", "b"))])
def test_exit_zero_changes_nothing_but_one(
    here: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, said: str
) -> None:
    assert cli.main([*args, "--exit-zero"]) == (0 if code == 1 else code)


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("name", ["good.py", "bad.py"])
def test_standard_output_holds_the_report_alone(
    here: Path, capsys: pytest.CaptureFixture[str], format: str, name: str
) -> None:
    cli.main([name, "--output-format", format, "-v"])
    printed, beside = capsys.readouterr()
    cli.main([name, "-qq", "-o", f"{format}:report"])
    assert capsys.readouterr() == ("", "")
    written = (here / "report").read_text(encoding="utf-8")
    assert printed == written + ("" if format != "full" else printed[len(written) :])
    assert f"{name}: interpreted" in beside


def run(here: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "lstmcheck", *args],
        cwd=here,
        capture_output=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_one_output_in_twenty_runs(here: Path) -> None:
    targets = ["bad.py", "risky.py", "syntax.py", "latin.py", "good.py"]
    outputs = set()
    for seed in range(20):
        given = targets[seed % 5 :] + targets[: seed % 5]
        done = run(here, *given, "-o", "json", "-o", "sarif:s.json", "-o", "junit:j.xml", PYTHONHASHSEED=str(seed))
        outputs.add(
            (done.returncode, done.stdout, done.stderr, *((here / name).read_bytes() for name in ("s.json", "j.xml")))
        )
    assert len(outputs) == 1
    code, out, *_ = outputs.pop()
    assert code == 1
    assert [found["path"] for found in json.loads(out)] == ["bad.py", "latin.py", "risky.py", "syntax.py"]


def test_a_closed_pipe_is_no_error(here: Path) -> None:
    for number in range(200):
        (here / f"copy{number}.py").write_text(BAD)
    done = subprocess.run(
        f"{sys.executable} -m lstmcheck copy*.py | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=here,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[1] == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_a_sign_of_life_on_a_terminal_that_is_gone_in_the_end(here: Path) -> None:
    shown = on_a_terminal(here, "bad.py")
    assert b"checking, " in shown
    assert shown.rpartition(b"checking, ")[2].partition(b"\r\x1b[K")[1], "it is taken away"
    assert on_a_terminal(here, "-q", "bad.py") == b""


def on_a_terminal(here: Path, *args: str) -> bytes:
    """What a run that takes long writes to standard error when that is a terminal."""
    import pty

    slow = (
        "import time, lstmcheck.infer as infer\n"
        "plain = infer.analyze\n"
        "def slow(*args, **options):\n"
        "    end = time.monotonic() + 1.6\n"
        "    while time.monotonic() < end: pass\n"
        "    return plain(*args, **options)\n"
        "infer.analyze = slow\n"
        f"from lstmcheck.cli import main\nmain({list(args)!r})\n"
    )
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", slow], cwd=here, stdout=subprocess.DEVNULL, stderr=theirs, timeout=60)
        os.set_blocking(ours, False)
        try:
            return os.read(ours, 65536)
        except BlockingIOError:
            return b""
    finally:
        os.close(ours)
        os.close(theirs)
