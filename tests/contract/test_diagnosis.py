"""A need points at what is wrong: the tensor, its axis, and what that axis means. Needs no torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.contract.arguments import CONSTRUCTORS, Argument, Config, bind, construct
from lstmcheck.contract.config import LAYER_KINDS
from lstmcheck.contract.needs import Need
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import Input, PackedLike, State, States, TensorLike
from lstmcheck.testing import strategies
from lstmcheck.testing.verdicts import expect, expect_call

KINDS = tuple(CONSTRUCTORS)
ROWS = ("state.layers", "num_layers * num_directions")
BATCH = ("state.batch", "batch")
HIDDEN = ("state.hidden", "hidden_size")
few = settings(max_examples=min(100, settings().max_examples))


def complaints(config: Config, input: Input, hx: State) -> list[Need]:
    return expect_call(config, input, hx).complaints


def given_state(parts: list[TensorLike]) -> State:
    return States(tuple(parts)) if len(parts) == 2 else parts[0]


def axes_of_a_state(config: Config, rank: int, index: int) -> list[tuple[str, str]]:
    """What the axes of a state mean, and the needs that ask for them."""
    if not isinstance(config, RecurrentConfig):
        return [BATCH, HIDDEN][2 - rank :]
    last = ("state.hidden", "proj_size") if index == 0 and config.proj_size else HIDDEN
    return [ROWS, BATCH, last] if rank == 3 else [ROWS, last]


@st.composite
def right_calls(draw: st.DrawFn, kind: str) -> tuple[Config, TensorLike | PackedLike, list[TensorLike]]:
    """A call with states that torch takes, of at least one sample."""
    config = draw(strategies.configs(kind))
    if kind == "RNNCell":
        config = replace(config, nonlinearity="tanh")
    inputs: st.SearchStrategy[Any] = strategies.right_inputs(config).filter(lambda tensor: 0 not in tensor.shape)
    if isinstance(config, RecurrentConfig):
        inputs = inputs | strategies.packed_inputs(config)
    input = draw(inputs)
    return config, input, list(strategies.right_state(config, input))


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
def test_nothing_is_said_of_a_right_call(kind: str, data: st.DataObject) -> None:
    config, input, parts = data.draw(right_calls(kind))
    assert complaints(config, input, given_state(parts)) == []
    assert complaints(config, input, None) == []


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
def test_a_wrong_axis_of_a_state_is_named(kind: str, data: st.DataObject) -> None:
    config, input, parts = data.draw(right_calls(kind))
    index = data.draw(st.integers(0, len(parts) - 1))
    right = parts[index].shape
    axis = data.draw(st.integers(0, len(right) - 1))
    wrong = right[axis] + data.draw(st.integers(1, 3))
    parts[index] = replace(parts[index], shape=(*right[:axis], wrong, *right[axis + 1 :]))
    found = complaints(config, input, given_state(parts))
    what, name = axes_of_a_state(config, len(right), index)[axis]
    told = {(need.what, need.subject, need.axis, need.axis_name, need.got, need.want) for need in found}
    assert told == {(what, ("h_0", "c_0")[index], axis, name, wrong, right[axis])}


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
def test_wrong_features_are_named(kind: str, data: st.DataObject) -> None:
    config, input, parts = data.draw(right_calls(kind))
    wrong = config.input_size + data.draw(st.integers(1, 3))
    bad: TensorLike | PackedLike
    if isinstance(input, PackedLike):
        rank, bad = 2, replace(input, features=wrong)
    else:
        rank, bad = len(input.shape), replace(input, shape=(*input.shape[:-1], wrong))
    for hx in (None, given_state(parts)):
        (need,) = complaints(config, bad, hx)
        assert (need.what, need.subject, need.axis, need.axis_name) == (
            "input.features",
            "input",
            rank - 1,
            "input_size",
        )
        assert (need.got, need.want) == (wrong, config.input_size)


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
def test_a_wrong_device_is_named(kind: str, data: st.DataObject) -> None:
    config, input, parts = data.draw(right_calls(kind))
    moved = complaints(config, replace(input, device="cuda:0"), None)
    assert [(need.what, need.subject, need.got, need.want) for need in moved] == [
        ("input.device", "input", "cuda:0", "cpu")
    ]
    index = data.draw(st.integers(0, len(parts) - 1))
    parts[index] = replace(parts[index], device="cuda:0")
    left = complaints(config, input, given_state(parts))
    assert [(need.what, need.subject, need.got, need.want) for need in left] == [
        ("state.device", ("h_0", "c_0")[index], "cuda:0", "cpu")
    ]
    assert all(need.raises is not None for need in (*moved, *left))


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
def test_a_wrong_dtype_is_named(kind: str, data: st.DataObject) -> None:
    config, input, parts = data.draw(right_calls(kind))
    (need,) = complaints(config, replace(input, dtype="torch.int64"), None)
    assert (need.what, need.subject, need.got, need.want) == ("input.dtype", "input", "torch.int64", config.dtype)
    assert need.raises is not None
    index = data.draw(st.integers(0, len(parts) - 1))
    parts[index] = replace(parts[index], dtype="torch.float16")
    found = complaints(config, input, given_state(parts))
    assert [(need.subject, need.got) for need in found if need.what == "state.dtype"] == [
        (("h_0", "c_0")[index], "torch.float16")
    ]


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_no_step_is_told_at_the_axis_of_time(kind: str) -> None:
    for batch_first, shape, axis in ((0, (0, 2, 3), 0), (1, (2, 0, 3), 1), (0, (0, 3), 0), (1, (0, 3), 0)):
        config = RecurrentConfig(kind, 3, 4, batch_first=batch_first)
        (need,) = complaints(config, TensorLike(shape), None)
        assert (need.what, need.axis, need.axis_name, need.got) == ("input.length", axis, "seq_len", 0)


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
def test_a_wrong_argument_of_a_constructor_is_named(kind: str, data: st.DataObject) -> None:
    names = [name for name in CONSTRUCTORS[kind].names if name in strategies.ARGUMENTS and name != "proj_size"]
    name = data.draw(st.sampled_from(names))
    values: dict[str, Any] = {"input_size": 3, "hidden_size": 4}
    if "num_layers" in names:
        values["num_layers"] = 2
    values[name] = data.draw(st.sampled_from(strategies.ARGUMENTS[name][1]))
    bound = expect(bind(kind, [], values)).result
    said = expect(construct(kind, {key: Argument.of(value) for key, value in bound.items()}))
    assert {need.subject for need in said.complaints} <= {name}
