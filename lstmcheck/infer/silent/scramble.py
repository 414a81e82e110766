"""A view or reshape where a transpose is meant: the elements keep their order in memory, the axes are mixed up."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim, Poly, atoms_of, bounds, divide_exactly
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axis, Doubt, axes_of
from lstmcheck.infer.meaning.views import regroup
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.torch_ops.common import equal, product, with_rank
from lstmcheck.infer.values import Layer, Tensor, Value


def viewed(m: Machine, x: Tensor, result: Tensor, asked: Sequence[Value] | None) -> None:
    """Look at a view of x; `asked` are the sizes as the program gives them, one of which may be -1."""
    if m.muted or result.shape.open:
        return
    axes = axes_of(x)
    rank = x.shape.rank
    if rank is None:
        rank = len(axes) if axes is not None else 0
    sizes = with_rank(x, rank) if rank else None
    if sizes is None or len(sizes) < 2:
        return
    if axes is None or len(axes) != len(sizes):
        axes = (None,) * len(sizes)
    if x.shape.open:
        sizes = tuple(axis.size if axis and axis.size is not None else size for axis, size in zip(axes, sizes))
    sought = _sought(result.shape.left, sizes, asked or ())
    before, after = product(sizes), product(sought)
    if before is None or after is None or not equal(before, after, m):
        return
    found = regroup(m, sizes, sought)
    if found.moved is not None:
        blocking, wanted, target = found.moved
        if not _certain(m, sizes, axes, blocking) or not _certain(m, sizes, axes, wanted):
            return
        if isinstance(sizes[wanted], int) and _is_worked_out(m, target, len(sought)):
            # the size that is wanted there may be another one that happens to be equal
            return
        doubt = _doubt(m, sizes, sought, axes, blocking, wanted, target)
        if not (isinstance(sizes[wanted], Poly) or axes[blocking] is not None or axes[wanted] is not None):
            if _are_exchanged(sizes, sought):
                result.state["mixed"] = doubt
            elif len(sizes) == 2 and len(sought) == 3:
                # numbers alone: as a state its axes are told
                result.state["mixed state"] = doubt
            return
        if axes[blocking] is None and axes[wanted] is None:
            # between operations of its own a program may mean it (the shift of relative positions)
            result.state["mixed"] = doubt
        else:
            _tell(m, doubt, axes[blocking] or axes[wanted])
        return
    for olds, news in found.groups:
        axis = axes[olds[0]]
        if len(olds) == 1 and axis is not None and len(axis.parts) == len(news) > 1:
            inner = regroup(m, axis.sizes, [sought[i] for i in news])
            if inner.moved is not None:
                blocking, wanted, at = inner.moved
                doubt = _doubt(m, axis.sizes, sought, axis.parts, blocking, wanted, news[at])
                _tell(m, doubt, axis.parts[blocking] or axis.parts[wanted])
                return


def _are_exchanged(sizes: Sequence[Dim], sought: Sequence[Dim]) -> bool:
    """Whether a view has the very numbers of before in another order, all different: that is no chance."""
    numbers = [size for size in sizes if isinstance(size, int) and size > 1]
    return len(sizes) == len(numbers) == len(set(numbers)) >= 3 and set(numbers) == set(sought)


def _sought(left: tuple[Dim, ...], sizes: Sequence[Dim], asked: Sequence[Value]) -> tuple[Dim, ...]:
    """The sizes of a view, with the one that is asked for as -1 told by the others."""
    if len(asked) != len(left) or sum(isinstance(size, int) and size == -1 for size in asked) != 1:
        return left
    at = next(i for i, size in enumerate(asked) if isinstance(size, int) and size == -1)
    before, others = product(sizes), product([*left[:at], *left[at + 1 :]])
    inferred = None if before is None or others is None else divide_exactly(before, others)
    return left if inferred is None else (*left[:at], inferred, *left[at + 1 :])


def _certain(m: Machine, sizes: tuple[Dim, ...], axes: tuple[Axis | None, ...], position: int) -> bool:
    """Whether an axis is surely meant to be longer than 1.

    Layer rows are not, where their number is a parameter, and neither is what strides and kernels leave of an axis.
    """
    size = sizes[position]
    if isinstance(size, int):
        return size > 1
    axis = axes[position]
    if axis is not None and axis.kind != "rows":
        return True
    low, _ = bounds(size, m.facts)
    if low is not None and low > 1:
        return True
    return axis is None and all(atom.kind != "//" for atom in atoms_of(size))


def _is_worked_out(m: Machine, target: int, rank: int) -> bool:
    """Whether a size that the view is given is a quotient: of what, its number does not tell."""
    call = m.node
    sizes = call.args if isinstance(call, ast.Call) else []
    if len(sizes) == 1 and isinstance(sizes[0], (ast.Tuple, ast.List)):
        sizes = sizes[0].elts
    if len(sizes) != rank:
        return False
    written = sizes[target]
    values = [written, *(scopes.bound_to(scopes.scope_of(m), written.id) if isinstance(written, ast.Name) else ())]
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, (ast.FloorDiv, ast.Div, ast.Mod))
        for value in values
        for node in ast.walk(value)
    )


def carried(given: Iterable[Value], result: Value) -> None:
    """Remember of a result that axes of what it was computed from were mixed up."""
    if isinstance(result, Tensor) and "mixed" not in result.state:
        for value in given:
            for mark in ("mixed", "mixed state", "over time") if isinstance(value, Tensor) else ():
                if mark in value.state:
                    result.state[mark] = value.state[mark]


def entered(m: Machine, layer: Layer, x: Tensor, marks: Sequence[str] = ("mixed",)) -> None:
    """Look at the input or the state of a recurrent layer: its axes have a meaning, whatever they had before."""
    for doubt in map(x.state.get, marks):
        if isinstance(doubt, Doubt):
            m.report(doubt.need, doubt.site, (), layer, doubt.sources)


def _tell(m: Machine, doubt: Doubt, axis: Axis | None) -> None:
    m.report(doubt.need, doubt.site, (), axis.layer if axis is not None else None, doubt.sources)


def _doubt(
    m: Machine,
    sizes: tuple[Dim, ...],
    sought: tuple[Dim, ...],
    axes: tuple[Axis | None, ...],
    blocking: int,
    wanted: int,
    target: int,
) -> Doubt:
    names = [axis.kind if axis is not None else "" for axis in axes]
    detail = {
        "from": sizes,
        "to": sought,
        "kinds": tuple(names),
        "blocking": blocking,
        "wanted": wanted,
        "target": target,
        "rows": names[blocking] == "rows" or names[wanted] == "rows",
    }
    axis = axes[blocking] or axes[wanted]
    sources = []
    if axis is not None and axis.evidence.site is not None and axis.evidence.site.node is not m.node:
        sources.append(axis.evidence.site.related(f"{axis.kind}: {axis.evidence.text}"))
    return Doubt(Need("silent.scrambled", None, None, "never", "view", detail=detail), m.here(), tuple(sources))
