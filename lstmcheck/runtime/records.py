"""What is known of each module that was seen: found by identity, never kept alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from torch import nn

from lstmcheck.findings import Location


class Record:
    """One live module: its checked calls, how often it was called, and where it was made.

    `made` is the place of the construction where it is known, `is_new` says that no call was seen.
    `seen` holds the keys of calls that violated nothing; `probing` says that its calls still go the long way, `inside`
    that a call is being watched by what stands around torch's own.
    """

    __slots__ = ("calls", "first_step", "inside", "is_new", "made", "probing", "ref", "seen")

    def __init__(self, module: nn.Module, forget: Callable[[weakref.ref[nn.Module]], None]) -> None:
        self.ref = weakref.ref(module, forget)
        self.seen: set[Any] = set()
        self.calls = 0
        self.first_step: int | None = None
        self.probing = True
        self.inside = False
        self.is_new = True
        self.made: Location | None = None


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
