"""The page of comparison says of lstmcheck what lstmcheck does. The other tools are asked by docs/comparison.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import lstmcheck

DOCS = Path(__file__).parent.parent / "docs"


def script() -> ModuleType:
    """docs/comparison.py, as a module."""
    spec = importlib.util.spec_from_file_location("comparison", DOCS / "comparison.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


COMPARISON = script()
PAGE = (DOCS / "comparison.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", COMPARISON.CASES, ids=lambda case: case.title)
def test_lstmcheck_tells_the_wrong_program_from_the_right_one(case: Any, tmp_path: Path) -> None:
    wrong, right = case.programs()
    found = []
    for name, source in (("wrong.py", wrong), ("right.py", right)):
        path = tmp_path / name
        path.write_text(source)
        found.append(lstmcheck.check(path).findings)
    assert bool(found[0]) == case.ours
    assert found[1] == []
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {case.title} |")]
    assert row.split(" | ")[2] == ("**found**" if case.ours else "-")
    for finding in found[0]:
        assert finding.message in PAGE
