"""Sums, means and softmaxes over the wrong axis: over the samples, or over padding."""

from __future__ import annotations

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, axes_of
from lstmcheck.infer.torch_ops.common import axes as axis_numbers
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Tensor, Value


def _chosen(m: Machine, x: Tensor, dim: Value) -> tuple[Axes, list[int]] | None:
    axes = axes_of(x)
    if m.muted or axes is None or dim is None or isinstance(dim, (Tensor, bool)):
        return None
    wanted = axis_numbers(m, dim)
    if wanted is None or any(not -len(axes) <= axis < len(axes) for axis in wanted):
        return None
    return axes, [axis % len(axes) for axis in wanted]


def reduced(m: Machine, x: Tensor, dim: Value, name: str) -> None:
    """Look at `x.mean(dim)` and its kin."""
    found = _chosen(m, x, dim)
    if found is None:
        return
    axes, wanted = found
    kinds = [axis.kind if axis is not None else "" for axis in axes]
    gone = [axes[i] for i in wanted]
    batch = next((axis for axis in gone if axis is not None and axis.kind == "batch"), None)
    left_over = [kind for i, kind in enumerate(kinds) if i not in wanted]
    if batch is not None and "time" in left_over and len(axes) >= 3 and not _is_one(m, x, axes, batch):
        _over_batch(m, axes, batch, wanted[gone.index(batch)], name)
        return
    if name == "mean":
        for axis in gone:
            if axis is not None and axis.kind == "time" and axis.padded is not None:
                place = Related(axis.padded.file.location(axis.padded.node), "padded here")
                need = Need("silent.mean_padded", None, None, "never", "output", detail={})
                m.report(need, m.here(), (), axis.layer, [place])


def normalised(m: Machine, x: Tensor, dim: Value, name: str) -> None:
    """Look at a softmax."""
    found = _chosen(m, x, dim)
    if found is None or len(found[1]) != 1:
        return
    axes, (position,) = found
    axis = axes[position]
    others = {other.kind for i, other in enumerate(axes) if other is not None and i != position}
    if axis is not None and axis.kind == "batch" and "time" in others and not _is_one(m, x, axes, axis):
        _over_batch(m, axes, axis, position, name)


def _is_one(m: Machine, x: Tensor, axes: Axes, axis: Axis) -> bool:
    sizes = with_rank(x, len(axes))
    return sizes is not None and equal(sizes[axes.index(axis)], 1, m)


def _over_batch(m: Machine, axes: Axes, axis: Axis, position: int, name: str) -> None:
    time = next((i for i, other in enumerate(axes) if other is not None and other.kind == "time"), None)
    sources = []
    if axis.evidence.site is not None:
        sources.append(Related(axis.evidence.site.file.location(axis.evidence.site.node), axis.evidence.text))
    detail = {"axis": position, "time": time, "operation": name, "text": axis.evidence.text}
    m.report(Need("silent.over_batch", None, None, "never", "output", detail=detail), m.here(), (), axis.layer, sources)
