"""Weights whose sizes have names, and names that are no weight's. Needs no torch."""

from __future__ import annotations

import pytest

from lstmcheck import dims
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.recurrent import GATE_MEANINGS, GATES, RecurrentConfig
from lstmcheck.contract.weights import (
    OpenStructure,
    parameter_count,
    parse_name,
    weight_shape,
    weights,
)


def test_no_such_weight() -> None:
    assert parse_name("linear.weight") is None
    assert weight_shape(RecurrentConfig("LSTM", 3, 4), "weight_ih") is None
    assert weight_shape(CellConfig("LSTMCell", 3, 4), "weight_ih_l0") is None
    assert weight_shape(CellConfig("LSTMCell", 3, 4), "weight_hr") is None


def test_symbolic_sizes() -> None:
    features, hidden, layers = (dims.symbol(name, 1) for name in ("features", "hidden", "layers"))
    both = dims.guard("bidirectional")
    config = RecurrentConfig("LSTM", features, hidden, num_layers=layers, bidirectional=both)
    assert weight_shape(config, "weight_ih_l0") == (4 * hidden, features)
    assert weight_shape(config, "weight_ih_l1_reverse") == (4 * hidden, hidden + both * hidden)
    count = parameter_count(config)
    sizes = {
        dims.single_atom(features): 3,
        dims.single_atom(hidden): 4,
        dims.single_atom(layers): 2,
        dims.single_atom(both): 1,
    }
    assert dims.substitute(count, {atom: value for atom, value in sizes.items() if atom}) == parameter_count(
        RecurrentConfig("LSTM", 3, 4, num_layers=2, bidirectional=1)
    )
    with pytest.raises(OpenStructure):
        weights(config)


def test_every_gate_has_a_meaning() -> None:
    assert {gate for gates in GATES.values() for gate in gates} == set(GATE_MEANINGS)
    assert GATES["LSTM"] == ("i", "f", "g", "o")
