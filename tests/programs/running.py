"""What torch does with a program: one helper process imports torch and forks a child for each program.

Run as `python running.py`, it is that helper: a line of JSON [directory, start file] on its standard input is answered
by a line of JSON with what happened. Needs os.fork.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
import types
from pathlib import Path
from typing import Any, NamedTuple

SECONDS = 20  # no drawn program runs for a second


class Ran(NamedTuple):
    """How a program ended. `kind` is the exception's class, or "" where it ran to its end."""

    kind: str
    message: str
    frames: list[tuple[str, int]]  # the program's own (file, line) in the traceback, outermost first
    lines: frozenset[tuple[str, int]]  # every (file, line) that was executed

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.kind else "runs"


class Torch:
    """The helper process, started when it is first asked, and again where it died."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[str] | None = None

    def run(self, directory: Path, start: str = "program.py") -> Ran:
        """Run `start`, a file in `directory`."""
        helper = self._helper
        if helper is None or helper.poll() is not None:
            helper = self._helper = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert helper.stdin is not None
        assert helper.stdout is not None
        helper.stdin.write(json.dumps([os.path.realpath(directory), start]) + "\n")
        helper.stdin.flush()
        answer = json.loads(helper.stdout.readline())
        frames = [(name, line) for name, line in answer["frames"]]
        lines = frozenset((name, line) for name, line in answer["lines"])
        return Ran(answer["kind"], answer["message"], frames, lines)

    def close(self) -> None:
        if self._helper is not None:
            assert self._helper.stdin is not None
            self._helper.stdin.close()
            self._helper.wait()
            self._helper = None


def write(files: dict[str, str], directory: Path) -> None:
    """Leave only this program in a directory."""
    shutil.rmtree(directory, ignore_errors=True)
    for name, source in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


def run_here(directory: str, start: str) -> dict[str, Any]:
    """Run one program in this process: what it raises, and the lines of its own files in the traceback."""
    os.chdir(directory)
    sys.path.insert(0, directory)
    sys.dont_write_bytecode = True
    sys.argv = [start]
    lines: set[tuple[str, int]] = set()
    inside = [directory + os.sep, start]

    def trace(frame: types.FrameType, event: str, argument: object) -> Any:
        name = frame.f_code.co_filename
        if name != inside[1] and not name.startswith(inside[0]):
            return None
        lines.add((name, frame.f_lineno))
        return trace

    sys.settrace(trace)
    outcome: dict[str, Any] = {"kind": "", "message": "", "frames": []}
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            module = types.ModuleType("__main__")
            module.__file__ = start
            sys.modules["__main__"] = module
            exec(compile(Path(start).read_text(encoding="utf-8"), start, "exec"), vars(module))
    except BaseException as error:
        if not isinstance(error, SystemExit) or error.code:
            frames = [
                (os.path.relpath(frame.filename, directory), frame.lineno)
                for frame in traceback.extract_tb(error.__traceback__)
                if os.path.abspath(frame.filename).startswith(directory)
            ]
            outcome = {"kind": type(error).__name__, "message": str(error), "frames": frames}
    finally:
        sys.settrace(None)
    return {**outcome, "lines": [(os.path.relpath(name, directory), line) for name, line in lines]}


def run_apart(directory: str, start: str) -> dict[str, Any]:
    """The same in a forked child: what a program leaves behind, or takes with it, concerns no other."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        # what torch's own code prints would be read as an answer
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        with os.fdopen(writing, "w") as pipe:
            json.dump(run_here(directory, start), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    status = os.waitpid(child, 0)[1]
    if not answer:
        return {"kind": f"signal {os.WTERMSIG(status)}", "message": "the interpreter died", "frames": [], "lines": []}
    result: dict[str, Any] = json.loads(answer)
    return result


def main() -> None:
    import torch
    import torch.optim
    import torch.utils.data

    torch.set_num_threads(1)
    # what is imported on first use is imported here once, and not in every child
    layer = torch.nn.LSTM(2, 2)
    torch.optim.Adam(layer.parameters()).step()
    for line in sys.stdin:
        print(json.dumps(run_apart(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
