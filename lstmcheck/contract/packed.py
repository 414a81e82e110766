"""What torch.nn.utils.rnn requires: packing and padding of sequences of different lengths.

Shapes: pack_padded_sequence takes (T, N, *) or (N, T, *) with batch_first and returns data (sum of lengths, *);
pad_packed_sequence returns (T, N, *) or (N, T, *) and lengths (N,) on the CPU. Source of fact: torch/nn/utils/rnn.py
of 2.13 and ATen/native/PackedSequence.cpp, held against torch by tests/contract/test_packed.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lstmcheck.contract.needs import Need, Raises, Relation, Requirements
from lstmcheck.contract.values import OtherLike, PackedLike, Shape, TensorLike, printed_type, scalar_name
from lstmcheck.dims import Dim, maximum, select, symbol
from lstmcheck.frozen import frozen


@frozen
class Lengths:
    """The lengths given to a packing function: `values` where each is known (as Dims), else only their `count`.

    A list has rank 1 and no device. `dtype` is a tensor's, or "float" for a list of floats.
    """

    values: Shape | None = None
    count: Dim | None = None
    rank: int | None = 1
    device: str | None = None
    dtype: str | None = None

    @property
    def size(self) -> Dim | None:
        """How many lengths there are."""
        return self.count if self.values is None else len(self.values)


@frozen
class Padded:
    """The result of pad_packed_sequence: the padded tensor and the lengths (N,), int64 on the CPU."""

    output: TensorLike
    lengths: TensorLike


def pack_padded_sequence(
    input: TensorLike | OtherLike,
    lengths: Lengths,
    batch_first: Dim = 0,
    enforce_sorted: bool | None = True,
) -> Requirements[PackedLike]:
    """What packing a padded batch requires, in torch's order; returns the packed sequence.

    `batch_first` may be a guard. `enforce_sorted` None (unknown) states only what both ways require.
    """
    if isinstance(input, OtherLike):
        yield Need(
            "pack.input.type",
            subject="input",
            got=input.type_name,
            want=("Tensor",),
            relation="one of",
            raises=_wrong_input(input.type_name, enforce_sorted),
        )
        return PackedLike(symbol("features", 1), symbol("batch", 1))
    rank = input.rank
    if enforce_sorted is not False:
        yield from _empty(input)
        yield from _lengths_form(lengths)
    yield Need(
        "pack.input.rank",
        subject="input",
        got=rank,
        want=2,
        relation="at least",
        raises=Raises("IndexError", "Dimension ", exact=False),
    )
    if rank is None or rank < 2:
        return PackedLike(input.shape[-1] if input.shape else symbol("features", 1), symbol("batch", 1))
    seq_len = select(batch_first, input.shape[1], input.shape[0])
    batch = select(batch_first, input.shape[0], input.shape[1])
    yield from _lengths_count(input, lengths, batch, batch_first, enforce_sorted)
    if enforce_sorted is False:
        yield from _empty(input)
        yield Need(
            "pack.input.empty",
            subject="lengths",
            axis=0,
            got=lengths.size,
            want=1,
            relation="at least",
            raises=Raises("RuntimeError", "Cannot pack empty tensors."),
        )
        yield from _lengths_form(lengths)
    yield from _lengths_values(lengths, seq_len, enforce_sorted)
    return _packed(input, lengths, batch, seq_len, enforce_sorted)


def _packed(input: TensorLike, lengths: Lengths, batch: Dim, seq_len: Dim, enforce_sorted: bool | None) -> PackedLike:
    inner = input.shape[2:-1]
    packed = PackedLike(
        features=input.shape[-1],
        batch=batch,
        dtype=input.dtype,
        device=input.device,
        sorted=enforce_sorted,
        data_rank=len(input.shape) - 1,
        inner=inner,
        lengths=lengths.values,
    )
    if lengths.values is None:
        return packed
    rows: Dim = 0
    longest: Dim = 0
    for value in lengths.values:
        rows, longest = rows + value, maximum(longest, value)
    return replace(packed, rows=rows, seq_len=longest, batch=batch if enforce_sorted else len(lengths.values))


def _wrong_input(type_name: str | None, enforce_sorted: bool | None) -> Raises:
    if enforce_sorted is False:
        return Raises("AttributeError", "'{got}' object has no attribute 'device'", {"got": printed_type(type_name)})
    return Raises(
        "TypeError",
        "_pack_padded_sequence(): argument 'input' (position 1) must be Tensor, not {got}",
        {"got": printed_type(type_name)},
    )


def _empty(input: TensorLike) -> Requirements[None]:
    for axis, size in enumerate(input.shape):
        yield Need(
            "pack.input.empty",
            subject="input",
            axis=axis if not input.open else axis - len(input.shape),
            got=size,
            want=1,
            relation="at least",
            raises=Raises("RuntimeError", "Cannot pack empty tensors."),
        )


def _lengths_form(lengths: Lengths) -> Requirements[None]:
    raises = Raises(
        "RuntimeError",
        "'lengths' argument should be a 1D CPU int64 tensor, but got {rank}D {device} Long tensor",
        {"rank": lengths.rank, "device": (lengths.device or "cpu").split(":")[0]},
    )
    yield Need("pack.lengths.rank", subject="lengths", got=lengths.rank, want=1, raises=raises)
    yield Need(
        "pack.lengths.device",
        subject="lengths",
        got=lengths.device.split(":")[0] if lengths.device else None,
        want="cpu",
        raises=raises,
    )
    yield Need(
        "pack.lengths.dtype",
        subject="lengths",
        got=lengths.dtype,
        want=_INTEGERS,
        relation="one of",
        detail={"outcome": "accepted", "cast": scalar_name(lengths.dtype)},
    )


def _too_many_selected(input: TensorLike, batch: Dim, batch_first: Dim) -> Raises:
    """What index_select says of an index beyond the end: another kernel runs for the first axis, unless empty."""
    if isinstance(batch, int) and batch == 0:
        return Raises("RuntimeError", "index_select(): self indexing axis dim should be positive")
    empty = any(isinstance(size, int) and size == 0 for size in input.shape)
    if isinstance(batch_first, int) and batch_first and not empty:
        return Raises("IndexError", "index out of range in self")
    return Raises("RuntimeError", "INDICES element is out of DATA bounds", exact=False)


_INTEGERS = ("int", "torch.int64", "torch.int32", "torch.int16", "torch.int8", "torch.uint8")


def count_error(got: Dim | None, batch: Dim) -> Raises:
    """What torch raises for `got` lengths of a batch, where they have to be sorted."""
    text = "Expected `len(lengths)` to be equal to batch_size, but got {got} (batch_size={want})"
    return Raises("RuntimeError", text, {"got": got, "want": batch})


def _lengths_count(
    input: TensorLike, lengths: Lengths, batch: Dim, batch_first: Dim, enforce_sorted: bool | None
) -> Requirements[None]:
    got = lengths.size
    if enforce_sorted is not False:
        raises = count_error(got, batch)
        # without enforce_sorted too many raise as well
        relation: Relation = "equal" if enforce_sorted else "at most"
        yield Need(
            "pack.lengths.count", subject="lengths", axis=0, got=got, want=batch, relation=relation, raises=raises
        )
        return
    yield Need(
        "pack.lengths.rank",
        subject="lengths",
        got=lengths.rank,
        want=1,
        relation="at most",
        raises=Raises("IndexError", "index_select(): Index is supposed to be a vector"),
    )
    # index_select takes len(lengths) rows of the batch: too many raise, too few drop samples in silence
    yield Need(
        "pack.lengths.count",
        subject="lengths",
        axis=0,
        got=got,
        want=batch,
        relation="at most",
        raises=_too_many_selected(input, batch, batch_first),
    )
    yield Need("pack.lengths.count", subject="lengths", axis=0, got=got, want=batch, detail={"outcome": "accepted"})


def _lengths_values(lengths: Lengths, seq_len: Dim, enforce_sorted: bool | None) -> Requirements[None]:
    values = lengths.values
    if not values:
        return
    text = "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
    # when sorted is enforced torch looks at the last length only, and the order proves the rest
    for value in values[-1:] if enforce_sorted is not False else values:
        yield Need(
            "pack.lengths.positive",
            subject="lengths",
            got=value,
            want=1,
            relation="at least",
            raises=Raises("RuntimeError", text),
        )
    if enforce_sorted is not False:
        yield Need(
            "pack.lengths.sorted",
            subject="lengths",
            got=values if enforce_sorted else None,
            want="decreasing",
            relation="sorted",
            raises=Raises(
                "RuntimeError",
                "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True.",
                exact=False,
            ),
        )
    for value in values:
        yield Need(
            "pack.lengths.within",
            subject="lengths",
            got=value,
            want=seq_len,
            relation="at most",
            detail={"outcome": "undefined"},
        )


def pad_packed_sequence(
    sequence: PackedLike | TensorLike | OtherLike,
    batch_first: Dim = 0,
    total_length: Dim | None = None,
) -> Requirements[Padded]:
    """What unpacking requires, in torch's order; returns the padded tensor and its lengths."""
    if not isinstance(sequence, PackedLike):
        type_name = "Tensor" if isinstance(sequence, TensorLike) else sequence.type_name
        yield Need(
            "pad.input.type",
            subject="sequence",
            got=type_name,
            want=("PackedSequence",),
            relation="one of",
            raises=Raises(
                "AttributeError",
                "'{got}' object has no attribute 'batch_sizes'",
                {"got": printed_type(type_name)},
            ),
        )
        return Padded(TensorLike((), open=True), TensorLike((symbol("batch", 1),), "torch.int64", "cpu"))
    length = sequence.seq_len
    if total_length is not None:
        yield Need(
            "pad.total_length",
            subject="total_length",
            got=total_length,
            want=length,
            relation="at least",
            raises=Raises(
                "ValueError",
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                "total_length={got} and max sequence length being {want}",
                {"got": total_length, "want": length},
            ),
        )
        length = total_length
    batch = sequence.batch
    shape = (
        select(batch_first, batch, length),
        select(batch_first, length, batch),
        *sequence.data_shape[1:],
    )
    return Padded(TensorLike(shape, sequence.dtype, sequence.device), TensorLike((batch,), "torch.int64", "cpu"))


def pad_sequence(sequences: Sequence[TensorLike], batch_first: Dim = 0) -> Requirements[TensorLike]:
    """What padding a list of (L_i, *) tensors requires; returns (T, N, *), or (N, T, *) with batch_first."""
    yield Need(
        "pad.sequence.count",
        subject="sequences",
        got=len(sequences),
        want=1,
        relation="at least",
        raises=Raises("RuntimeError", "received an empty list of sequences"),
    )
    if not sequences:
        return TensorLike((), open=True)
    first = sequences[0]
    for index, sequence in enumerate(sequences):
        yield Need(
            "pad.sequence.rank",
            subject=f"sequences[{index}]",
            got=sequence.rank,
            want=1,
            relation="at least",
            raises=Raises("IndexError", "", exact=False),
        )
    if any(not sequence.shape or sequence.open for sequence in sequences):
        return TensorLike((), first.dtype, first.device, open=True)
    longest = first.shape[0]
    for index, sequence in enumerate(sequences[1:], 1):
        longest = maximum(longest, sequence.shape[0])
        yield from _like_the_first(index, sequence.shape, first.shape)
    count = len(sequences)
    shape = (select(batch_first, count, longest), select(batch_first, longest, count), *first.shape[1:])
    return TensorLike(shape, first.dtype, first.device)


def _like_the_first(index: int, got: Shape, want: Shape) -> Requirements[None]:
    """Every sequence is copied into a slice shaped as the first: an axis of 1, or a missing one, is broadcast."""
    subject = f"sequences[{index}]"
    refused = Raises("RuntimeError", "", exact=False)
    more = len(got) > len(want)
    yield Need(
        "pad.sequence.rank",
        subject=subject,
        got=len(got),
        want=len(want),
        raises=refused if more else None,
        detail={} if more else {"outcome": "undefined"},
    )
    if len(got) != len(want):
        return
    for axis in range(1, len(want)):
        broadcast = isinstance(got[axis], int) and got[axis] == 1
        yield Need(
            "pad.sequence.trailing",
            subject=subject,
            axis=axis,
            got=got[axis],
            want=want[axis],
            raises=None if broadcast else refused,
            detail={"outcome": "accepted"} if broadcast else {},
        )


def pack_sequence(sequences: Sequence[TensorLike], enforce_sorted: bool | None = True) -> Requirements[PackedLike]:
    """What packing a list of (L_i, *) tensors requires; returns the packed sequence."""
    padded = yield from pad_sequence(sequences)
    lengths = Lengths(tuple(sequence.shape[0] for sequence in sequences if sequence.shape), device="cpu")
    return (yield from pack_padded_sequence(padded, lengths, 0, enforce_sorted))


def unpad_sequence(padded: TensorLike, lengths: Lengths, batch_first: Dim = 0) -> Requirements[tuple[TensorLike, ...]]:
    """What unpad_sequence requires; returns one (L_i, *) tensor a sample where the lengths are known.

    With batch_first False it transposes the caller's own tensor in place: `pad.unpad.transposes`.
    """
    yield Need(
        "pad.unpad.rank",
        subject="padded_sequences",
        got=padded.rank,
        want=2,
        relation="at least",
        raises=Raises("IndexError", "", exact=False),
    )
    yield Need(
        "pad.unpad.transposes",
        subject="padded_sequences",
        got=batch_first,
        want=1,
        detail={"outcome": "accepted"},
    )
    if padded.rank is None or padded.rank < 2:
        return ()
    batch = select(batch_first, padded.shape[0], padded.shape[1])
    yield Need(
        "pad.unpad.count",
        subject="lengths",
        got=lengths.size,
        want=batch,
        raises=Raises("ValueError", "zip() argument 2 is ", exact=False),
    )
    return tuple(replace(padded, shape=(value, *padded.shape[2:])) for value in lengths.values or ())
