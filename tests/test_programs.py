"""Drawn programs, right ones and ones with a mistake: run by torch in a child process, and read by the linter.

Every run draws the same few programs; HYPOTHESIS_PROFILE=thorough draws on until one fails. `python -m
programs.explore` in this folder is for long searches: it goes on after a failure, and groups what it finds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
if not hasattr(os, "fork"):
    pytest.skip("programs are run in forked children", allow_module_level=True)

from programs.choices import Choices
from programs.flaws import broken
from programs.judging import judge
from programs.kinds import draw_program
from programs.running import Torch, write

from lstmcheck.checker import check

FEW = 100
MANY = 20_000
BOUNDED = settings(max_examples=MANY if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else FEW)


@pytest.fixture(scope="module")
def torch() -> Iterator[Torch]:
    helper = Torch()
    yield helper
    helper.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


def choices(data: st.DataObject) -> Choices:
    return Choices(lambda count: data.draw(st.integers(0, count - 1)))


@BOUNDED
@given(data=st.data())
def test_nothing_is_said_of_a_right_program(torch: Torch, folder: Path, data: st.DataObject) -> None:
    files = draw_program(choices(data))
    note(str(files))
    write(files, folder)
    ran = torch.run(folder)
    assert not ran.kind, f"the generator drew a program that fails: {ran}"
    assert judge(ran, check(folder).findings, changed=False).what == "right"


@BOUNDED
@given(data=st.data())
def test_what_raises_is_found_and_nothing_else(torch: Torch, folder: Path, data: st.DataObject) -> None:
    c = choices(data)
    what, files = broken(c, draw_program(c))
    note(f"{what}: {files}")
    write(files, folder)
    ran = torch.run(folder)
    note(str(ran))
    findings = check(folder).findings
    assert judge(ran, findings, changed=True).what in ("right", "found", "beyond"), [f.message for f in findings]
