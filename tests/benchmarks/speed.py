"""Lines a second on the code that matters, and the time of a whole package.

    python tests/benchmarks/speed.py PATH...
    python tests/benchmarks/speed.py --profile PATH

A path is a project: a directory or a file; each is checked by itself. "relevant" are the files that were interpreted:
those that name a recurrent layer, and those that use them. Seconds are CPU seconds of a process for each, once the
engine's modules are loaded; a busy machine stretches them, too, so compare figures of one session only. What is read,
parsed and run of imported files is part of them. `--profile` shows where they go.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
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


def row(path: str) -> tuple[int, int, int, int, float]:
    """Files, lines, files and lines that are relevant, and CPU seconds of a check."""
    load()
    result, took = measure(path)
    relevant = sum(file.data.count(b"\n") for file in result.files)
    return len(result.looked_at), lines_of(sorted(result.looked_at)), len(result.files), relevant, took


def main(paths: Sequence[str]) -> None:
    """Print a row for each path, and the sum."""
    rows = []
    # a process for each, so that none has to collect what the ones before it left
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for path, found in zip(paths, pool.imap(row, paths)):
            rows.append(found)
            show(found, path)
    if len(paths) > 1:
        show([sum(column) for column in zip(*rows)], "all")


def show(found: Sequence[float], name: str) -> None:
    """Print one row."""
    relevant, took = found[-2:]
    print(TABLE.format(*found, relevant / took if took else 0, name), flush=True)


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
