"""Hooks on all modules, by which results are followed: there while results are alive, and no longer than is useful."""

from __future__ import annotations

import pytest
import torch
from runtime.patched import state
from torch import Tensor, nn
from torch.nn.modules import module as modules

import lstmcheck
from lstmcheck.runtime import gradients

X = torch.randn(3, 2, 4)


def hooks() -> int:
    return len(modules._global_forward_hooks) + len(modules._global_forward_pre_hooks)


def test_they_go_when_results_have_gone_backward() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    with lstmcheck.trace():
        output = lstm(X)[0]
        assert hooks() == 2
        head(output).sum().backward()
        del output
        head(torch.zeros(8))
        assert hooks() == 0


def test_they_go_when_results_are_dropped() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 1)
    with lstmcheck.trace():
        gru(X)
        head(torch.zeros(8))
        assert hooks() == 0


def test_they_go_though_results_stay_and_nothing_goes_backward(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradients, "LOOKS", 30)
    before = state()
    rnn, row = nn.RNN(4, 8), nn.Sequential(*(nn.Linear(4, 4) for _ in range(5)))
    kept: list[Tensor] = []
    with lstmcheck.trace() as report:
        for _ in range(10):
            kept.append(rnn(X)[0])
            row(torch.zeros(4))
        assert hooks() == 0
        kept.append(rnn(X)[0])
        assert hooks() == 0
    assert report.ok
    assert state() == before


def test_they_go_with_the_trace() -> None:
    before = state()
    with lstmcheck.trace():
        output, _ = nn.LSTM(4, 8)(X)
        assert hooks() == 2
    assert state() == before
    assert output.shape == (3, 2, 8)


def test_they_go_when_a_model_raises() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(4, 8)

        def forward(self, x: Tensor) -> Tensor:
            self.kept = self.lstm(x)
            raise KeyError("no")

    before = state()
    with pytest.raises(KeyError), lstmcheck.trace():
        Model()(X)
    assert state() == before
