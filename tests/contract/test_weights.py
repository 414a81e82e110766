"""Names, shapes and counts of weights against state_dict; the same on symbolic sizes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck import dims
from lstmcheck.contract.arguments import CONSTRUCTORS
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.recurrent import GATE_MEANINGS, GATES, RecurrentConfig
from lstmcheck.contract.weights import (
    ROLES,
    OpenStructure,
    parameter_count,
    parse_name,
    state_dict_keys,
    weight_shape,
    weights,
)
from lstmcheck.testing import strategies
from lstmcheck.testing.real import build


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@settings(max_examples=min(500, settings().max_examples))
@given(data=st.data())
def test_weights_are_state_dict(kind: str, data: st.DataObject) -> None:
    config = data.draw(strategies.configs(kind))
    real = {name: tuple(value.shape) for name, value in build(config).state_dict().items()}
    found = weights(config)
    assert [(weight.name, weight.shape) for weight in found] == list(real.items())
    assert state_dict_keys(config) == tuple(real)
    assert {name: weight_shape(config, name) for name in real} == real
    assert parameter_count(config) == sum(value.numel() for value in build(config).parameters())
    for weight in found:
        assert parse_name(weight.name) == (weight.role, weight.layer, weight.reverse)
        assert weight.meaning == ROLES[weight.role]


def test_no_such_weight() -> None:
    assert parse_name("linear.weight") is None
    assert weight_shape(RecurrentConfig("LSTM", 3, 4), "weight_ih") is None
    assert weight_shape(CellConfig("LSTMCell", 3, 4), "weight_ih_l0") is None


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
