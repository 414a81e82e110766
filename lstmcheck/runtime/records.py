"""What is known of each module that was seen: found by identity, never kept alive."""

from __future__ import annotations

import itertools
import sys
import weakref
from collections.abc import Callable
from operator import length_hint
from typing import Any

from torch import nn

from lstmcheck.findings import Location


class Record:
    """One live module: its checked calls, how often it was called, and where it was made.

    `made` is the place of the construction where it is known, `is_new` says that no call was seen. `seen` holds the
    keys of calls that violated nothing. What decides of the latest of them: `alone`, the shape of a tensor without a
    state; `packed`, of a pack without one; `whole` and `state`, of an input with one. `probing` says that its calls
    still go the long way, `inside` that a call is being watched by what stands around torch's own. `tick` counts a
    call.
    """

    __slots__ = (
        "_ticks",
        "alone",
        "first_step",
        "inside",
        "is_new",
        "made",
        "packed",
        "probing",
        "ref",
        "seen",
        "state",
        "tick",
        "whole",
    )

    def __init__(self, module: nn.Module, forget: Callable[[weakref.ref[nn.Module]], None]) -> None:
        self.ref = weakref.ref(module, forget)
        self.seen: set[Any] = set()
        self.alone: Any = None
        self.packed: Any = ()
        self.whole: Any = ()
        self.state: Any = ()
        # it counts faster than an attribute, and for threads at once; a range would be unrolled by Dynamo
        self._ticks = itertools.repeat(None, sys.maxsize)
        self.tick = self._ticks.__next__
        self.first_step: int | None = None
        self.probing = True
        self.inside = False
        self.is_new = True
        self.made: Location | None = None

    @property
    def calls(self) -> int:
        """How often the module was called."""
        return sys.maxsize - length_hint(self._ticks)

    def forget(self) -> None:
        """Every call is as the first of its kind."""
        self.seen.clear()
        self.alone = None
        self.packed = self.whole = self.state = ()


RECORDS: dict[int, Record] = {}
"""By `id(module)`. A module's death takes its record out before the id can be used again."""


def record_of(module: nn.Module) -> Record:
    """The module's record, made at its first call or at its construction."""
    key = id(module)
    record = RECORDS.get(key)
    if record is None:

        def forget(_: weakref.ref[nn.Module]) -> None:
            RECORDS.pop(key, None)

        record = RECORDS[key] = Record(module, forget)
    return record
