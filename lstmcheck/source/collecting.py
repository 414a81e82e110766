"""Garbage collection put off: what a run makes, trees above all, lives until its end."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """No collection of cycles inside, which would go through all trees and find next to nothing; nests."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            # what was made counts as old, so that the next small collection does not go through all of it
            gc.freeze()
            gc.unfreeze()
        gc.enable()
