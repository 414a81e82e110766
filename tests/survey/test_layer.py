"""`lstmcheck shapes "nn.LSTM(...)"` against torch: tensors, weights, counts, refusals, and texts that are no layer."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.contract.arguments import CONSTRUCTORS
from lstmcheck.contract.cells import CellConfig
from lstmcheck.survey.layer import NotALayer, Reading, layer_shapes, looks_like_constructor, parsed_input
from lstmcheck.testing import strategies

SIZES = ("input_size", "hidden_size", "num_layers", "proj_size")
FLAGS = ("bias", "batch_first", "bidirectional")


def written(config: Any) -> str:
    """A constructor as somebody writes it."""
    parts = [f"{name}={getattr(config, name)}" for name in SIZES if hasattr(config, name)]
    parts += [f"{name}={bool(getattr(config, name))}" for name in FLAGS if hasattr(config, name)]
    if config.kind in ("RNN", "RNNCell"):
        parts.append(f"nonlinearity={config.nonlinearity!r}")
    return f"nn.{config.kind}({', '.join(part for part in parts if part != 'proj_size=0')})"


def shapes_of(reading: Reading) -> dict[str, tuple[int, ...]]:
    return {row.name: tuple(map(int, row.shape)) for row in reading.rows}


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@settings(max_examples=min(150, settings().max_examples), deadline=None)
@given(data=st.data())
def test_everything_is_as_torch_makes_it(kind: str, data: st.DataObject) -> None:
    config = data.draw(strategies.configs(kind))
    cell = isinstance(config, CellConfig)
    if cell and config.nonlinearity == "sigmoid":
        return
    text = written(config)
    module = eval(text, {"nn": torch.nn})
    ranks = (1, 2) if cell else (2, 3)
    sizes = [data.draw(st.integers(1, 4)) for _ in range(data.draw(st.sampled_from(ranks)) - 1)]
    input = torch.zeros(*sizes, config.input_size)
    shapes = layer_shapes(text, tuple(input.shape))
    assert not shapes.fails
    assert {row.name: tuple(map(int, row.shape)) for row in shapes.weights} == {
        name: tuple(value.shape) for name, value in module.state_dict().items()
    }
    assert shapes.parameters == sum(value.numel() for value in module.parameters())
    for reading in shapes.readings:
        if not reading.chosen:
            text = written(config).replace("batch_first=" + str(bool(config.batch_first)), "batch_first=True")
            text = text if not config.batch_first else text.replace("batch_first=True", "batch_first=False")
        told = shapes_of(reading)
        real = eval(text, {"nn": torch.nn})
        states = [torch.zeros(told[name]) for name in ("h_0", "c_0") if name in told]
        result = real(input, tuple(states) if "c_0" in told else states[0])
        if cell:
            found = dict(zip(("h_1", "c_1"), result if isinstance(result, tuple) else (result,)))
        else:
            last = result[1] if isinstance(result[1], tuple) else (result[1],)
            found = {"output": result[0], **dict(zip(("h_n", "c_n"), last))}
        assert {name: tuple(value.shape) for name, value in found.items()} == {name: told[name] for name in found}


def test_both_readings_and_the_one_without_a_batch() -> None:
    shapes = layer_shapes("nn.LSTM(10, 30, num_layers=2, bidirectional=True)", (100, 50, 10))
    assert [reading.chosen for reading in shapes.readings] == [True, False]
    first, other = map(shapes_of, shapes.readings)
    assert first["h_0"] == (4, 50, 30)
    assert other["h_0"] == (4, 100, 30)
    assert first["output"] == other["output"] == (100, 50, 60)
    named = layer_shapes("nn.LSTM(10, 30)")
    assert [row.shape for row in named.readings[0].rows[:1]] == [("L", "N", "10")]
    assert [row.shape for row in named.readings[-1].rows[:1]] == [("L", "10")]


def test_gates_stand_in_torchs_order() -> None:
    shapes = layer_shapes("nn.LSTM(4, 3, proj_size=2)")
    assert [gate for gate, _ in shapes.gates] == ["i", "f", "g", "o"]
    assert {row.name: row.gates for row in shapes.weights}["weight_hr_l0"] == ()
    assert layer_shapes("nn.RNN(4, 3)").gates == ()


@pytest.mark.parametrize(
    ("text", "input", "code"),
    [
        ("nn.LSTM(10, 30, dropout=2)", None, "LSTM103"),
        ("nn.GRU(10, 30, dropout=0.5)", None, "LSTM108"),
        ("nn.GRU(10, 30, hiden_size=4)", None, "LSTM101"),
        ("nn.GRU(10)", None, "LSTM101"),
        ("nn.RNN(10, 30)", (5, 3, 11), "LSTM223"),
        ("nn.RNN(10, 30)", (5, 3, 1, 10), "LSTM222"),
        ("nn.LSTMCell(10, 30)", (5, 11), "LSTM223"),
        ("nn.LSTM(10, 30, proj_size=30)", None, "LSTM106"),
    ],
)
def test_what_torch_refuses_has_our_code(text: str, input: tuple[int, ...] | None, code: str) -> None:
    shapes = layer_shapes(text, input)
    remarks = [*shapes.remarks, *(remark for reading in shapes.readings for remark in reading.remarks)]
    assert shapes.fails
    assert code in {remark.code for remark in remarks}
    assert str(shapes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((TypeError, ValueError, RuntimeError, UserWarning)):
            eval(text, {"nn": torch.nn})(torch.zeros(*(input or (1, 1, 1))))


@pytest.mark.parametrize(
    "text",
    [
        "nn.LSTM",
        "nn.LSTM(10",
        "nn.LTSM(1, 2)",
        "tf.LSTM(1, 2)",
        "nn.LSTM(n, 2)",
        "nn.LSTM(**k)",
        "nn.LSTM()(x)",
        "(",
        "",
    ],
)
def test_nonsense_is_told(text: str) -> None:
    with pytest.raises(NotALayer):
        layer_shapes(text)


@pytest.mark.parametrize("text", ["", "3,x", "3.5", "-1,2", ","])
def test_what_is_no_shape_is_told(text: str) -> None:
    with pytest.raises(NotALayer):
        parsed_input(text)


def test_sizes_may_be_written_as_products_and_shapes_with_brackets() -> None:
    assert layer_shapes("torch.nn.GRU(2 * 5, 4 + 2)").weights[0].shape == ("18", "10")
    assert parsed_input("(3, 4,5)") == (3, 4, 5)
    assert looks_like_constructor("GRU")
    assert not looks_like_constructor("model.py")
