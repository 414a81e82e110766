"""A sum over a padded axis that is divided by the length of the longest row."""

from __future__ import annotations

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import axes_of, padding_place
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Tensor, Value


def summed(m: Machine, x: Tensor, dim: Value, result: Value) -> None:
    """Note a sum over a padded axis, and how long the axis is."""
    axes, at = axes_of(x), m.int_of(dim)
    if axes is None or at is None or not -len(axes) <= at < len(axes) or not isinstance(result, Tensor):
        return
    axis, sizes = axes[at], with_rank(x, len(axes))
    if axis is not None and axis.padded is not None and axis.kind == "time" and sizes is not None:
        result.state["summed"] = axis, sizes[at]


def divided(m: Machine, x: Tensor, by: Dim) -> None:
    """Look at `x / by` where x is such a sum."""
    found = x.state.get("summed")
    if found is None or m.muted or not equal(by, found[1], m):
        return
    axis = found[0]
    place = padding_place(axis)
    m.report(Need("silent.mean_padded", None, None, "never", "output", detail={}), m.here(), (), axis.layer, [place])
