"""What a view asks of strides, held against torch."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstmcheck.contract.strides import INCOMPATIBLE, row_major, view
from lstmcheck.dims import Dim, symbol

SIZES = st.lists(st.sampled_from((0, 1, 1, 2, 2, 3, 4)), min_size=1, max_size=5)


def same(a: Dim, b: Dim) -> bool | None:
    return a == b if isinstance(a, int) and isinstance(b, int) else (True if a == b else None)


@st.composite
def laid_out(draw: st.DrawFn) -> torch.Tensor:
    """A tensor of any sizes and strides, overlapping ones too."""
    sizes = draw(SIZES)
    if draw(st.booleans()):
        order = draw(st.permutations(range(len(sizes))))
        cut = [draw(st.sampled_from((0, 0, 0, 1))) for _ in sizes]
        whole = torch.empty([sizes[axis] + cut[axis] for axis in order])
        for at, axis in enumerate(order):
            whole = whole.narrow(at, 0, sizes[axis])
        return whole.permute([order.index(axis) for axis in range(len(sizes))])
    strides = [draw(st.integers(0, 12)) for _ in sizes]
    return torch.empty(200).as_strided(sizes, strides)


@st.composite
def regrouped(draw: st.DrawFn, count: int) -> list[int]:
    """Sizes of so many elements."""
    if count == 0:
        sizes = [draw(st.integers(0, 3)) for _ in range(draw(st.integers(1, 4)))]
        return [0, *sizes]
    sizes = []
    while count > 1 and len(sizes) < 5:
        factor = draw(st.sampled_from([n for n in range(1, count + 1) if count % n == 0]))
        sizes.append(factor)
        count //= factor
    return [*sizes, count]


@given(st.data(), laid_out())
def test_a_view_is_possible_where_torch_takes_it(data: st.DataObject, x: torch.Tensor) -> None:
    new = data.draw(regrouped(x.numel()))
    found = view(tuple(x.shape), x.stride(), new, same)
    if found.possible is False:
        assert found.apart is not None
        assert found.apart[0] < found.apart[1]
        with pytest.raises(RuntimeError) as raised:
            x.view(new)
        assert str(raised.value) == INCOMPATIBLE.text
        return
    assert found.possible is True
    made = x.view(new)
    if x.numel():
        longer = [axis for axis, size in enumerate(new) if size > 1]
        assert [found.strides[axis] for axis in longer] == [made.stride(axis) for axis in longer]


@given(SIZES)
def test_contiguous_strides(sizes: list[int]) -> None:
    if math.prod(sizes):
        assert row_major(sizes) == torch.empty(sizes).stride()


def test_what_is_not_known_stays_open() -> None:
    batch, hidden = symbol("batch", 1), symbol("hidden", 1)
    sizes = batch, 2, hidden
    assert view(sizes, row_major(sizes), (batch, 2 * hidden), same).possible is True
    # two rows of a state that are put beside each other: possible where the batch is 1
    assert view(sizes, (hidden, batch * hidden, 1), (batch, 2 * hidden), same).possible is None
