"""Programs under a trace: each finding stands beside its line (`# warning: LSTM640`), and there is no other."""

from __future__ import annotations

import contextlib
import random
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

import lstmcheck  # noqa: E402

CASES = Path(__file__).parent / "cases"
_MARK = re.compile(r"  # ((?:error|warning): LSTM\d+(?:, (?:error|warning): LSTM\d+)*)$")


class Case(NamedTuple):
    """A program, and what is to be found: (line, severity, code)."""

    source: str
    expected: set[tuple[int, str, str]]


def read(path: Path) -> Iterator[tuple[str, Case]]:
    for section in path.read_text().split("\n## ")[1:]:
        title, _, rest = section.partition("\n")
        lines = rest.partition("```python\n")[2].partition("\n```")[0].split("\n")
        expected = set()
        for number, line in enumerate(lines, 1):
            mark = _MARK.search(line)
            for one in mark[1].split(", ") if mark is not None else ():
                severity, code = one.split(": ")
                expected.add((number, severity, code))
        yield title, Case("\n".join(_MARK.sub("", line) for line in lines) + "\n", expected)


ALL = [
    pytest.param(case, path.stem == "raising", id=f"{path.stem}: {title}")
    for path in sorted(CASES.glob("*.md"))
    for title, case in read(path)
]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("case", "raises"), ALL)
def test_a_trace_finds_what_stands_beside_the_line(
    case: Case, raises: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "program.py"
    path.write_text(case.source)
    code = compile(case.source, str(path), "exec", dont_inherit=True)
    program = types.ModuleType("__main__")
    program.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "__main__", program)
    expecting = pytest.raises(Exception) if raises else contextlib.nullcontext()  # noqa: PT011 - torch's own, of any type
    with expecting, lstmcheck.trace() as report:
        exec(code, program.__dict__)
    found = {
        (finding.location.line, finding.severity, finding.code)
        for finding in report.findings
        if finding.severity != "info"
    }
    assert found == case.expected, "\n".join(
        f"{one.location.line}: {one.code} {one.message}" for one in report.findings
    )
