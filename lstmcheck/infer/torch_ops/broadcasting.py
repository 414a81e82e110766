"""Broadcasting of partly known shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops.common import differ, equal, fresh, need, never_one
from lstmcheck.infer.values import Tensor

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_SIZES = "The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {axis}"


def stretch(m: Machine, a: Dim, b: Dim) -> Dim | None:
    """The size that two sizes broadcast to; None when they never do."""
    if a == b or (isinstance(b, int) and b == 1):
        return a
    if isinstance(a, int) and a == 1:
        return b
    if never_one(a, m) and never_one(b, m) and differ(a, b, m):
        return None
    # A size that is not 1 is the result's: the other one must be the same or 1.
    if never_one(a, m) or equal(a, b, m):
        return a
    if never_one(b, m):
        return b
    return fresh("broadcast")


def broadcast(m: Machine, x: Tensor, y: Tensor, name: str) -> Shape:
    """The shape of an elementwise operation; sizes that never fit are reported."""
    a, b = x.shape, y.shape
    if not a.open and not b.open:
        rank = max(len(a.left), len(b.left))
        sizes = _aligned(m, x, y, name, rank, rank)
        return closed(*sizes)
    if a.open and not b.open:
        return _partly(m, x, y, name)
    if b.open and not a.open:
        return _partly(m, y, x, name)
    count = min(len(a.right), len(b.right))
    right = _aligned(m, x, y, name, count, None)
    longer = a.right if len(a.right) > count else b.right
    return Shape((), (*_survivors(longer[: len(longer) - count]), *right), True)


def _partly(m: Machine, x: Tensor, y: Tensor, name: str) -> Shape:
    """An open shape with a closed one."""
    a, b = x.shape, y.shape
    rank = len(b.left)
    if rank <= len(a.right):
        # The open one surely has the higher rank: its left sizes stay.
        right = _aligned(m, x, y, name, rank, None)
        return Shape(a.left, (*a.right[: len(a.right) - rank], *right), True, a.max_rank)
    right = _aligned(m, x, y, name, len(a.right), None)
    more = b.left[: rank - len(a.right)]
    return Shape((), (*_survivors(more), *right), True, None if a.max_rank is None else max(a.max_rank, rank))


def _survivors(sizes: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Sizes that meet unknown ones: a constant 1 may be stretched; sizes with names are taken not to be."""
    kept: list[Dim] = []
    for size in reversed(sizes):
        if isinstance(size, int) and size == 1:
            break
        kept.insert(0, size)
    return tuple(kept)


def _aligned(m: Machine, x: Tensor, y: Tensor, name: str, count: int, rank: int | None) -> tuple[Dim, ...]:
    sizes: list[Dim] = []
    for axis in range(-count, 0):
        a, b = x.shape.at(axis), y.shape.at(axis)
        if a is None or b is None:
            sizes.append(a if a is not None else b if b is not None else fresh())
            continue
        size = stretch(m, a, b)
        if size is None:
            fields = {"a": a, "b": b, "axis": axis if rank is None else rank + axis}
            source = x if x.role is not None else y
            raises = Raises("RuntimeError", _SIZES, fields)
            need(m, "op.shape", a, b, name, raises, source, axis=axis, facts={"shapes": (x.shape, y.shape)})
            size = fresh("broadcast")
        sizes.append(size)
    return tuple(sizes)
