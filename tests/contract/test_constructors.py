"""The contract of the six constructors against torch: verdict, text, warnings, weights, and the first call."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lstmcheck.contract.arguments import CONSTRUCTORS, Argument, Config, bind, construct
from lstmcheck.contract.needs import Requirements
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import TensorLike
from lstmcheck.contract.weights import weights
from lstmcheck.testing import strategies
from lstmcheck.testing.real import shape_of
from lstmcheck.testing.verdicts import Expected, disagreement, expect, expect_call, observe


def constructed(kind: str, positional: list[Any], keywords: dict[str, Any]) -> Requirements[Config]:
    bound = yield from bind(kind, positional, keywords)
    return (yield from construct(kind, {name: Argument.of(value) for name, value in bound.items()}))


def binding_and_nonlinearity(kind: str, positional: list[Any], keywords: dict[str, Any]) -> bool:
    """RNN looks at nonlinearity before Python binds the rest: two mistakes at once come in the other order."""
    bound = expect(bind(kind, positional, keywords))
    given_name = (positional[3:4] or [keywords.get("nonlinearity", "tanh")])[0]
    return kind == "RNN" and bound.refused is not None and given_name not in ("tanh", "relu")


def first_call(config: Config) -> tuple[Expected, torch.Tensor]:
    features = config.input_size
    assert isinstance(features, int)
    shape = (2, 2, features) if isinstance(config, RecurrentConfig) else (2, features)
    expected = expect_call(config, TensorLike(shape, "torch.float32", "cpu"), None)
    return expected, torch.zeros(shape)


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@given(data=st.data())
def test_constructor(kind: str, data: st.DataObject) -> None:
    names = tuple(name for name in CONSTRUCTORS[kind].names if name not in ("device", "dtype"))
    positional, keywords = data.draw(strategies.constructor_calls(kind, names))
    if binding_and_nonlinearity(kind, positional, keywords):
        keywords.pop("nonlinearity", None)
        positional[3:4] = ["tanh"] if len(positional) > 3 else []
    expected = expect(constructed(kind, positional, keywords))
    observed = observe(lambda: getattr(nn, kind)(*positional, **keywords))
    module = observed.value
    if expected.refused is not None or module is None:
        assert not disagreement(expected, observed)
        return
    assert observed.warned == expected.warned
    config = expected.result
    shapes = {weight.name: weight.shape for weight in weights(config)}
    assert list(shapes.items()) == [(name, tuple(value.shape)) for name, value in module.state_dict().items()]
    call, input = first_call(config)
    assert not disagreement(call, observe(lambda: shape_of(module(input))))


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@pytest.mark.parametrize(
    "keywords",
    [
        {"dtype": torch.int64},
        {"dtype": torch.bool},
        {"dtype": "float"},
        {"dtype": True},
        {"device": "relu"},
        {"device": 1.5},
        {"device": True},
        {"device": None, "dtype": None},
        {"device": "meta", "dtype": torch.float64},
        {"device": torch.device("cpu"), "dtype": torch.bfloat16},
    ],
    ids=str,
)
def test_device_and_dtype(kind: str, keywords: dict[str, Any]) -> None:
    expected = expect(constructed(kind, [2, 3], keywords))
    observed = observe(lambda: getattr(nn, kind)(2, 3, **keywords))
    if expected.refused is not None or observed.raised:
        assert not disagreement(expected, observed)
        return
    parameter = next(observed.value.parameters())
    assert expected.result.dtype in (None, str(parameter.dtype))
    assert expected.result.device in (None, str(parameter.device))
