"""torch.nn.utils.rnn: packing and padding, driven through the contract."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lstmcheck.contract import pack_parts
from lstmcheck.contract import packed as contract
from lstmcheck.contract.needs import Need
from lstmcheck.contract.values import OtherLike, PackedLike, TensorLike
from lstmcheck.dims import Dim, Verdict, select, symbol
from lstmcheck.infer.joins import is_dim, is_truth, truth_dim
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.common import (
    anything,
    as_tuple,
    derived,
    fresh,
    is_number,
    many,
    usual_rank,
    with_rank,
    without,
)
from lstmcheck.infer.values import Items, Packed, Role, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_PATH = "torch.nn.utils.rnn."


def drive(
    m: Machine,
    requirements: Generator[Need, None, Any],
    role: Role | None,
    first: Dim | None = None,
    sizes: Sequence[Dim] = (),
    silent: bool = False,
) -> tuple[Any, bool]:
    """Run a contract function, report the first need that is never met; its result, and whether all may be met.

    `first` and `sizes` are batch_first and the sizes of what is packed, which a need tells on. `silent` asks for what
    torch accepts too.
    """
    met = True
    try:
        need = next(requirements)
        while True:
            told = (None,) if silent else (None, "accepted")
            if met and (need.raises is not None or need.detail.get("outcome") not in told):
                if isinstance(first, int):
                    need = replace(need, detail={**need.detail, "batch_first": bool(first), "sizes": tuple(sizes)})
                met = m.need(need, layer=role.layer if role is not None else None) is not Verdict.NE
            need = requirements.send(None)
    except StopIteration as stop:
        return stop.value, met


def _flag(value: Value) -> Dim | None:
    if is_truth(value):
        return truth_dim(value)
    if isinstance(value, Unknown) and value.kind in (None, "bool"):
        return value.as_truth()
    return value if isinstance(value, int) else None


def _dtype(name: str | None) -> str | None:
    return None if name is None else f"torch.{name}"


def _plain(name: str | None) -> str | None:
    return None if name is None else name.removeprefix("torch.")


def _like(x: Tensor) -> TensorLike:
    if x.shape.open:
        return TensorLike(x.shape.right, _dtype(x.dtype), x.device, open=True)
    return TensorLike(x.shape.left, _dtype(x.dtype), x.device)


def _lengths(m: Machine, value: Value) -> contract.Lengths:
    """Lengths as the contract sees them."""
    if isinstance(value, Items):
        known = many(m, value, m.dim) if value.whole and all(_countable(one) for one in value.head) else None
        if known is not None and value.whole:
            return contract.Lengths(tuple(known), rank=1)
        return contract.Lengths(None, value.length, rank=1)
    if isinstance(value, Tensor) and not value.vague:
        count = value.shape.at(0) if value.shape.rank == 1 else None
        return contract.Lengths(value.state.get("values"), count, value.shape.rank, value.device, _dtype(value.dtype))
    return contract.Lengths(None, None, rank=None)


def _countable(value: Value) -> bool:
    return (is_number(value) and not isinstance(value, (float, complex))) or isinstance(value, Unknown)


@op(f"{_PATH}pack_padded_sequence", takes="input, lengths, batch_first=False, enforce_sorted=True")
def pack_padded_sequence(
    m: Machine, input: Value, lengths: Value, batch_first: Value = False, enforce_sorted: Value = True
) -> Value | None:
    m.meet()
    first = _flag(batch_first)
    in_order = enforce_sorted if isinstance(enforce_sorted, bool) else None
    if isinstance(input, (Items, Packed)):
        kind = "PackedSequence" if isinstance(input, Packed) else input.kind
        drive(m, contract.pack_padded_sequence(OtherLike(kind), _lengths(m, lengths), 0, in_order), input.role)
        return Packed(None, None)
    x = m.tensor(input)
    if x is None:
        return Packed(None, None)
    given = _lengths(m, lengths)
    if first is None or x.shape.open:
        return _packed_open(m, x, given, first, in_order)
    found, _ = drive(m, contract.pack_padded_sequence(_like(x), given, first, in_order), x.role, first, x.shape.left)
    made = _packed(found, x)
    if isinstance(lengths, Items) and not lengths.whole and not lengths.head and is_dim(lengths.rest):
        # `[steps] * batch`: every length is the longest
        made.seq_len = lengths.rest
    return made


def _packed_open(m: Machine, x: Tensor, given: contract.Lengths, first: Dim | None, in_order: bool | None) -> Value:
    """A padded batch of unknown rank: (batch, time, features) in any program that feeds a recurrent layer."""
    sizes = with_rank(x, 3)
    if x.shape.open and (first is None or sizes is None):
        made = Packed(x.shape.last, given.size, None, x.dtype, derived(x.role))
    elif sizes is not None and first is not None:
        found, _ = drive(
            m, contract.pack_padded_sequence(TensorLike(sizes, _dtype(x.dtype)), given, first, in_order), x.role, first
        )
        return _packed(found, x)
    else:
        made = Packed(x.shape.last, given.size, None, x.dtype, derived(x.role))
    made.sorted = in_order
    return made


def _packed(found: PackedLike, x: Tensor) -> Packed:
    made = Packed(found.features if found.data_rank > 1 else None, found.batch, found.seq_len, x.dtype, derived(x.role))
    made.sorted = found.sorted
    return made


@op(f"{_PATH}PackedSequence", takes="data, batch_sizes=None, sorted_indices=None, unsorted_indices=None")
def packed_sequence(
    m: Machine, data: Value, batch_sizes: Value = None, sorted_indices: Value = None, unsorted_indices: Value = None
) -> Value | None:
    """A pack that is put together by hand; `PackedSequence((data, batch_sizes))` is the old way to write it."""
    m.meet()
    if batch_sizes is None or isinstance(data, (Items, Packed)):
        return Packed(None, None)
    x = m.tensor(data)
    rows = x.shape.left[0] if x is not None and not x.shape.open and x.shape.left else None
    sizes: contract.Lengths | OtherLike | None = _part(m, batch_sizes)
    if isinstance(batch_sizes, Items) and batch_sizes.kind in ("tuple", "list"):
        sizes = OtherLike(batch_sizes.kind)
    batch: Dim | None = None
    steps: Dim | None = None
    if sizes is not None:
        given = (_part(m, sorted_indices), _part(m, unsorted_indices))
        role = x.role if x is not None else None
        drive(m, pack_parts.packed_sequence(pack_parts.Parts(rows, sizes, *given)), role, silent=True)
    if isinstance(sizes, contract.Lengths):
        batch, steps = sizes.values[0] if sizes.values else None, sizes.size
    if x is None:
        return Packed(None, batch, steps)
    made = Packed(x.shape.last, batch, steps, x.dtype, derived(x.role))
    made.sorted = True if sorted_indices is None and unsorted_indices is None else None
    return made


def _part(m: Machine, value: Value) -> contract.Lengths | None:
    """A part of a pack where it surely is a tensor."""
    return _lengths(m, value) if isinstance(value, Tensor) and not value.vague and not value.shape.open else None


@op(f"{_PATH}pad_packed_sequence", takes="sequence, batch_first=False, padding_value=0.0, total_length=None")
def pad_packed_sequence(
    m: Machine, sequence: Value, batch_first: Value = False, padding_value: Value = 0.0, total_length: Value = None
) -> Value | None:
    first, total = _flag(batch_first), None if total_length is None else m.dim(total_length)
    if isinstance(sequence, Packed):
        source = _packed_like(sequence)
        if total_length is not None and total is None:
            total = fresh("total_length")
        found, _ = drive(m, contract.pad_packed_sequence(source, 0 if first is None else first, total), sequence.role)
        shape = closed(*found.output.shape)
        if sequence.features is None:
            shape = Shape(shape.left[:2], (), True)
        if first is None:
            shape = Shape((), shape.left[2:], True, 3) if not shape.open else Shape((), (), True)
        # A recurrent layer's output stays one when it is padded.
        out = Tensor(shape, sequence.dtype, name="output", role=sequence.role)
        return as_tuple(out, Tensor(closed(*found.lengths.shape), "int64", "cpu"))
    wrong = _not_packed(sequence)
    if wrong is not None:
        drive(m, contract.pad_packed_sequence(wrong), getattr(sequence, "role", None))
        return None
    x = sequence if isinstance(sequence, Tensor) else None
    role = x.role if x is not None else None
    last = x.shape.last if x is not None else None
    batch, length = symbol("batch", 0), symbol("seq_len", 1)
    if first is None:
        shape = Shape((), () if last is None else (last,), True, 3)
    else:
        rows = (select(first, batch, length), select(first, length, batch))
        shape = Shape(rows, (), True) if last is None else closed(*rows, last)
    return as_tuple(
        Tensor(shape, x.dtype if x else None, name="output", role=role), Tensor(closed(batch), "int64", "cpu")
    )


def _not_packed(value: Value) -> TensorLike | OtherLike | None:
    if isinstance(value, Items) and value.kind in ("tuple", "list"):
        return OtherLike(value.kind)
    if isinstance(value, Tensor) and not value.vague:
        return _like(value)
    return None


def _packed_like(packed: Packed) -> PackedLike:
    return PackedLike(
        packed.features if packed.features is not None else symbol("features", 1),
        packed.batch if packed.batch is not None else symbol("batch", 1),
        seq_len=packed.seq_len if packed.seq_len is not None else symbol("seq_len", 1),
        dtype=_dtype(packed.dtype),
        sorted=packed.sorted,
    )


@op(f"{_PATH}pack_sequence", takes="sequences, enforce_sorted=True")
def pack_sequence(m: Machine, sequences: Value, enforce_sorted: Value = True) -> Value | None:
    parts = many(m, sequences, m.tensor)
    in_order = enforce_sorted if isinstance(enforce_sorted, bool) else None
    if parts is None:
        element = _element(m, sequences)
        count = sequences.length if isinstance(sequences, Items) else None
        made = Packed(element.shape.last if element is not None else None, count, None)
        made.sorted = in_order
        return made
    role = next((part.role for part in parts if part.role is not None), None)
    found, _ = drive(m, contract.pack_sequence([_like(part) for part in parts], in_order), role)
    return _packed(found, parts[0]) if parts and isinstance(found, PackedLike) else Packed(None, None)


@op(f"{_PATH}pad_sequence", takes="sequences, batch_first=False, padding_value=0.0, padding_side='right'")
def pad_sequence(
    m: Machine,
    sequences: Value,
    batch_first: Value = False,
    padding_value: Value = 0.0,
    padding_side: Value = "right",
) -> Value | None:
    first = _flag(batch_first)
    parts = many(m, sequences, m.tensor)
    if parts and first is not None:
        role = next((part.role for part in parts if part.role is not None), None)
        found, _ = drive(m, contract.pad_sequence([_like(part) for part in parts], first), role)
        if not found.open:
            return Tensor(closed(*found.shape), _plain(found.dtype), parts[0].device, role=derived(role))
    element = _element(m, sequences)
    if element is None or first is None:
        return anything(element)
    count = sequences.length if isinstance(sequences, Items) else symbol("batch", 0)
    length = symbol("seq_len", 0)
    rows = (select(first, count, length), select(first, length, count))
    rank = element.shape.rank
    if rank is None:
        steps = without(element.shape, 0, usual_rank(element))
        return Tensor(Shape(rows, steps.right, True), element.dtype, element.device)
    return Tensor(closed(*rows, *element.shape.left[1:]), element.dtype, element.device)


def _element(m: Machine, sequences: Value) -> Tensor | None:
    """What every element of a sequence of tensors is like."""
    if not isinstance(sequences, Items):
        return None
    elements = [*sequences.head[:1], *([] if sequences.whole else [sequences.rest])]
    found = [m.tensor(one) for one in elements]
    if len(found) == 2 and found[0] is not None and found[1] is not None and found[0].shape != found[1].shape:
        a, b = found[0].shape, found[1].shape
        if a.rank is None or a.rank != b.rank or found[0].dtype != found[1].dtype:
            return None
        sizes = (size if size == other else fresh("size") for size, other in zip(a.left, b.left))
        return Tensor(closed(*sizes), found[0].dtype, found[0].device)
    return found[-1] if found else None


@op(f"{_PATH}unpad_sequence", takes="padded_sequences, lengths, batch_first=False")
def unpad_sequence(m: Machine, padded_sequences: Value, lengths: Value, batch_first: Value = False) -> Value | None:
    x = m.tensor(padded_sequences)
    if x is None or x.shape.open or len(x.shape.left) < 2:
        return None
    first = _flag(batch_first)
    batch = symbol("batch", 0) if first is None else select(first, x.shape.left[0], x.shape.left[1])
    element = Tensor(closed(fresh("length"), *x.shape.left[2:]), x.dtype, x.device, role=derived(x.role))
    return Items("list", (), element, batch)
