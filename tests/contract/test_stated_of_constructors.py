"""What is stated of a constructor beside torch's words: what it takes in silence, what is unknown. Needs no torch."""

from __future__ import annotations

from typing import Any

import pytest

from lstmcheck import dims
from lstmcheck.contract.arguments import CONSTRUCTORS, Argument, construct
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Need, holds
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.testing.verdicts import drive, expect

LAYERS, CELLS = ("LSTM", "GRU", "RNN"), ("LSTMCell", "GRUCell", "RNNCell")
ACCEPTED = {"outcome": "accepted"}


def made(kind: str, **arguments: Any) -> list[Need]:
    given = {"input_size": 3, "hidden_size": 4} | arguments
    return expect(construct(kind, {name: Argument.of(value) for name, value in given.items()})).complaints


def config_of(kind: str) -> RecurrentConfig | CellConfig:
    return CellConfig(kind, 3, 4) if kind in CELLS else RecurrentConfig(kind, 3, 4)


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_sizes_alone_are_the_whole_configuration(kind: str) -> None:
    sizes = {"input_size": Argument("int", 3), "hidden_size": Argument("int", 4)}
    assert expect(construct(kind, sizes)).result == config_of(kind)


@pytest.mark.parametrize("kind", LAYERS)
def test_sizes_that_nobody_knows_are_those_that_torch_takes(kind: str) -> None:
    unknown = {name: Argument() for name in CONSTRUCTORS[kind].names}
    needs, config = drive(construct(kind, unknown))
    for size in (config.input_size, config.hidden_size, config.num_layers):
        assert dims.bounds(size) == (1, None)
    assert dims.bounds(config.proj_size) == (0, None)
    for flag in (config.bias, config.batch_first, config.bidirectional):
        assert dims.bounds(flag) == (0, 1)
    assert (config.dropout, config.dtype, config.device, config.call_raises) == (None, None, None, False)
    assert all(holds(need) for need in needs)


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_may_have_no_size(kind: str) -> None:
    _, config = drive(construct(kind, {name: Argument() for name in CONSTRUCTORS[kind].names}))
    assert dims.bounds(config.input_size) == dims.bounds(config.hidden_size) == (0, None)
    assert made(kind, input_size=0) == made(kind, hidden_size=0) == []


@pytest.mark.parametrize(
    ("kind", "arguments", "what", "detail"),
    [
        ("LSTM", {"input_size": True}, "construct.bool_as_int", ACCEPTED),
        ("GRU", {"hidden_size": True}, "construct.bool_as_int", ACCEPTED),
        ("LSTMCell", {"hidden_size": True}, "construct.bool_as_int", ACCEPTED),
        ("LSTMCell", {"bias": 2}, "construct.cell_bias", {**ACCEPTED, "value": 2}),
        ("LSTM", {"num_layers": 2, "dropout": 1}, "construct.dropout_all", {**ACCEPTED, "dropout": 1}),
        ("LSTM", {"dropout": 0.5}, "construct.dropout_unused", {"dropout": 0.5}),
        ("LSTM", {"dropout": 1}, "construct.dropout_unused", {"dropout": 1}),
    ],
)
def test_what_a_constructor_takes_in_silence(
    kind: str, arguments: dict[str, Any], what: str, detail: dict[str, Any]
) -> None:
    (need,) = made(kind, **arguments)
    assert (need.what, need.subject, need.detail) == (what, list(arguments)[-1], detail)
    assert need.warns is (what == "construct.dropout_unused")
    assert (need.raises is None) is not need.warns


@pytest.mark.parametrize(
    ("kind", "arguments", "what", "type_name", "text"),
    [
        ("LSTM", {"num_layers": True}, "construct.bool_as_int", "TypeError", ""),
        ("GRU", {"bidirectional": 1}, "construct.bidirectional", "TypeError", ""),
        ("GRU", {"proj_size": 2}, "construct.proj_size", "RuntimeError", ""),
        ("RNNCell", {"nonlinearity": "sin"}, "construct.nonlinearity", "RuntimeError", "Unknown nonlinearity: sin"),
    ],
)
def test_what_only_a_call_refuses_says_what_the_call_raises(
    kind: str, arguments: dict[str, Any], what: str, type_name: str, text: str
) -> None:
    (need,) = made(kind, **arguments)
    call = need.detail["call"]
    assert (need.what, need.detail["outcome"], need.raises) == (what, "accepted", None)
    assert (call.type, call.text) == (type_name, text)
    assert call.matches(type_name, text + ("" if text else "whatever torch says of it"))
    assert call.exact is bool(text)


def test_no_dropout_and_a_whole_one_between_no_layers_are_let_be() -> None:
    assert made("LSTM", dropout=0) == made("LSTM", num_layers=2, dropout=0.5) == []
    assert [need.what for need in made("LSTM", dropout=1.0)] == ["construct.dropout_unused"]


def test_a_number_of_a_kind_that_nobody_knows_is_not_judged() -> None:
    for value in (Argument("float32"), Argument("MyInt"), Argument(None, None)):
        needs, _ = drive(construct("LSTM", {"num_layers": value, "dropout": value, "proj_size": value}))
        assert [need.what for need in needs if not holds(need)] == []
    needs, _ = drive(construct("LSTM", {"device": Argument("str"), "dtype": Argument("dtype")}))
    assert all(holds(need) for need in needs)
    _, config = drive(construct("LSTM", {"proj_size": Argument("float")}))
    assert dims.bounds(config.proj_size) == (0, None)
    needs, _ = drive(construct("LSTM", {"num_layers": Argument("float")}))
    assert [(need.what, need.subject) for need in needs if not holds(need)] == [("construct.type", "num_layers")]
    needs, _ = drive(construct("LSTM", {"dropout": Argument("str"), "num_layers": Argument("int", 2)}))
    (need,) = (need for need in needs if not holds(need))
    assert need.raises is not None
    assert need.raises.matches("ValueError", "could not convert string to float: 'x'")


def test_a_nonlinearity_of_another_type_is_worded_as_its_value() -> None:
    for value, text in (
        (Argument("bool", 1), "True"),
        (Argument("Flag", 1), "1"),
        (Argument("NoneType"), "None"),
        (Argument("float", 0.5), "0.5"),
        (Argument("str", "sin"), "sin"),
    ):
        needs, _ = drive(construct("RNN", {"nonlinearity": value}))
        assert [(need.what, need.got) for need in needs if not holds(need)] == [("construct.nonlinearity", text)]


def test_a_flag_that_is_a_number_holds_where_it_is_not_zero() -> None:
    number, flag = dims.symbol("number", 0), dims.guard("flag")
    for given, truth in ((Argument("int", number), 1 - dims.equals(number, 0)), (Argument("bool", flag), flag)):
        _, config = drive(construct("LSTM", {"bidirectional": given, "bias": given}))
        assert config.bidirectional == config.bias == truth
    _, config = drive(construct("LSTM", {"bidirectional": Argument("NoneType"), "bias": Argument("int", 2)}))
    assert (config.bidirectional, config.bias) == (0, 1)
