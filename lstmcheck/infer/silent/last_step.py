"""The last step of a sequence: taken from the batch axis, from padding, or from a direction that has just begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, axes_of
from lstmcheck.infer.meaning.items import Part, is_last, is_number, is_whole, left_of
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Layer, Tensor


def item(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> None:
    """Look at one reading `x[...]`."""
    if m.muted:
        return
    sizes = with_rank(x, len(axes))
    kinds = [axis.kind if axis is not None else "" for axis in axes]
    for part in parts:
        axis = axes[part.axis] if part.axis is not None else None
        if axis is None or part.axis is None or not is_number(part.key):
            continue
        if not is_last(part.key):
            continue
        size = sizes[part.axis] if sizes is not None else None
        others = [other for other in parts if other.axis not in (None, part.axis)]
        alone = all(is_whole(other.key) or kinds[other.axis or 0] == "features" for other in others)
        if axis.kind == "batch" and alone and axis.layer is not None and ("time" in kinds or "rows" in kinds):
            if size is None or not equal(size, 1, m):
                _sample(m, x, axes, axis, part.axis)
        elif axis.kind == "time" and axis.padded is not None:
            _padding(m, axis)
    _backward_part(m, x, axes, parts)


def _sample(m: Machine, x: Tensor, axes: Axes, axis: Axis, position: int) -> None:
    """`out[:, -1]` of a sequence-first output: the last sample of the batch, not the last step."""
    time = next((i for i, other in enumerate(axes) if other is not None and other.kind == "time"), None)
    state = any(other is not None and other.kind == "rows" for other in axes)
    detail = {"axis": position, "time": time, "state": state, "text": axis.evidence.text}
    _report(m, "silent.last_sample", axis.layer, axis, detail)


def _padding(m: Machine, axis: Axis) -> None:
    assert axis.padded is not None
    place = Related(axis.padded.file.location(axis.padded.node), "padded here")
    need = Need("silent.last_padded", None, None, "never", "output", detail={"how": "the last step"})
    m.report(need, m.here(), (), axis.layer, [place])


# a direction where it has seen one step of the sequence
_BEGUN = (("backward", "last"), ("forward", "first"))


def _backward_part(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> None:
    """`out[:, -1, hidden:]`, by one key or by several: the backward direction where it has seen one step."""
    before = axes[-1] if axes else None
    if before is None or before.kind != "features" or not before.half:
        return
    left = left_of(m, x, axes, parts)
    after = left[-1] if left else None
    if after is None or after.kind != "features" or (before.half, before.step) in _BEGUN:
        return
    if (after.half, after.step) in _BEGUN:
        _report(m, "silent.direction", after.layer, after, {"half": after.half, "step": after.step})


def used(m: Machine, x: Tensor) -> None:
    """Look at a tensor that a linear layer, a product or a loss takes: both directions of one step, as one vector."""
    axes = axes_of(x)
    last = axes[-1] if axes else None
    if m.muted or last is None or last.half not in ("both", "sum") or last.step != "last" or last.taken is None:
        return
    need = Need("silent.direction", None, None, "never", "output", detail={"half": last.half, "step": "last"})
    m.report(need, last.taken, (), last.layer)


def _report(m: Machine, what: str, layer: Layer | None, axis: Axis, detail: dict[str, Any]) -> None:
    sources = []
    if axis.evidence.site is not None:
        sources.append(Related(axis.evidence.site.file.location(axis.evidence.site.node), axis.evidence.text))
    m.report(Need(what, None, None, "never", "output", detail=detail), m.here(), (), layer, sources)
