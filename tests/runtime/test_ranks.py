"""What one rank hands to another: told by one of the two, whoever is late."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed, nn

from lstmcheck.rules import judge
from lstmcheck.runtime.policies import LSTMCheckWarning, Policy
from lstmcheck.runtime.ranks import Gathered, Ranks
from lstmcheck.runtime.session import Session

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


def test_one_process_alone_hands_nothing_over() -> None:
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        alone = Ranks("trace")
        alone.join()
        assert not alone.several
        assert alone.gather(0) == Gathered({}, ())
        assert not alone.hand_over(["finding"])
    finally:
        distributed.destroy_process_group()


class Unheard:
    """The second of two processes, from which the first takes nothing."""

    several, rank, size = True, 1, 2

    def join(self) -> None:
        pass

    def speaks(self) -> bool:
        return False

    def hand_over(self, value: Any) -> bool:
        return False

    def leave(self) -> None:
        pass


@pytest.mark.parametrize(("policy", "count"), [("collect", 0), ("collect", 1), ("warn", 1), ("warn", 0)])
def test_what_nobody_takes_over_is_told_here(policy: Policy, count: int) -> None:
    announced: list[Any] = []
    session = Session(judge, policy=policy, announce=announced.append, name="a test")
    session.start()
    session._ranks = Unheard()  # type: ignore[assignment]
    with warnings.catch_warnings(record=True) as during:
        warnings.simplefilter("always", LSTMCheckWarning)
        warnings.filterwarnings("ignore", "dropout")
        nn.GRU(3, 4, dropout=0.5 * count)
    with warnings.catch_warnings(record=True) as after:
        warnings.simplefilter("always")
        session.stop()
    assert not during
    assert len(session.report.findings) == count
    assert len(after) == (count if policy == "warn" else 0)
    assert announced == [()] * (count if policy == "collect" else 0)


def test_a_session_that_knows_of_no_processes_goes_on() -> None:
    session = Session(judge, name="a test")
    session.start()
    session._ranks = None
    nn.GRU(3, 4)(torch.zeros(5, 2, 3))
    session.stop()
    assert not session.report.findings
    assert [layer.calls for layer in session.report.layers] == [1]
