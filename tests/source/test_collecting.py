"""Garbage collection while a run lasts."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from lstmcheck.source.collecting import without_collecting


def test_nothing_is_collected_inside_and_all_is_as_before_afterwards() -> None:
    frozen = gc.get_freeze_count()
    with without_collecting():
        with without_collecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


def test_it_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), without_collecting():
        raise KeyError
    assert gc.isenabled()


def test_who_collects_by_hand_goes_on_to() -> None:
    gc.disable()
    try:
        with without_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_frozen_stays_so() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    try:
        with without_collecting():
            pass
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()


MANY_RUNS = """
import gc

from lstmcheck.source.collecting import without_collecting


class Knot:
    def __init__(self):
        self.itself = self  # a cycle that only the collector ends


gc.unfreeze()  # Python 3.12 starts with frozen objects, which are left as they are
most = 0
for _ in range(60):
    with without_collecting():
        for _ in range(10_000):
            Knot()
    most = max(most, sum(isinstance(one, Knot) for one in gc.get_objects()))
print(most)
"""


def test_what_many_runs_leave_behind_is_collected() -> None:
    """In a process of its own: how much may be left is in proportion to what lives in the process."""
    done = subprocess.run([sys.executable, "-c", MANY_RUNS], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert 10_000 <= int(done.stdout) < 400_000
