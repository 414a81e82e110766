"""The contract of nn.LSTMCell, nn.GRUCell and nn.RNNCell against torch: the same verdict, text and shapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.values import TensorLike
from lstmcheck.testing import strategies
from lstmcheck.testing.real import observe_call
from lstmcheck.testing.verdicts import disagreement, expect_call

KINDS = ["LSTMCell", "GRUCell", "RNNCell"]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_cell(kind: str, device: str, data: st.DataObject) -> None:
    """What may read memory that is not its own is left to test_isolated."""
    config, input, hx = data.draw(strategies.calls(kind, device))
    expected = expect_call(config, input, hx)
    if not expected.undefined:
        assert not disagreement(expected, observe_call(config, input, hx))


@pytest.mark.parametrize("kind", KINDS)
def test_another_device(kind: str, device: str) -> None:
    config = CellConfig(kind, 3, 4, dtype="torch.float32", device=device)
    input = TensorLike((2, 3), "torch.float32", "meta")
    expected = expect_call(config, input, None)
    assert expected.refused is not None
    assert expected.refused.what == "input.device"
    assert not disagreement(expected, observe_call(config, input, None))
