"""`squeeze()` without an axis: it drops a batch of one too."""

from __future__ import annotations

from lstmcheck.contract.needs import Need
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import axes_of
from lstmcheck.infer.torch_ops.common import equal, never_one, with_rank
from lstmcheck.infer.values import Tensor


def squeezed(m: Machine, x: Tensor) -> None:
    """Look at `x.squeeze()`: advice where the axis that is meant is plain, and the batch may be one."""
    axes = axes_of(x)
    sizes = with_rank(x, len(axes)) if axes is not None else None
    if axes is None or sizes is None:
        return
    ones = [i for i, size in enumerate(sizes) if equal(size, 1, m)]
    batch = next((i for i, axis in enumerate(axes) if axis is not None and axis.kind == "batch"), None)
    if len(ones) != 1 or batch is None or isinstance(sizes[batch], int) or never_one(sizes[batch], m):
        return
    axis = axes[batch]
    detail = {"meant": ones[0] - len(axes) if ones[0] == len(axes) - 1 else ones[0], "batch": batch}
    layer = axis.layer if axis is not None else None
    m.report(Need("silent.squeeze", None, None, "never", "squeeze", detail=detail), m.here(), (), layer)
