"""The list of attributes is torch's own."""

from __future__ import annotations

import pytest
from torch import nn

from lstmcheck.contract.attributes import has_attribute

KINDS = ("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell")


@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_of_torch_is_known(kind: str) -> None:
    missing = [name for name in dir(getattr(nn, kind)(2, 3)) if not has_attribute(kind, name)]
    assert missing == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["hidden_dim", "units", "num_directions", "bidirection", "output_size"])
def test_a_name_that_torch_does_not_have_is_told(kind: str, name: str) -> None:
    assert not hasattr(getattr(nn, kind)(2, 3), name)
    assert not has_attribute(kind, name)
