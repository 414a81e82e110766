"""In which release of torch a fact begins, as its sources say. Needs no torch."""

from __future__ import annotations

from typing import Any

import pytest

from lstmcheck.contract import cells, recurrent
from lstmcheck.contract.arguments import Argument, bind, construct
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Requirements
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.signatures import signature
from lstmcheck.contract.values import Input, PackedLike, State, States, TensorLike
from lstmcheck.contract.versions import LATEST, OLDEST, Version
from lstmcheck.testing.verdicts import expect

FLOAT, CPU = "torch.float32", "cpu"
LSTM = RecurrentConfig("LSTM", 3, 4, dtype=FLOAT, device=CPU)
GRU = RecurrentConfig("GRU", 3, 4, dtype=FLOAT, device=CPU)


def said(requirements: Requirements[Any]) -> str:
    """What torch raises, in a line; empty where it does not."""
    refused = expect(requirements).refused
    if refused is None or refused.raises is None:
        return ""
    return f"{refused.raises.type}: {refused.raises.text}"


def called(config: RecurrentConfig | CellConfig, input: Input, version: Version, hx: State = None) -> str:
    if isinstance(config, RecurrentConfig):
        return said(recurrent.forward(config, input, hx, version=version))
    return said(cells.forward(config, input, hx, version=version))


def made(version: Version, **arguments: Any) -> str:
    given = {"input_size": 3, "hidden_size": 4} | arguments
    return said(construct("LSTM", {name: Argument.of(value) for name, value in given.items()}, version))


@pytest.mark.parametrize(
    ("kind", "version", "text"),
    [
        ("LSTM", (2, 0), "AssertionError: LSTM: Expected input to be 2-D or 3-D but received 4-D tensor"),
        ("RNN", (2, 0), "AssertionError: RNN: Expected input to be 2-D or 3-D but received 4-D tensor"),
        ("LSTM", (2, 1), "ValueError: LSTM: Expected input to be 2D or 3D, got 4D instead"),
        ("GRU", (2, 13), "ValueError: GRU: Expected input to be 2D or 3D, got 4D instead"),
        ("RNN", (2, 1), "ValueError: RNN: Expected input to be 2D or 3D, got 4D tensor instead"),
    ],
)
def test_a_wrong_rank_is_worded_by_release(kind: str, version: Version, text: str) -> None:
    assert called(RecurrentConfig(kind, 3, 4), TensorLike((1, 2, 3, 3)), version) == text


@pytest.mark.parametrize("version", [(2, 0), (2, 1), (2, 11), (2, 12), (2, 13)])
def test_the_dtype_of_the_input_is_looked_at_since_2_1_and_worded_anew_in_2_12(version: Version) -> None:
    text = ""
    if version >= (2, 1):
        text = "ValueError: input must have the type torch.float32, got type torch.float64"
    if version >= (2, 12):
        text = (
            "ValueError: RNN input dtype (torch.float64) does not match weight dtype (torch.float32). "
            "Convert input: input.to(torch.float32), or convert model: model.to(torch.float64)"
        )
    assert called(GRU, TensorLike((5, 2, 3), "torch.float64", CPU), version) == text
    packed = PackedLike(3, 2, 4, 2, "torch.float64", CPU, sorted=True, lengths=(2, 2))
    assert called(GRU, packed, version) == text


def test_a_packed_input_of_an_lstm_is_looked_at_in_2_0_only() -> None:
    packed = PackedLike(2, 2, 4, 2, FLOAT, CPU, sorted=True, lengths=(2, 2))
    text = "RuntimeError: input.size(-1) must be equal to input_size. Expected 3, got 2"
    assert called(LSTM, packed, (2, 0)) == text
    assert called(LSTM, packed, (2, 1)) == ""
    assert called(GRU, packed, (2, 0)) == called(GRU, packed, (2, 13)) == text


def test_an_lstm_looked_at_both_states_of_a_pack_in_2_0() -> None:
    packed = PackedLike(3, 2, 4, 2, FLOAT, CPU, sorted=True, lengths=(2, 2))
    right, wrong = TensorLike((1, 2, 4), FLOAT, CPU), TensorLike((1, 2, 5), FLOAT, CPU)
    assert called(LSTM, packed, (2, 0), States((right, right))) == ""
    for index, pair in enumerate(((wrong, right), (right, wrong))):
        text = f"RuntimeError: Expected hidden[{index}] size (1, 2, 4), got [1, 2, 5]"
        assert called(LSTM, packed, (2, 0), States(pair)) == text
    long = TensorLike((1, 2, 4, 1), FLOAT, CPU)
    text = "RuntimeError: Expected hidden[0] size (1, 2, 4), got [1, 2, 4, 1]"
    assert called(LSTM, packed, (2, 0), States((long, right))) == text


@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell", "RNNCell"])
def test_the_rank_of_a_cells_state_is_looked_at_since_2_1(kind: str) -> None:
    wrong = TensorLike((2, 4, 1), FLOAT, CPU)
    hx: State = States((wrong, wrong)) if kind == "LSTMCell" else wrong
    input = TensorLike((2, 3), FLOAT, CPU)
    name = "hx[0]" if kind == "LSTMCell" else "hidden"
    text = f"ValueError: {kind}: Expected {name} to be 1D or 2D, got 3D instead"
    config = CellConfig(kind, 3, 4, dtype=FLOAT, device=CPU)
    assert called(config, input, (2, 0), hx) == ""
    assert called(config, input, (2, 1), hx) == text


@pytest.mark.parametrize(
    ("argument", "value", "since", "text"),
    [
        ("hidden_size", 0, (2, 1), "ValueError: hidden_size must be greater than zero"),
        ("hidden_size", "4", (2, 1), "TypeError: hidden_size should be of type int, got: str"),
        ("num_layers", 0, (2, 3), "ValueError: num_layers must be greater than zero"),
        ("input_size", 0, (2, 12), "ValueError: input_size must be greater than zero"),
        ("bias", 1, (2, 12), "TypeError: bias should be of type bool, got: int"),
        ("batch_first", None, (2, 12), "TypeError: batch_first should be of type bool, got: NoneType"),
    ],
)
def test_arguments_are_looked_at_since_a_release(argument: str, value: Any, since: Version, text: str) -> None:
    before = (since[0], since[1] - 1)
    assert made(since, **{argument: value}) == text
    assert made(before, **{argument: value}) != text


def test_the_fourth_argument_of_an_rnn_was_bias_before_2_3() -> None:
    assert expect(bind("RNN", "abcd", {}, version=(2, 2))).result["bias"] == "d"
    assert expect(bind("RNN", "abcd", {}, version=(2, 3))).result["nonlinearity"] == "d"
    assert expect(bind("RNN", "ab", {"nonlinearity": "c"}, version=(2, 2))).result["nonlinearity"] == "c"
    assert "nonlinearity" not in signature("RNN", (2, 2)).names
    assert expect(bind("LSTM", "abcd", {}, version=(2, 2))).result["bias"] == "d"


def test_an_rnn_with_too_many_arguments_counts_nonlinearity_on_neither_side() -> None:
    text = "TypeError: RNNBase.__init__() takes from 4 to 12 positional arguments but 13 were given"
    assert said(bind("RNN", range(12), {})) == text
    assert said(bind("LSTM", range(11), {})) == text
    assert said(bind("RNN", range(11), {}, (2, 2))) == text
    assert said(bind("RNN", range(11), {"nonlinearity": "relu"}, (2, 2))) == text


def test_the_releases_that_are_known() -> None:
    assert (OLDEST, LATEST) == ((2, 0), (2, 13))
