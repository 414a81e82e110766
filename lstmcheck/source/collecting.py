"""Garbage collection put off: what a run makes, trees above all, lives until its end."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Containers that runs may leave behind before the cycles among them are collected: some tens of megabytes.
_MANY = 200_000
_left = 0  # by the runs since the last collection
_may_be_left = _MANY


@contextmanager
def without_collecting() -> Iterator[None]:
    """No collection of cycles inside, which would go through all trees and find next to nothing; nests.

    What many runs have left behind is collected before the next one, so that a process that goes on does not grow.
    """
    global _left
    if not gc.isenabled():
        yield
        return
    if _left > _may_be_left:
        _collect()
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            _left += max(0, gc.get_count()[0] - before)
            # what was made counts as old, so that the next small collection does not go through all of it, and the
            # interpreter does not know how much there is to collect
            gc.freeze()
            gc.unfreeze()
        gc.enable()


def _collect() -> None:
    """Collect everything, and wait with the next time until there is much in proportion to what lives."""
    global _left, _may_be_left
    gc.collect()
    _left, _may_be_left = 0, max(_MANY, len(gc.get_objects()) // 4)
