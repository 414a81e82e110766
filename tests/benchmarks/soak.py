"""An hour of training in a minute: what a trace keeps over many calls, many modules, and many traces.

    python tests/benchmarks/soak.py [--calls 1000000] [--modules 1000]

Inside one trace: `--calls` calls of a tiny LSTM, of a cell with a state, and of a packed LSTM in turns, with new shapes
now and then and a backward pass every hundredth time; then `--modules` layers that are made, called, trained and
dropped. The resident memory is printed ten times over each part. Exit code 1 when memory grew by more than LIMIT_MB
from the second tenth on, or when a dropped module is still alive.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
import weakref
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import lstmcheck
from lstmcheck.tracing import Report

LIMIT_MB = 8.0
SHAPES = 7
"""How many different lengths come up."""


def resident() -> float:
    """Megabytes of memory that this process holds now; the most so far where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def caller() -> Callable[[int], None]:
    """One call of each kind, by number."""
    lstm, cell, packing = nn.LSTM(4, 4), nn.GRUCell(4, 4), nn.LSTM(4, 4, batch_first=True)
    inputs = [torch.randn(2 + length, 2, 4) for length in range(SHAPES)]
    packs = [pack_padded_sequence(torch.randn(2, 9, 4), [9 - n, 1 + n % 2], batch_first=True) for n in range(SHAPES)]
    row, state = torch.randn(2, 4), torch.zeros(2, 4)

    def call(number: int) -> None:
        kind = number % 3
        if number % 100 == 0:
            lstm(inputs[number % SHAPES])[0].sum().backward()
            return
        with torch.no_grad():
            if kind == 0:
                lstm(inputs[number % SHAPES])
            elif kind == 1:
                cell(row, state)
            else:
                packing(packs[number % SHAPES])

    return call


def made(kept: list[weakref.ref[nn.Module]]) -> Callable[[int], None]:
    """A layer that is made, trained and dropped."""

    def make(number: int) -> None:
        layer = nn.GRU(4, 4 + number % 3, batch_first=True)
        layer(torch.randn(2, 3, 4))[0].sum().backward()
        kept.append(weakref.ref(layer))

    return make


def over(times: int, run: Callable[[int], None], name: str) -> float:
    """Run something so often; by how many megabytes the process grew from the second tenth on."""
    levels: list[float] = []
    begin = time.process_time()
    for tenth in range(10):
        for number in range(tenth * times // 10, (tenth + 1) * times // 10):
            run(number)
        gc.collect()
        levels.append(resident())
    print(
        f"{name:24} {times:>9,} times {time.process_time() - begin:7.1f} s   MB: {' '.join(f'{x:.1f}' for x in levels)}"
    )
    return levels[-1] - levels[1]


def soak(calls: int, modules: int) -> tuple[list[float], int, Report]:
    """The growth of each part, the modules that are still alive, and the report."""
    kept: list[weakref.ref[nn.Module]] = []
    with lstmcheck.trace() as report:
        grown = [over(calls, caller(), "calls"), over(modules, made(kept), "modules")]
        gc.collect()
        alive = sum(ref() is not None for ref in kept)

    def enter(number: int) -> None:
        with lstmcheck.trace():
            nn.LSTMCell(4, 4)

    grown.append(over(modules, enter, "traces"))
    return grown, alive, report


def main() -> int:
    parser = argparse.ArgumentParser(description="What a trace keeps.")
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--modules", type=int, default=1000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    grown, alive, report = soak(options.calls, options.modules)
    print(f"grown by {', '.join(f'{one:.1f}' for one in grown)} MB; {alive} dropped modules alive")
    print(report)
    return int(alive > 0 or max(grown) > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
