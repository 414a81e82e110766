"""The contract of a pack's parts against torch: what it accepts runs, what it calls broken does not."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstmcheck.contract import pack_parts
from lstmcheck.contract.needs import Need, holds
from lstmcheck.runtime import describe
from lstmcheck.testing.verdicts import observe

FEATURES = 3
LAYERS = [
    nn.LSTM(FEATURES, 4),
    nn.LSTM(FEATURES, 4, proj_size=2),
    nn.LSTM(FEATURES, 4, bidirectional=True),
    nn.GRU(FEATURES, 4, num_layers=2),
    nn.RNN(FEATURES, 4),
]
REFUSED = {"parts.sizes.sorted", "parts.sizes.negative", "parts.sizes.integers", "parts.sizes.empty"}
"""What no layer gets through; `parts.rows` where there are too few."""


def unmet(parts: tuple[torch.Tensor | None, ...]) -> list[Need]:
    return [need for need in pack_parts.packed_sequence(describe.parts_of(parts)) if not holds(need)]


@st.composite
def drawn(draw: st.DrawFn) -> tuple[torch.Tensor | None, ...]:
    sizes = draw(st.lists(st.integers(-1 if not draw(st.integers(0, 9)) else 1, 4), max_size=4))
    if draw(st.integers(0, 3)):
        sizes.sort(reverse=True)
    rows = max(0, sum(sizes) + draw(st.sampled_from((0,) * 4 + (-1, 1))))
    dtype = draw(st.sampled_from((torch.int64,) * 9 + (torch.int32, torch.float32)))
    batch = max(0, sizes[0]) if sizes else 0
    order = draw(st.permutations(range(batch)))
    back = [order.index(sample) for sample in range(batch)]
    if draw(st.integers(0, 3)) == 0:
        back = draw(st.lists(st.integers(0, 3), min_size=batch, max_size=batch + 1))
    indices = (torch.tensor(order), torch.tensor(back)) if draw(st.booleans()) and batch else (None, None)
    return torch.randn(rows, FEATURES), torch.tensor(sizes, dtype=dtype), *indices


@given(drawn())
def test_packs_by_hand(parts: tuple[torch.Tensor | None, ...]) -> None:
    found = unmet(parts)
    what = {need.what for need in found}
    few = any(need.what == "parts.rows" and need.relation == "at least" for need in found)
    packed = PackedSequence(*parts)  # type: ignore[arg-type]
    for layer in LAYERS:
        seen = observe(lambda layer=layer: layer(packed))
        if what & REFUSED or few:
            assert seen.raised, (layer, found)
        elif not found:
            assert not seen.raised, (layer, seen)
            output = seen.value[0]
            assert observe(lambda output=output: pad_packed_sequence(output)).raised == ""


@pytest.mark.parametrize(
    ("sizes", "what", "error"),
    [([3, 2, 1], "parts.sizes.type", AttributeError), (torch.ones(3, device="meta"), "parts.sizes.device", ValueError)],
)
def test_what_the_constructor_refuses(sizes: object, what: str, error: type[Exception]) -> None:
    data = torch.zeros(6, FEATURES)
    first = unmet((data, sizes, None, None))[0]  # type: ignore[arg-type]
    assert first.what == what
    assert first.raises is not None
    with pytest.raises(error) as caught:
        PackedSequence(data, sizes)  # type: ignore[arg-type]
    assert first.raises.matches(type(caught.value).__name__, str(caught.value))


UNDEFINED, ACCEPTED = {"outcome": "undefined"}, {"outcome": "accepted"}


@pytest.mark.parametrize(
    ("sizes", "rows", "order", "back", "expected"),
    [
        ([3, 2, 1], 6, [1, 2, 0], [2, 0, 1], []),
        ([3, 2, 1], 6, None, None, []),
        ([3, 2, 1], 5, None, None, [("parts.rows", "data", UNDEFINED), ("parts.rows", "data", ACCEPTED)]),
        ([3, 2, 1], 7, None, None, [("parts.rows", "data", ACCEPTED)]),
        ([1, 2], 3, None, None, [("parts.sizes.sorted", "batch_sizes", UNDEFINED)]),
        ([[1, 1]], 2, None, None, [("parts.sizes.rank", "batch_sizes", UNDEFINED)]),
        ([2, 1], 3, [1, 0, 2], [1, 0], [("parts.indices.count", "sorted_indices", ACCEPTED)]),
        ([2, 1], 3, [1, 1], [1, 0], [("parts.indices.order", "sorted_indices", UNDEFINED)]),
        ([3, 2, 1], 6, [1, 2, 0], [1, 2, 0], [("parts.indices.inverse", "unsorted_indices", ACCEPTED)]),
    ],
)
def test_what_is_said_of_the_parts(
    sizes: list[int],
    rows: int,
    order: list[int] | None,
    back: list[int] | None,
    expected: list[tuple[str, str, dict[str, str]]],
) -> None:
    indices = (None if given is None else torch.tensor(given) for given in (order, back))
    found = unmet((torch.zeros(rows, FEATURES), torch.tensor(sizes), *indices))
    told = [(need.what, need.subject, need.detail) for need in found]
    assert [one for one in told if one in expected] == expected
    assert {what for what, _, _ in told} <= {what for what, _, _ in expected} | {"parts.indices.inverse"}
