"""Names, shapes and counts of weights against state_dict."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.contract.arguments import CONSTRUCTORS
from lstmcheck.contract.weights import (
    ROLES,
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
