"""Integers with names: the algebra of tensor sizes.

A `Dim` is a plain `int`, or a `Poly`: a polynomial with integer coefficients over atoms. An atom is a symbol (a size
that the code leaves open, with an optional lower bound), a guard (a 0/1 symbol: an undecided condition), or an opaque
operation on normal forms (floor division, modulo, minimum, maximum, a comparison).

`2 if bidirectional else 1` is `1 + g`; used twice it cancels by arithmetic, without enumerating paths. Conditions are
0/1 polynomials too: not is `1 - x`, and is `x * y`.

Nothing here decides by `==`: that is structural identity, for dictionaries. `compare` answers with a `Verdict`.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, Union

MAX_TERMS = 32
MAX_GUARDS = 6
MAX_HOLDS = 6
# no size has factors as large as these, or as many; what repeats a product would grow without end
MAX_FACTOR = 1 << 128
MAX_DEGREE = 16
MAX_PARTS = 1_024
MAX_NAME = 200

_NO_VALUES: Mapping[Atom, int] = {}

_counter = itertools.count()
_operations: dict[tuple[object, ...], Atom] = {}


class Atom:
    """An indivisible factor of a polynomial. Identity is the object; `uid` orders factors deterministically."""

    __slots__ = ("args", "inner", "is_guard", "kind", "lower", "name", "opaque", "parts", "uid", "upper")

    def __init__(
        self,
        kind: str,
        name: str,
        lower: int | None = None,
        upper: int | None = None,
        args: tuple[Dim, ...] = (),
        opaque: bool = False,
    ) -> None:
        self.opaque = opaque
        self.kind = kind
        self.name = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3]}..."
        self.lower = lower
        self.upper = upper
        self.args = args
        self.uid = next(_counter)
        self.parts = 1 + sum(map(_parts, args))
        # a guard's value is 0 or 1, so that its square is the guard itself
        self.is_guard = kind in ("guard", "==", ">")
        # every atom inside an opaque operation; None for an atom without parts
        self.inner: frozenset[Atom] | None = frozenset().union(*(atoms_of(arg) for arg in args)) if args else None

    def __repr__(self) -> str:
        return self.name


Monomial: TypeAlias = tuple[Atom, ...]


class Poly:
    """A polynomial in normal form: a mapping from sorted monomials to non-zero integers. Immutable."""

    # what is derived from the terms is left unset until it is asked for
    __slots__ = ("_atoms", "_complement", "_decided", "_hash", "_opaque", "terms")
    _atoms: frozenset[Atom]
    _complement: Poly
    _decided: Mapping[Atom, int] | None
    _hash: int
    _opaque: bool

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms

    @property
    def atoms(self) -> frozenset[Atom]:
        """Every atom of the polynomial, those inside opaque operations too."""
        try:
            return self._atoms
        except AttributeError:
            found: set[Atom] = set()
            for monomial in self.terms:
                found.update(monomial)
            for atom in list(found):
                if atom.inner:
                    found |= atom.inner
            self._atoms = frozenset(found)
            return self._atoms

    @property
    def opaque(self) -> bool:
        """Whether this rests on a question that was not worked out."""
        try:
            return self._opaque
        except AttributeError:
            self._opaque = any(atom.opaque for atom in self.atoms)
            return self._opaque

    @property
    def complement(self) -> Poly:
        """`1 - self`: what a condition is when it does not hold."""
        try:
            return self._complement
        except AttributeError:
            terms = {monomial: -factor for monomial, factor in self.terms.items()}
            _add_to(terms, 1)
            # what is no constant is none when it is taken from 1
            found = self._complement = Poly(_few(terms))
            found._complement = self
            return found

    @property
    def decided(self) -> Mapping[Atom, int] | None:
        """The guards that are fixed where this is a condition that holds; None where it fixes none by itself."""
        try:
            return self._decided
        except AttributeError:
            found = self._decided = _decided(self)
            return found

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            self._hash = hash(frozenset(self.terms.items()))
            return self._hash

    def __eq__(self, other: object) -> bool:
        """Structural identity only. Two sizes may be equal at run time and differ here: use `compare`."""
        return isinstance(other, Poly) and self.terms == other.terms

    def __add__(self, other: Dim) -> Dim:
        terms = self.terms.copy()
        _add_to(terms, other)
        return _poly(terms)

    __radd__ = __add__

    def __neg__(self) -> Poly:
        return Poly({monomial: -factor for monomial, factor in self.terms.items()})

    def __sub__(self, other: Dim) -> Dim:
        terms = self.terms.copy()
        if isinstance(other, int):
            _add_to(terms, -other)
        else:
            _add_terms(terms, [(monomial, -factor) for monomial, factor in other.terms.items()])
        return _poly(terms)

    def __rsub__(self, other: Dim) -> Dim:
        if other == 1:
            return self.complement
        terms = {monomial: -factor for monomial, factor in self.terms.items()}
        _add_to(terms, other)
        return _poly(terms)

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            if other == 0:
                return 0
            if other == 1:
                return self
            return Poly({monomial: _within(factor * other) for monomial, factor in self.terms.items()})
        if len(self.terms) * len(other.terms) > 4 * MAX_TERMS:
            raise TooComplex
        terms: dict[Monomial, int] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                monomial = _product(left, right)
                total = terms.get(monomial, 0) + a * b
                if total:
                    terms[monomial] = _within(total)
                else:
                    terms.pop(monomial, None)
        return _poly(terms)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return show(self)


Dim: TypeAlias = Union[int, Poly]


class TooComplex(ArithmeticError):
    """A polynomial grew past `MAX_TERMS`; the caller gives up on this value, not on the run."""


def _poly(terms: dict[Monomial, int]) -> Dim:
    if len(terms) > 1 or (terms and () not in terms):
        return Poly(_few(terms))
    return terms.get((), 0)


def _few(terms: dict[Monomial, int]) -> dict[Monomial, int]:
    if len(terms) > MAX_TERMS:
        raise TooComplex
    return terms


def _add_to(terms: dict[Monomial, int], other: Dim) -> None:
    """Add a dimension to terms in place."""
    if isinstance(other, Poly):
        _add_terms(terms, other.terms.items())
    elif other:
        _add_terms(terms, (((), int(other)),))


def _add_terms(terms: dict[Monomial, int], added: Iterable[tuple[Monomial, int]]) -> None:
    for monomial, factor in added:
        total = terms.get(monomial, 0) + factor
        if total:
            terms[monomial] = _within(total)
        else:
            del terms[monomial]


def _within(factor: int) -> int:
    if -MAX_FACTOR < factor < MAX_FACTOR:
        return factor
    raise TooComplex


def _terms(dim: Dim) -> dict[Monomial, int]:
    if isinstance(dim, Poly):
        return dim.terms
    return {(): int(dim)} if dim else {}


def _product(left: Monomial, right: Monomial) -> Monomial:
    if not left:
        return right
    if not right:
        return left
    if len(left) == 1 and len(right) == 1:
        (a,), (b,) = left, right
        if a is b:
            return left if a.is_guard else (a, a)
        return (a, b) if a.uid < b.uid else (b, a)
    out: list[Atom] = []
    for atom in sorted(left + right, key=_by_uid):
        if out and out[-1] is atom and atom.is_guard:
            continue
        out.append(atom)
    if len(out) > MAX_DEGREE:
        raise TooComplex
    return tuple(out)


_by_uid = operator.attrgetter("uid")


def symbol(
    name: str, lower: int | None = None, upper: int | None = None, opaque: bool = False, kind: str = "symbol"
) -> Poly:
    """A fresh size with a name; `lower` and `upper` bound it inclusively.

    An opaque size has a value in the program that was not worked out; a question about it is opaque too. A size of kind
    "unknown" is the result of an operation of which nothing is known.
    """
    return Poly({(Atom(kind, name, lower, upper, opaque=opaque),): 1})


def guard(name: str, opaque: bool = False) -> Poly:
    """A fresh undecided condition: 0 or 1.

    A free guard may be either (a parameter, data). An opaque one has an answer that was not worked out, so that code
    below it may never run.
    """
    return Poly({(Atom("guard", name, 0, 1, opaque=opaque),): 1})


def is_opaque(condition: Dim) -> bool:
    """Whether a condition rests on a question that was not worked out."""
    return isinstance(condition, Poly) and condition.opaque


def single_atom(dim: Dim) -> Atom | None:
    """The atom, when the dimension is exactly one atom."""
    if isinstance(dim, Poly) and len(dim.terms) == 1:
        ((monomial, factor),) = dim.terms.items()
        if factor == 1 and len(monomial) == 1:
            return monomial[0]
    return None


def atoms_of(dim: Dim) -> frozenset[Atom]:
    """Every atom of the dimension, those inside opaque operations too."""
    return dim.atoms if isinstance(dim, Poly) else frozenset()


def mark() -> int:
    """A number above the `uid` of every atom so far, and below that of every later one."""
    return next(_counter)


def is_older(dim: Dim, than: int) -> bool:
    """Whether all symbols and conditions of a dimension were there at a mark."""
    return all(atom.uid < than for atom in atoms_of(dim) if atom.inner is None)


def forget() -> None:
    """Begin anew: questions asked from here on share nothing with those asked before."""
    _operations.clear()


def _operation(kind: str, a: Dim, b: Dim) -> Dim:
    key = (kind, a, b)
    atom = _operations.get(key)
    if atom is None:
        if _parts(a) + _parts(b) > MAX_PARTS:
            raise TooComplex
        lower, upper = _BOUNDS[kind](a, b)
        if lower is not None and lower == upper:
            return lower
        atom = Atom(kind, _operation_name(kind, a, b), lower, upper, (a, b))
        _operations[key] = atom
    return Poly({(atom,): 1})


def _parts(dim: Dim) -> int:
    """How many atoms a dimension has, those inside its operations counted wherever they stand."""
    return sum(atom.parts for monomial in dim.terms for atom in monomial) if isinstance(dim, Poly) else 0


def _operation_name(kind: str, a: Dim, b: Dim) -> str:
    if kind in ("min", "max"):
        return f"{kind}({show(a)}, {show(b)})"
    return f"{_wrapped(a)} {kind} {_wrapped(b)}" if kind in ("==", ">") else f"{_wrapped(a)}{kind}{_wrapped(b)}"


def _wrapped(dim: Dim) -> str:
    text = show(dim)
    return text if isinstance(dim, int) or len(dim.terms) < 2 else f"({text})"


Bounds: TypeAlias = tuple[Union[int, None], Union[int, None]]


def _quotient_bounds(a: Dim, b: Dim) -> Bounds:
    low_a, high_a = bounds(a)
    if isinstance(b, int) and b > 0:
        return (None if low_a is None else low_a // b), (None if high_a is None else high_a // b)
    low_b, _ = bounds(b)
    if low_a is not None and low_a >= 0 and low_b is not None and low_b >= 1:
        return 0, high_a
    return None, None


def _rest_bounds(_: Dim, b: Dim) -> Bounds:
    low, high = bounds(b)
    if low is None or low < 1:
        return None, None
    return 0, None if high is None else high - 1


def _smaller_bounds(a: Dim, b: Dim) -> Bounds:
    low_a, high_a = bounds(a)
    low_b, high_b = bounds(b)
    low = None if low_a is None or low_b is None else min(low_a, low_b)
    return low, min((high for high in (high_a, high_b) if high is not None), default=None)


def _larger_bounds(a: Dim, b: Dim) -> Bounds:
    low_a, high_a = bounds(a)
    low_b, high_b = bounds(b)
    high = None if high_a is None or high_b is None else max(high_a, high_b)
    return max((low for low in (low_a, low_b) if low is not None), default=None), high


def _truth_bounds(_: Dim, __: Dim) -> Bounds:
    return 0, 1


_BOUNDS: Mapping[str, Callable[[Dim, Dim], Bounds]] = {
    "//": _quotient_bounds,
    "%": _rest_bounds,
    "min": _smaller_bounds,
    "max": _larger_bounds,
    "==": _truth_bounds,
    ">": _truth_bounds,
}


def floordiv(a: Dim, b: Dim) -> Dim:
    """`a // b` with the exact part taken out: (4H + L)//2 is 2H + L//2, (H*n)//H is n when H >= 1.

    Raises ZeroDivisionError when `b` is the constant 0.
    """
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError
        exact: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, factor in _terms(a).items():
            if factor % b == 0:
                exact[monomial] = factor // b
            else:
                rest[monomial] = factor
        over = _poly(rest)
        return _poly(exact) + (over // b if isinstance(over, int) else _operation("//", over, b))
    quotient = divide_exactly(a, b)
    if quotient is not None and _is_positive(b):
        return quotient
    return _operation("//", a, b)


def divide_exactly(a: Dim, b: Dim) -> Dim | None:
    """The quotient when `b` is one monomial that divides every term of `a`, else None."""
    divisor = _terms(b)
    if len(divisor) != 1:
        return 1 if a == b else None
    ((by, by_factor),) = divisor.items()
    out: dict[Monomial, int] = {}
    for monomial, factor in _terms(a).items():
        left = list(monomial)
        for atom in by:
            if atom not in left:
                return None
            left.remove(atom)
        if factor % by_factor:
            return None
        out[tuple(left)] = factor // by_factor
    return _poly(out)


def _is_positive(dim: Dim) -> bool:
    low, _ = bounds(dim)
    return low is not None and low >= 1


def modulo(a: Dim, b: Dim) -> Dim:
    """`a % b`; terms that `b` divides are dropped. Raises ZeroDivisionError when `b` is the constant 0."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError
        rest = _poly({m: f % b for m, f in _terms(a).items() if f % b})
        return rest % b if isinstance(rest, int) else _operation("%", rest, b)
    if divide_exactly(a, b) is not None:
        return 0
    return _operation("%", a, b)


def minimum(a: Dim, b: Dim) -> Dim:
    """The smaller of two sizes; opaque unless bounds decide."""
    return _extreme("min", a, b)


def maximum(a: Dim, b: Dim) -> Dim:
    """The larger of two sizes; opaque unless bounds decide."""
    return _extreme("max", a, b)


def _extreme(kind: str, a: Dim, b: Dim) -> Dim:
    low, high = bounds(a - b)
    if low is not None and low >= 0:
        return b if kind == "min" else a
    if high is not None and high <= 0:
        return a if kind == "min" else b
    first, second = sorted((a, b), key=_order)
    return _operation(kind, first, second)


def _order(dim: Dim) -> list[tuple[bool, list[int], int]]:
    return sorted((not monomial, [atom.uid for atom in monomial], factor) for monomial, factor in _terms(dim).items())


def select(condition: Dim, then: Dim, otherwise: Dim) -> Dim:
    """`then if condition else otherwise`, for a 0/1 condition: otherwise + condition * (then - otherwise)."""
    if isinstance(condition, int):
        return then if condition else otherwise
    return otherwise + condition * (then - otherwise)


def conjunction(conditions: Iterable[Dim]) -> Dim:
    """Logical and of 0/1 dimensions; one fresh guard when that grows too large to be of use."""
    total: Dim = 1
    try:
        for condition in conditions:
            total = total * condition
            if not total:
                return 0
    except TooComplex:
        return guard("path")
    return total


def either(a: Dim, b: Dim) -> Dim:
    """Logical or of two 0/1 dimensions."""
    return a + b - a * b


def equals(a: Dim, b: Dim) -> Dim:
    """The condition `a == b` as a 0/1 dimension; a guard shared by every equal question when undecided."""
    difference = a - b
    if isinstance(difference, int):
        return int(difference == 0)
    low, high = bounds(difference)
    if (low is not None and low > 0) or (high is not None and high < 0):
        return 0
    if len(difference.terms) <= 2:
        for signed in (difference, -difference):
            if _is_guard(signed) or _is_guard(1 - signed):
                return 1 - signed
    difference = _oriented(difference)
    if isinstance(a, Poly) and isinstance(b, Poly):
        return _operation("==", difference, 0)
    constant = difference.terms.get((), 0)
    return _operation("==", difference - constant, -constant)


def _is_guard(dim: Dim) -> bool:
    atom = single_atom(dim)
    return atom is not None and atom.is_guard


def _oriented(dim: Poly) -> Poly:
    """The polynomial or its negative: the one with a positive first coefficient, so that equal questions are one."""
    first = min((monomial for monomial in dim.terms if monomial), key=lambda monomial: [atom.uid for atom in monomial])
    return max(dim, -dim, key=lambda either: either.terms[first])


def greater(a: Dim, b: Dim) -> Dim:
    """The condition `a > b` as a 0/1 dimension; a guard shared by every equal question when undecided."""
    difference = a - b
    if isinstance(difference, int):
        return int(difference > 0)
    low, high = bounds(difference)
    if low is not None and low > 0:
        return 1
    if high is not None and high <= 0:
        return 0
    if _is_guard(difference) or _is_guard(1 - difference):
        return difference
    constant = difference.terms.get((), 0)
    positive = _oriented(difference)
    if positive is not difference:
        # a > b with a negative first coefficient: not (-(rest) > constant - 1)
        return 1 - _operation(">", positive + constant, constant - 1)
    return _operation(">", difference - constant, -constant)


def bounds(dim: Dim, facts: Facts | None = None) -> tuple[int | None, int | None]:
    """Inclusive lower and upper bounds of a dimension, None where unbounded."""
    if isinstance(dim, int):
        return dim, dim
    low: int | None = 0
    high: int | None = 0
    for monomial, factor in dim.terms.items():
        term_low, term_high = _monomial_bounds(monomial, facts)
        if factor < 0:
            term_low, term_high = term_high, term_low
        low = None if low is None or term_low is None else low + factor * term_low
        high = None if high is None or term_high is None else high + factor * term_high
    return low, high


def _monomial_bounds(monomial: Monomial, facts: Facts | None) -> tuple[int | None, int | None]:
    low: int | None = 1
    high: int | None = 1
    for atom in monomial:
        atom_low = atom.lower
        if facts is not None:
            known = facts.lower.get(atom)
            if known is not None:
                atom_low = known if atom_low is None else max(known, atom_low)
        if len(monomial) == 1:
            return atom_low, atom.upper
        if atom_low is None or atom_low < 0:
            return (0, None) if _even_square(monomial) else (None, None)
        low = None if low is None else low * atom_low
        high = None if high is None or atom.upper is None else high * atom.upper
    return low, high


def _even_square(monomial: Monomial) -> bool:
    return not any(monomial.count(atom) % 2 for atom in monomial)


class Facts:
    """What a path knows: conditions that hold on it, decided guards, and lower bounds of symbols. Immutable."""

    __slots__ = ("_simplified", "fixed", "holds", "lower")

    def __init__(
        self,
        fixed: Mapping[Atom, int] = _NO_VALUES,
        holds: tuple[Poly, ...] = (),
        lower: Mapping[Atom, int] = _NO_VALUES,
    ) -> None:
        self.fixed = fixed
        self.holds = holds
        self.lower = lower
        # what was simplified before, by identity, with the dimension itself so that its identity lasts
        self._simplified: dict[int, tuple[Poly, Dim]] = {}

    def assume(self, condition: Dim, truth: bool = True) -> Facts | None:
        """These facts and that `condition` is true (or false); None when that contradicts them."""
        condition = self.simplify(condition)
        if isinstance(condition, int):
            return self if bool(condition) is truth else None
        return self.with_simple(condition, truth)

    def with_simple(self, condition: Poly, truth: bool) -> Facts | None:
        """These facts and a condition that is simplified under them; None when that contradicts them."""
        if not truth:
            condition = condition.complement
        fixed = condition.decided
        if fixed is None:
            # forgetting an old condition only makes the path know less
            return Facts(self.fixed, (*self.holds[-MAX_HOLDS + 1 :], condition), self.lower)
        lower = self.lower
        for atom, value in fixed.items():
            if atom.kind == ">" and value:
                inner = single_atom(atom.args[0])
                if inner is not None and isinstance(atom.args[1], int):
                    at_least = atom.args[1] + 1
                    lower = {**lower, inner: max(lower.get(inner, at_least), at_least)}
        merged = Facts({**self.fixed, **fixed}, (), lower)
        remaining: list[Poly] = []
        for held in self.holds:
            reduced = merged.simplify(held)
            if isinstance(reduced, Poly):
                remaining.append(reduced)
            elif reduced == 0:
                return None
        merged.holds = tuple(remaining)
        return merged

    def at_least(self, atom: Atom, value: int) -> Facts:
        """These facts and `atom >= value`."""
        known = self.lower.get(atom, atom.lower)
        if known is not None and known >= value:
            return self
        return Facts(self.fixed, self.holds, {**self.lower, atom: value})

    def simplify(self, dim: Dim) -> Dim:
        """The dimension with decided guards replaced by their value."""
        fixed = self.fixed
        if not fixed or not isinstance(dim, Poly) or fixed.keys().isdisjoint(dim.atoms):
            return dim
        known = self._simplified.get(id(dim))
        if known is None:
            known = self._simplified[id(dim)] = dim, substitute(dim, fixed)
        return known[1]


NOTHING_KNOWN = Facts()


def _decided(condition: Poly) -> dict[Atom, int] | None:
    """The guards that a condition fixes when it is true: a product of guards and complements of guards."""
    if len(condition.terms) == 1:
        (monomial,) = condition.terms
        if all(atom.is_guard for atom in monomial):
            return dict.fromkeys(monomial, 1)
    guards = sorted({atom for m in condition.terms for atom in m if atom.is_guard}, key=_by_uid)
    if len(guards) <= 3 and all(atom.is_guard for m in condition.terms for atom in m):
        # guards and their values as the bits of numbers
        bits = {guard: 1 << at for at, guard in enumerate(guards)}
        terms = [(sum(map(bits.__getitem__, monomial)), factor) for monomial, factor in condition.terms.items()]
        model = None
        for values in range(1 << len(guards)):
            if sum(factor for needed, factor in terms if needed & values == needed) == 1:
                if model is not None:
                    return None
                model = values
        return None if model is None else {guard: int(model & bit > 0) for guard, bit in bits.items()}
    return None


def substitute(dim: Dim, values: Mapping[Atom, Dim]) -> Dim:
    """The dimension with atoms replaced, inside opaque operations too."""
    if isinstance(dim, int):
        return dim
    if values.keys().isdisjoint(dim.atoms):
        return dim
    terms: dict[Monomial, int] = {}
    for monomial, factor in dim.terms.items():
        kept: list[Atom] = []
        product: Dim = factor
        for atom in monomial:
            value = values.get(atom)
            if value is None and atom.inner:
                value = _rebuilt(atom, atom.inner, values)
            if value is None:
                kept.append(atom)
            elif value == 0:
                product = 0
                break
            else:
                product = product * value
        # a part of a sorted monomial is sorted
        if isinstance(product, int):
            if product:
                _add_terms(terms, ((tuple(kept), product),))
            continue
        if kept:
            product = Poly({tuple(kept): 1}) * product
        _add_to(terms, product)
    return _poly(terms)


_REBUILD = {"//": floordiv, "%": modulo, "min": minimum, "max": maximum, "==": equals, ">": greater}


def _rebuilt(atom: Atom, inner: frozenset[Atom], values: Mapping[Atom, Dim]) -> Dim | None:
    """What an operation becomes whose parts are replaced; None where it stays."""
    if values.keys().isdisjoint(inner):
        return None
    a, b = (substitute(arg, values) for arg in atom.args)
    try:
        return _REBUILD[atom.kind](a, b)
    except ZeroDivisionError:
        # the program stops there: nothing is told of what comes after
        return None


class Verdict(Enum):
    """What can be said of `a == b`."""

    EQ = "equal"
    NE = "never equal"
    SOMETIMES = "unequal under some conditions"
    MAYBE = "unknown"


@dataclass(frozen=True)
class Comparison:
    """A verdict, and for SOMETIMES the assignments of guards under which the two never agree."""

    verdict: Verdict
    when: tuple[Mapping[Atom, int], ...] = ()


_EQ = Comparison(Verdict.EQ)
_NE = Comparison(Verdict.NE)
_MAYBE = Comparison(Verdict.MAYBE)


def compare(a: Dim, b: Dim, facts: Facts = NOTHING_KNOWN) -> Comparison:
    """Compare two sizes under what a path knows.

    NE is a proof: under every assignment of the guards that the path allows, the difference is a non-zero constant,
    has one sign, or is not divisible by the common factor of its coefficients.
    """
    if isinstance(a, int) and isinstance(b, int):
        return _EQ if a == b else _NE
    if a == b:
        return _EQ
    try:
        difference = facts.simplify(a - b)
    except TooComplex:
        return _MAYBE
    if isinstance(difference, int):
        return _EQ if difference == 0 else _NE
    guards = _relevant_guards(difference, facts)
    if len(guards) > MAX_GUARDS:
        return _MAYBE
    if not guards:
        return _NE if _never_zero(difference, facts) else _MAYBE
    differing: list[Mapping[Atom, int]] = []
    verdicts: set[Verdict] = set()
    for values in itertools.product((0, 1), repeat=len(guards)):
        assignment = dict(zip(guards, values))
        if any(substitute(held, assignment) == 0 for held in facts.holds):
            continue
        rest = substitute(difference, assignment)
        if rest == 0:
            verdicts.add(Verdict.EQ)
        elif _never_zero(rest, facts):
            verdicts.add(Verdict.NE)
            differing.append(assignment)
        else:
            verdicts.add(Verdict.MAYBE)
    if verdicts == {Verdict.NE}:
        return _NE
    if verdicts == {Verdict.EQ}:
        return _EQ
    return Comparison(Verdict.SOMETIMES, tuple(differing)) if differing else _MAYBE


def _relevant_guards(difference: Poly, facts: Facts) -> list[Atom]:
    guards = {atom for monomial in difference.terms for atom in monomial if atom.is_guard}
    for held in facts.holds:
        held_guards = {atom for monomial in held.terms for atom in monomial if atom.is_guard}
        if held_guards & guards:
            guards |= held_guards
    return sorted(guards, key=_by_uid)


def _never_zero(dim: Dim, facts: Facts) -> bool:
    if isinstance(dim, int):
        return dim != 0
    if _has_one_sign(dim, facts):
        return True
    constant = dim.terms.get((), 0)
    common = math.gcd(*(factor for monomial, factor in dim.terms.items() if monomial))
    if constant % common:
        return True
    reduced = _without_common_factor(dim, facts)
    return reduced is not None and _never_zero(reduced, facts)


def _has_one_sign(dim: Poly, facts: Facts) -> bool:
    low, high = bounds(dim, facts)
    return (low is not None and low > 0) or (high is not None and high < 0)


def _without_common_factor(dim: Poly, facts: Facts) -> Dim | None:
    """The polynomial divided by atoms that every term has and that are known to be positive."""
    for atom in sorted(set.intersection(*map(set, dim.terms)), key=_by_uid):
        low, _ = _monomial_bounds((atom,), facts)
        if low is not None and low >= 1:
            return divide_exactly(dim, Poly({(atom,): 1}))
    return None


def show(dim: Dim) -> str:
    """The dimension as a reader writes it: `2*hidden`, `batch`, `1 + bidirectional`."""
    if isinstance(dim, int):
        return str(dim)
    parts: list[str] = []
    for monomial, factor in sorted(dim.terms.items(), key=lambda item: (not item[0], tuple(a.uid for a in item[0]))):
        names = "*".join(f"({atom.name})" if atom.kind in ("==", ">") else atom.name for atom in monomial)
        size = abs(factor)
        text = names if names and size == 1 else f"{size}*{names}" if names else str(size)
        sign = "-" if factor < 0 else "+"
        parts.append(f" {sign} {text}" if parts else (f"-{text}" if factor < 0 else text))
    return "".join(parts)


def show_shape(dims: Iterable[Dim]) -> str:
    """A shape as Python prints a tuple: `(4, batch, 2*hidden)`."""
    texts = [show(dim) for dim in dims]
    return f"({', '.join(texts)},)" if len(texts) == 1 else f"({', '.join(texts)})"
