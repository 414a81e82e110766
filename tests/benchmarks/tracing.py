"""What an active trace costs: calls with and without it, in turns, in one process.

    python tests/benchmarks/tracing.py [--rounds 400]

Each round is a block of the same calls bare, one bare again (the control: what the measurement itself cannot tell
apart), and one inside a trace that has seen them before. The clock is CPU time of the process, on one thread. A row
gives the smallest bare time; `least`, how much the smallest traced time is above it; `added` and `control`, the medians
over rounds of (traced - bare) and (bare again - bare), which a busy machine stretches; and `least` in percent of bare.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import nn

import lstmcheck
from lstmcheck.runtime import probing


class Case(NamedTuple):
    """Something to time: what runs, how often in a round, and the goal for what a trace adds."""

    name: str
    run: Callable[[], object]
    times: int
    goal: str


def cases() -> Iterator[Case]:
    """The calls and steps that are timed."""
    lstm, x = nn.LSTM(4, 4), torch.randn(3, 2, 4)
    state = (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4))
    cell, row = nn.LSTMCell(4, 4), torch.randn(2, 4)
    packed = nn.utils.rnn.pack_padded_sequence(torch.randn(3, 2, 4), torch.tensor([3, 2]))
    mlp = nn.Sequential(*(nn.Linear(4, 4) for _ in range(50)))
    grown = torch.zeros(1, 2, 4, requires_grad=True)

    def with_graph() -> object:
        return lstm(x, (grown * 1, state[1]))

    large = nn.LSTM(128, 128, num_layers=2, batch_first=True)
    head = nn.Linear(128, 10)
    batch, labels = torch.randn(32, 100, 128), torch.randint(0, 10, (32,))

    def step() -> None:
        loss = nn.functional.cross_entropy(head(large(batch)[0][:, -1]), labels)
        loss.backward()

    def quietly(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            with torch.no_grad():
                return call()

        return run

    yield Case("LSTM(4, 4), 3 steps, no_grad", quietly(lambda: lstm(x)), 100, "<= 2 us")
    yield Case("LSTM(4, 4), 3 steps", lambda: lstm(x), 100, "<= 2 us")
    yield Case("LSTM(4, 4), a state given", lambda: lstm(x, state), 100, "")
    yield Case("LSTM(4, 4), a state with a graph", with_graph, 80, "")
    yield Case("LSTM(4, 4), packed", lambda: lstm(packed), 80, "")
    yield Case("LSTMCell(4, 4)", lambda: cell(row), 250, "<= 2 us")
    yield Case("50 Linear layers", lambda: mlp(row), 25, "nothing")
    yield Case("32 x 100 x 128, 2 layers, forward", quietly(lambda: large(batch)), 2, "< 0.1 %")
    yield Case("32 x 100 x 128, 2 layers, step", step, 1, "< 0.1 %")


def timed(case: Case) -> float:
    """Microseconds of one call."""
    begin = time.process_time_ns()
    for _ in range(case.times):
        case.run()
    return (time.process_time_ns() - begin) / case.times / 1000


def warm(case: Case) -> None:
    """Call as often as a trace looks at calls closely: over the first training steps of a module."""
    for _ in range(probing.CARRYING + 2):
        case.run()
        torch.ones(1, requires_grad=True).backward()
    settle(case)


def settle(case: Case) -> None:
    """Let the interpreter adapt to the way that the calls go here."""
    for _ in range(max(case.times // 4, 1)):
        case.run()


class Figures(NamedTuple):
    """Microseconds a call: the smallest bare time, what the smallest traced time is above it, and medians of rounds."""

    bare: float
    least: float
    added: float
    control: float


def measured(case: Case, rounds: int) -> Figures:
    """The figures of a case."""
    bare: list[float] = []
    times: list[float] = []
    added: list[float] = []
    control: list[float] = []
    for _ in range(rounds):
        with lstmcheck.trace() as report:
            warm(case)
            traced = timed(case)
        settle(case)
        first, again = timed(case), timed(case)
        assert report.ok
        bare += [first, again]
        times.append(traced)
        added.append(traced - first)
        control.append(again - first)
    return Figures(min(bare), min(times) - min(bare), statistics.median(added), statistics.median(control))


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description="What an active trace costs.")
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    options = parser.parse_args()
    torch.set_num_threads(1)
    gc.disable()
    print(f"{'microseconds':38} {'bare':>10} {'least':>9} {'added':>9} {'control':>8}  {'least':>9}  goal")
    for case in cases():
        if options.only in case.name:
            case.run()
            one = measured(case, options.rounds)
            figures = f"{one.bare:10.1f} {one.least:9.2f} {one.added:9.2f} {one.control:8.2f}"
            print(f"{case.name:38} {figures}  {100 * one.least / one.bare:7.3f} %  {case.goal}", flush=True)


if __name__ == "__main__":
    main()
