"""What torch asks of a tensor's strides where it is viewed under other sizes.

`Tensor.view` never copies. It can split an axis, and it can join neighbours that follow each other in memory: the
stride of the one is the size of the other times that one's stride. Anything else raises (`computeStride` in
`aten/src/ATen/TensorUtils.cpp`). Sizes and strides may be symbols; who asks supplies what is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim
from lstmcheck.frozen import frozen

# True: always equal. False: never. None: not known.
Equal = Callable[[Dim, Dim], "bool | None"]

INCOMPATIBLE = Raises(
    "RuntimeError",
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead.",
)


@frozen
class Fit:
    """Whether a view is possible: True with the new strides, False with the neighbours it cannot join, else None."""

    possible: bool | None
    strides: tuple[Dim, ...] = ()
    apart: tuple[int, int] | None = None


_UNKNOWN = Fit(None)


def row_major(sizes: Sequence[Dim]) -> tuple[Dim, ...]:
    """The strides of a contiguous tensor. Raises TooComplex."""
    strides: list[Dim] = []
    step: Dim = 1
    for size in reversed(sizes):
        strides.append(step)
        step = step * size
    return tuple(reversed(strides))


def view(sizes: Sequence[Dim], strides: Sequence[Dim], new: Sequence[Dim], equal: Equal) -> Fit:
    """Whether a tensor can be viewed as `new`, which has as many elements. Raises TooComplex.

    An axis of one element is never in the way, and a tensor without elements has any view. So whoever asks must know of
    every size whether it is 0 or 1; what is not known counts as larger.
    """
    if any(equal(size, 0) for size in sizes):
        return Fit(True, row_major(new))
    axes = [axis for axis, size in enumerate(sizes) if not equal(size, 1)]
    targets = len(new)
    found: list[Dim] = [1] * len(new)
    while axes:
        run = [axes.pop()]
        count, base = sizes[run[0]], strides[run[0]]
        while axes:
            follows = equal(strides[axes[-1]], count * base)
            if follows is None:
                return _UNKNOWN
            if not follows:
                break
            run.append(axes.pop())
            count = count * sizes[run[-1]]
        taken: Dim = 1
        at, certain, whole = targets, True, False
        while at and not whole:
            at -= 1
            found[at] = base * taken
            taken = taken * new[at]
            same = equal(taken, count)
            certain = certain and same is not None
            whole = bool(same)
        if not whole:
            # the run's own elements are not a product of the last sizes that are left
            return Fit(False, apart=(axes[-1], run[-1])) if certain and axes else _UNKNOWN
        targets = at
    if any(equal(size, 1) is not True for size in new[:targets]):
        return _UNKNOWN
    return Fit(True, tuple(found))
