"""What is stated of a call with a packed input, where torch looks at little. Needs no torch."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contract.calling import called, complaints

from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import OtherLike, PackedLike, State, States, TensorLike
from lstmcheck.testing.verdicts import drive

LAYERS = ("LSTM", "GRU", "RNN")
UNDEFINED, ACCEPTED = {"outcome": "undefined"}, {"outcome": "accepted"}
FLOAT, DOUBLE, CPU = "torch.float32", "torch.float64", "cpu"


PACK = PackedLike(3, 2, 4, 2, FLOAT, CPU, sorted=True, lengths=(2, 2))
LSTM = RecurrentConfig("LSTM", 3, 4, dtype=FLOAT, device=CPU)


@pytest.mark.parametrize("changed", [0, 1, 2])
@pytest.mark.parametrize("index", [0, 1])
def test_nothing_of_a_packed_lstm_is_looked_at(changed: int, index: int) -> None:
    shape = [1, 2, 4]
    shape[changed] += 1
    parts = [TensorLike((1, 2, 4), FLOAT, CPU)] * 2
    parts[index] = TensorLike(tuple(shape), FLOAT, CPU)
    (need,) = complaints(LSTM, PACK, States(tuple(parts)))
    assert (need.subject, need.axis, need.raises) == (("h_0", "c_0")[index], changed, None)
    assert need.detail == {"packed": True, **UNDEFINED}


def test_wrong_data_of_a_packed_lstm_may_do_anything() -> None:
    for wrong in (replace(PACK, features=2), replace(PACK, data_rank=3, inner=(1,))):
        (need,) = complaints(LSTM, wrong)
        assert need.subject == "input"
        assert need.raises is None
        assert need.detail == {"packed": True, **UNDEFINED}
    short = TensorLike((2, 4), FLOAT, CPU)
    first = complaints(LSTM, PACK, States((short, short)))[0]
    assert (first.what, first.subject, first.got, first.want) == ("state.rank", "h_0", 2, 3)
    assert first.detail == {"packed": True}
    assert first.raises is not None
    assert first.raises.matches("IndexError", "Dimension out of range")
    needs, _ = drive(called(LSTM, PACK, States((short, short))))
    assert not {"state.layers", "state.batch", "state.hidden"} & {need.what for need in needs}
    high = TensorLike((1, 2, 4, 1), FLOAT, CPU)
    found = complaints(LSTM, PACK, States((high, high)))
    assert [(need.what, need.subject, need.raises) for need in found] == [
        ("state.rank", "h_0", None),
        ("state.rank", "c_0", None),
    ]
    other = TensorLike((1, 2, 4), DOUBLE, CPU)
    found = complaints(LSTM, PACK, States((other, other)))
    assert [(need.what, need.subject, need.raises) for need in found] == [
        ("state.dtype", "h_0", None),
        ("state.dtype", "c_0", None),
    ]


@pytest.mark.parametrize("kind", LAYERS)
def test_a_state_with_more_samples_is_cut_by_a_pack_that_is_not_sorted(kind: str) -> None:
    config = replace(LSTM, kind=kind)
    mixed = replace(PACK, sorted=False)
    more, fewer = TensorLike((1, 3, 4), FLOAT, CPU), TensorLike((1, 1, 4), FLOAT, CPU)
    found = complaints(config, mixed, States((more, more)) if kind == "LSTM" else more)
    assert [(need.what, need.axis, need.got, need.want, need.raises) for need in found] == [
        ("state.batch", 1, 3, 2, None)
    ] * (2 if kind == "LSTM" else 1)
    assert all(need.detail == {**ACCEPTED, "packed": True} for need in found)
    (need,) = complaints(config, mixed, States((fewer, fewer)) if kind == "LSTM" else fewer)
    assert (need.what, need.axis, need.got, need.want, need.relation) == ("state.batch", 1, 1, 2, "at least")
    assert need.raises is not None
    flat = TensorLike((4,), FLOAT, CPU)
    (need,) = complaints(config, mixed, States((flat, flat)) if kind == "LSTM" else flat)
    assert (need.what, need.got, need.want) == ("state.rank", 1, 3)


def test_a_tensor_for_the_states_of_a_packed_lstm() -> None:
    stacked = TensorLike((2, 1, 2, 4), FLOAT, CPU)
    (need,) = complaints(LSTM, PACK, stacked)
    assert (need.what, need.detail) == ("state.type", {"packed": True})
    assert need.raises is not None
    found = complaints(LSTM, replace(PACK, sorted=False), stacked)
    assert [(one.what, one.raises, one.detail) for one in found] == [
        ("state.type", None, {"packed": True, **UNDEFINED})
    ]


@pytest.mark.parametrize("kind", LAYERS)
def test_data_without_a_second_axis_have_no_features(kind: str) -> None:
    flat = replace(PACK, data_rank=1)
    needs, _ = drive(called(replace(LSTM, kind=kind), flat))
    assert [(need.got, need.want) for need in needs if need.what == "input.rank"] == [(1, 2)]
    assert "input.features" not in [need.what for need in needs]


GOOD, MORE_LAYERS, NOTHING = TensorLike((1, 2, 4), FLOAT, CPU), TensorLike((2, 2, 4), FLOAT, CPU), OtherLike("NoneType")
REFUSED = "lstm() received an invalid combination of arguments - got ..."


@pytest.mark.parametrize(
    ("sorted", "hx", "expected"),
    [
        (True, States((GOOD,)), [("state.count", "hx", "RuntimeError", "lstm expects two hidden states")]),
        (True, States((GOOD,) * 3), [("state.count", "hx", "RuntimeError", "lstm expects two hidden states")]),
        (True, States((GOOD, NOTHING)), [("state.type", "c_0", "TypeError", "whatever torch says of it")]),
        (True, States((GOOD, GOOD, NOTHING)), [("state.type", "hx", "TypeError", "whatever torch says of it")]),
        (True, States((GOOD, GOOD, GOOD, NOTHING)), [("state.type", "hx", "TypeError", "whatever torch says of it")]),
        (True, OtherLike("int"), [("state.type", "hx", "TypeError", REFUSED)]),
        (False, States((GOOD,)), [("state.count", "hx", "IndexError", "tuple index out of range")]),
        (False, States((), "list"), [("state.count", "hx", "IndexError", "list index out of range")]),
        (False, States((GOOD,) * 3), [("state.count", "hx", "", "")]),
        (False, States((GOOD, GOOD, NOTHING)), [("state.count", "hx", "", "")]),
        (False, States((MORE_LAYERS, GOOD, GOOD)), [("state.count", "hx", "", ""), ("state.layers", "h_0", "", "")]),
        (False, States((GOOD, NOTHING)),
            [("state.type", "c_0", "AttributeError", "'NoneType' object has no attribute 'index_select'")]),
        (False, OtherLike("int"), [("state.type", "hx", "TypeError", "'int' object is not subscriptable")]),
    ],
)  # fmt: skip
def test_the_states_of_a_packed_lstm_are_two(
    sorted: bool, hx: State, expected: list[tuple[str, str, str, str]]
) -> None:
    found = complaints(LSTM, replace(PACK, sorted=sorted), hx)
    assert [(need.what, need.subject) for need in found] == [(what, subject) for what, subject, _, _ in expected]
    for need, (_, _, type_name, text) in zip(found, expected):
        assert (need.raises is None) is (not type_name)
        assert need.raises is None or need.raises.matches(type_name, text)
        if need.what == "state.count":
            assert (need.want, need.detail) == (2, {} if type_name else ACCEPTED)


@pytest.mark.parametrize("kind", LAYERS)
def test_another_device_of_a_pack_is_refused_in_words_of_the_kernel(kind: str) -> None:
    (need,) = complaints(replace(LSTM, kind=kind), replace(PACK, device="cuda:0"))
    assert need.what == "input.device"
    assert need.raises is not None
    assert need.raises.matches("RuntimeError", "whatever torch says of it")
