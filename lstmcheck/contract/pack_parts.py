"""What the parts of a PackedSequence that is put together by hand require of each other.

`data` (rows, *) holds the steps one after another, `batch_sizes` (seq_len,) how many sequences reach each step: the
most first, and as many rows as they add up to. `sorted_indices` and `unsorted_indices` (batch,) are permutations, one
the inverse of the other. The constructor looks at next to nothing of this; what follows was read off torch 2.13 in
child processes (tests/contract/test_pack_parts.py): a layer raises in words of its own or drops rows, and
`pad_packed_sequence` may write past the end of its memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from lstmcheck.contract.needs import Need, Raises, Relation, Requirements
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.values import OtherLike
from lstmcheck.dims import Dim

_UNDEFINED = {"outcome": "undefined"}
_ACCEPTED = {"outcome": "accepted"}


@dataclass(frozen=True)
class Parts:
    """The parts of a PackedSequence: rows of `data` where they are known, and what stands beside it."""

    rows: Dim | None
    sizes: Lengths | OtherLike
    sorted_indices: Lengths | None = None
    unsorted_indices: Lengths | None = None


def packed_sequence(parts: Parts) -> Requirements[None]:
    """What a PackedSequence of these parts requires; the first two needs are the constructor's own."""
    sizes = parts.sizes
    if isinstance(sizes, OtherLike):
        text = f"'{sizes.type_name}' object has no attribute 'device'"
        raises = Raises("AttributeError", text)
        yield _need("parts.sizes.type", sizes.type_name, ("Tensor",), relation="one of", raises=raises)
        return
    on_cpu = Raises("ValueError", "batch_sizes should always be on CPU. ", exact=False)
    yield _need("parts.sizes.device", sizes.device.split(":")[0] if sizes.device else None, "cpu", raises=on_cpu)
    yield _need("parts.sizes.rank", sizes.rank, 1, detail=_UNDEFINED)
    yield _need("parts.sizes.integers", sizes.dtype, ("torch.int64",), relation="one of", detail=_UNDEFINED)
    yield _need("parts.sizes.empty", sizes.size, 1, relation="at least", detail=_UNDEFINED)
    values = sizes.values
    if not values:
        return
    yield _need("parts.sizes.sorted", values, "decreasing", relation="sorted", detail=_UNDEFINED)
    yield _need("parts.sizes.negative", values[-1], 0, relation="at least", detail=_UNDEFINED)
    total = sum(values)
    # too few rows are missed, too many are left out
    yield _need("parts.rows", parts.rows, total, relation="at least", detail=_UNDEFINED, subject="data")
    yield _need("parts.rows", parts.rows, total, detail=_ACCEPTED, subject="data")
    yield from _indices(parts, values[0])


def _indices(parts: Parts, batch: Dim) -> Requirements[None]:
    first, second = parts.sorted_indices, parts.unsorted_indices
    for name, given in (("sorted_indices", first), ("unsorted_indices", second)):
        if given is None:
            continue
        yield _need("parts.indices.count", given.size, batch, detail=_ACCEPTED, subject=name)
        known = _ints(given)
        if known is not None:
            expected = tuple(range(len(known)))
            yield _need("parts.indices.order", tuple(sorted(known)), expected, detail=_UNDEFINED, subject=name)
    order, back = _ints(first), _ints(second)
    if order is not None and back is not None and sorted(order) == list(range(len(order))):
        inverse = tuple(order.index(sample) for sample in range(len(order)))
        yield _need("parts.indices.inverse", back, inverse, detail=_ACCEPTED, subject="unsorted_indices")


def _ints(given: Lengths | None) -> tuple[int, ...] | None:
    """Indices that are known as plain numbers."""
    if given is None or given.values is None:
        return None
    known = tuple(value for value in given.values if isinstance(value, int))
    return known if len(known) == len(given.values) else None


def _need(
    what: str,
    got: object,
    want: object,
    *,
    relation: Relation = "equal",
    raises: Raises | None = None,
    detail: dict[str, str] | None = None,
    subject: str = "batch_sizes",
) -> Need:
    return Need(what, got, want, relation, subject, raises=raises, detail=dict(detail or {}))
