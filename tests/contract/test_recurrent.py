"""The contract of nn.LSTM, nn.GRU and nn.RNN against torch: the same verdict, text and shapes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import TensorLike
from lstmcheck.testing import strategies
from lstmcheck.testing.real import observe_call
from lstmcheck.testing.verdicts import disagreement, expect_call


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@given(data=st.data())
def test_unpacked(kind: str, device: str, data: st.DataObject) -> None:
    config, input, hx = data.draw(strategies.calls(kind, device))
    assert not disagreement(expect_call(config, input, hx), observe_call(config, input, hx))


@pytest.mark.parametrize("kind", ["GRU", "RNN"])
@given(data=st.data())
def test_packed(kind: str, device: str, data: st.DataObject) -> None:
    config, input, hx = data.draw(strategies.packed_calls(kind, device))
    assert not disagreement(expect_call(config, input, hx), observe_call(config, input, hx))


@given(data=st.data())
def test_packed_lstm_that_is_defined(device: str, data: st.DataObject) -> None:
    """What may read memory that is not its own is left to test_isolated."""
    config, input, hx = data.draw(strategies.packed_calls("LSTM", device))
    expected = expect_call(config, input, hx)
    if not expected.undefined:
        assert not disagreement(expected, observe_call(config, input, hx))


@pytest.mark.parametrize(
    ("kind", "options"), [("LSTM", {}), ("GRU", {}), ("RNN", {}), ("RNN", {"nonlinearity": "relu"})]
)
def test_a_number_of_layers_that_is_a_bool_makes_every_call_raise(kind: str, options: dict[str, str]) -> None:
    layer = getattr(torch.nn, kind)(3, 4, num_layers=True, **options)
    with pytest.raises(TypeError) as caught:
        layer(torch.zeros(5, 2, 3))
    config = RecurrentConfig(kind, 3, 4, dtype="torch.float32", call_raises=True, **options)
    refused = expect_call(config, TensorLike((5, 2, 3), "torch.float32", "cpu"), None).refused
    assert refused is not None
    assert refused.raises is not None
    assert refused.raises.matches("TypeError", str(caught.value))
