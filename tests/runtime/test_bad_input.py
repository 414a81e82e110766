"""Programs that are odd or broken behave as without a trace; errors of the tracer itself are logged once."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from runtime.patched import state
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import lstmcheck
from lstmcheck.runtime import checks, layers

X = torch.randn(5, 2, 4)
PACKED = PackedSequence(torch.zeros(5, 4), torch.tensor([3, 2]))


def outcome(run: Callable[[], Any]) -> tuple[str, Any]:
    """What a call gives: the shapes and values of the result, or type and text of what it raises."""
    try:
        return "returned", plain(run())
    except Exception as error:
        return type(error).__name__, str(error)


def plain(value: Any) -> Any:
    if isinstance(value, PackedSequence):
        return ("packed", plain(value.data))
    if isinstance(value, Tensor):
        return value.detach().tolist()
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


class Raising(nn.LSTM):
    def forward(self, input: Tensor, hx: Any = None) -> Any:
        raise LookupError("mine")


class MoreArguments(nn.GRU):
    def forward(self, x: Tensor, mask: Tensor, *, scale: float = 1.0) -> Tensor:  # type: ignore[override]
        output, _ = super().forward(x)
        return output * mask * scale


class OwnCall(nn.LSTM):
    def __call__(self, x: Tensor, lengths: list[int], verbose: bool = False) -> Any:
        return super().__call__(pack_padded_sequence(x, lengths))


class OwnState(nn.LSTM):
    """A state that is one tensor, (2, rows, batch, hidden)."""

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        output, state = super().forward(input, None if hx is None else (hx[0], hx[1]))
        return output, torch.stack(state)


class Dictionary(nn.GRUCell):
    def forward(self, input: Any, hx: Any = None) -> Any:
        return {"h": super().forward(input["x"], hx)}


class Strange:
    """An object whose every attribute, length and text fails."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)

    def __len__(self) -> int:
        raise ZeroDivisionError("len")

    def __repr__(self) -> str:
        raise ZeroDivisionError("repr")


def instance_forward() -> nn.Module:
    lstm = nn.LSTM(4, 8)
    lstm.forward = lambda text: text.upper()  # type: ignore[method-assign, assignment]
    return lstm


def odd_attributes() -> nn.Module:
    lstm = nn.LSTM(4, 8)
    del lstm._flat_weights
    return lstm


CALLS: dict[str, tuple[Callable[[], Any], tuple[Any, ...], dict[str, Any]]] = {
    "a forward that raises": (lambda: Raising(4, 8), (X,), {}),
    "more arguments": (lambda: MoreArguments(4, 8), (X, torch.ones(5, 2, 8)), {"scale": 2.0}),
    "a call of its own": (lambda: OwnCall(4, 8), (X, [5, 3]), {"verbose": True}),
    "a state of its own": (lambda: OwnState(4, 8), (X, torch.zeros(2, 1, 2, 8)), {}),
    "dictionaries": (lambda: Dictionary(4, 8), ({"x": X[0]},), {}),
    "a forward on the instance": (instance_forward, ("text",), {}),
    "no flat weights": (odd_attributes, (X,), {}),
    "an empty batch": (lambda: nn.LSTM(4, 8), (torch.zeros(5, 0, 4),), {}),
    "no steps": (lambda: nn.LSTM(4, 8), (torch.zeros(0, 2, 4),), {}),
    "no features": (lambda: nn.GRU(4, 8), (torch.zeros(5, 2, 0),), {}),
    "a scalar": (lambda: nn.RNN(4, 8), (torch.tensor(1.0),), {}),
    "None": (lambda: nn.LSTM(4, 8), (None,), {}),
    "nothing": (lambda: nn.LSTM(4, 8), (), {}),
    "too much": (lambda: nn.LSTM(4, 8), (X, None, 3, 4), {}),
    "twice": (lambda: nn.LSTM(4, 8), (X,), {"input": X}),
    "a list of tensors": (lambda: nn.LSTM(4, 8), ([X, X],), {}),
    "a strange object": (lambda: nn.GRU(4, 8), (Strange(),), {}),
    "a strange state": (lambda: nn.LSTM(4, 8), (X, Strange()), {}),
    "a nested tensor": (lambda: nn.LSTM(4, 8), (torch.nested.nested_tensor([torch.zeros(3, 4)] * 2),), {}),
    "a sparse tensor": (lambda: nn.LSTM(4, 8), (X.to_sparse(),), {}),
    "a complex tensor": (lambda: nn.GRUCell(4, 8), (torch.zeros(2, 4, dtype=torch.complex64),), {}),
    "a parameter": (lambda: nn.GRU(4, 8), (nn.Parameter(X), nn.Parameter(torch.zeros(1, 2, 8))), {}),
    "a pack whose sizes are on no device": (
        lambda: nn.LSTM(4, 8),
        (
            PackedSequence(torch.zeros(5, 4), torch.tensor([3, 2]))._replace(
                batch_sizes=torch.tensor([3, 2], device="meta")
            ),
        ),
        {},
    ),
    "a pack without sizes": (
        lambda: nn.GRU(4, 8),
        (PACKED._replace(batch_sizes=None),),
        {},
    ),
    "a broken pack": (
        lambda: nn.LSTM(4, 8),
        (PackedSequence(torch.zeros(9, 4), torch.tensor([], dtype=torch.long)),),
        {},
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_what_it_gives_without_a_trace(name: str, caplog: pytest.LogCaptureFixture) -> None:
    make, args, kwargs = CALLS[name]
    before = state()
    module = make()
    bare = outcome(lambda: module(*args, **kwargs))
    with lstmcheck.trace("raise"):
        traced = [outcome(lambda: module(*args, **kwargs)) for _ in range(3)]
    assert traced == [bare] * 3
    assert state() == before
    assert [record.message for record in caplog.records] == []


def test_an_empty_batch_is_no_mistake() -> None:
    with lstmcheck.trace() as report:
        nn.LSTM(4, 8)(torch.zeros(5, 0, 4))
    assert report.ok


def test_a_deep_recursion_goes_as_deep() -> None:
    class Tree(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.RNNCell(1, 1)

        def forward(self, h: Tensor, depth: int) -> Tensor:
            return self.forward(self.cell(h[:, :1], h), depth - 1) if depth else h

    model = Tree()
    with torch.no_grad(), lstmcheck.trace() as report:
        assert model(torch.zeros(1, 1), 300).shape == (1, 1)
        with pytest.raises(RecursionError):
            model(torch.zeros(1, 1), sys.getrecursionlimit())
    assert report.ok


def test_errors_of_the_tracer_are_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("ours, for a test")

    monkeypatch.setattr(checks, "call", fail)
    monkeypatch.setattr(checks, "construction", fail)
    monkeypatch.setattr(layers, "shapes_of", fail)
    with caplog.at_level(logging.ERROR, "lstmcheck"), lstmcheck.trace("raise") as report:
        lstm = nn.LSTM(4, 8)
        for length in (2, 3, 4):
            assert lstm(torch.zeros(length, 2, 4))[0].shape == (length, 2, 8)
            with pytest.raises(RuntimeError, match="input_size"):
                lstm(torch.zeros(length, 2, 5))
    assert report.findings == []
    ours = [record for record in caplog.records if "ours, for a test" in record.message]
    assert len(ours) == len({record.message for record in ours}) == 3
    assert all(record.exc_info for record in ours)


def test_a_module_that_is_taken_apart_during_the_trace() -> None:
    lstm = nn.LSTM(4, 8)
    with lstmcheck.trace() as report:
        lstm(X)
        lstm.double()
        with pytest.raises((RuntimeError, ValueError)):
            lstm(X)
        lstm.float()
        lstm.input_size = 5
        with pytest.raises(RuntimeError):
            lstm(X)
    assert {finding.code for finding in report.findings} >= {"LSTM224"}
