"""Several processes under torchrun: what every rank found is told once, by rank 0."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from torch import distributed

SCRIPT = Path(__file__).parent / "scripts" / "training.py"
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not distributed.is_available() or not distributed.is_gloo_available(),
    reason="needs gloo and torchrun",
)


def launched(cwd: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run something in two processes."""
    return subprocess.run(
        [sys.executable, *TORCHRUN, *command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        timeout=180,
    )


def test_every_strategy_is_seen_and_told_by_the_first(tmp_path: Path) -> None:
    done = launched(tmp_path, str(SCRIPT), "strategies")
    assert done.returncode == 0, done.stderr
    found = [("LSTM108", (1,), 1), ("LSTM223", (0, 1), 3)]
    assert done.stdout.splitlines() == [f"{how} 4 {found}" for how in ("ddp", "fsdp1", "fsdp2")]
    assert done.stderr.count("LSTM223 [input-features]") == 3
    assert done.stderr.count("= seen 3 times (ranks 0, 1)") == 3
    assert done.stderr.count("= seen once (rank 1)") == 3


@pytest.mark.parametrize("everybody", ["", "1"])
def test_a_logger_is_told_once_or_by_all(tmp_path: Path, everybody: str) -> None:
    done = launched(tmp_path, str(SCRIPT), "logged", LSTMCHECK_LOG_ALL_RANKS=everybody)
    assert done.returncode == 0, done.stderr
    said = sorted(re.findall(r"^(rank \d): .*?: (LSTM\d+) ", done.stderr, re.MULTILINE))
    others = [("rank 1", "LSTM108"), ("rank 1", "LSTM223")] if everybody else []
    assert said == [("rank 0", "LSTM108"), ("rank 0", "LSTM223"), *others]
    assert "(rank 1)" in done.stderr


def test_a_rank_that_died_is_not_waited_for(tmp_path: Path) -> None:
    done = launched(tmp_path, str(SCRIPT), "alone")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["alone ['LSTM223']"]
    assert "rank 1 ended without handing over what it found" in done.stderr


def test_run_writes_one_file(tmp_path: Path) -> None:
    done = launched(tmp_path, "-m", "lstmcheck", "run", "--exit-zero", "-o", "json:out.json", str(SCRIPT), "run")
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["out.json"]
    assert [one["code"] for one in json.loads((tmp_path / "out.json").read_text())] == ["LSTM223", "LSTM108"]
    assert done.stderr.count("LSTM108 [dropout-one-layer]") == 1
    assert done.stderr.count("= seen 3 times (ranks 0, 1)") == 1
