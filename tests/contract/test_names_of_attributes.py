"""Which names an instance of a recurrent class has. Needs no torch."""

from __future__ import annotations

import pytest

from lstmcheck.contract.attributes import has_attribute


@pytest.mark.parametrize(
    ("kind", "name", "has"),
    [
        ("LSTM", "hidden_size", True),
        ("LSTM", "num_layers", True),
        ("LSTM", "flatten_parameters", True),
        ("LSTM", "weight_ih_l0", True),
        ("LSTM", "bias_hh_l0", True),
        ("LSTM", "__dict__", True),
        ("LSTM", "hidden_dim", False),
        ("LSTM", "num_directions", False),
        ("GRUCell", "hidden_size", True),
        ("GRUCell", "weight_ih", True),
        ("GRUCell", "__doc__", True),
        ("GRUCell", "num_layers", False),
        ("GRUCell", "flatten_parameters", False),
        ("RNNCell", "nonlinearity", True),
    ],
)
def test_a_name_is_known(kind: str, name: str, has: bool) -> None:
    assert has_attribute(kind, name) is has
