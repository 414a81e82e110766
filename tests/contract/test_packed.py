"""The contract of torch.nn.utils.rnn against torch: the same verdict, text and shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils import rnn

from lstmcheck.contract import packed
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.values import OtherLike, TensorLike
from lstmcheck.testing import strategies
from lstmcheck.testing.real import SAMPLES, shape_of, tensor
from lstmcheck.testing.real import packed as real_packed
from lstmcheck.testing.verdicts import Expected, disagreement, expect, observe

FLOAT = "torch.float32"
simple = settings(max_examples=min(1_000, settings().max_examples))


@st.composite
def padded(draw: st.DrawFn) -> TensorLike:
    shape = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    if not draw(st.integers(0, 9)):
        shape = draw(st.lists(st.integers(0, 3), min_size=2, max_size=4))
    return TensorLike(tuple(shape), FLOAT, "cpu")


@st.composite
def lengths(draw: st.DrawFn, batch: int, seq_len: int) -> tuple[Any, Lengths]:
    """(what torch is given, its description)."""
    count = batch + draw(st.sampled_from((0,) * 8 + (-1, 1)))
    low = draw(st.sampled_from((1,) * 8 + (-1,)))
    values = draw(st.lists(st.integers(low, max(seq_len, 1)), min_size=max(count, 0), max_size=max(count, 0)))
    if draw(st.booleans()):
        values.sort(reverse=True)
    form = draw(st.sampled_from(("list", "tensor", "float", "2-D", "0-D")[: draw(st.sampled_from((2, 2, 2, 5)))]))
    known = tuple(values)
    if form == "list":
        return values, Lengths(known, device="cpu")
    if form == "2-D":
        return torch.tensor([values]), Lengths(known, rank=2, device="cpu")
    if form == "0-D":
        return torch.tensor(2), Lengths(count=1, rank=0, device="cpu")
    given_dtype = torch.float64 if form == "float" else torch.int64
    return torch.tensor(values, dtype=given_dtype), Lengths(known, device="cpu", dtype=str(given_dtype))


@given(data=st.data())
def test_pack_padded_sequence(data: st.DataObject) -> None:
    input = data.draw(padded())
    batch_first, enforce_sorted = data.draw(st.booleans()), data.draw(st.booleans())
    axes = (*input.shape, 1, 1)[:2]
    batch, seq_len = axes if batch_first else reversed(axes)
    assert isinstance(batch, int)
    assert isinstance(seq_len, int)
    given_lengths, described = data.draw(lengths(batch, seq_len))
    expected = expect(packed.pack_padded_sequence(input, described, int(batch_first), enforce_sorted))
    observed = observe(lambda: rnn.pack_padded_sequence(tensor(input), given_lengths, batch_first, enforce_sorted))
    result = expected.result
    if result is None or observed.raised:
        assert not disagreement(expected, observed)
        return
    value = observed.value
    assert tuple(value.data.shape) == result.data_shape
    assert int(value.batch_sizes[0]) == result.batch
    assert len(value.batch_sizes) == result.seq_len
    assert (value.sorted_indices is None) == result.sorted


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("type_name", ["tuple", "list", "NoneType", "int", "str"])
def test_packing_no_tensor(type_name: str, enforce_sorted: bool) -> None:
    expected = expect(packed.pack_padded_sequence(OtherLike(type_name), Lengths((1,)), 0, enforce_sorted))
    observed = observe(lambda: rnn.pack_padded_sequence(SAMPLES[type_name], [1], False, enforce_sorted))
    assert expected.refused is not None
    assert not disagreement(expected, observed)


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_packing_one_axis(batch_first: bool, enforce_sorted: bool) -> None:
    described = TensorLike((3,), FLOAT, "cpu")
    expected = expect(packed.pack_padded_sequence(described, Lengths((1,)), int(batch_first), enforce_sorted))
    observed = observe(lambda: rnn.pack_padded_sequence(torch.zeros(3), [1], batch_first, enforce_sorted))
    assert expected.refused is not None
    assert expected.refused.what == "pack.input.rank"
    assert not disagreement(expected, observed)


def test_a_length_beyond_the_end_makes_an_inconsistent_pack() -> None:
    made = rnn.pack_padded_sequence(torch.zeros(3, 2, 1), [5, 2])
    assert int(made.batch_sizes.sum()) != len(made.data)
    expected = expect(packed.pack_padded_sequence(TensorLike((3, 2, 1)), Lengths((5, 2))))
    assert [need.what for need in expected.unmet] == ["pack.lengths.within"]


def test_too_few_lengths_drop_samples() -> None:
    made = rnn.pack_padded_sequence(torch.zeros(3, 4, 1), [2, 3], enforce_sorted=False)
    assert int(made.batch_sizes[0]) == 2
    expected = expect(packed.pack_padded_sequence(TensorLike((3, 4, 1)), Lengths((2, 3)), 0, False))
    assert [need.what for need in expected.unmet] == ["pack.lengths.count"]
    assert expected.result.batch == 2


@simple
@given(data=st.data())
def test_pad_packed_sequence(data: st.DataObject) -> None:
    config = data.draw(strategies.layer_configs("GRU", dtypes=(FLOAT,)))
    sequence = data.draw(strategies.packed_inputs(config))
    sequence = replace(sequence, data_rank=data.draw(st.sampled_from((1, 2, 2, 2))))
    total = data.draw(st.none() | st.integers(1, 6))
    batch_first = data.draw(st.booleans())
    expected = expect(packed.pad_packed_sequence(sequence, int(batch_first), total))
    shapes = None
    if expected.result is not None:
        shapes = expected.result.output.shape, expected.result.lengths.shape
    observed = observe(
        lambda: shape_of(rnn.pad_packed_sequence(real_packed(sequence), batch_first, total_length=total))
    )
    assert not disagreement(Expected(expected.refused, shapes, expected.unmet), observed)


@pytest.mark.parametrize("type_name", ["tuple", "list", "NoneType", "int"])
def test_padding_what_was_never_packed(type_name: str) -> None:
    expected = expect(packed.pad_packed_sequence(OtherLike(type_name)))
    assert not disagreement(expected, observe(lambda: rnn.pad_packed_sequence(SAMPLES[type_name])))
    expected = expect(packed.pad_packed_sequence(TensorLike((2, 3))))
    never_packed: Any = torch.zeros(2, 3)
    assert not disagreement(expected, observe(lambda: rnn.pad_packed_sequence(never_packed)))


@st.composite
def sequences(draw: st.DrawFn) -> list[TensorLike]:
    trailing = draw(st.lists(st.integers(1, 3), max_size=2))
    out = [TensorLike((draw(st.integers(1, 4)), *trailing), FLOAT, "cpu") for _ in range(draw(st.integers(0, 4)))]
    if out and not draw(st.integers(0, 4)):
        index = draw(st.integers(0, len(out) - 1))
        out[index] = replace(out[index], shape=(2, *draw(st.lists(st.integers(2, 4), max_size=2))))
    return out


@simple
@given(sequences(), st.booleans())
def test_pad_sequence(given_sequences: list[TensorLike], batch_first: bool) -> None:
    expected = expect(packed.pad_sequence(given_sequences, int(batch_first)))
    shape = expected.result.shape if expected.result is not None else None
    observed = observe(lambda: shape_of(rnn.pad_sequence([tensor(one) for one in given_sequences], batch_first)))
    assert not disagreement(Expected(expected.refused, shape, expected.unmet), observed)


@simple
@given(sequences(), st.booleans())
def test_pack_sequence(given_sequences: list[TensorLike], enforce_sorted: bool) -> None:
    expected = expect(packed.pack_sequence(given_sequences, enforce_sorted))
    shape = expected.result.data_shape if expected.result is not None else None
    observed = observe(lambda: shape_of(rnn.pack_sequence([tensor(one) for one in given_sequences], enforce_sorted)))
    assert not disagreement(Expected(expected.refused, shape, expected.unmet), observed)


@simple
@given(padded(), st.booleans(), st.data())
def test_unpad_sequence(input: TensorLike, batch_first: bool, data: st.DataObject) -> None:
    axes = (*input.shape, 1, 1)[:2]
    batch, seq_len = axes if batch_first else reversed(axes)
    assert isinstance(batch, int)
    assert isinstance(seq_len, int)
    count = batch + data.draw(st.sampled_from((0, 0, 0, 1)))
    values = tuple(data.draw(st.lists(st.integers(0, seq_len), min_size=count, max_size=count)))
    expected = expect(packed.unpad_sequence(input, Lengths(values), int(batch_first)))
    shapes = None if expected.result is None else tuple(one.shape for one in expected.result)
    real = tensor(input)
    observed = observe(lambda: shape_of(rnn.unpad_sequence(real, torch.tensor(values, dtype=torch.int64), batch_first)))
    assert not disagreement(Expected(expected.refused, shapes, expected.unmet), observed)
    transposed = tuple(real.shape) != input.shape
    if transposed:
        assert "pad.unpad.transposes" in [need.what for need in expected.unmet]
