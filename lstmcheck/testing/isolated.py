"""Calls that may crash the interpreter, each in a child of its own.

One helper process imports torch once and forks a child a call, so that a few hundred calls take about a second. Not
available where os.fork is not (Windows). Run as `python -m lstmcheck.testing.isolated`, it is that helper.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence

from lstmcheck.contract.arguments import Config
from lstmcheck.contract.values import Input, State
from lstmcheck.testing.real import observe_call
from lstmcheck.testing.verdicts import Observed

Call = tuple[Config, Input, State]


def observe_isolated(calls: Sequence[Call], repeat: int = 1) -> list[list[Observed]]:
    """What torch did with each call, `repeat` times over; a call that was killed has the signal's number."""
    helper = subprocess.run(
        [sys.executable, "-m", __name__],
        input=pickle.dumps((list(calls), repeat)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    out: list[list[Observed]] = pickle.loads(helper.stdout)
    return out


def _forked(call: Call) -> Observed:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            with os.fdopen(writer, "wb") as stream:
                stream.write(pickle.dumps(observe_call(*call)))
        finally:
            # the buffers of the helper are the helper's to write
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Observed(signal=os.WTERMSIG(status))
    observed: Observed = pickle.loads(told)
    return observed


def main() -> None:
    """Read pickled calls from standard input, write what torch did to standard output."""
    import torch

    torch.set_num_threads(1)
    calls, repeat = pickle.loads(sys.stdin.buffer.read())
    out = [[_forked(call) for _ in range(repeat)] for call in calls]
    sys.stdout.buffer.write(pickle.dumps(out))


if __name__ == "__main__":
    main()
