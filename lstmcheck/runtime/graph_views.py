"""What view and reshape do to axes: they merge and split them in order, and cannot move them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import NamedTuple

from lstmcheck.runtime.graph_axes import Axis, Dim, Seen, Shape, Value, size_of


class Moved(NamedTuple):
    """The axes of the source that a view of these sizes mixes up: the one that is next, the one that was meant."""

    blocking: int
    wanted: int


def moved(sizes: Sequence[int], wanted: Sequence[int]) -> Moved | None:
    """Whether a view only makes sense as a move of whole axes: (L, N, H) as (N, L, H), (R, N, H) as (N, R * H).

    None where the new sizes are merges and splits in order.
    """
    for old, new in _groups(sizes, wanted):
        if len(old) < 2 or len(new) < 2:
            continue
        olds, news = [sizes[i] for i in old], [wanted[i] for i in new]
        if _stacked_steps(olds, news):
            continue
        order = _assignment(olds, news)
        if order is not None:
            at = next(i for i, place in enumerate(order) if place != i)
            return Moved(old[at], old[order[at]])
    return None


def _groups(sizes: Sequence[int], wanted: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Runs of axes, of the old sizes and the new, whose products agree; axes of one position are left out."""
    olds = [i for i, size in enumerate(sizes) if size != 1]
    news = [i for i, size in enumerate(wanted) if size != 1]
    while olds and news:
        old, new = [olds.pop(0)], [news.pop(0)]
        while (left := prod(sizes[i] for i in old)) != (right := prod(wanted[i] for i in new)):
            (old if left < right else new).append((olds if left < right else news).pop(0))
        yield old, new


def _stacked_steps(olds: list[int], news: list[int]) -> bool:
    """(steps, features) as (steps / k, k * features): neighbouring steps side by side, as a pyramid has them."""
    return len(olds) == len(news) == 2 and olds[0] % news[0] == 0 and 1 < olds[0] // news[0] <= 4


def _assignment(olds: list[int], news: list[int]) -> list[int] | None:
    """The old axes in the order in which whole ones make the new sizes; None where none does."""
    if len(olds) > 5:
        return None

    def search(left: tuple[int, ...], at: int) -> list[int] | None:
        if at == len(news):
            return [] if not left else None
        for chosen in _subsets(left):
            if prod(olds[i] for i in chosen) == news[at]:
                rest = search(tuple(i for i in left if i not in chosen), at + 1)
                if rest is not None:
                    return [*chosen, *rest]
        return None

    return search(tuple(range(len(olds))), 0)


def _subsets(places: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for bits in range(1, 1 << len(places)):
        yield tuple(place for i, place in enumerate(places) if bits >> i & 1)


def viewed(value: Value, shape: Shape, seen: Seen) -> Value | None:
    """A view of a value, or None where its axes cannot be told. What it mixes up is noticed."""
    factors = [axis for dim in value.dims for axis in dim if axis.size != 1]
    gone = tuple(axis for dim in value.dims for axis in dim if axis.size == 1 and axis.kind and not axis.is_whole)
    mixed = moved([axis.size for axis in factors], shape)
    if mixed is not None:
        _tell(value, factors, mixed, shape, seen)
        return None
    _tell_directions(value, factors, shape, seen)
    dims = _regrouped(factors, shape, value, seen)
    if dims is None:
        return None
    kept = len(dims) > 1 and value.scored is not None and value.scored < 2
    scored = value.scored if kept else None
    return replace(value, dims=dims, picked=(*value.picked, *gone), scored=scored, is_difference=False)


def _tell(value: Value, factors: list[Axis], mixed: Moved, shape: Shape, seen: Seen) -> None:
    blocking, wanted = factors[mixed.blocking], factors[mixed.wanted]
    names = tuple({"units": "features", "halves": "features"}.get(axis.kind, axis.kind) for axis in factors)
    if not (blocking.kind or wanted.kind):
        return
    before = value.shape
    places = [i for i, dim in enumerate(value.dims) for axis in dim if axis.size != 1]
    whole = all(len(dim) == 1 or size_of(dim) == 1 for dim in value.dims)
    from_ = before if whole else tuple(axis.size for axis in factors)
    if whole:
        shown = [dim[0].kind if dim else "" for dim in value.dims]
        shown = [{"units": "features", "halves": "features"}.get(kind, kind) for kind in shown]
        at = (places[mixed.blocking], places[mixed.wanted])
    else:
        shown, at = list(names), (mixed.blocking, mixed.wanted)
    seen.notice(
        "silent.scrambled",
        value,
        **{"from": from_, "to": shape, "kinds": tuple(shown), "blocking": at[0], "wanted": at[1]},
        rows="rows" in (blocking.kind, wanted.kind),
    )


def _tell_directions(value: Value, factors: list[Axis], shape: Shape, seen: Seen) -> None:
    """h_n.view(2, layers, batch, hidden) of a bidirectional layer: its rows are layer by layer."""
    source, sizes = value.source, [size for size in shape if size != 1]
    layers = source.layers
    if not factors or factors[0].kind != "rows" or not factors[0].is_whole or source.directions != 2 or layers == 2:
        return
    if layers > 1 and sizes[:2] == [2, layers]:
        seen.notice("silent.rows", value, how="order", layers=layers, directions=2, part=value.source.part, rows=())


def _regrouped(factors: list[Axis], shape: Shape, value: Value, seen: Seen) -> tuple[Dim, ...] | None:
    left, dims = list(factors), []
    for size in shape:
        need, got = size, list[Axis]()
        while need > 1:
            axis = left.pop(0)
            if need % axis.size == 0:
                got.append(axis)
                need //= axis.size
            elif axis.size % need == 0:
                outer, inner = _split(axis, need, value)
                if axis.kind == "time" and axis.is_whole:
                    seen.notice("time.split", value, sizes=(outer.size, inner.size))
                got.append(outer)
                left.insert(0, inner)
                need = 1
            else:
                return None
        dims.append(tuple(got) if got else plain_one())
    return tuple(dims)


def plain_one() -> Dim:
    """An axis of one position that means nothing."""
    return (Axis("", 1, 1),)


def _split(axis: Axis, outer: int, value: Value) -> tuple[Axis, Axis]:
    inner, source = axis.size // outer, value.source
    names = ("", "")
    if axis.is_whole and axis.kind == "features" and source.directions == outer == 2:
        names = ("halves", "units")
    elif axis.is_whole and axis.kind == "rows" and (outer, inner) == (source.layers, source.directions):
        names = ("layers", "directions")
    elif axis.kind == "packed":
        names = ("packed", "")
    return Axis(names[0], outer, outer), Axis(names[1], inner, inner)
