"""Check programs in a process of its own, so that one that breaks it takes no other with it.

Run as `python -m fuzz.checking SECONDS`, it is that process: each line of JSON on its standard input, {"name"} of a
file or {"name", "data"} with its bytes, is answered by a line of JSON with what happened. "surfaces" asks for more.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

MEMORY = 3 << 30  # bytes of address space


class Outcome(NamedTuple):
    """What became of one program: "ok" with findings; "exception", "hang", "died" with what is known of its end."""

    name: str
    what: str
    findings: tuple[str, ...] = ()
    text: str = ""
    seconds: float = 0.0


class Hang(BaseException):
    """The processor time for one program is spent."""


def examine(name: str, data: bytes, surfaces: bool = False) -> tuple[str, ...]:
    """Everything that is said of a program, in every format; what no tier lets through meets the engine all the same.

    `surfaces` gives it to all that reads programs beside a check as well. Raises where anything breaks.
    """
    from lstmcheck.checker import check
    from lstmcheck.infer import analyze
    from lstmcheck.report import Report, formats, render
    from lstmcheck.rules import judge
    from lstmcheck.source.parse import SourceFile, decode, parse, split_lines

    result = check(name, given={name: data})
    found = result.findings
    file = None if result.files else parse(name, data)
    if isinstance(file, SourceFile):
        judged = map(judge, analyze([file], []))
        found = [*found, *(finding for finding in judged if finding is not None)]
    lines = split_lines(decode(data))
    for format in formats():
        for _ in render(format, Report(found, 1, 0, lambda path: lines)):
            pass
    if surfaces:
        from fuzz.surfaces import ALL

        for surface in ALL:
            surface(name, data)
    return tuple(sorted(map(repr, found)))


def surfaces_can_be_had() -> bool:
    """Whether what an editor's surfaces need is installed."""
    return importlib.util.find_spec("pygls") is not None


def helper(seconds: float) -> None:
    """Answer every line of standard input."""
    signal.signal(signal.SIGVTALRM, _out_of_time)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as nowhere:
        os.chdir(nowhere)
        for line in sys.stdin:
            given = json.loads(line)
            name = given["name"]
            data = base64.b64decode(given["data"]) if "data" in given else Path(name).read_bytes()
            print(json.dumps(_one(name, data, seconds, given["surfaces"])), file=answers, flush=True)


def _out_of_time(number: int, frame: object) -> None:
    raise Hang


def _one(name: str, data: bytes, seconds: float, surfaces: bool) -> dict[str, Any]:
    # each surface may take as long as a check; a loop inside C hears no handler: the second timer ends the process
    seconds = seconds * 10 if surfaces else seconds
    signal.setitimer(signal.ITIMER_PROF, seconds * 3)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    what, findings, text = "ok", (), ""
    try:
        findings = examine(name, data, surfaces)
    except Hang:
        what, text = "hang", traceback.format_exc(limit=-12)
    except Exception:
        what, text = "exception", traceback.format_exc(limit=-12)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    return Outcome(name, what, findings, text, spent)._asdict()


class Checker:
    """The helper process, started anew where it died."""

    def __init__(self, seconds: float, hash_seed: int, folder: Path | None = None) -> None:
        """`folder` is where `fuzz` is found, the working directory by default."""
        self._folder = folder
        self._seconds = seconds
        self._seed = hash_seed
        self._process: subprocess.Popen[str] | None = None

    def check(self, name: str, data: bytes | None, surfaces: bool = False) -> Outcome:
        """What becomes of one program; `data` None reads the file. `surfaces` as for `examine`."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fuzz.checking", str(self._seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=self._folder,
                env={**os.environ, "PYTHONHASHSEED": str(self._seed)},
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        given: dict[str, Any] = {"name": name, "surfaces": surfaces}
        if data is not None:
            given["data"] = base64.b64encode(data).decode()
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            self._process = None
            return Outcome(name, "died", (), f"exit status {process.wait()}")
        outcome = Outcome(**json.loads(answer))
        if "MemoryError" in outcome.text:  # what it still holds would fail the next ones
            self.close()
        return outcome._replace(findings=tuple(outcome.findings))

    def close(self) -> None:
        """End the helper."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def outcomes(
    programs: Iterable[tuple[str, bytes | None]], seconds: float, twice_in: int = 1, surfaces_in: int = 0
) -> Iterator[tuple[Outcome, bytes | None]]:
    """Check programs in two processes with other hashes.

    Each `twice_in`-th is checked again, in the second process and now and then in the first, which has seen all others
    by then. Each `surfaces_in`-th is also fixed, shown, drawn and edited; none where that is zero.
    """
    first, second = Checker(seconds, 1), Checker(seconds, 20_261_130)
    try:
        for number, (name, data) in enumerate(programs):
            outcome = first.check(name, data)
            if outcome.what == "ok" and number % twice_in == 0:
                outcome = _again(outcome, data, [second] if number % (4 * twice_in) else [second, first])
            if outcome.what == "ok" and surfaces_in and number % surfaces_in == 0:
                deep = second.check(name, data, surfaces=True)
                outcome = outcome if deep.what == "ok" else deep
            yield outcome, data
    finally:
        first.close()
        second.close()


def _again(outcome: Outcome, data: bytes | None, checkers: Iterable[Checker]) -> Outcome:
    for checker in checkers:
        other = checker.check(outcome.name, data)
        if other.what != "ok":
            return other
        if other.findings != outcome.findings:
            differing = sorted({*other.findings} ^ {*outcome.findings})
            return outcome._replace(what="another answer", text="\n".join(differing))
    return outcome


if __name__ == "__main__":
    helper(float(sys.argv[1]))
