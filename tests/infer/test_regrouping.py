"""What a view does to axes, as sizes tell: which of the old ones each of the new ones is made of, and what moved."""

from __future__ import annotations

import pytest

from lstmcheck.dims import Dim, symbol
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.views import regroup
from lstmcheck.infer.project import Project

B, L, H = symbol("batch", 1), symbol("seq_len", 1), symbol("hidden", 1)

Groups = list[tuple[list[int], list[int]]]
Moved = tuple[int, int, int] | None

VIEWS: list[tuple[str, tuple[Dim, ...], tuple[Dim, ...], Groups, Moved]] = [
    ("merged", (B, L, H), (B * L, H), [([0, 1], [0]), ([2], [1])], None),
    ("split", (B * L, H), (B, L, H), [([0], [0, 1]), ([1], [2])], None),
    ("exchanged", (B, L, H), (L, B, H), [([2], [2])], (0, 1, 0)),
    ("two pairs exchanged", (2, 6, 5, 10), (6, 2, 10, 5), [([0, 1], [0, 1]), ([2, 3], [2, 3])], (0, 1, 0)),
    ("heads before the steps", (4, 6), (2, 4, 3), [([0, 1], [0, 1, 2])], (0, 1, 0)),
    ("heads of another number", (4, 6), (5, 4, 7), [], None),
    ("a third axis between", (4, 3, 6), (2, 12, 3), [([0, 1, 2], [0, 1, 2])], None),
    ("three made two", (4, 3, 6), (2, 36), [([0, 1, 2], [0, 1])], None),
    ("the middle one first", (4, 2, 9), (2, 36), [([0, 1, 2], [0, 1])], (0, 1, 0)),
    ("not of one number", (4, 3), (5, 7), [], None),
]


@pytest.mark.parametrize(("name", "old", "new", "groups", "moved"), VIEWS, ids=[row[0] for row in VIEWS])
def test_a_view(
    name: str,
    old: tuple[Dim, ...],
    new: tuple[Dim, ...],
    groups: Groups,
    moved: Moved,
) -> None:
    found = regroup(Machine(Project([], [])), old, new)
    assert found.groups == groups
    assert found.moved == moved
