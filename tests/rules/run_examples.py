"""Run programs with real torch, each in a forked child of its own, and print what happened as JSON.

Reads a JSON list of sources from stdin. An answer is {"type", "text", "line", "warnings"} with nulls when the program
ran, or {"signal"} when the interpreter died.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from typing import Any

import torch

FILE = "<example>"


def observe(source: str) -> dict[str, Any]:
    """What one program does."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    seen: dict[str, Any] = {"type": None, "text": None, "line": None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(source, FILE, "exec"), {"__name__": "example"})
        except Exception as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
            seen = {"type": type(error).__name__, "text": str(error), "line": frames[-1].lineno if frames else None}
    seen["warnings"] = [str(warning.message) for warning in caught]
    return seen


def isolated(source: str) -> dict[str, Any]:
    """The same in a child process: a wrong state may take the interpreter with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as pipe:
            json.dump(observe(source), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(answer) if answer and status == 0 else {"signal": status}


if __name__ == "__main__":
    run = isolated if hasattr(os, "fork") else observe
    json.dump([run(source) for source in json.load(sys.stdin)], sys.stdout)
