"""Several processes of one training: what each rank has found goes to rank 0 through the store of torch.distributed.

No collective runs: a rank that died is waited for a few seconds at most, and the program's own collectives are left
alone. The store is remembered when the process group is first seen, so that it still serves where the program has
destroyed the group before the trace ends.
"""

from __future__ import annotations

import os
import pickle
import time
from collections import Counter
from typing import Any, NamedTuple

from torch import distributed

PATIENCE = 10.0
"""For how many seconds rank 0 waits for the others when a trace ends."""
HASTE = 2.0
"""The same, where an exception ends the trace: the others may hang in a collective until this process is gone."""
_PAUSE = 0.02

_names: Counter[str] = Counter()


class Gathered(NamedTuple):
    """What rank 0 got: the others' values by rank, and the ranks that traced but handed over nothing in time."""

    values: dict[int, Any]
    missing: tuple[int, ...]


class Ranks:
    """This process among the others for the time of one session.

    Sessions are the same in all processes when they have the same name, and are the n-th of that name.
    """

    def __init__(self, name: str) -> None:
        _names[name] += 1
        self._prefix = f"lstmcheck/{_names[name]}/{name}"
        self._kept: Any = None
        self._store: Any = None
        self.size = _number("WORLD_SIZE", 1)
        self.rank = _number("RANK", 0) if self.size > 1 else 0

    @property
    def several(self) -> bool:
        """Whether there are other processes."""
        return self.size > 1

    def speaks(self) -> bool:
        """Whether this process tells what it finds: the first does, and all where LSTMCHECK_LOG_ALL_RANKS says so."""
        return self.rank == 0 or os.environ.get("LSTMCHECK_LOG_ALL_RANKS", "") not in ("", "0")

    def join(self) -> None:
        """Take part, as soon as there is a process group. Called often."""
        if self._store is not None or not distributed.is_available() or not distributed.is_initialized():
            return
        from torch.distributed import distributed_c10d

        self.size, self.rank = distributed.get_world_size(), distributed.get_rank()
        if self.size < 2:
            return
        # a store that is hosted here ends with its last reference; the clone has a connection of its own
        self._kept = distributed_c10d._get_default_store()
        store = self._kept.clone() if hasattr(self._kept, "clone") else self._kept
        store.set(self._key(self.rank, "here"), b"1")
        self._store = store

    def hand_over(self, value: Any) -> bool:
        """Give a value to rank 0; whether it will see it."""
        if self._store is None:
            return False
        self._store.set(self._key(self.rank, "found"), pickle.dumps(value))
        return self._first(self._store, self.rank)

    def gather(self, patience: float) -> Gathered:
        """Wait for what the other ranks hand over: those that take part, for so many seconds at most."""
        store = self._store
        if store is None:
            return Gathered({}, ())
        awaited = [rank for rank in range(1, self.size) if store.check([self._key(rank, "here")])]
        end = time.monotonic() + patience
        while time.monotonic() < end and not all(store.check([self._key(rank, "settled")]) for rank in awaited):
            time.sleep(_PAUSE)
        late = {rank for rank in range(1, self.size) if self._first(store, rank)}
        there = [rank for rank in range(1, self.size) if rank not in late]
        values = {rank: pickle.loads(store.get(self._key(rank, "found"))) for rank in there}
        return Gathered(values, tuple(rank for rank in awaited if rank in late))

    def leave(self) -> None:
        """Let go of the store."""
        self._store = self._kept = None

    def _first(self, store: Any, rank: int) -> bool:
        """Whether this process is the first to settle who tells what that rank found: one of the two always does."""
        return bool(store.add(self._key(rank, "settled"), 1) == 1)

    def _key(self, rank: int, what: str) -> str:
        return f"{self._prefix}/{rank}/{what}"


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else default
