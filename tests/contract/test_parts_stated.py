"""What is said of a pack's parts that are known, and in which order. Needs no torch."""

from __future__ import annotations

from typing import Any

import pytest

from lstmcheck.contract.needs import Need, holds
from lstmcheck.contract.pack_parts import Parts, packed_sequence
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.values import OtherLike

UNDEFINED, ACCEPTED = {"outcome": "undefined"}, {"outcome": "accepted"}


def whole(*values: int, **changed: Any) -> Lengths:
    """A tensor of whole numbers on the CPU."""
    return Lengths(**{"values": values, "device": "cpu", "dtype": "torch.int64", **changed})


def told(parts: Parts) -> list[tuple[str, str]]:
    return [(need.what, need.subject) for need in complaints(parts)]


def complaints(parts: Parts) -> list[Need]:
    return [need for need in packed_sequence(parts) if not holds(need)]


SIZES = whole(3, 2, 1)
COUNT, ORDER, INVERSE = "parts.indices.count", "parts.indices.order", "parts.indices.inverse"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (Parts(6, SIZES), []),
        (Parts(None, SIZES), []),
        (Parts(6, SIZES, whole(1, 2, 0), whole(2, 0, 1)), []),
        (Parts(6, SIZES, None, whole(2, 0, 1)), []),
        (Parts(6, SIZES, whole(1, 2, 0)), []),
        (Parts(6, Lengths(count=3, device="cpu", dtype="torch.int64")), []),
        (Parts(5, SIZES), [("parts.rows", "data"), ("parts.rows", "data")]),
        (Parts(7, SIZES), [("parts.rows", "data")]),
        (Parts(3, whole(1, 2)), [("parts.sizes.sorted", "batch_sizes")]),
        (Parts(2, whole(3, -1)), [("parts.sizes.negative", "batch_sizes")]),
        (Parts(3, whole(3, 0)), []),
        (Parts(2, whole(2, rank=2)), [("parts.sizes.rank", "batch_sizes")]),
        (Parts(2, whole(2, dtype="torch.int32")), [("parts.sizes.integers", "batch_sizes")]),
        (Parts(0, whole()), [("parts.sizes.empty", "batch_sizes")]),
        (Parts(2, whole(2), whole(1, 0, 2), whole(1, 0, 2)), [(COUNT, "sorted_indices"), (COUNT, "unsorted_indices")]),
        (Parts(3, whole(2, 1), whole(1, 1), whole(1, 0)), [(ORDER, "sorted_indices")]),
        (Parts(3, whole(2, 1), whole(1, 0), whole(1, 1)), [(ORDER, "unsorted_indices"), (INVERSE, "unsorted_indices")]),
        (Parts(6, SIZES, whole(1, 2, 0), whole(1, 2, 0)), [(INVERSE, "unsorted_indices")]),
        (Parts(6, SIZES, Lengths(count=3), whole(1, 2, 0)), []),
        (Parts(6, SIZES, Lengths(count=2)), [(COUNT, "sorted_indices")]),
        (Parts(6, SIZES, None, Lengths(count=2)), [(COUNT, "unsorted_indices")]),
    ],
)  # fmt: skip
def test_what_is_said_of_the_parts(parts: Parts, expected: list[tuple[str, str]]) -> None:
    assert told(parts) == expected


def test_what_comes_of_it() -> None:
    few, many = complaints(Parts(5, SIZES)), complaints(Parts(7, SIZES))
    assert [(need.relation, need.got, need.want, need.detail) for need in few] == [
        ("at least", 5, 6, UNDEFINED),
        ("equal", 5, 6, ACCEPTED),
    ]
    assert [(need.got, need.want, need.detail) for need in many] == [(7, 6, ACCEPTED)]
    assert not any(need.raises for need in (*few, *many))


@pytest.mark.parametrize(
    ("sizes", "what", "type_name", "text"),
    [
        (OtherLike("list"), "parts.sizes.type", "AttributeError", "'list' object has no attribute 'device'"),
        (
            whole(2, device="cuda:0"),
            "parts.sizes.device",
            "ValueError",
            "batch_sizes should always be on CPU. Instead got device cuda:0",
        ),
    ],
)
def test_what_the_constructor_refuses(sizes: Lengths | OtherLike, what: str, type_name: str, text: str) -> None:
    first = complaints(Parts(2, sizes))[0]
    assert first.what == what
    assert first.raises is not None
    assert first.raises.matches(type_name, text)
