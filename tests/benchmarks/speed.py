"""Lines a second on the code that matters, and the time of a whole package.

    python tests/benchmarks/speed.py PATH...
    python tests/benchmarks/speed.py --profile PATH

A path is a project: a directory or a file; each is checked by itself. "relevant" are the files that were interpreted:
those that name a recurrent layer, and those that use them. Seconds are CPU seconds of this process, once the engine's
modules are loaded; a busy machine stretches them, too, so compare figures of one session only. What is read, parsed and
run of imported files is part of them. `--profile` shows where they go.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import lstmcheck
from lstmcheck.result import Result
from lstmcheck.source.reading import read

TABLE = "{:>7} files {:>9} lines | relevant {:>5} files {:>7} lines | {:>7.2f} s  {:>7,.0f} relevant lines/s  {}"


def lines_of(paths: Sequence[str]) -> int:
    """The lines of some files."""
    found = (read(path) for path in paths)
    return sum(data.count(b"\n") for data in found if isinstance(data, bytes))


def measure(path: str) -> tuple[Result, float]:
    """What a check finds and its CPU seconds."""
    start = time.process_time()
    result = lstmcheck.check(path)
    return result, time.process_time() - start


def load() -> None:
    """Have the engine's modules imported, which is not what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "warm.py")
        file.write_text(
            "import torch\nnet = torch.nn.LSTM(2, 3)\nprint(net(torch.zeros(4, 5, 7))[0].shape)  # a mistake\n"
        )
        lstmcheck.check(file)


def main(paths: Sequence[str]) -> None:
    """Print a row for each path, and the sum."""
    load()
    totals = [0, 0, 0, 0]
    seconds = 0.0
    for path in paths:
        result, took = measure(path)
        everything = lines_of(sorted(result.looked_at))
        relevant = sum(file.data.count(b"\n") for file in result.files)
        row = [len(result.looked_at), everything, len(result.files), relevant]
        print(TABLE.format(*row, took, relevant / took if took else 0, path), flush=True)
        totals = [total + part for total, part in zip(totals, row)]
        seconds += took
    if len(paths) > 1:
        print(TABLE.format(*totals, seconds, totals[3] / seconds if seconds else 0, "all"))


def profile(path: str) -> None:
    """Print where the time of one check goes."""
    load()
    profiler = cProfile.Profile()
    profiler.runcall(lstmcheck.check, path)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--profile"] and len(arguments) == 2:
        profile(arguments[1])
    elif arguments:
        main(arguments)
    else:
        sys.exit(str(__doc__))
