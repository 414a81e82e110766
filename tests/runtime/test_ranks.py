"""What one rank hands to another: told by one of the two, whoever is late."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import distributed

from lstmcheck.runtime.ranks import Gathered, Ranks

pytestmark = pytest.mark.skipif(not distributed.is_available(), reason="needs torch.distributed")


class Interrupted:
    """A store that lets something happen once, before its n-th use."""

    def __init__(self, store: Any, use: int, happen: Callable[[], None]) -> None:
        self._store, self._left, self._happen = store, use, happen

    def __getattr__(self, name: str) -> Any:
        if self._left == 0:
            self._happen()
        self._left -= 1
        return getattr(self._store, name)


def joined(store: Any, rank: int, monkeypatch: pytest.MonkeyPatch) -> Ranks:
    """One of two processes, in the session that all these tests share."""
    monkeypatch.setattr("lstmcheck.runtime.ranks._names", {"trace": 0})
    made = Ranks("trace")
    made.size, made.rank, made._store = 2, rank, store
    store.set(made._key(rank, "here"), b"1")
    return made


@pytest.mark.parametrize("use", range(4))
@pytest.mark.parametrize("kind", ["hash", "file"])
def test_what_was_found_is_told_by_one_of_two(
    tmp_path: Path, kind: str, use: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = distributed.HashStore() if kind == "hash" else distributed.FileStore(str(tmp_path / "store"), 2)
    first = joined(store, 0, monkeypatch)
    got: list[Gathered] = []
    second = joined(store, 1, monkeypatch)
    second._store = Interrupted(store, use, lambda: got.append(first.gather(0)))
    is_handed_over = second.hand_over(["finding"])
    if not got:
        got.append(first.gather(0))
    assert got == [Gathered({1: ["finding"]}, ()) if is_handed_over else Gathered({}, (1,))]
