"""What a difference between the contract and torch is written as, for the one who has to look into it."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.contract.values import TensorLike
from lstmcheck.dims import symbol
from lstmcheck.testing.real import real
from lstmcheck.testing.verdicts import Expected, Observed

REFUSED = Need("input.rank", 4, (2, 3), raises=Raises("RuntimeError", "Expected 2D or 3D, got {got}D", {"got": 4}))


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Observed(value=3), "accepted, 3"),
        (Observed(raised="ValueError", text="no"), "ValueError: no"),
        (Observed(signal=11), "killed by signal 11"),
        (Expected(result=3), "accepted, 3"),
        (Expected(refused=REFUSED), "input.rank: RuntimeError: Expected 2D or 3D, got 4D"),
    ],
)
def test_a_verdict_is_one_line(verdict: Observed | Expected, text: str) -> None:
    assert str(verdict) == text


def test_no_tensor_is_made_of_sizes_that_have_names() -> None:
    assert real(TensorLike((2, 3))).shape == (2, 3)
    with pytest.raises(TypeError, match="is symbolic"):
        real(TensorLike((2, symbol("batch"))))
