"""What is stated of packing and padding beside torch's words. Needs no torch."""

from __future__ import annotations

import pytest

from lstmcheck import dims
from lstmcheck.contract import packed
from lstmcheck.contract.needs import holds
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.values import OtherLike, TensorLike
from lstmcheck.testing.verdicts import drive, expect

UNDEFINED, ACCEPTED = {"outcome": "undefined"}, {"outcome": "accepted"}
FLOAT, DOUBLE, CPU = "torch.float32", "torch.float64", "cpu"


@pytest.mark.parametrize("enforce_sorted", [True, False, None])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_empty_axis_of_what_is_packed_is_named(axis: int, enforce_sorted: bool | None) -> None:
    shape = [2, 1, 3]
    shape[axis] = 0
    needs, _ = drive(packed.pack_padded_sequence(TensorLike(tuple(shape)), Lengths((2,)), 0, enforce_sorted))
    found = [need.axis for need in needs if need.what == "pack.input.empty" and not holds(need)]
    assert found == [axis]
    needs, _ = drive(packed.pack_padded_sequence(TensorLike((0,), open=True), Lengths((2,)), 0, True))
    assert [need.axis for need in needs if need.what == "pack.input.empty"] == [-1]


@pytest.mark.parametrize(
    ("lengths", "enforce_sorted", "expected"),
    [
        ((2, 1), True, (3, 2, 2)),
        ((1, 2), False, (3, 2, 2)),
        ((2,), False, (2, 2, 1)),
        ((2, 1), None, (3, 2, 2)),
    ],
)
def test_the_rows_of_a_pack_are_its_lengths(
    lengths: tuple[int, ...], enforce_sorted: bool | None, expected: tuple[int, int, int]
) -> None:
    _, pack = drive(packed.pack_padded_sequence(TensorLike((4, 2, 3)), Lengths(lengths), 0, enforce_sorted))
    assert (pack.rows, pack.seq_len, pack.batch) == expected
    assert (pack.features, pack.sorted, pack.lengths, pack.data_rank) == (3, enforce_sorted, lengths, 2)


def test_lengths_of_which_only_the_number_is_known() -> None:
    needs, pack = drive(packed.pack_padded_sequence(TensorLike((4, 2, 3)), Lengths(count=3)))
    assert [(need.what, need.got, need.want) for need in needs if not holds(need)] == [("pack.lengths.count", 3, 2)]
    assert (pack.batch, pack.lengths, dims.bounds(pack.rows)) == (2, None, (1, None))
    _, pack = drive(packed.pack_padded_sequence(TensorLike((4, 2, 5, 3)), Lengths(count=2)))
    assert (pack.data_rank, pack.inner, pack.features) == (3, (5,), 3)


@pytest.mark.parametrize("enforce_sorted", [True, False, None])
def test_each_length_is_held_against_the_time_axis(enforce_sorted: bool | None) -> None:
    for batch_first, shape in ((0, (4, 2, 3)), (1, (2, 4, 3))):
        found = expect(
            packed.pack_padded_sequence(TensorLike(shape), Lengths((6, 5)), batch_first, enforce_sorted)
        ).complaints
        assert [(need.what, need.subject, need.got, need.want) for need in found] == [
            ("pack.lengths.within", "lengths", 6, 4),
            ("pack.lengths.within", "lengths", 5, 4),
        ]
        assert all(need.detail == UNDEFINED and need.raises is None for need in found)


def test_lengths_that_are_no_whole_numbers_are_cast() -> None:
    lengths = Lengths((2, 1), device=CPU, dtype=DOUBLE)
    (need,) = expect(packed.pack_padded_sequence(TensorLike((4, 2, 3)), lengths)).complaints
    assert (need.what, need.got, need.raises) == ("pack.lengths.dtype", DOUBLE, None)
    assert need.detail == {**ACCEPTED, "cast": "Double"}
    lengths = Lengths((2, 1), device="cuda:0", dtype="torch.int64")
    (need,) = expect(packed.pack_padded_sequence(TensorLike((4, 2, 3)), lengths)).complaints
    assert (need.what, need.got, need.want) == ("pack.lengths.device", "cuda", "cpu")
    assert need.raises is not None
    assert need.raises.text == "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda Long tensor"


def test_what_cannot_be_packed_or_unpacked_is_open() -> None:
    _, pack = drive(packed.pack_padded_sequence(OtherLike("list"), Lengths((1,))))
    assert dims.bounds(pack.features) == dims.bounds(pack.batch) == (1, None)
    _, pack = drive(packed.pack_padded_sequence(TensorLike((3,)), Lengths((1,))))
    assert (pack.features, dims.bounds(pack.batch)) == (3, (1, None))
    _, pack = drive(packed.pack_padded_sequence(TensorLike((), open=True), Lengths((1,))))
    assert dims.bounds(pack.features) == dims.bounds(pack.batch) == (1, None)
    _, pack = drive(packed.pack_padded_sequence(TensorLike((2, 3), open=True), Lengths((1,))))
    assert (pack.features, dims.bounds(pack.batch)) == (3, (1, None))
    _, padded = drive(packed.pad_packed_sequence(OtherLike("list")))
    assert padded.output == TensorLike((), open=True)
    assert (len(padded.lengths.shape), padded.lengths.dtype, padded.lengths.device) == (1, "torch.int64", CPU)
    assert dims.bounds(padded.lengths.shape[0]) == (1, None)
    assert drive(packed.unpad_sequence(TensorLike((3,)), Lengths((1,))))[1] == ()
    assert drive(packed.unpad_sequence(TensorLike((3, 2)), Lengths(count=2)))[1] == ()
    assert drive(packed.pad_sequence([]))[1] == TensorLike((), open=True)
    some = [TensorLike((2, 3), FLOAT, CPU), TensorLike((), FLOAT, CPU, open=True)]
    assert drive(packed.pad_sequence(some))[1] == TensorLike((), FLOAT, CPU, open=True)


def test_the_sequence_that_does_not_fit_is_named() -> None:
    first = TensorLike((4, 3))
    for wrong, what, axis, raised, detail in (
        (TensorLike((2, 5)), "pad.sequence.trailing", 1, True, {}),
        (TensorLike((2, 1)), "pad.sequence.trailing", 1, False, ACCEPTED),
        (TensorLike((2, 0)), "pad.sequence.trailing", 1, True, {}),
        (TensorLike((2,)), "pad.sequence.rank", None, False, UNDEFINED),
        (TensorLike((2, 3, 1)), "pad.sequence.rank", None, True, {}),
    ):
        (need,) = expect(packed.pad_sequence([first, first, wrong])).complaints
        assert (need.what, need.subject, need.axis) == (what, "sequences[2]", axis)
        assert (need.raises is not None) is raised
        assert need.detail == detail
    found = expect(packed.pad_sequence([first, TensorLike(())])).complaints
    assert [(need.what, need.subject) for need in found] == [("pad.sequence.rank", "sequences[1]")]
    assert found[0].raises is not None
    assert found[0].raises.matches("IndexError", "whatever torch says of it")


def test_unpadding_turns_the_callers_own_tensor() -> None:
    (need,) = expect(packed.unpad_sequence(TensorLike((4, 2, 3)), Lengths((4, 2)))).complaints
    assert (need.what, need.raises, need.detail) == ("pad.unpad.transposes", None, ACCEPTED)
    assert expect(packed.unpad_sequence(TensorLike((2, 4, 3)), Lengths((4, 2)), 1)).complaints == []
    _, found = drive(packed.unpad_sequence(TensorLike((2, 4, 3)), Lengths((4, 2)), 1))
    assert [one.shape for one in found] == [(4, 3), (2, 3)]


def test_without_a_word_lengths_have_to_fall_and_time_comes_first() -> None:
    rising = [TensorLike((2, 3)), TensorLike((4, 3))]
    for run in (packed.pack_sequence(rising), packed.pack_padded_sequence(TensorLike((4, 2, 3)), Lengths((2, 4)))):
        assert [need.what for need in expect(run).complaints] == ["pack.lengths.sorted"]
    assert drive(packed.pad_sequence(rising))[1].shape == (4, 2, 3)
    assert drive(packed.pack_sequence(rising[::-1]))[1].sorted is True
    pack = drive(packed.pack_padded_sequence(TensorLike((4, 2, 3)), Lengths((4, 2))))[1]
    padded = drive(packed.pad_packed_sequence(pack))[1]
    assert (padded.output.shape, padded.lengths.shape) == ((4, 2, 3), (2,))


@pytest.mark.parametrize(("enforce_sorted", "count"), [(True, 1), (True, 3), (False, 1), (False, 3), (None, 3)])
def test_how_many_lengths_there_are_is_told_of_their_only_axis(enforce_sorted: bool | None, count: int) -> None:
    run = packed.pack_padded_sequence(TensorLike((4, 2, 3)), Lengths((2,) * count), 0, enforce_sorted)
    (need,) = expect(run).complaints
    assert (need.what, need.subject, need.axis, need.got, need.want) == ("pack.lengths.count", "lengths", 0, count, 2)
    assert (need.raises is None) is (enforce_sorted is False and count < 2)
    needs, _ = drive(packed.pack_padded_sequence(TensorLike((4, 2, 3)), Lengths(()), 0, False))
    empty = [need for need in needs if need.what == "pack.input.empty" and need.subject == "lengths"]
    assert [(need.axis, need.got, need.want) for need in empty] == [(0, 0, 1)]


@pytest.mark.parametrize(
    ("shape", "batch_first", "type_name", "text"),
    [
        ((4, 0, 3), 0, "RuntimeError", "index_select(): self indexing axis dim should be positive"),
        ((0, 4, 3), 1, "RuntimeError", "index_select(): self indexing axis dim should be positive"),
        ((4, 1, 3), 0, "RuntimeError", "INDICES element is out of DATA bounds, id=1 axis_dim=1"),
        ((1, 4, 3), 1, "IndexError", "index out of range in self"),
        ((1, 4, 0), 1, "RuntimeError", "INDICES element is out of DATA bounds, id=1 axis_dim=1"),
    ],
)
def test_what_more_lengths_than_samples_raise(
    shape: tuple[int, ...], batch_first: int, type_name: str, text: str
) -> None:
    run = packed.pack_padded_sequence(TensorLike(shape), Lengths((2, 2)), batch_first, False)
    refused = expect(run).refused
    assert refused is not None
    assert refused.what == "pack.lengths.count"
    assert refused.raises is not None
    assert refused.raises.matches(type_name, text)


def test_what_is_no_tensor_cannot_be_packed_whatever_the_order() -> None:
    named = "_pack_padded_sequence(): argument 'input' (position 1) must be Tensor, not list"
    for enforce_sorted, type_name, text in (
        (True, "TypeError", named),
        (None, "TypeError", named),
        (False, "AttributeError", "'list' object has no attribute 'device'"),
    ):
        refused = expect(packed.pack_padded_sequence(OtherLike("list"), Lengths((1,)), 0, enforce_sorted)).refused
        assert refused is not None
        assert refused.raises is not None
        assert refused.raises.matches(type_name, text)
