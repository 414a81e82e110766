"""The algebra of sizes, held against plain integers: what it claims of a formula must hold for every assignment."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

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
DIVISORS = (-3, HIDDEN, -HIDDEN, 2 * LAYERS, HIDDEN * LAYERS, HIDDEN + BATCH, 1 + BOTH)


def combine(inner: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: p[0] + p[1]),
        pair.map(lambda p: p[0] - p[1]),
        pair.map(lambda p: p[0] * p[1]),
        st.tuples(inner, st.integers(1, 4)).map(lambda p: dims.floordiv(p[0], p[1])),
        st.tuples(inner, st.integers(1, 4)).map(lambda p: dims.modulo(p[0], p[1])),
        st.tuples(inner, st.sampled_from(DIVISORS)).map(lambda p: dims.floordiv(p[0], p[1])),
        st.tuples(inner, st.sampled_from(DIVISORS)).map(lambda p: dims.modulo(p[0], p[1])),
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


@given(SIZES, SIZES, st.one_of(st.integers(1, 5), st.sampled_from(DIVISORS)))
def test_operations_agree_with_python(a: Dim, b: Dim, n: Dim) -> None:
    checks = (
        (lambda x, y: x + y, lambda x, y: x + y),
        (lambda x, y: x * y, lambda x, y: x * y),
        (lambda x, y: x - y, lambda x, y: x - y),
        (dims.either, lambda x, y: x + y - x * y),
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
    for symbolic, plain in ((dims.floordiv, lambda x, y: x // y), (dims.modulo, lambda x, y: x % y)):
        try:
            formula = symbolic(a, n)
            for assignment in ASSIGNMENTS[::7]:
                assert value(formula, assignment) == plain(value(a, assignment), value(n, assignment))
        except dims.TooComplex:
            continue


@given(SIZES, SIZES, st.sampled_from((HIDDEN, 2 * LAYERS, HIDDEN * LAYERS, 3)), st.integers(1, 6))
def test_one_question_has_one_answer(a: Dim, b: Dim, whole: Dim, n: int) -> None:
    other = symbol("other")
    try:
        laws = [
            (dims.equals(a, b), dims.equals(b, a)),
            (dims.greater(a, b), 1 - dims.greater(b, a - 1)),
            (dims.minimum(a, b), dims.minimum(b, a)),
            (dims.maximum(a, b), dims.maximum(b, a)),
            (dims.floordiv(a * whole, whole), a),
            (dims.modulo(a * whole, whole), 0),
            (dims.floordiv(n * other + b, n), other + dims.floordiv(b, n)),
            (dims.modulo(n * a + b, n), dims.modulo(b, n)),
        ]
    except dims.TooComplex:
        return
    for left, right in laws:
        assert left == right


@given(st.permutations(ATOMS), st.lists(st.tuples(st.sampled_from((-3, -1, 1, 2)), st.integers(1, 3)), max_size=4))
def test_bounds_of_what_shares_nothing_are_reached(atoms: list[Dim], terms: list[tuple[int, int]]) -> None:
    dim: Dim = 3
    endless = {1: False, -1: False}  # whether it grows beyond all bounds upwards and downwards
    for factor, degree in terms:
        parts, atoms = atoms[:degree], atoms[degree:]
        dim = dim + factor * math.prod(parts)
        for way in endless:
            grows = ANY in parts or (factor * way > 0 and not {BOTH, FIRST}.issuperset(parts))
            endless[way] = endless[way] or (bool(parts) and grows)
    values = [value(dim, assignment) for assignment in ASSIGNMENTS]
    assert dims.bounds(dim) == (None if endless[-1] else min(values), None if endless[1] else max(values))


def test_bounds_of_squares_and_operations() -> None:
    assert dims.bounds(ANY * ANY) == (0, None)
    assert dims.bounds(ANY * ANY * HIDDEN) == (None, None)
    assert dims.bounds(dims.floordiv(HIDDEN + 7, 4)) == (2, None)
    assert dims.bounds(dims.floordiv(-HIDDEN, 4)) == (None, -1)
    assert dims.bounds(dims.floordiv(BOTH + 1, HIDDEN)) == (0, 2)
    assert dims.bounds(dims.floordiv(BOTH - 1, HIDDEN)) == (None, None)
    assert dims.bounds(dims.modulo(ANY, 4)) == (0, 3)
    assert dims.bounds(dims.modulo(ANY, HIDDEN)) == (0, None)
    assert dims.bounds(dims.modulo(ANY, BATCH)) == (None, None)
    assert dims.bounds(dims.minimum(HIDDEN, LAYERS)) == (1, None)
    assert dims.bounds(dims.minimum(ANY, 5)) == (None, 5)
    assert dims.bounds(dims.maximum(ANY, 5)) == (5, None)
    assert dims.bounds(dims.maximum(3 * BOTH, 2 * FIRST)) == (0, 3)
    assert dims.bounds(dims.minimum(3 * BOTH + 1, 2 * FIRST + 1)) == (1, 3)


@given(SIZES)
def test_bounds_hold(a: Dim) -> None:
    try:
        low, high = dims.bounds(a)
        values = [value(a, assignment) for assignment in ASSIGNMENTS]
    except dims.TooComplex:
        return
    assert low is None or low <= min(values)
    assert high is None or high >= max(values)


GUARDS = (BOTH, FIRST, dims.guard("packed"))
CONDITIONS = st.recursive(
    st.sampled_from(GUARDS),
    lambda inner: st.one_of(
        inner.map(lambda a: 1 - a),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, inner).map(lambda p: dims.either(*p)),
        st.tuples(inner, inner).map(lambda p: dims.equals(*p)),
    ),
    max_leaves=4,
)
CHOICES = st.tuples(CONDITIONS, st.integers(-2, 3), st.integers(-2, 3)).map(lambda p: select(*p))
TRUTHS = [dict(zip(map(dims.single_atom, GUARDS), bits)) for bits in itertools.product((0, 1), repeat=len(GUARDS))]


@given(st.lists(st.tuples(CONDITIONS, st.booleans()), max_size=3), CHOICES, CHOICES)
def test_a_path_knows_what_its_conditions_leave(known: list[tuple[Dim, bool]], a: Dim, b: Dim) -> None:
    """Conditions of guards alone are decided without a rest."""
    try:
        possible = [given for given in TRUTHS if all(value(one, given) == truth for one, truth in known)]
        facts: Facts | None = Facts()
        for condition, truth in known:
            facts = facts and facts.assume(condition, truth)
        if facts is None:
            assert not possible
            return
        assert not any(value(held, given) == 0 for held in facts.holds for given in possible)
        for atom, fixed in facts.fixed.items():
            assert all(value(Poly({(atom,): 1}), given) == fixed for given in possible)
        comparison = compare(a, b, facts)
    except dims.TooComplex:
        return
    unequal = [value(a, given) != value(b, given) for given in possible]
    if not possible:
        return
    if comparison.verdict is Verdict.NE:
        assert all(unequal)
    elif comparison.verdict is Verdict.EQ:
        assert not any(unequal)
    elif not any(atom.args for dim in (a, b, *facts.holds, *(one for one, _ in known)) for atom in dims.atoms_of(dim)):
        assert any(unequal)
        assert not all(unequal)
        assert comparison.verdict is Verdict.SOMETIMES
        for given in possible:
            told = any(all(given.get(atom) == bit for atom, bit in when.items()) for when in comparison.when)
            assert told == (value(a, given) != value(b, given))


def test_a_condition_that_holds_raises_a_lower_bound() -> None:
    facts = Facts().assume(dims.greater(ANY, 3))
    assert facts is not None
    assert dims.bounds(ANY, facts) == (4, None)
    assert compare(ANY, 3, facts).verdict is Verdict.NE
    more = facts.assume(dims.greater(ANY, 1))
    assert more is not None
    assert dims.bounds(ANY, more) == (4, None)
    denied = Facts().assume(dims.greater(ANY, 3), False)
    assert denied is not None
    assert dims.bounds(ANY, denied) == (None, None)


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (2 * ANY, 4 * BATCH + 1, Verdict.NE),
        (6 * ANY, 9 * BATCH + 3, Verdict.MAYBE),
        (6 * ANY, 9 * BATCH + 2, Verdict.NE),
        (HIDDEN * ANY, HIDDEN * (ANY + 1), Verdict.NE),
        (BATCH * ANY, BATCH * (ANY + 1), Verdict.MAYBE),
        (HIDDEN * ANY, HIDDEN * BATCH, Verdict.MAYBE),
        (HIDDEN + BATCH, 0, Verdict.NE),
        (HIDDEN - 1, 0, Verdict.MAYBE),
        (BATCH, 0, Verdict.MAYBE),
        (-BATCH, 1, Verdict.NE),
        (HIDDEN * BOTH, 0, Verdict.SOMETIMES),
        (HIDDEN * BOTH, LAYERS, Verdict.SOMETIMES),
        (BATCH * BOTH, LAYERS * BOTH, Verdict.MAYBE),
    ],
)
def test_what_is_proved_of_two_sizes(a: Dim, b: Dim, verdict: Verdict) -> None:
    assert compare(a, b).verdict is verdict


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
    [
        (0, "0"),
        (2 * HIDDEN, "2*hidden"),
        (HIDDEN * LAYERS + 1, "hidden*layers + 1"),
        (1 - HIDDEN, "-hidden + 1"),
        (HIDDEN - 2 * LAYERS - 3, "hidden - 2*layers - 3"),
        (dims.floordiv(HIDDEN, 2), "hidden//2"),
        (dims.modulo(HIDDEN + LAYERS, 2), "(hidden + layers)%2"),
        (dims.minimum(HIDDEN, LAYERS + 1), "min(hidden, layers + 1)"),
        (2 * dims.maximum(HIDDEN, LAYERS), "2*max(hidden, layers)"),
        (2 * dims.greater(HIDDEN, 3), "2*(hidden > 3)"),
        (dims.equals(HIDDEN, 3), "(hidden == 3)"),
    ],
)
def test_sizes_read_as_they_are_written(dim: Dim, text: str) -> None:
    assert dims.show(dim) == text


@pytest.mark.parametrize(
    ("shape", "text"), [((), "()"), ((4,), "(4,)"), ((4, BATCH, 2 * HIDDEN), "(4, batch, 2*hidden)")]
)
def test_a_shape_reads_as_a_tuple(shape: tuple[Dim, ...], text: str) -> None:
    assert dims.show_shape(shape) == text


def test_what_rests_on_an_open_question_is_opaque() -> None:
    unread, asked = symbol("unread", opaque=True), dims.guard("asked", opaque=True)
    assert not dims.is_opaque(BOTH * HIDDEN)
    assert not dims.is_opaque(1)
    for condition in (asked, 1 - asked * BOTH, dims.greater(unread, 3), dims.equals(dims.modulo(unread, 2), 0)):
        assert dims.is_opaque(condition)
        assert dims.is_opaque(condition)


def test_the_atoms_of_a_size_are_those_inside_its_operations_too() -> None:
    size = dims.floordiv(dims.minimum(HIDDEN, LAYERS), 2) * BOTH
    inside = {dims.single_atom(atom) for atom in (HIDDEN, LAYERS, BOTH)}
    assert inside < dims.atoms_of(size)
    assert dims.atoms_of(3) == frozenset()


def test_a_conjunction_that_grows_too_large_is_open() -> None:
    assert dims.conjunction([]) == 1
    assert dims.conjunction([BOTH, 1, FIRST]) == BOTH * FIRST
    assert dims.conjunction([BOTH, 0, FIRST]) == 0
    sums = [dims.either(dims.guard("a"), dims.guard("b")) for _ in range(8)]
    grown = dims.single_atom(dims.conjunction(sums))
    assert grown is not None
    assert grown.is_guard


@pytest.mark.parametrize("ask", [dims.floordiv, dims.modulo])
def test_a_division_by_zero_is_pythons(ask: Callable[[Dim, Dim], Dim]) -> None:
    for size in (3, HIDDEN):
        with pytest.raises(ZeroDivisionError):
            ask(size, 0)


def test_one_atom_alone_is_told() -> None:
    assert isinstance(HIDDEN, Poly)
    assert dims.single_atom(HIDDEN) is not None
    assert dims.single_atom(HIDDEN + 1) is None


def test_a_division_by_zero_under_a_condition_is_not_judged() -> None:
    heads = dims.guard("split")
    size = dims.floordiv(symbol("width", 1), heads)
    assert compare(size, 3).verdict is Verdict.MAYBE
    assert isinstance(substitute(size, {dims.single_atom(heads): 0}), Poly)


def test_a_lower_bound_adds_to_what_is_known() -> None:
    atom = dims.single_atom(ANY)
    assert atom is not None
    facts = Facts().assume(BOTH)
    assert facts is not None
    raised = facts.at_least(atom, 2)
    assert dims.bounds(ANY, raised) == (2, None)
    assert raised.simplify(BOTH) == 1
    assert raised.at_least(atom, 1) is raised


def test_a_guard_that_is_compared_is_a_guard() -> None:
    assert dims.equals(BOTH, 1) == BOTH
    assert dims.equals(1, BOTH) == BOTH
    assert dims.equals(BOTH, 0) == 1 - BOTH
    assert dims.equals(1 - BOTH, 0) == BOTH


def test_sizes_made_of_too_many_parts_are_given_up() -> None:
    def halved(size: Dim, times: int) -> Dim:
        return halved(dims.floordiv(size + dims.floordiv(size, 3), 2), times - 1) if times else size

    assert isinstance(halved(HIDDEN, 3), Poly)
    with pytest.raises(dims.TooComplex):
        halved(HIDDEN, 100)


def test_products_are_one_whatever_their_order() -> None:
    assert HIDDEN * LAYERS * BATCH == BATCH * (LAYERS * HIDDEN)
    assert HIDDEN * (HIDDEN * LAYERS) == (LAYERS * HIDDEN) * HIDDEN
