"""The context manager: what it sees, what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import lstmcheck
from lstmcheck.runtime.probing import CARRYING


def codes(report: object) -> list[str]:
    return [finding.code for finding in report.findings]  # type: ignore[attr-defined]


def test_a_wrong_call_is_explained_and_keeps_its_type() -> None:
    gru = nn.GRU(4, 8)
    with lstmcheck.trace() as report, pytest.raises(RuntimeError, match=r"input_size\. Expected 4, got 5"):
        gru(torch.zeros(3, 2, 5))
    assert codes(report) == ["LSTM223"]
    assert report.findings[0].location.path.endswith("test_trace.py")
    assert not report.ok
    assert report.exit_code == 1


def test_right_calls_are_silent_and_torch_is_restored() -> None:
    before = [dict(vars(cls)) for cls in (nn.LSTM, nn.GRU, nn.LSTMCell)]
    with lstmcheck.trace() as report:
        lstm = nn.LSTM(4, 8, batch_first=True)
        lstm(torch.zeros(2, 3, 4))
        nn.LSTMCell(4, 8)(torch.zeros(2, 4))
    assert report.ok
    assert [dict(vars(cls)) for cls in (nn.LSTM, nn.GRU, nn.LSTMCell)] == before


def often(call: Callable[[], Any]) -> None:
    """Call until a module's calls are looked at closely no more."""
    for _ in range(CARRYING + 2):
        call()
        torch.ones(1, requires_grad=True).backward()
    call()


STATE = (torch.zeros(1, 2, 8), torch.zeros(1, 2, 8))
PACK = pack_padded_sequence(torch.zeros(3, 2, 4), [3, 2])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ((torch.zeros(3, 2, 4),), (torch.zeros(3, 2, 5),)),
        ((torch.zeros(3, 2, 4),), (torch.zeros(3, 2, 4).double(),)),
        ((torch.zeros(3, 2, 4),), (torch.zeros(()),)),
        ((torch.zeros(3, 2, 4), STATE), (torch.zeros(3, 3, 4), STATE)),
        ((torch.zeros(3, 2, 4), STATE), (torch.zeros(3, 2, 4), (STATE[0], torch.zeros(1, 3, 8)))),
        ((torch.zeros(3, 2, 4), STATE), (torch.zeros(3, 2, 4), (STATE[0], STATE[1].double()))),
        ((torch.zeros(3, 2, 4), STATE), (torch.zeros(3, 2, 4), STATE[0])),
        ((torch.zeros(3, 2, 4), None), (torch.zeros(3, 2, 5), None)),
        ((PACK,), (pack_padded_sequence(torch.zeros(3, 2, 5), [3, 2]),)),
        ((PACK, STATE), (pack_padded_sequence(torch.zeros(3, 3, 4), [3, 2, 2]), STATE)),
        ((PACK, STATE), (PACK, (STATE[0], torch.zeros(1, 3, 8)))),
    ],
)
def test_a_call_that_is_not_as_those_before_is_judged(right: Any, wrong: Any) -> None:
    lstm = nn.LSTM(4, 8)
    with lstmcheck.trace() as first, pytest.raises(Exception):  # noqa: B017, PT011 - torch's own, of any type
        lstm(*wrong)
    with lstmcheck.trace() as report:
        often(lambda: lstm(*right))
        with pytest.raises(Exception):  # noqa: B017, PT011 - torch's own, of any type
            lstm(*wrong)
        lstm(*right)
    assert codes(report) == codes(first) != []
    assert report.layers[0].calls == CARRYING + 5


def test_a_call_in_turns_is_as_the_latest_of_its_form() -> None:
    lstm, short, long = nn.LSTM(4, 8), torch.zeros(2, 2, 4), torch.zeros(7, 2, 4)
    rounds: list[tuple[Any, ...]] = [(short,), (long,), (long, STATE), (PACK,), (PACK, STATE), (short, None)]
    with lstmcheck.trace() as report:
        for one in rounds:
            often(lambda one=one: lstm(*one))  # type: ignore[misc]
        for one in rounds:
            lstm(*one)
            with pytest.raises(RuntimeError):
                lstm(torch.zeros(2, 2, 5), *one[1:])
    assert codes(report) == ["LSTM223"]
    assert report.count(report.findings[0]) == len(rounds)


def test_what_replaces_torchs_call_for_a_while_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    lstm, x, seen = nn.LSTM(4, 8), torch.zeros(3, 2, 4), []
    torchs = nn.Module.__call__

    def other(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        seen.append(self)
        return torchs(self, *args, **kwargs)

    with lstmcheck.trace() as report:
        often(lambda: lstm(x))
        monkeypatch.setattr(nn.Module, "__call__", other)
        lstm(x)
        monkeypatch.undo()
        lstm(x)
    assert seen == [lstm]
    assert report.layers[0].calls == CARRYING + 5
