"""The programs of docs/trace.md print what stands beside their prints, or in the block below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "trace.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="marks need the columns that the interpreter keeps from 3.11 on")
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_prints_what_the_page_says(number: int, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    source, below = PROGRAMS[number]
    (tmp_path / "train.py").write_text(source)
    done = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stderr
    beside = re.findall(r"^print\(.*\)  # (.*)$", source, re.MULTILINE)
    assert done.stdout == (below or "".join(f"{line}\n" for line in beside))
