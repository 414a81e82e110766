"""The algebra of sizes, held against plain integers: what it claims of a formula must hold for every assignment."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmcheck import dims
from lstmcheck.dims import Dim, Facts, Poly, Verdict, compare, select, substitute, symbol

HIDDEN = symbol("hidden", 1)
LAYERS = symbol("layers", 1)
BATCH = symbol("batch", 0)
ANY = symbol("any")
BOTH = dims.guard("bidirectional")
FIRST = dims.guard("batch_first")
ATOMS = (HIDDEN, LAYERS, BATCH, ANY, BOTH, FIRST)
ASSIGNMENTS = [
    dict(zip((dims.single_atom(atom) for atom in ATOMS), values))
    for values in itertools.product((1, 2, 5), (1, 3), (0, 4), (-2, 0, 3), (0, 1), (0, 1))
]


def combine(inner: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: p[0] + p[1]),
        pair.map(lambda p: p[0] - p[1]),
        pair.map(lambda p: p[0] * p[1]),
        st.tuples(inner, st.integers(1, 4)).map(lambda p: dims.floordiv(p[0], p[1])),
        st.tuples(inner, st.integers(1, 4)).map(lambda p: dims.modulo(p[0], p[1])),
        pair.map(lambda p: dims.minimum(*p)),
        pair.map(lambda p: dims.maximum(*p)),
        st.tuples(st.sampled_from((BOTH, FIRST)), inner, inner).map(lambda p: select(*p)),
        pair.map(lambda p: dims.equals(*p)),
        pair.map(lambda p: dims.greater(*p)),
    )


SIZES = st.recursive(st.one_of(st.integers(-3, 8), st.sampled_from(ATOMS)), combine, max_leaves=6)


def value(dim: Dim, assignment: dict[object, int]) -> int:
    found = substitute(dim, assignment)  # type: ignore[arg-type]
    assert isinstance(found, int)
    return found


@given(SIZES, SIZES)
def test_a_verdict_holds_for_every_assignment(a: Dim, b: Dim) -> None:
    try:
        verdict = compare(a, b).verdict
        pairs = [(value(a, assignment), value(b, assignment)) for assignment in ASSIGNMENTS]
    except dims.TooComplex:
        return
    if verdict is Verdict.EQ:
        assert all(x == y for x, y in pairs)
    if verdict is Verdict.NE:
        assert all(x != y for x, y in pairs)
    if verdict is Verdict.SOMETIMES and not any(atom.args for atom in dims.atoms_of(a - b)):
        assert any(x != y for x, y in pairs)


@given(SIZES, SIZES, st.integers(1, 5))
def test_operations_agree_with_python(a: Dim, b: Dim, n: int) -> None:
    checks = (
        (lambda x, y: x + y, lambda x, y: x + y),
        (lambda x, y: x * y, lambda x, y: x * y),
        (lambda x, y: dims.floordiv(x, n), lambda x, y: x // n),
        (lambda x, y: dims.modulo(x, n), lambda x, y: x % n),
        (dims.minimum, min),
        (dims.maximum, max),
        (dims.equals, lambda x, y: int(x == y)),
        (dims.greater, lambda x, y: int(x > y)),
    )
    for symbolic, plain in checks:
        try:
            formula = symbolic(a, b)
            for assignment in ASSIGNMENTS[::7]:
                expected = plain(value(a, assignment), value(b, assignment))
                assert value(formula, assignment) == expected
        except dims.TooComplex:
            continue


@given(SIZES)
def test_bounds_hold(a: Dim) -> None:
    try:
        low, high = dims.bounds(a)
        values = [value(a, assignment) for assignment in ASSIGNMENTS]
    except dims.TooComplex:
        return
    assert low is None or low <= min(values)
    assert high is None or high >= max(values)


def test_a_guard_used_twice_cancels() -> None:
    directions = select(BOTH, 2, 1)
    assert compare(HIDDEN * directions, HIDDEN + BOTH * HIDDEN).verdict is Verdict.EQ
    assert compare(LAYERS * directions, LAYERS).verdict is Verdict.SOMETIMES
    assert compare(2 * HIDDEN, HIDDEN).verdict is Verdict.NE
    assert compare(HIDDEN, LAYERS).verdict is Verdict.MAYBE


def test_what_a_path_knows_decides() -> None:
    facts = Facts().assume(BOTH)
    assert facts is not None
    assert compare(LAYERS * select(BOTH, 2, 1), LAYERS, facts).verdict is Verdict.NE
    assert facts.assume(BOTH, False) is None


def test_exact_parts_come_out_of_a_division() -> None:
    assert compare(dims.floordiv(4 * HIDDEN + LAYERS, 2) - 2 * HIDDEN, dims.floordiv(LAYERS, 2)).verdict is Verdict.EQ
    assert dims.floordiv(HIDDEN * LAYERS, HIDDEN) == LAYERS
    assert compare(2 * dims.floordiv(HIDDEN, 2), HIDDEN).verdict is Verdict.MAYBE


@pytest.mark.parametrize(
    ("dim", "text"),
    [(2 * HIDDEN, "2*hidden"), (HIDDEN * LAYERS + 1, "hidden*layers + 1"), (1 - HIDDEN, "-hidden + 1")],
)
def test_sizes_read_as_they_are_written(dim: Dim, text: str) -> None:
    assert dims.show(dim) == text


def test_one_atom_alone_is_told() -> None:
    assert isinstance(HIDDEN, Poly)
    assert dims.single_atom(HIDDEN) is not None
    assert dims.single_atom(HIDDEN + 1) is None


def test_a_division_by_zero_under_a_condition_is_not_judged() -> None:
    heads = dims.guard("split")
    size = dims.floordiv(symbol("width", 1), heads)
    assert compare(size, 3).verdict is Verdict.MAYBE
    assert isinstance(substitute(size, {dims.single_atom(heads): 0}), Poly)
