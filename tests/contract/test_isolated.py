"""Calls that torch does not check: what they do is observed in children, and the contract must speak before them."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import PackedLike, State, States, TensorLike
from lstmcheck.testing import strategies
from lstmcheck.testing.isolated import Call, observe_isolated
from lstmcheck.testing.verdicts import disagreement, expect_call

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs os.fork")

FLOAT, CPU = "torch.float32", "cpu"
LSTM = RecurrentConfig("LSTM", 3, 4, dtype=FLOAT, device=CPU)
EQUAL = PackedLike(3, 3, 15, 5, FLOAT, CPU, sorted=True, lengths=(5, 5, 5))
FALLING = replace(EQUAL, rows=11, lengths=(5, 4, 2))
MIXED = replace(FALLING, sorted=False, lengths=(2, 5, 4))


def tensor(*shape: int) -> TensorLike:
    return TensorLike(shape, FLOAT, CPU)


def pair(h: TensorLike, c: TensorLike) -> States:
    return States((h, c))


GOOD = tensor(1, 3, 4)
CRASHES: dict[str, Call] = {
    "h_0 of 2 layers": (LSTM, FALLING, pair(tensor(2, 3, 4), GOOD)),
    "c_0 of no layer": (LSTM, FALLING, pair(GOOD, tensor(0, 3, 4))),
    "h_0 of 2 layers, unsorted": (LSTM, MIXED, pair(tensor(2, 3, 4), GOOD)),
}
SILENT: dict[str, Call] = {
    "batch of 4, unsorted": (LSTM, MIXED, pair(tensor(1, 4, 4), tensor(1, 4, 4))),
    "c_0 of 2 layers": (LSTM, FALLING, pair(GOOD, tensor(2, 3, 4))),
    "features, equal lengths": (LSTM, replace(EQUAL, features=2), None),
    "hidden_size of both, equal lengths": (LSTM, EQUAL, pair(tensor(1, 3, 5), tensor(1, 3, 5))),
    "another rank, RNNCell": (
        CellConfig("RNNCell", 3, 4, dtype=FLOAT, device=CPU),
        tensor(3),
        tensor(4, 4),
    ),
}
REFUSED: dict[str, Call] = {
    "features": (LSTM, replace(FALLING, features=2), None),
    "batch of 1, unsorted": (LSTM, MIXED, pair(tensor(1, 1, 4), tensor(1, 1, 4))),
    "rank": (LSTM, FALLING, pair(tensor(3, 4), tensor(3, 4))),
    "one state": (LSTM, FALLING, States((GOOD,))),
    "another rank, GRUCell": (CellConfig("GRUCell", 3, 4, dtype=FLOAT, device=CPU), tensor(3), tensor(4, 4)),
}


@pytest.mark.parametrize(("outcome", "calls"), [("killed", CRASHES), ("accepted", SILENT), ("raised", REFUSED)])
def test_what_torch_does_not_check(outcome: str, calls: dict[str, Call]) -> None:
    for name, (call, (observed,)) in zip(calls, zip(calls.values(), observe_isolated(list(calls.values())))):
        found = "killed" if observed.signal else "raised" if observed.raised else "accepted"
        assert (name, found) == (name, outcome)
        expected = expect_call(*call)
        assert expected.refused is not None or expected.unmet, name
        assert not disagreement(expected, observed), name


@pytest.mark.parametrize("which", ["h_0", "c_0", "both"])
def test_a_state_of_batch_1_in_an_equal_pack_kills_the_process(which: str) -> None:
    """The kernel reads 255 rows past the end; with tiny sizes that only sometimes hits a page that is not mapped."""
    config = replace(LSTM, hidden_size=256)
    input = PackedLike(3, 256, 512, 2, FLOAT, CPU, sorted=True, lengths=(2,) * 256)
    right, wrong = tensor(1, 256, 256), tensor(1, 1, 256)
    call = (config, input, pair(right if which == "c_0" else wrong, right if which == "h_0" else wrong))
    (tries,) = observe_isolated([call], repeat=3)
    assert any(observed.signal for observed in tries)
    assert [need.what for need in expect_call(*call).unmet] == ["state.batch"] * (2 if which == "both" else 1)


@st.composite
def unchecked(draw: st.DrawFn) -> Call:
    kind = draw(st.sampled_from(("LSTM", "LSTM", "LSTMCell", "GRUCell", "RNNCell")))
    if kind == "LSTM":
        return draw(strategies.packed_calls(kind))
    config = draw(strategies.cell_configs(kind))
    input = TensorLike((config.input_size,), config.dtype, CPU)
    mixed = TensorLike((config.hidden_size, draw(st.integers(1, 4))), config.dtype, CPU)
    right = TensorLike((config.hidden_size,), config.dtype, CPU)
    hx: State = mixed if kind != "LSTMCell" else draw(st.sampled_from((States((mixed, right)), States((mixed, mixed)))))
    return config, input, hx


@settings(max_examples=5)
@given(st.lists(unchecked(), min_size=50, max_size=80))
def test_nothing_crashes_that_the_contract_accepts(calls: list[Call]) -> None:
    for call, (observed,) in zip(calls, observe_isolated(calls)):
        assert not disagreement(expect_call(*call), observed), call
