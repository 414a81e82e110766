"""How long one run of the command takes on one clean file, as a multiple of `python -c "import click"`.

    python tests/benchmarks/startup.py [RUNS]

The two are run in turns, so that a busy machine slows both. Byte code is cached, as it is for an installed package. CPU
time is printed beside wall time: it is coarser, but steady on a shared machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

WITHOUT_LAYER = "import math\n\n\ndef area(r):\n    return math.pi * r * r\n"
WITH_LAYER = """\
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, tags, emb=32, hidden=64, layers=2, bidirectional=True):
        super().__init__()
        self.layers = layers
        self.hidden = hidden
        self.directions = 2 if bidirectional else 1
        self.embedding = nn.Embedding(words, emb)
        self.lstm = nn.LSTM(emb, hidden, layers, bidirectional=bidirectional, batch_first=True)
        self.head = nn.Linear(self.directions * hidden, tags)

    def forward(self, words):
        x = self.embedding(words)
        h0 = torch.zeros(self.layers * self.directions, x.size(0), self.hidden)
        out, (hn, cn) = self.lstm(x, (h0, torch.zeros_like(h0)))
        return self.head(out)
"""


def measure(command: Sequence[str], folder: str) -> tuple[float, float]:
    """Wall and CPU seconds of a child process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
    wall = time.perf_counter() - start
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def main(runs: int) -> None:
    """Print minimum and median of each command and their ratios to the first."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plain.py").write_text(WITHOUT_LAYER)
        Path(folder, "tagger.py").write_text(WITH_LAYER)
        script = os.path.join(os.path.dirname(sys.executable), "lstmcheck")
        commands = {
            "import click": [sys.executable, "-c", "import click"],
            "clean file, no layer": [script, "--no-cache", "plain.py"],
            "clean file, a layer": [script, "--no-cache", "tagger.py"],
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for turn in range(runs + 1):
            for name, command in commands.items():
                measured = measure(command, folder)
                if turn:  # the first turn writes the byte code
                    times[name].append(measured)
    for at, kind in enumerate(("wall", "CPU")):
        base = [time[at] for time in times["import click"]]
        for name, pairs in times.items():
            own = [pair[at] for pair in pairs]
            low, middle = min(own), statistics.median(own)
            print(
                f"{kind:4} {name:22} min {low * 1000:6.1f} ms ({low / min(base):4.2f}x)   "
                f"median {middle * 1000:6.1f} ms ({middle / statistics.median(base):4.2f}x)"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
