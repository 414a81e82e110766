"""The context manager: what it sees, what it leaves behind."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import lstmcheck


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
