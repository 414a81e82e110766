"""How a view regroups axes: which of the new axes is which of the old ones, and which were put out of order.

A view keeps the order of elements in memory. It can merge neighbours and split an axis; it cannot move one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lstmcheck.dims import Dim, Poly, TooComplex, divide_exactly, floordiv
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.torch_ops.common import equal


@dataclass
class Groups:
    """Runs of old axes and the new axes that they became, in order; `moved` is an old axis that a view cannot move.

    `moved` is (old axis that stands in the way, old axis that is wanted in its place, new axis); None where the view
    is a plain regrouping, or where sizes do not tell.
    """

    groups: list[tuple[list[int], list[int]]] = field(default_factory=list)
    whole: bool = True
    moved: tuple[int, int, int] | None = None


def regroup(m: Machine, old: Sequence[Dim], new: Sequence[Dim]) -> Groups:
    """Match the sizes before and after a view, from the left."""
    found = Groups()
    sources = [i for i, size in enumerate(old) if not equal(size, 1, m)]
    targets = [i for i, size in enumerate(new) if not equal(size, 1, m)]
    # what stays at the end is no candidate for another place
    kept: list[tuple[int, int]] = []
    while len(sources) > 1 and len(targets) > 1 and equal(old[sources[-1]], new[targets[-1]], m):
        kept.append((sources.pop(), targets.pop()))
    i = j = 0
    try:
        while i < len(sources) and j < len(targets):
            olds, news = [sources[i]], [targets[j]]
            a, b = old[sources[i]], new[targets[j]]
            while not equal(a, b, m):
                if divide_exactly(b, a) is not None and i + 1 < len(sources):
                    i += 1
                    olds.append(sources[i])
                    a = a * old[sources[i]]
                elif divide_exactly(a, b) is not None and j + 1 < len(targets):
                    j += 1
                    news.append(targets[j])
                    b = b * new[targets[j]]
                else:
                    found.whole = False
                    found.groups += [([i], [j]) for i, j in reversed(kept)]
                    found.moved = _moved(m, old, new, sources[i:], news[-1]) if len(olds) == 1 else None
                    found.moved = found.moved or _split_across(m, old, new, sources[i:], targets[j:])
                    found.moved = found.moved or _merged_across(m, old, new, olds, sources[i + 1 :], news[-1])
                    found.moved = found.moved or _permuted(m, old, new, sources, targets)
                    return found
            found.groups.append((olds, news))
            if found.moved is None:
                found.moved = _permuted(m, old, new, olds, news) or _split_across(m, old, new, olds, news)
                found.moved = found.moved or _merged_around(m, old, new, olds, news)
            i += 1
            j += 1
    except TooComplex:
        found.whole = False
    if i < len(sources) or j < len(targets):
        found.whole = False
    found.groups += [([i], [j]) for i, j in reversed(kept)]
    return found


def _moved(
    m: Machine, old: Sequence[Dim], new: Sequence[Dim], rest: Sequence[int], target: int
) -> tuple[int, int, int] | None:
    """The later old axis whose size stands where the first of the remaining ones should."""
    if any(isinstance(size, Poly) and any(atom.args for atom in size.atoms) for size in (*old, *new)):
        # a quotient or a remainder: which sizes it is made of is not told
        return None
    wanted = next((k for k in rest[1:] if equal(old[k], new[target], m)), None)
    return None if wanted is None else (rest[0], wanted, target)


def _split_across(
    m: Machine, old: Sequence[Dim], new: Sequence[Dim], olds: Sequence[int], news: Sequence[int]
) -> tuple[int, int, int] | None:
    """Two axes (a, b) that became (heads, a, b / heads): the parts of b stand before a."""
    if len(olds) != 2 or len(news) != 3 or not equal(old[olds[0]], new[news[1]], m):
        return None
    first, part = new[news[0]], new[news[2]]
    whole = old[olds[1]]
    if equal(first * part, whole, m) or equal(part, floordiv(whole, first), m):
        return olds[0], olds[1], news[0]
    return None


def _merged_across(
    m: Machine, old: Sequence[Dim], new: Sequence[Dim], olds: Sequence[int], rest: Sequence[int], target: int
) -> tuple[int, int, int] | None:
    """An axis that is the product of two axes between which another one stands: (a, b, c) to (a * c, b)."""
    if len(olds) != 2 or not isinstance(new[target], Poly):
        return None
    wanted = next((k for k in rest if equal(old[olds[0]] * old[k], new[target], m)), None)
    return None if wanted is None else (olds[1], wanted, target)


def _merged_around(
    m: Machine, old: Sequence[Dim], new: Sequence[Dim], olds: Sequence[int], news: Sequence[int]
) -> tuple[int, int, int] | None:
    """Three axes (a, b, c) that became (b, a * c), or (a / n, b, n * c): the middle one stands between the others."""
    if len(olds) != 3 or len(news) not in (2, 3):
        return None
    first, middle, last = (old[at] for at in olds)
    if len(news) == 3:
        # (rows * directions, batch, hidden) to (rows, batch, directions * hidden)
        part = divide_exactly(first, new[news[0]])
        if part is None or equal(part, 1, m) or not equal(middle, new[news[1]], m):
            return None
        return (olds[1], olds[0], news[2]) if equal(last * part, new[news[2]], m) else None
    if not equal(middle, new[news[0]], m) or not equal(first * last, new[news[1]], m):
        return None
    # with numbers alone the first could also be a part of another product
    return None if equal(first, middle, m) else (olds[0], olds[1], news[0])


def _permuted(
    m: Machine, old: Sequence[Dim], new: Sequence[Dim], olds: list[int], news: list[int]
) -> tuple[int, int, int] | None:
    """Several axes that a view turns into the same sizes in another order."""
    if len(olds) != len(news) or len(olds) < 2:
        return None
    left = list(olds)
    for target in news:
        match = next((k for k in left if equal(old[k], new[target], m)), None)
        if match is None:
            return None
        if match != left[0]:
            return left[0], match, target
        left.remove(match)
    return None
