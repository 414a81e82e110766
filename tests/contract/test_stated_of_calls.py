"""What is stated of a call beside torch's words: what is open, and what is accepted in silence. Needs no torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contract.calling import called, complaints

from lstmcheck import dims
from lstmcheck.contract import cells, recurrent
from lstmcheck.contract.arguments import CONSTRUCTORS
from lstmcheck.contract.cells import CellConfig, CellResult
from lstmcheck.contract.config import Result
from lstmcheck.contract.needs import Raises, holds
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import OtherLike, PackedLike, States, TensorLike
from lstmcheck.testing.verdicts import drive

LAYERS, CELLS = ("LSTM", "GRU", "RNN"), ("LSTMCell", "GRUCell", "RNNCell")
UNDEFINED, ACCEPTED = {"outcome": "undefined"}, {"outcome": "accepted"}
FLOAT, DOUBLE, CPU = "torch.float32", "torch.float64", "cpu"


LSTM = RecurrentConfig("LSTM", 3, 4, dtype=FLOAT, device=CPU)


def config_of(kind: str) -> RecurrentConfig | CellConfig:
    return CellConfig(kind, 3, 4) if kind in CELLS else RecurrentConfig(kind, 3, 4)


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_a_call_takes_its_arguments_by_name(kind: str) -> None:
    config = config_of(kind)
    input = TensorLike((2, 3))
    run: Any = cells.forward if kind in CELLS else recurrent.forward
    assert drive(run(config=config, input=input, hx=None))[1] == drive(run(config, input))[1]
    with pytest.raises(TypeError):
        run(config, input, None, (2, 13))


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_no_dtype_is_compared_under_autocast(kind: str) -> None:
    config = replace(config_of(kind), dtype=FLOAT)
    input = TensorLike((2, 3), DOUBLE)
    assert [need.what for need in complaints(config, input)] == ["input.dtype"]
    assert complaints(config, input, autocast=True) == []
    if kind in ("GRU", "RNN"):
        packed_input = PackedLike(3, 2, dtype=DOUBLE)
        assert [need.what for need in complaints(config, packed_input)] == ["input.dtype"]
        assert complaints(config, packed_input, autocast=True) == []


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_weights_whose_dtype_is_not_known_have_one_that_weights_may_have(kind: str) -> None:
    config = config_of(kind)
    state = TensorLike((2, 4) if kind in CELLS else (1, 4), FLOAT)
    hx: Any = States((state, state)) if "LSTM" in kind else state
    (need,) = complaints(config, TensorLike((2, 3), "torch.int64"))
    assert (need.what, need.got, need.relation) == ("input.dtype", "torch.int64", "one of")
    assert complaints(config, TensorLike((2, 3), DOUBLE)) == []
    first = complaints(config, TensorLike((2, 3), DOUBLE), hx)[0]
    assert (first.what, first.subject, first.got, first.want) == ("state.dtype", "h_0", FLOAT, DOUBLE)
    assert first.raises is not None
    assert first.detail == {}


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_of_an_open_shape_only_the_last_axis_is_looked_at(kind: str) -> None:
    config = config_of(kind)
    wrong = TensorLike((5,), open=True)
    (need,) = complaints(config, wrong)
    assert (need.what, need.axis, need.got, need.want) == ("input.features", -1, 5, 3)
    assert complaints(config, TensorLike((), open=True)) == []
    for index in range(2 if "LSTM" in kind else 1):
        parts = [TensorLike((4,), open=True)] * 2
        parts[index] = wrong
        hx: Any = States(tuple(parts)) if "LSTM" in kind else parts[0]
        for input in (TensorLike((2, 3)), TensorLike((3,), open=True)):
            (need,) = complaints(config, input, hx)
            assert (need.what, need.subject, need.axis) == ("state.hidden", ("h_0", "c_0")[index], -1)
            assert (need.got, need.want) == (5, 4)
            assert need.raises is not None
            which = f"hidden[{index}]" if kind == "LSTM" else "hidden"
            text = f"Expected {which} size (1, 2, 4), got [1, 2, 5]"
            if kind in CELLS:
                text = f"hidden{index} has inconsistent hidden_size: got 5, expected 4"
            if input.open or kind in CELLS:
                assert need.raises.matches("RuntimeError", text)


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_last_axis_of_a_state_is_looked_at_where_the_input_is_open(kind: str, rank: int) -> None:
    config = config_of(kind)
    if rank == (3 if kind in CELLS else 1):
        return
    right, wrong = (TensorLike((*(1, 2, size)[3 - rank :],)) for size in (4, 5))
    for state, expected in ((right, []), (wrong, [("state.hidden", 5, 4)])):
        hx: Any = States((state, right)) if "LSTM" in kind else state
        found = complaints(config, TensorLike((3,), open=True), hx)
        assert [(need.what, need.got, need.want) for need in found] == expected


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_an_input_that_is_no_tensor_gives_an_open_result(kind: str) -> None:
    needs, result = drive(called(config_of(kind), OtherLike("list")))
    assert [(need.what, need.subject, need.got) for need in needs] == [("input.type", "input", "list")]
    expected: Any = CellResult((4,), (4,) if kind == "LSTMCell" else None, open=True)
    if kind in LAYERS:
        expected = Result((4,), (4,), (4,) if kind == "LSTM" else None, open=True)
    assert result == expected


@pytest.mark.parametrize("kind", LAYERS)
def test_a_known_result_is_not_open(kind: str) -> None:
    for input in (TensorLike((5, 2, 3)), TensorLike((5, 3)), PackedLike(3, 2)):
        _, result = drive(called(config_of(kind), input))
        assert result.open is False
        assert (result.packed is not None) is isinstance(input, PackedLike)


def test_a_tensor_for_two_states_is_taken_apart_where_nobody_looks() -> None:
    cases: list[tuple[Any, ...]] = [
        (CellConfig("LSTMCell", 3, 4), TensorLike((3,)), TensorLike((2, 4))),
        (CellConfig("LSTMCell", 3, 4), TensorLike((3,)), TensorLike((4,), open=True)),
        (RecurrentConfig("LSTM", 3, 4), TensorLike((5, 3)), TensorLike((2, 1, 4))),
    ]
    for config, input, hx in cases:
        found = complaints(config, input, hx)
        assert [(need.what, need.subject, need.got, need.raises) for need in found] == [
            ("state.type", "hx", "Tensor", None)
        ]
        assert found[0].detail == ACCEPTED
    # each row is then looked at as a state
    found = complaints(CellConfig("LSTMCell", 3, 4), TensorLike((3,)), TensorLike((2, 5)))
    assert [need.what for need in found] == ["state.type", "state.hidden"]
    found = complaints(RecurrentConfig("LSTM", 3, 4), TensorLike((5, 3)), TensorLike((2, 1, 5)))
    assert [need.what for need in found] == ["state.hidden"]


def test_a_tensor_for_two_states_is_refused_where_torch_looks() -> None:
    found = complaints(RecurrentConfig("LSTM", 3, 4), TensorLike((5, 2, 3)), TensorLike((2, 1, 2, 4)))
    assert [(need.what, need.got, need.detail) for need in found] == [("state.type", "Tensor", {})]
    assert found[0].raises is not None
    text = "lstm() received an invalid combination of arguments - got (Tensor, Tensor, list, bool, int, float)"
    assert found[0].raises.matches("TypeError", text)


def test_a_tensor_without_axes_for_two_states() -> None:
    for config, input, type_name, text in (
        (RecurrentConfig("LSTM", 3, 4), TensorLike((5, 3)), "IndexError", "invalid index of a 0-dim tensor. Use ..."),
        (CellConfig("LSTMCell", 3, 4), TensorLike((3,)), "TypeError", "iteration over a 0-d tensor"),
    ):
        (need,) = complaints(config, input, TensorLike(()))
        assert (need.what, need.got) == ("state.type", "Tensor")
        assert need.raises is not None
        assert need.raises.matches(type_name, text)


def test_one_state_where_two_are_taken() -> None:
    for container in ("tuple", "list"):
        (need,) = complaints(CellConfig("LSTMCell", 3, 4), TensorLike((3,)), States((TensorLike((4,)),), container))
        assert (need.what, need.got, need.want, need.detail) == ("state.count", 1, 2, {})
        assert need.raises is not None
        assert need.raises.matches("IndexError", f"{container} index out of range")


def test_which_words_a_wrong_dtype_of_a_state_gets() -> None:
    def said(config: RecurrentConfig, dtype: str) -> Raises:
        state = TensorLike((1, 2, 4), dtype, CPU)
        hx: Any = States((state, state)) if config.kind == "LSTM" else state
        found = complaints(config, TensorLike((5, 2, 3), config.dtype, CPU), hx)[0]
        assert (found.what, found.got) == ("state.dtype", dtype)
        assert found.raises is not None
        return found.raises

    both = "mat1 and mat2 must have the same dtype, but got Double and Float"
    gru = replace(LSTM, kind="GRU")
    assert said(gru, DOUBLE).text == both
    other = said(replace(gru, bias=0), DOUBLE)
    assert other.matches("RuntimeError", "expected m1 and m2 to have the same dtype, but got: double != float")
    assert said(replace(gru, bias=dims.guard("bias")), DOUBLE).matches("RuntimeError", "either")
    # oneDNN runs an LSTM of float32 on the CPU
    unsupported = "get_mkldnn_dtype: unsupported data type"
    assert said(LSTM, DOUBLE).text == said(LSTM, "torch.int64").text == unsupported
    refused = (
        "could not create a primitive descriptor for the LSTM forward propagation primitive. Run workload with ..."
    )
    assert said(LSTM, "torch.bfloat16").matches("RuntimeError", refused)
    assert said(replace(LSTM, dtype=DOUBLE), FLOAT).matches("RuntimeError", "whatever the kernel says")


@pytest.mark.parametrize(
    ("config", "input", "h", "c"),
    [
        (replace(LSTM, proj_size=2), (5, 2, 3), (1, 2, 2), (1, 2, 4)),
        (replace(LSTM, proj_size=dims.symbol("proj", 2, 3)), (5, 2, 3), (1, 2, 2), (1, 2, 4)),
        (LSTM, (5, 0, 3), (1, 0, 4), (1, 0, 4)),
    ],
)
def test_onednn_runs_no_projection_and_no_empty_batch(
    config: RecurrentConfig, input: tuple[int, ...], h: tuple[int, ...], c: tuple[int, ...]
) -> None:
    states = States(tuple(TensorLike(shape, DOUBLE, CPU) for shape in (h, c)))
    needs, _ = drive(called(config, TensorLike(input, FLOAT, CPU), states))
    first, second = (need for need in needs if need.what == "state.dtype")
    assert first.raises is not None
    assert first.raises.matches("RuntimeError", "whatever the kernel says")
    # the update of the cell promotes
    assert (second.raises, second.detail) == (None, UNDEFINED)


def test_a_projection_of_a_gru_makes_every_call_raise() -> None:
    config = replace(LSTM, kind="GRU", proj_size=2)
    (need,) = complaints(config, TensorLike((5, 2, 3), FLOAT, CPU), TensorLike((1, 2, 2), FLOAT, CPU))
    assert (need.what, need.got, need.want) == ("call.projection", 2, 0)
    assert need.raises is not None
    assert need.raises.matches("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (2x2 and 4x12)")


def test_a_third_state_is_left_alone_where_the_input_is_not_batched() -> None:
    state = TensorLike((4,))
    (need,) = complaints(CellConfig("LSTMCell", 3, 4), TensorLike((3,)), States((state,) * 3))
    assert (need.what, need.got, need.want, need.raises, need.detail) == ("state.count", 3, 2, None, ACCEPTED)
    state = TensorLike((1, 4))
    (need,) = complaints(RecurrentConfig("LSTM", 3, 4), TensorLike((5, 3)), States((state,) * 3))
    assert (need.what, need.got, need.want, need.raises, need.detail) == ("state.count", 3, 2, None, ACCEPTED)


@pytest.mark.parametrize(
    ("kind", "input", "state", "outcome"),
    [
        ("RNNCell", (3,), (4, 4), "undefined"),
        ("GRUCell", (3,), (5, 4), "hidden0 has inconsistent hidden_size: got 5, expected 4"),
        ("GRUCell", (2, 3), (4,), "Input batch size 2 doesn't match hidden0 batch size 4"),
        ("GRUCell", (4, 3), (4,), "Dimension out of range (expected to be in range of [-1, 0], but got 1)"),
    ],
)
def test_a_state_of_the_other_rank_is_never_right(
    kind: str, input: tuple[int, ...], state: tuple[int, ...], outcome: str
) -> None:
    need = complaints(CellConfig(kind, 3, 4), TensorLike(input), TensorLike(state))[0]
    assert (need.what, need.subject, need.got, need.want) == ("state.rank", "h_0", len(state), len(input))
    if outcome == "undefined":
        assert need.raises is None
        assert need.detail == UNDEFINED
    else:
        assert need.raises is not None
        assert need.raises.text == outcome


def test_a_third_state_that_is_no_tensor_is_named() -> None:
    state = TensorLike((1, 2, 4))
    for third, text in (
        (OtherLike("NoneType"), "expected Tensor as element 2 in argument 1, but got NoneType"),
        (state, "lstm expects two hidden states"),
    ):
        (need,) = complaints(RecurrentConfig("LSTM", 3, 4), TensorLike((5, 2, 3)), States((state, state, third)))
        assert (need.what, need.got, need.detail) == ("state.count", 3, {})
        assert need.raises is not None
        assert need.raises.text == text


@pytest.mark.parametrize(("index", "subject"), [(0, "h_0"), (1, "c_0"), (2, "hx"), (3, "hx")])
def test_the_state_of_an_lstm_cell_that_is_none_is_named(index: int, subject: str) -> None:
    config, input, right = CellConfig("LSTMCell", 3, 4), TensorLike((2, 3)), TensorLike((2, 4))
    for wrong, what, text in (
        (OtherLike("NoneType"), "state.type", "'NoneType' object has no attribute 'dim'"),
        (TensorLike((2, 4, 1)), "state.rank", f"LSTMCell: Expected hx[{index}] to be 1D or 2D, got 3D instead"),
    ):
        items: list[Any] = [right, right, right, right]
        items[index] = wrong
        first = complaints(config, input, States(tuple(items)))[0]
        assert (first.what, first.subject) == (what, subject)
        assert first.raises is not None
        assert first.raises.text == text


@pytest.mark.parametrize(("index", "subject"), [(0, "h_0"), (1, "c_0")])
def test_the_state_of_an_lstm_that_is_none_is_named(index: int, subject: str) -> None:
    items: list[Any] = [TensorLike((1, 2, 4)), TensorLike((1, 2, 4))]
    items[index] = OtherLike("NoneType")
    first = complaints(RecurrentConfig("LSTM", 3, 4), TensorLike((5, 2, 3)), States(tuple(items)))[0]
    assert (first.what, first.subject, first.detail) == ("state.type", subject, {"position": index})
    assert first.raises is not None
    assert first.raises.text == "'NoneType' object has no attribute 'dim'"


def test_the_second_state_of_an_lstm_may_have_another_dtype() -> None:
    right, wrong = TensorLike((2, 4), FLOAT), TensorLike((2, 4), DOUBLE)
    (need,) = complaints(CellConfig("LSTMCell", 3, 4, dtype=FLOAT), TensorLike((2, 3), FLOAT), States((right, wrong)))
    assert (need.what, need.subject, need.raises, need.detail) == ("state.dtype", "c_0", None, ACCEPTED)


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@pytest.mark.parametrize("axes", [(4,), (2, 4), (1, 2, 4), (1, 1, 2, 4)])
def test_of_a_state_of_another_rank_at_most_the_last_axis_is_compared(kind: str, axes: tuple[int, ...]) -> None:
    input = TensorLike((2, 3)) if kind in CELLS else TensorLike((5, 2, 3))
    if len(axes) == (2 if kind in CELLS else 3):
        return
    state = TensorLike(axes)
    needs, _ = drive(called(config_of(kind), input, States((state, state)) if "LSTM" in kind else state))
    assert "state.rank" in [need.what for need in needs if not holds(need)]
    compared = [(need.what, need.axis, need.got, need.want) for need in needs if need.axis is not None]
    last = [("state.hidden", -1, 4, 4)] * (2 if kind == "LSTM" else 1)
    features = [("input.features", 1 if kind in CELLS else 2, 3, 3)]
    length = [] if kind in CELLS else [("input.length", 0, 5, 1)]
    assert compared == [*features, *([] if kind in CELLS else last), *length]


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_another_device_is_refused(kind: str) -> None:
    config = replace(config_of(kind), device=CPU)
    (need,) = complaints(config, TensorLike((2, 3), device="cuda:0"))
    assert need.what == "input.device"
    assert need.raises is not None
    text = "Input and parameter tensors are not at the same device, found input tensor at cuda:0"
    assert need.raises.matches("RuntimeError", f"{text} and parameter tensor at cpu")
    assert need.raises.exact is (kind in LAYERS)
