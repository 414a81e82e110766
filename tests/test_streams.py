"""Standard streams that are not there, are closed early, or are a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a Unix shell does")

BAD = "import torch\nfrom torch import nn\n\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
UNUSED = BAD.replace("11", "10").replace("nn.GRU(10, 20)", "nn.GRU(10, 20, dropout=0.5)")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "unused.py").write_text(UNUSED)
    (tmp_path / "empty").mkdir()
    (tmp_path / "script.py").write_text("import sys\nsys.exit(4)\n")
    return tmp_path


# A command line with streams closed, its exit code, and what the streams that are left say.
CLOSED = {
    "bad.py >&-": (1, ""),
    "bad.py 2>&-": (1, "LSTM223"),
    "bad.py >&- 2>&- <&-": (1, ""),
    "empty 2>&-": (0, "All checks passed"),
    "nowhere.py 2>&-": (2, ""),
    "- <&-": (2, "lstmcheck: there is no standard input to read `-` from"),
    "--files-from - <&-": (2, "lstmcheck: there is no standard input to read a list of files from"),
    "- --fix <unused.py >&-": (0, ""),
    "- --diff <unused.py >&-": (1, ""),
    "rules >&-": (0, ""),
    "run script.py 2>&-": (4, ""),
    "run script.py >&-": (4, "nothing was traced"),
}


@pytest.mark.parametrize(("line", "code", "said"), [(line, *rest) for line, rest in CLOSED.items()], ids=list(CLOSED))
def test_a_stream_that_is_not_there(line: str, code: int, said: str, here: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m lstmcheck {line}', shell=True, capture_output=True, text=True, cwd=here, check=False
    )
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def on_terminal(folder: Path, *arguments: str, columns: int = 60) -> str:
    """What a command writes to a terminal so wide."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "lstmcheck", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env={**environment, "TERM": "xterm"},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            read = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not read:
            break
        said += read
    process.wait(timeout=60)
    os.close(ours)
    return said.decode()


def test_a_terminal_gets_colours_and_lines_that_fit(here: Path) -> None:
    (here / "long.py").write_text(f"{BAD.strip()}  # {'word ' * 60}\n")
    narrow, wide = (on_terminal(here, "long.py", columns=columns) for columns in (80, 600))
    assert "\x1b[1;31mLSTM223" in narrow
    assert "word " * 20 in wide
    assert "word " * 20 not in narrow


def test_a_difference_on_a_terminal_is_coloured(here: Path) -> None:
    said = on_terminal(here, "unused.py", "--diff", "--unsafe-fixes")
    assert "\x1b[31m-rnn = nn.GRU(10, 20, dropout=0.5)" in said
    assert "\x1b[32m+rnn = nn.GRU(10, 20)" in said
    assert "\x1b[36m@@" in said
