"""Whether a view is possible: what is known of the strides against the sizes that it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product as combinations

from lstmcheck.contract.needs import Need
from lstmcheck.contract.strides import INCOMPATIBLE, Equal, Fit, view
from lstmcheck.dims import Atom, Dim, Poly, TooComplex, Verdict, compare, substitute
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.views import regroup
from lstmcheck.infer.strides.layouts import ROWS, Layout, strides
from lstmcheck.infer.values import Tensor

MAX_UNDECIDED = 6
MAX_OPEN = 3

# an empty tensor has any view: what only fails without being empty fails
_EMPTY = Fit(False)


def is_possible(m: Machine, x: Tensor, new: Sequence[Dim]) -> bool:
    """Judge `x.view(new)`; False where it raises and does not even join neighbours, so that nothing comes of it."""
    layout = x.layout
    if layout is None or layout is ROWS or x.shape.open or m.muted:
        return True
    try:
        found = _impossible(m, layout, x.shape.left, tuple(new))
        if found is None:
            return True
        fit, ones = found
        groups = regroup(m, x.shape.left, new)
        clean = groups.whole and groups.moved is None
    except TooComplex:
        return True
    detail = {
        "from": x.shape.left,
        "to": tuple(new),
        "apart": fit.apart,
        "ones": tuple(atom.name for atom in ones),
        "clean": clean,
    }
    need = Need("op.view", None, None, "never", "view", raises=INCOMPATIBLE, detail=detail)
    m.need(need, layer=x.role.layer if x.role is not None else None, sources=tuple(_origin(m, layout)))
    return clean


def _impossible(
    m: Machine, layout: Layout, sizes: tuple[Dim, ...], new: tuple[Dim, ...]
) -> tuple[Fit, list[Atom]] | None:
    """How a view fails, and the sizes that must not be 1 for that; None where it may be possible.

    A layer's width and the batch of a state count as larger than 1. Any other size may be 1, as the steps of a decoder.
    """
    undecided = sorted(_undecided(m, (*sizes, *new, *_sources(layout))), key=lambda atom: atom.uid)
    if len(undecided) > MAX_UNDECIDED:
        return None
    guards = [atom for atom in undecided if atom.is_guard]
    others = [atom for atom in undecided if not atom.is_guard]
    free = [atom for atom in others if atom in m.several]
    fixed = [atom for atom in others if atom not in m.several]
    if len(fixed) > MAX_OPEN:
        return None
    first: Fit | None = None
    ones: list[Atom] = []
    for values in combinations((0, 1), repeat=len(guards)):
        # 0: it may be a part of a sum
        for alone in combinations((None, 1, 0), repeat=len(fixed)):
            known = dict(zip(guards, values)) | {atom: one for atom, one in zip(fixed, alone) if one is not None}
            fit = _failing(m, layout, sizes, new, others, known)
            if fit is None:
                return None
            if first is None or first.apart is None:
                first = fit
            left = [atom for atom in free if atom not in ones]
            ones += [atom for atom in left if _failing(m, layout, sizes, new, others, {**known, atom: 1}) is None]
    return None if first is None or first.apart is None else (first, ones)


def _undecided(m: Machine, sizes: Iterable[Dim]) -> set[Atom]:
    """The symbols of sizes that may be 1 or 0 for all that is known."""
    found: set[Atom] = set()
    for size in sizes:
        size = m.facts.simplify(size)
        if isinstance(size, Poly):
            found.update(atom for monomial in size.terms for atom in monomial)
    return {atom for atom in found if atom.is_guard or not _is_large(m, atom)}


def _is_large(m: Machine, atom: Atom) -> bool:
    return max(atom.lower or 0, m.facts.lower.get(atom, 0)) > 1


def _sources(layout: Layout) -> Iterator[Dim]:
    step: Layout | None = layout
    while step is not None:
        yield from step.sizes
        yield from step.new
        step = step.source


def _failing(
    m: Machine,
    layout: Layout,
    sizes: tuple[Dim, ...],
    new: tuple[Dim, ...],
    large: Sequence[Atom],
    known: Mapping[Atom, int],
) -> Fit | None:
    """How a view fails under some values of sizes and conditions, the other sizes being larger than 1."""
    equal = _judged(m, large, known)
    if any(equal(size, 0) for size in sizes):
        return _EMPTY
    if any(equal(size, 0) is None or equal(size, 1) is None for size in sizes):
        # what is left of an axis may be one element, or none
        return None
    before = strides(layout, sizes, equal)
    total: Dim = 1
    wanted: Dim = 1
    for size in sizes:
        total = total * size
    for size in new:
        wanted = wanted * size
    if before is None or equal(total, wanted) is not True:
        return None
    fit = view(sizes, before, new, equal)
    return fit if fit.possible is False else None


def _judged(m: Machine, large: Sequence[Atom], known: Mapping[Atom, int]) -> Equal:
    facts = m.facts
    for atom in large:
        if atom not in known:
            facts = facts.at_least(atom, 2)

    def equal(a: Dim, b: Dim) -> bool | None:
        verdict = compare(substitute(a, known), substitute(b, known), facts).verdict
        return True if verdict is Verdict.EQ else False if verdict is Verdict.NE else None

    return equal


def _origin(m: Machine, layout: Layout) -> Iterator[Related]:
    """Where the axes were put out of the order of memory, the last place first."""
    step: Layout | None = layout
    told = 0
    while step is not None and told < 2:
        if step.site is not None and step.site.node is not m.node:
            yield step.site.related(step.words)
            told += 1
        step = step.source
