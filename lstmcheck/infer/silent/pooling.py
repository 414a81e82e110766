"""Sums, means and softmaxes over the wrong axis: over the samples, or over padding."""

from __future__ import annotations

import ast
from dataclasses import replace

from lstmcheck.contract.needs import Need
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, Doubt, axes_of, learn, padding_place, places
from lstmcheck.infer.meaning.carry import unpadded
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.torch_ops.common import axes as axis_numbers
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Items, Tensor, Value
from lstmcheck.words import last_name


def _chosen(m: Machine, x: Tensor, dim: Value) -> tuple[Axes, list[int]] | None:
    axes = axes_of(x)
    if m.muted or axes is None or dim is None or isinstance(dim, (Tensor, bool)):
        return None
    wanted = axis_numbers(m, dim)
    if wanted is None or any(not -len(axes) <= axis < len(axes) for axis in wanted):
        return None
    return axes, [axis % len(axes) for axis in wanted]


def reduced(m: Machine, x: Tensor, dim: Value, name: str, result: Value) -> None:
    """Look at `x.mean(dim)` and its kin.

    A statistic of the batch is a fine thing by itself: a sum over the samples is a mistake once the steps that it
    leaves are used as if they were samples.
    """
    found = _chosen(m, x, dim)
    if found is None:
        return
    axes, wanted = found
    kinds = [axis.kind if axis is not None else "" for axis in axes]
    gone = [axes[i] for i in wanted]
    batch = next((axis for axis in gone if axis is not None and axis.kind == "batch"), None)
    left_over = [kind for i, kind in enumerate(kinds) if i not in wanted]
    if batch is not None and "time" in left_over and len(axes) >= 3 and not _is_one(m, x, axes, batch):
        _doubt(m, _over_batch(m, axes, batch, wanted[gone.index(batch)], name), result)
        return
    if name == "mean":
        for axis in gone:
            if axis is not None and axis.kind == "time" and axis.padded is not None:
                place = padding_place(axis)
                need = Need("silent.mean_padded", None, None, "never", "output", detail={})
                m.report(need, m.here(), (), axis.layer, [place])


def normalised(m: Machine, x: Tensor, dim: Value, name: str, result: Value = None) -> None:
    """Look at a softmax."""
    found = _chosen(m, x, dim)
    if found is None or len(found[1]) != 1:
        return
    axes, (position,) = found
    axis = axes[position]
    others = {other.kind for i, other in enumerate(axes) if other is not None and i != position}
    if "time" in others and _is_single(m, x, axes, position):
        time = next(other for other in axes if other is not None and other.kind == "time")
        detail = {"axis": position, "time": axes.index(time), "operation": name, "single": True}
        m.report(Need("silent.over_batch", 1, None, "never", "output", detail=detail), m.here(), (), time.layer)
        return
    if axis is not None and axis.kind == "batch" and "time" in others and not _is_one(m, x, axes, axis):
        doubt = _over_batch(m, axes, axis, position, name)
        m.report(doubt.need, doubt.site, (), axis.layer, doubt.sources)
    elif (
        axis is not None
        and axis.kind == "time"
        and position == 1
        and len(axes) == 3
        and isinstance(result, Tensor)
        and not equal(x.size(-1), 1, m)
    ):
        detail = {"axis": position, "operation": name, "text": axis.evidence.text}
        need = Need("silent.over_time", None, None, "never", "output", detail=detail)
        result.state["over time"] = Doubt(need, m.here(), tuple(places(axis)))
    if axis is not None and axis.kind == "time" and isinstance(result, Tensor) and _needs_mask(m, axis):
        need = Need("silent.softmax_padded", None, None, "never", "output", detail={"operation": name})
        result.state["unmasked"] = Doubt(need, m.here(), (padding_place(axis),))


def _needs_mask(m: Machine, axis: Axis) -> bool:
    """Whether a softmax over an axis reads padding as data.

    After `pad_packed_sequence` padding is zeros, which only scale the sum: many mean that to be so, unless they have a
    mask at hand.
    """
    node = axis.padded.node if axis.padded is not None else None
    if isinstance(node, ast.Call) and last_name(node.func) == "pad_packed_sequence":
        names = {part for name in scopes.loads(scopes.scope_of(m)) for part in name.lower().split("_")}
        return "mask" in names
    return axis.padded is not None


def masked(m: Machine, x: Tensor) -> None:
    """Note that padding may be masked in place."""
    axes = axes_of(x)
    if axes is not None and any(axis is not None and axis.padded for axis in axes):
        learn(m, x, unpadded(axes) or axes)


# what only arranges weights anew
_REARRANGES = frozenset(
    f"torch.{name}" for name in ("unsqueeze", "squeeze", "transpose", "permute", "reshape", "flatten", "dropout")
) | {"Tensor.expand", "Tensor.expand_as", "torch.t", "torch.nn.functional.dropout", "Tensor.view_as"}


def rearranged(path: str, x: Value, result: Value) -> None:
    """Remember of weights that padding has a share in them, while they are only arranged anew."""
    if path in _REARRANGES and isinstance(x, Tensor) and isinstance(result, Tensor) and "unmasked" in x.state:
        result.state["unmasked"] = x.state["unmasked"]


def weighted(m: Machine, a: Value, b: Value) -> None:
    """Look at a product of weights and values over time, in either order.

    Weights that a mask has been multiplied into are others.
    """
    for weights, values in ((a, b), (b, a)):
        _weighted(m, weights, values)


def _weighted(m: Machine, weights: Value, values: Value) -> None:
    doubt = weights.state.get("unmasked") if isinstance(weights, Tensor) else None
    axes = axes_of(values) if isinstance(values, Tensor) else None
    if not isinstance(doubt, Doubt) or axes is None or not any(axis is not None and axis.padded for axis in axes):
        return
    layer = next((axis.layer for axis in axes if axis is not None and axis.layer is not None), None)
    if layer is not None:
        m.report(doubt.need, doubt.site, (), layer, doubt.sources)


def windowed(m: Machine, x: Tensor, name: str) -> None:
    """Look at a pooling layer of one dimension: it runs along the last axis."""
    axes = axes_of(x)
    last = axes[-1] if axes is not None and len(axes) == 3 else None
    if axes is None or last is None or last.kind != "batch" or _is_one(m, x, axes, last):
        return
    if any(axis is not None and axis.kind == "time" for axis in axes):
        doubt = _over_batch(m, axes, last, 2, name)
        m.report(doubt.need, doubt.site, (), last.layer, doubt.sources)


def used(m: Machine, x: Tensor) -> None:
    """Look at a tensor that a layer takes or a module returns: what was pooled over the samples has steps as rows."""
    for axis in axes_of(x) or ():
        if axis is not None and axis.doubt is not None:
            m.report(axis.doubt.need, axis.doubt.site, (), axis.layer, axis.doubt.sources)


def _doubt(m: Machine, doubt: Doubt, result: Value) -> None:
    for out in result.head if isinstance(result, Items) else (result,):
        axes = axes_of(out) if isinstance(out, Tensor) else None
        if isinstance(out, Tensor) and axes is not None:
            told = (replace(a, doubt=doubt) if a is not None and a.kind == "time" else a for a in axes)
            out.state["axes"] = tuple(told)


def _is_single(m: Machine, x: Tensor, axes: Axes, position: int) -> bool:
    """Whether the last axis has one element, of several rows."""
    axis = axes[position]
    if m.muted or position != len(axes) - 1 or not (axis is None or axis.kind == "features"):
        return False
    sizes = with_rank(x, len(axes))
    if sizes is None or not equal(sizes[position], 1, m):
        return False
    return not all(equal(size, 1, m) for size in sizes)


def _is_one(m: Machine, x: Tensor, axes: Axes, axis: Axis) -> bool:
    sizes = with_rank(x, len(axes))
    return sizes is not None and equal(sizes[axes.index(axis)], 1, m)


def _over_batch(m: Machine, axes: Axes, axis: Axis, position: int, name: str) -> Doubt:
    time = next((i for i, other in enumerate(axes) if other is not None and other.kind == "time"), None)
    detail = {"axis": position, "time": time, "operation": name, "text": axis.evidence.text}
    need = Need("silent.over_batch", None, None, "never", "output", detail=detail)
    return Doubt(need, m.here(), tuple(places(axis)))
