"""Programs with their findings beside the lines, in cases/*.md: held against the linter, and against torch itself.

A heading is a case and every ```python block below it a program. A line that holds `file: name.py` in backticks before
a block names the block's file; the named files of a heading are one program, which starts at its last file. A comment
`# error: LSTM203` or `# warning: LSTM108, LSTM501` says what must stand on its line, and nothing else
may be reported (advice of severity info aside).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import traceback
import types
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CASES = Path(__file__).with_name("cases")

_HEADING = re.compile(r"#{1,6} +(.+)")
_FILE = re.compile(r"`file: *([\w./-]+)`")
_EXPECTED = re.compile(r"#\s*(error|warning): *(LSTM\d+(?:, *LSTM\d+)*)")


class Case(NamedTuple):
    """What stands below one heading: sources by file name, and the files at which a program starts."""

    name: str
    sources: dict[str, str]
    starts: tuple[str, ...]

    def expected(self, severities: tuple[str, ...] = ("error", "warning")) -> set[tuple[str, int, str, str]]:
        """(file, line, severity, code) of every comment."""
        return {
            (name, number, match[1], code.strip())
            for name, source in self.sources.items()
            for number, line in enumerate(source.splitlines(), 1)
            for match in _EXPECTED.finditer(line)
            if match[1] in severities
            for code in match[2].split(",")
        }

    def write(self, directory: Path) -> None:
        """Put the files where they can be checked and run."""
        for name, source in self.sources.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")


def read_cases(document: Path) -> list[Case]:
    """The cases of one document. A heading without a block is prose."""
    cases: list[Case] = []
    heading, sources, starts, name = document.stem, {}, [], ""  # type: ignore[var-annotated]
    last_named = ""
    block: list[str] | None = None

    def close() -> None:
        nonlocal sources, starts, last_named
        if sources:
            first = [last_named] if last_named else []
            cases.append(Case(f"{document.stem}: {heading}", sources, (*starts, *first)))
        sources, starts, last_named = {}, [], ""

    for line in document.read_text(encoding="utf-8").splitlines():
        if block is not None:
            if line.rstrip() == "```":
                if not name:
                    starts.append(f"program{len(starts) + 1}.py")
                else:
                    last_named = name
                sources[name or starts[-1]] = "\n".join(block) + "\n"
                block, name = None, ""
            else:
                block.append(line)
        elif line.startswith("```python"):
            block = []
        elif match := _HEADING.fullmatch(line.strip()):
            close()
            heading = match[1]
        elif match := _FILE.search(line):
            name = match[1]
    close()
    return cases


def run_program(directory: str, start: str) -> dict[str, Any]:
    """Run one program with torch: what it raises, and the lines of its own files in the traceback."""
    os.chdir(directory)
    sys.path.insert(0, directory)
    sys.argv = [start]
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            module = types.ModuleType("__main__")
            module.__file__ = start
            sys.modules["__main__"] = module
            exec(compile(Path(start).read_text(encoding="utf-8"), start, "exec"), vars(module))
    except BaseException as error:
        if isinstance(error, SystemExit) and not error.code:
            return {"raised": None}
        frames = [
            (os.path.relpath(frame.filename, directory), frame.lineno)
            for frame in traceback.extract_tb(error.__traceback__)
            if os.path.abspath(frame.filename).startswith(directory)
        ]
        return {"raised": f"{type(error).__name__}: {error}", "frames": frames}
    return {"raised": None}


def run_apart(directory: str, start: str) -> dict[str, Any]:
    """The same in a forked child: what a program leaves behind, or takes with it, concerns no other."""
    if not hasattr(os, "fork"):
        return run_program(directory, start)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as pipe:
            json.dump(run_program(directory, start), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(answer) if answer else {"raised": f"the interpreter died: {status}", "frames": []}


def main() -> None:
    """Run the programs given as JSON on stdin, all in one process that imports torch once."""
    import torch
    import torch.utils.data

    torch.set_num_threads(1)
    torch.manual_seed(0)
    answers = [run_apart(directory, start) for directory, start in json.load(sys.stdin)]
    json.dump(answers, sys.__stdout__)


ALL_CASES = [pytest.param(case, id=case.name) for path in sorted(CASES.glob("*.md")) for case in read_cases(path)]
# A heading that ends so is a known gap: it must fail, and loses the mark in the change that closes it.
OPEN = "(open)"
HELD_AGAINST_THE_LINTER = [
    pytest.param(
        param.values[0],
        id=param.id,
        marks=[pytest.mark.xfail(strict=True, reason="a known gap")] if str(param.id).endswith(OPEN) else [],
    )
    for param in ALL_CASES
]


@pytest.mark.parametrize("case", HELD_AGAINST_THE_LINTER)
def test_the_linter_reports_exactly_this(case: Case, tmp_path: Path) -> None:
    from lstmcheck.checker import check

    case.write(tmp_path)
    findings = [finding for finding in check(tmp_path).findings if finding.severity != "info"]
    said = {
        (relative(finding.location.path, tmp_path), finding.location.line, finding.severity, finding.code)
        for finding in findings
    }
    messages = [f"{finding.location.line}: {finding.code} {finding.message}" for finding in findings]
    assert said == case.expected(), messages


def relative(path: str, directory: Path) -> str:
    """A finding's path as the case names the file."""
    return Path(os.path.relpath(path, directory)).as_posix()


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """What torch does with every program, by case and file: one process for all of them."""
    pytest.importorskip("torch")
    programs: dict[tuple[str, str], tuple[str, str]] = {}
    for param in ALL_CASES:
        case = param.values[0]
        directory = tmp_path_factory.mktemp("case")
        case.write(directory)
        programs.update({(case.name, start): (os.path.realpath(directory), start) for start in case.starts})
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(list(programs.values())),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return dict(zip(programs, json.loads(done.stdout)))


@pytest.mark.parametrize("case", ALL_CASES)
def test_torch_agrees(case: Case, observed: dict[tuple[str, str], dict[str, Any]]) -> None:
    errors = case.expected(("error",))
    for start in case.starts:
        seen = observed[case.name, start]
        files = {start} if len(case.starts) > 1 else set(case.sources)
        lines = {(name, line) for name, line, _, _ in errors if name in files}
        if not lines:
            assert seen["raised"] is None, f"{start}: {seen}"
        else:
            assert seen["raised"] is not None, f"{start} raises nothing"
            assert lines & {(name, line) for name, line in seen["frames"]}, f"{start}: {seen}"


if __name__ == "__main__":
    main()
