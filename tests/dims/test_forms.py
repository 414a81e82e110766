"""What becomes of sizes: the exact part comes out, what is decided is a number, and one question has one form."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from lstmcheck import dims
from lstmcheck.dims import Dim, Facts, Poly, Verdict, compare, guard, symbol

HIDDEN = symbol("hidden", 1)
LAYERS = symbol("layers", 1)
BATCH = symbol("batch", 0)
ANY = symbol("any")
FEW, SOME, MOST = symbol("few", 1, 5), symbol("some", 2, 3), symbol("most", None, 7)
BOTH, FIRST, THIRD, LAST = guard("bidirectional"), guard("batch_first"), guard("third"), guard("last")


def atom(size: Dim) -> dims.Atom:
    found = dims.single_atom(size)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((BOTH * FIRST) * (BOTH * FIRST), BOTH * FIRST),
        ((HIDDEN * BOTH) * (BOTH * FIRST * LAYERS), HIDDEN * LAYERS * BOTH * FIRST),
        (BOTH * BOTH, BOTH),
        (HIDDEN - HIDDEN, 0),
        ((HIDDEN + 1) * (HIDDEN - 1), HIDDEN * HIDDEN - 1),
        (1 - (1 - BOTH), BOTH),
        (3 - HIDDEN, -HIDDEN + 3),
        (0 - HIDDEN, -HIDDEN),
        (HIDDEN * 0, 0),
        # division
        (dims.floordiv(7, 2), 3),
        (dims.floordiv(4 * HIDDEN, 2), 2 * HIDDEN),
        (dims.floordiv(4 * HIDDEN, -2), -2 * HIDDEN),
        (dims.floordiv(4 * HIDDEN + 3, 2), 2 * HIDDEN + 1),
        (dims.floordiv(4 * HIDDEN - 3, 2), 2 * HIDDEN - 2),
        (dims.floordiv(4 * HIDDEN + LAYERS, 2), 2 * HIDDEN + dims.floordiv(LAYERS, 2)),
        (dims.floordiv(4 * HIDDEN * LAYERS, 2 * HIDDEN), 2 * LAYERS),
        (dims.floordiv(HIDDEN * HIDDEN, HIDDEN), HIDDEN),
        (dims.floordiv(HIDDEN + LAYERS, HIDDEN + LAYERS), 1),
        (dims.floordiv(BOTH, 2), 0),
        (dims.floordiv(SOME, 4), 0),
        (dims.floordiv(0, HIDDEN), 0),
        (dims.modulo(7, 4), 3),
        (dims.modulo(4 * HIDDEN + 7, 4), 3),
        (dims.modulo(5 * HIDDEN + 4 * LAYERS, 4), dims.modulo(HIDDEN, 4)),
        (dims.modulo(-HIDDEN, 4), dims.modulo(3 * HIDDEN, 4)),
        (dims.modulo(HIDDEN * LAYERS, HIDDEN), 0),
        (dims.modulo(2 * HIDDEN, 2), 0),
        # the smaller and the larger
        (dims.minimum(HIDDEN, 1), 1),
        (dims.minimum(1, HIDDEN), 1),
        (dims.maximum(HIDDEN, 1), HIDDEN),
        (dims.maximum(1, HIDDEN), HIDDEN),
        (dims.minimum(HIDDEN + 1, HIDDEN), HIDDEN),
        (dims.maximum(HIDDEN, HIDDEN + 1), HIDDEN + 1),
        (dims.minimum(MOST, 7), MOST),
        (dims.maximum(MOST, 7), 7),
        # conditions
        (dims.equals(HIDDEN, HIDDEN), 1),
        (dims.equals(HIDDEN + 1, HIDDEN), 0),
        (dims.equals(HIDDEN, 0), 0),
        (dims.equals(0, HIDDEN), 0),
        (dims.equals(BATCH, -1), 0),
        (dims.equals(BOTH, 2), 0),
        (dims.equals(1 - BOTH, 1), 1 - BOTH),
        (dims.equals(HIDDEN + BOTH, HIDDEN), 1 - BOTH),
        (dims.equals(HIDDEN + 3, 5), dims.equals(HIDDEN, 2)),
        (dims.equals(5, HIDDEN + 3), dims.equals(HIDDEN, 2)),
        (dims.equals(2 - HIDDEN, 0), dims.equals(HIDDEN, 2)),
        (dims.equals(BATCH + 2, 2), dims.equals(BATCH, 0)),
        (dims.equals(1, 3 * LAYERS - HIDDEN), dims.equals(HIDDEN - 3 * LAYERS + 1, 0)),
        (dims.equals(HIDDEN, LAYERS), dims.equals(LAYERS, HIDDEN)),
        (dims.equals(HIDDEN + 2, LAYERS), dims.equals(LAYERS - 1, HIDDEN + 1)),
        (dims.greater(HIDDEN, 0), 1),
        (dims.greater(1, HIDDEN), 0),
        (dims.greater(0, HIDDEN), 0),
        (dims.greater(HIDDEN, HIDDEN), 0),
        (dims.greater(HIDDEN + 1, HIDDEN), 1),
        (dims.greater(BOTH, 0), BOTH),
        (dims.greater(1, BOTH), 1 - BOTH),
        (dims.greater(BOTH, 1), 0),
        (dims.greater(MOST, 7), 0),
        (dims.greater(3, HIDDEN), 1 - dims.greater(HIDDEN, 2)),
        (dims.greater(HIDDEN + 4, 7), dims.greater(HIDDEN, 3)),
        (dims.greater(LAYERS, HIDDEN + 2), 1 - dims.greater(HIDDEN, LAYERS - 3)),
        (dims.select(1, HIDDEN, LAYERS), HIDDEN),
        (dims.select(0, HIDDEN, LAYERS), LAYERS),
        (dims.select(BOTH, HIDDEN, HIDDEN), HIDDEN),
        (dims.either(BOTH, 1), 1),
        (dims.either(0, BOTH), BOTH),
    ],
)
def test_a_size_has_its_normal_form(size: Dim, expected: Dim) -> None:
    assert size == expected
    assert type(size) is type(expected)


@pytest.mark.parametrize(
    "size",
    [
        dims.floordiv(BATCH * LAYERS, BATCH),
        dims.floordiv(3 * HIDDEN, 2 * HIDDEN),
        dims.floordiv(HIDDEN, HIDDEN * HIDDEN),
        dims.floordiv(2 * HIDDEN + 2 * LAYERS, HIDDEN + LAYERS),
        dims.floordiv(HIDDEN + 1, 2),
        dims.modulo(HIDDEN + 1, 2),
        dims.modulo(HIDDEN, LAYERS),
        dims.minimum(HIDDEN, 2),
        dims.maximum(BATCH, 1),
        dims.equals(BATCH, 0),
        dims.equals(BOTH, FIRST),
        dims.equals(ANY, 3),
        dims.greater(BATCH, 0),
        dims.greater(HIDDEN, 1),
        dims.greater(MOST, 6),
    ],
)
def test_what_is_not_decided_is_one_atom(size: Dim) -> None:
    made = atom(size)
    assert made.args
    assert not made.opaque


@pytest.mark.parametrize(
    ("size", "bounds"),
    [
        (dims.equals(ANY, 3), (0, 1)),
        (dims.greater(ANY, 3), (0, 1)),
        (dims.floordiv(ANY, 2), (None, None)),
        (dims.floordiv(HIDDEN, -3), (None, None)),
        (dims.floordiv(FEW, 2), (0, 2)),
        (dims.floordiv(BATCH, LAYERS), (0, None)),
        (dims.floordiv(FEW, LAYERS), (0, 5)),
        (dims.floordiv(FEW - 2, LAYERS), (None, None)),
        (dims.floordiv(HIDDEN, BATCH), (None, None)),
        (dims.floordiv(ANY, LAYERS), (None, None)),
        (dims.modulo(ANY, FEW), (0, 4)),
        (dims.modulo(ANY, -3), (None, None)),
        (dims.minimum(HIDDEN, ANY), (None, None)),
        (dims.minimum(FEW, SOME), (1, 3)),
        (dims.minimum(FEW, ANY), (None, 5)),
        (dims.minimum(FEW, BATCH), (0, 5)),
        (dims.maximum(FEW, SOME), (2, 5)),
        (dims.maximum(ANY, FEW), (1, None)),
        (dims.maximum(MOST, FEW), (1, 7)),
        (dims.maximum(MOST, symbol("least", None, 9)), (None, 9)),
        (dims.maximum(ANY, MOST), (None, None)),
        (FEW * SOME, (2, 15)),
        (-FEW * SOME, (-15, -2)),
        (FEW * FEW, (1, 25)),
        (FEW - SOME, (-2, 3)),
        (2 * FEW + 3, (5, 13)),
        (MOST * FEW, (None, None)),
        (ANY * ANY * ANY, (None, None)),
        (5, (5, 5)),
    ],
)
def test_the_bounds_of_a_size(size: Dim, bounds: tuple[int | None, int | None]) -> None:
    assert dims.bounds(size) == bounds


@pytest.mark.parametrize("size", [3, 2 * HIDDEN, -HIDDEN, HIDDEN * LAYERS, HIDDEN * HIDDEN, HIDDEN + 1])
def test_what_is_more_than_one_atom_is_none(size: Dim) -> None:
    assert dims.single_atom(size) is None


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [
        (6 * HIDDEN * LAYERS, 2 * HIDDEN, 3 * LAYERS),
        (6 * HIDDEN, 6 * HIDDEN, 1),
        (HIDDEN * HIDDEN + HIDDEN, HIDDEN, HIDDEN + 1),
        (HIDDEN + 1, HIDDEN + 1, 1),
        (2 * HIDDEN + 2, HIDDEN + 1, None),
        (3 * HIDDEN, 2 * HIDDEN, None),
        (HIDDEN + 1, HIDDEN, None),
        (HIDDEN, HIDDEN * HIDDEN, None),
        (0, HIDDEN, 0),
    ],
)
def test_what_divides_exactly(a: Dim, b: Dim, quotient: Dim | None) -> None:
    assert dims.divide_exactly(a, b) == quotient


@pytest.mark.parametrize(
    ("condition", "fixed"),
    [
        (BOTH, {BOTH: 1}),
        (1 - BOTH, {BOTH: 0}),
        (BOTH * FIRST, {BOTH: 1, FIRST: 1}),
        (BOTH * (1 - FIRST), {BOTH: 1, FIRST: 0}),
        ((1 - BOTH) * (1 - FIRST), {BOTH: 0, FIRST: 0}),
        (BOTH * FIRST * (1 - THIRD), {BOTH: 1, FIRST: 1, THIRD: 0}),
        ((1 - BOTH) * (1 - FIRST) * (1 - THIRD), {BOTH: 0, FIRST: 0, THIRD: 0}),
        (BOTH * FIRST * THIRD * LAST, {BOTH: 1, FIRST: 1, THIRD: 1, LAST: 1}),
        (BOTH * FIRST * THIRD * (1 - LAST), None),
        (dims.either(BOTH, FIRST), None),
        (symbol("flag", 0, 1), None),
        (symbol("flag", 0, 1) * BOTH, None),
        (1 - symbol("flag", 0, 1), None),
        (1 - BOTH * FIRST, None),
        (dims.greater(HIDDEN, 3), {dims.greater(HIDDEN, 3): 1}),
    ],
)
def test_what_a_condition_fixes(condition: Poly, fixed: dict[Poly, int] | None) -> None:
    found = Facts().assume(condition)
    assert found is not None
    expected = {} if fixed is None else {atom(one): value for one, value in fixed.items()}
    assert dict(found.fixed) == expected
    assert found.holds == (() if fixed is not None else (condition,))
    for one, value in (fixed or {}).items():
        assert found.simplify(one) == value


def test_what_is_known_already_adds_nothing() -> None:
    facts = Facts()
    assert facts.assume(1) is facts
    assert facts.assume(0, False) is facts
    assert facts.assume(0) is None
    assert facts.assume(1, False) is None


def test_a_condition_settles_those_that_were_open() -> None:
    facts = Facts().assume(dims.either(BOTH, FIRST))
    assert facts is not None
    assert compare(BOTH + FIRST, 0, facts).verdict is Verdict.NE
    assert compare(BOTH + FIRST - BOTH * FIRST, 1, facts).verdict is Verdict.EQ
    without = facts.assume(BOTH, False)
    assert without is not None
    assert without.holds == (FIRST,)
    assert without.assume(FIRST, False) is None
    with_it = facts.assume(BOTH)
    assert with_it is not None
    assert with_it.holds == ()


def test_only_a_bound_of_one_size_raises_it() -> None:
    facts = Facts().assume(dims.greater(ANY + BATCH, 3))
    assert facts is not None
    assert dict(facts.lower) == {}
    for condition in (dims.equals(ANY, 3), symbol("flag", 0, 1)):
        facts = Facts().assume(condition)
        assert facts is not None
        assert dict(facts.lower) == {}
    facts = Facts().assume(dims.greater(ANY, -3))
    assert facts is not None
    assert dict(facts.lower) == {atom(ANY): -2}
    assert dims.bounds(ANY * HIDDEN, facts) == (None, None)
    facts = facts.at_least(atom(ANY), 2)
    assert dims.bounds(ANY * HIDDEN, facts) == (2, None)
    assert facts.at_least(atom(ANY), 2) is facts
    assert facts.at_least(atom(HIDDEN), 1) is facts
    assert dims.bounds(HIDDEN, facts.at_least(atom(HIDDEN), 2)) == (2, None)
    assert dims.bounds(ANY, facts.at_least(atom(ANY), 3)) == (3, None)


def test_sizes_that_differ_by_a_number() -> None:
    assert compare(HIDDEN + 1, HIDDEN).verdict is Verdict.NE
    assert compare(HIDDEN, HIDDEN + 2).verdict is Verdict.NE
    facts = Facts().assume(BOTH)
    assert facts is not None
    assert compare(HIDDEN * BOTH, HIDDEN, facts).verdict is Verdict.EQ
    assert compare(HIDDEN * BOTH + 1, HIDDEN, facts).verdict is Verdict.NE


def test_conditions_that_only_together_decide() -> None:
    facts = Facts()
    for condition in (dims.either(BOTH, FIRST), dims.either(BOTH, 1 - FIRST)):
        known = facts.assume(condition)
        assert known is not None
        facts = known
    assert compare(BOTH, 0, facts).verdict is Verdict.NE
    assert compare(BOTH, 1, facts).verdict is Verdict.EQ


def test_conditions_about_something_else_are_left_out() -> None:
    facts = Facts().assume(dims.either(THIRD, LAST))
    assert facts is not None
    comparison = compare(LAYERS + BOTH, LAYERS, facts)
    assert comparison.verdict is Verdict.SOMETIMES
    assert comparison.when == ({atom(BOTH): 1},)


def test_a_factor_known_to_be_positive_is_taken_out() -> None:
    assert compare(HIDDEN * (2 * ANY + 1), 0).verdict is Verdict.NE
    assert compare(HIDDEN * LAYERS * (2 * ANY + 1), 0).verdict is Verdict.NE
    assert compare(BATCH * (2 * ANY + 1), 0).verdict is Verdict.MAYBE
    assert compare(BATCH * HIDDEN * (2 * ANY + 1), 0).verdict is Verdict.MAYBE
    known = Facts().at_least(atom(BATCH), 1)
    assert compare(BATCH * HIDDEN * (2 * ANY + 1), 0, known).verdict is Verdict.NE
    assert compare(ANY * (2 * BATCH + 1), 0).verdict is Verdict.MAYBE
    facts = Facts().at_least(atom(ANY), 1)
    assert compare(ANY * (2 * BATCH + 1), 0, facts).verdict is Verdict.NE
    assert compare(ANY * HIDDEN * (2 * BATCH + 1), 0, facts).verdict is Verdict.NE
    assert compare(ANY * (2 * BATCH - 2), 0, facts).verdict is Verdict.MAYBE


def test_nothing_is_said_on_a_path_that_nobody_takes() -> None:
    facts = Facts()
    differ = BOTH + FIRST - 2 * BOTH * FIRST
    for condition in (differ, 1 - differ):
        known = facts.assume(condition)
        assert known is not None
        facts = known
    assert len(facts.holds) == 2
    for other in (FIRST, 1 - FIRST, 2 * FIRST - 1):
        assert compare(BOTH, other, facts).verdict is Verdict.MAYBE


@pytest.mark.parametrize(
    ("size", "value", "expected"),
    [
        (HIDDEN * LAYERS + 2, BATCH + 1, BATCH * LAYERS + LAYERS + 2),
        (3 * HIDDEN * HIDDEN, BATCH, 3 * BATCH * BATCH),
        (HIDDEN * LAYERS + HIDDEN, LAYERS, LAYERS * LAYERS + LAYERS),
        (HIDDEN * LAYERS + BATCH, 0, BATCH),
        (HIDDEN * LAYERS + BATCH, -1, BATCH - LAYERS),
        (HIDDEN - LAYERS, LAYERS, 0),
        (dims.floordiv(HIDDEN, 4) * LAYERS, 8, 2 * LAYERS),
        (dims.floordiv(HIDDEN, 4) * LAYERS, 4 * BATCH, BATCH * LAYERS),
        (dims.minimum(HIDDEN, LAYERS), LAYERS, LAYERS),
        (dims.equals(HIDDEN, LAYERS), LAYERS, 1),
        (LAYERS * BATCH, 3, LAYERS * BATCH),
        (7, 3, 7),
    ],
)
def test_a_size_in_the_place_of_another(size: Dim, value: Dim, expected: Dim) -> None:
    assert dims.substitute(size, {atom(HIDDEN): value}) == expected


def test_a_comparison_is_not_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        compare(1, 1).verdict = Verdict.NE  # type: ignore[misc]


def test_questions_are_forgotten() -> None:
    before = dims.floordiv(HIDDEN, 7)
    assert dims.floordiv(HIDDEN, 7) == before
    dims.forget()
    assert dims.floordiv(HIDDEN, 7) != before


def test_an_even_power_has_no_sign() -> None:
    assert dims.bounds(ANY * ANY * MOST * MOST) == (0, None)
    assert dims.bounds(ANY * ANY * MOST) == (None, None)
    assert compare(ANY * ANY + 1, 0).verdict is Verdict.NE


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (dims.floordiv(HIDDEN + 1, LAYERS), "(hidden + 1)//layers"),
        (dims.floordiv(HIDDEN, LAYERS + 1), "hidden//(layers + 1)"),
        (dims.floordiv(HIDDEN * LAYERS, 3), "hidden*layers//3"),
        (dims.greater(HIDDEN + LAYERS, 4), "((hidden + layers) > 4)"),
        (dims.equals(HIDDEN, LAYERS) * ANY, "any*((hidden - layers) == 0)"),
        (dims.maximum(HIDDEN, 2), "max(hidden, 2)"),
        (-2 * HIDDEN, "-2*hidden"),
        (-HIDDEN - LAYERS, "-hidden - layers"),
        (HIDDEN - 1, "hidden - 1"),
        (-1, "-1"),
        (BOTH * HIDDEN + HIDDEN, "hidden + hidden*bidirectional"),
        (HIDDEN * HIDDEN, "hidden*hidden"),
    ],
)
def test_sizes_read_as_they_are_written(size: Dim, text: str) -> None:
    assert dims.show(size) == text
