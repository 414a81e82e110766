"""What the algebra gives up: each limit is where it is said to be, and what lies beyond is open, never wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lstmcheck import dims
from lstmcheck.dims import Dim, Facts, Poly, TooComplex, Verdict, compare, guard, symbol

HIDDEN, WIDTH = symbol("hidden", 1), symbol("width")
BOTH = guard("bidirectional")


def sum_of(count: int) -> Dim:
    return sum((symbol(f"s{number}") for number in range(count)), start=0)


def powers(count: int) -> Dim:
    """1 + w + w*w + ..., each once as it is and once under a condition."""
    found, power = 0, 1
    for _ in range(count):
        found, power = found + power, power * WIDTH
    return found * (1 + BOTH)


def product_of(count: int) -> Dim:
    size: Dim = 1
    for number in range(count):
        size = size * symbol(f"s{number}")
    return size


def halved(size: Dim, times: int) -> Dim:
    for _ in range(times):
        size = dims.floordiv(size + 1, 2)
    return size


@pytest.mark.parametrize(
    ("made", "most"),
    [
        (sum_of, 32),
        (product_of, 16),
        (lambda count: halved(WIDTH, count), 1_024),
        (lambda count: HIDDEN * (1 << count), 127),
        (lambda count: HIDDEN * -(1 << count), 127),
        (lambda count: HIDDEN * ((1 << count) - 1) + WIDTH, 128),
        (lambda count: (HIDDEN + WIDTH) * (1 << count), 127),
        (lambda count: (1 << count) * HIDDEN * ((1 << 64) * WIDTH), 63),
    ],
    ids=["terms", "factors", "parts", "power of two", "negative", "sum", "of a sum", "of a product"],
)
def test_a_size_is_exact_up_to_a_limit(made: Callable[[int], Dim], most: int) -> None:
    assert isinstance(made(most), Poly)
    with pytest.raises(TooComplex):
        made(most + 1)


def test_a_coefficient_that_grows_by_addition_is_given_up_too() -> None:
    most = HIDDEN * ((1 << 128) - 1)
    assert isinstance(most - HIDDEN, Poly)
    with pytest.raises(TooComplex):
        most + HIDDEN
    with pytest.raises(TooComplex):
        -most - HIDDEN


@pytest.mark.parametrize(("left", "right"), [(8, 16), (16, 8), (4, 2), (2, 8)])
def test_two_sums_are_multiplied_up_to_128_pairs_of_terms(left: int, right: int) -> None:
    assert isinstance(powers(left // 2) * powers(right // 2), Poly)


@pytest.mark.parametrize(("left", "right"), [(6, 22), (22, 6), (12, 14)])
def test_two_sums_with_more_pairs_of_terms_are_not(left: int, right: int) -> None:
    with pytest.raises(TooComplex):
        powers(left // 2) * powers(right // 2)


def test_a_condition_used_twice_counts_once() -> None:
    conditions = dims.conjunction(guard(f"g{number}") for number in range(16))
    assert conditions * conditions == conditions
    with pytest.raises(TooComplex):
        conditions * BOTH


def test_a_comparison_too_large_to_work_out_is_open() -> None:
    assert compare(sum_of(20), sum_of(20)).verdict is Verdict.MAYBE


def test_up_to_six_conditions_are_told_apart() -> None:
    def under(count: int) -> Dim:
        return 1 + dims.conjunction(guard(f"g{number}") for number in range(count))

    assert compare(under(6), 2).verdict is Verdict.SOMETIMES
    assert compare(under(7), 2).verdict is Verdict.MAYBE


def test_a_path_remembers_six_conditions_that_fix_nothing() -> None:
    facts: Facts | None = Facts()
    known = [dims.either(guard("a"), guard("b")) for _ in range(8)]
    for condition in known:
        assert facts is not None
        facts = facts.assume(condition)
    assert facts is not None
    assert facts.holds == tuple(known[-6:])


def test_a_long_name_is_cut() -> None:
    assert dims.show(symbol("n" * 200)) == "n" * 200
    assert dims.show(symbol("n" * 201)) == "n" * 197 + "..."
