"""States that end the interpreter without the tracer, each in a child process, and are an error with it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROGRAMS = {
    "a packed c_0 for one sample": """
        packed = pack_padded_sequence(torch.randn(4, 3, 10), [4, 4, 4])
        lstm = nn.LSTM(10, 20)
        lstm(packed, (torch.zeros(1, 3, 20), torch.zeros(1, 1, 20)))
        """,
    "a packed h_0 for one sample, two layers": """
        packed = pack_padded_sequence(torch.randn(4, 3, 10), [4, 4, 4])
        lstm = nn.LSTM(10, 20, num_layers=2)
        lstm(packed, (torch.zeros(2, 1, 20), torch.zeros(2, 3, 20)))
        """,
    "both directions of a packed c_0 for one sample": """
        packed = pack_padded_sequence(torch.randn(4, 3, 10), [4, 4, 4])
        lstm = nn.LSTM(10, 20, bidirectional=True)
        lstm(packed, (torch.zeros(2, 3, 20), torch.zeros(2, 1, 20)))
        """,
    "more rows in h_0 than in c_0": """
        packed = pack_padded_sequence(torch.randn(4, 3, 10), [4, 3, 2])
        lstm = nn.LSTM(10, 20)
        lstm(packed, (torch.zeros(2, 3, 20), torch.zeros(1, 3, 20)))
        """,
    "a pack of more features than the weights have": """
        packed = pack_padded_sequence(torch.randn(4, 3, 400_000), [4, 4, 4])
        lstm = nn.LSTM(10, 20)
        lstm(packed)  # torch.zeros(1, 3, 20) are its states
        """,
    "a batched state for an unbatched cell": """
        cell = nn.LSTMCell(5, 3)
        cell(torch.zeros(5), (torch.zeros(3, 3), torch.zeros(3, 3)))
        """,
}
CODES = dict(zip(PROGRAMS, ("LSTM203", "LSTM203", "LSTM203", "LSTM201", "LSTM223", "LSTM206")))
HEAD = """
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

torch.set_num_threads(1)
"""


def child(folder: Path, body: str, *command: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(HEAD + textwrap.dedent(body))
    return subprocess.run([sys.executable, *command, str(script)], capture_output=True, text=True, cwd=folder)


@pytest.mark.skipif(sys.platform != "linux", reason="signals are those of Linux")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_interpreter_dies_without_the_tracer(name: str, tmp_path: Path) -> None:
    assert child(tmp_path, PROGRAMS[name]).returncode < 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_run_raises_and_reports_with_both_places(name: str, tmp_path: Path) -> None:
    done = child(tmp_path, PROGRAMS[name], "-m", "lstmcheck", "run")
    assert done.returncode == 1
    assert "RuntimeError: " in done.stderr
    assert CODES[name] in done.stderr
    call = next(
        n for n, line in enumerate((tmp_path / "script.py").read_text().splitlines(), 1) if "torch.zeros(" in line
    )
    assert f"script.py:{call}:" in done.stderr
    assert "made here" in done.stderr


@pytest.mark.parametrize("policy", ["collect", "warn", "log", "raise"])
def test_every_policy_prevents_it(policy: str, tmp_path: Path) -> None:
    body = textwrap.indent(textwrap.dedent(next(iter(PROGRAMS.values()))), "        ")
    program = f"""
import lstmcheck
try:
    with lstmcheck.trace({policy!r}) as report:
{body}
except RuntimeError as error:
    print(type(error).__name__, error, *(finding.code for finding in report.findings))
    """
    done = child(tmp_path, program)
    assert done.returncode == 0, done.stderr
    said = "LSTMCheckError LSTM203 c_0" if policy == "raise" else "RuntimeError Expected hidden[1] size (1, 3, 20), got"
    assert said in done.stdout
    assert "LSTM203" in done.stdout


GROWING = {"grow": [300, 1, 300], "are negative": [300, -1]}


@pytest.mark.skipif(sys.platform != "linux", reason="signals are those of Linux")
@pytest.mark.parametrize("sizes", GROWING.values(), ids=list(GROWING))
def test_a_pack_by_hand_whose_batch_sizes_do_not_fall_is_not_padded(sizes: list[int], tmp_path: Path) -> None:
    body = f"""
        from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence
        packed = PackedSequence(torch.zeros(601, 4), torch.tensor({sizes}))
        pad_packed_sequence(packed)
        """
    assert child(tmp_path, body).returncode < 0
    done = child(tmp_path, body, "-m", "lstmcheck", "run")
    assert done.returncode == 1
    assert "RuntimeError: batch_sizes must be sorted" in done.stderr
    assert "LSTM411 [pack-parts]" in done.stderr
    lines = (tmp_path / "script.py").read_text().splitlines()
    assert f"script.py:{lines.index('pad_packed_sequence(packed)') + 1}:" in done.stderr


def test_what_torch_takes_is_left_alone(tmp_path: Path) -> None:
    body = """
        packed = pack_padded_sequence(torch.randn(4, 3, 10), [4, 3, 2])
        lstm = nn.LSTM(10, 20)
        out, (h, c) = lstm(packed, (torch.zeros(1, 3, 20), torch.zeros(1, 1, 20)))
        print(tuple(c.shape))
        """
    done = child(tmp_path, body, "-m", "lstmcheck", "run")
    assert "(1, 3, 20)" in done.stdout
    assert "LSTM203" in done.stderr
