"""The signature tables against the signatures of torch's own classes."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable
from typing import Any

import pytest
from torch import nn

from lstmcheck.contract.arguments import CONSTRUCTORS, DEFAULTS, FORWARDS, bind_forward
from lstmcheck.testing.verdicts import disagreement, expect, observe

LAYERS = ["LSTM", "GRU", "RNN"]


def parameters(function: Callable[..., Any], leading: tuple[str, ...]) -> list[inspect.Parameter]:
    found = list(inspect.signature(function).parameters.values())
    assert tuple(parameter.name for parameter in found[: len(leading)]) == leading
    return found[len(leading) :]


def defaults(found: list[inspect.Parameter]) -> dict[str, Any]:
    return {parameter.name: parameter.default for parameter in found if parameter.default is not parameter.empty}


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_bind_as_their_base_class(kind: str) -> None:
    table = CONSTRUCTORS[kind]
    found = parameters(nn.RNNBase.__init__, table.leading)
    assert tuple(p.name for p in found) == tuple(name for name in table.names if name != "nonlinearity")
    assert defaults(found) == {name: DEFAULTS[name] for name in table.names[2:] if name != "nonlinearity"}
    assert table.owner == nn.RNNBase.__init__.__qualname__


@pytest.mark.skipif(sys.version_info < (3, 11), reason="typing.get_overloads is new in 3.11")
@pytest.mark.parametrize("kind", LAYERS)
def test_layers_bind_as_their_overload_says(kind: str) -> None:
    get_overloads: Any = vars(typing)["get_overloads"]
    declared = get_overloads(getattr(nn, kind).__init__)[0]
    found = parameters(declared, ("self",))
    table = CONSTRUCTORS[kind].names
    if kind != "LSTM":
        table = tuple(name for name in table if name != "proj_size")
    assert tuple(parameter.name for parameter in found) == table
    assert defaults(found) == {name: DEFAULTS[name] for name in table[2:]}


@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell", "RNNCell"])
def test_cells(kind: str) -> None:
    table = CONSTRUCTORS[kind]
    found = parameters(getattr(nn, kind).__init__, table.leading)
    assert tuple(parameter.name for parameter in found) == table.names
    assert defaults(found) == {name: DEFAULTS[name] for name in table.names[table.required :]}


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_forward(kind: str) -> None:
    table = FORWARDS[kind]
    found = parameters(getattr(nn, kind).forward, table.leading)
    assert [(p.name, p.default) for p in found] == [("input", inspect.Parameter.empty), ("hx", None)]
    assert table.owner == getattr(nn, kind).forward.__qualname__


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@pytest.mark.parametrize(
    ("positional", "keywords"),
    [
        ((), {}),
        ((), {"hx": 1}),
        ((1, 2, 3), {}),
        ((1,), {"h0": 2}),
        ((1,), {"input": 2}),
        ((1, 2), {"hx": 2}),
        ((1, 2, 3, 4), {"hidden": 2}),
    ],
)
def test_wrong_calls(kind: str, positional: tuple[int, ...], keywords: dict[str, int]) -> None:
    module = getattr(nn, kind)(2, 3)
    expected = expect(bind_forward(kind, positional, keywords))
    assert expected.refused is not None
    assert expected.refused.what == "call.signature"
    assert not disagreement(expected, observe(lambda: module(*positional, **keywords)))
