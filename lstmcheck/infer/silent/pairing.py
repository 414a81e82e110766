"""Losses: predictions and targets whose axes are in different orders, and classes on the wrong axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.dims import Verdict, compare
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, Doubt, Evidence, axes_of, padding_place, places
from lstmcheck.infer.silent import last_step
from lstmcheck.infer.silent.order import Order
from lstmcheck.infer.torch_ops import losses
from lstmcheck.infer.torch_ops.common import differ, equal, with_rank
from lstmcheck.infer.values import Tensor, Value

_ALIGNED = frozenset({"CTCLoss", "ctc_loss"})
_IGNORED = -100  # torch's default of ignore_index
_CLASSES = frozenset({"CrossEntropyLoss", "NLLLoss", "cross_entropy", "nll_loss"})


def lost(m: Machine, name: str, given: Sequence[Value], options: Mapping[str, Value]) -> None:
    """Look at a call `loss(predictions, targets)`."""
    if m.muted or len(given) < 2:
        return
    predictions, targets = m.tensor(given[0]), m.tensor(given[1])
    if predictions is None or targets is None:
        return
    last_step.used(m, predictions)
    if name in _CLASSES:
        _padded_targets(m, targets, options)
    doubt = predictions.state.get("over time") if name in ("NLLLoss", "nll_loss") else None
    if isinstance(doubt, Doubt):
        m.report(doubt.need, doubt.site, (), None, doubt.sources)
        return
    axes = axes_of(predictions)
    if axes is None:
        return
    if name in _ALIGNED and [axis.kind if axis is not None else "" for axis in axes[:2]] == ["batch", "time"]:
        _report(m, "silent.class_axis", axes[0], {"is": "batch", "loss": name, "time": 0}, axes[:2])
        return
    second = axes[1] if len(axes) >= 3 and name in _CLASSES else None
    if (
        second is not None
        and second.kind in ("time", "batch")
        and _fits(m, predictions, len(axes))
        and targets.shape.rank in (None, len(axes) - 1)
    ):
        raises = _unless_equal(m, predictions, targets, len(axes))
        _report(m, "silent.class_axis", second, {"is": second.kind, "loss": name}, [second], raises)
        return
    others = axes_of(targets)
    if others is None:
        return
    first, second = axes[0], others[0]
    if first is not None and second is not None and _out_of_order(first, second):
        _report(
            m,
            "silent.sorted",
            first,
            {"loss": name},
            [Axis("batch", Evidence("order", "the samples are sorted here", first.order.site)), second],
        )
        return
    if first is not None and second is not None and _crossed(m, first, second):
        detail = {"predictions": _sizes(first), "targets": _sizes(second), "loss": name}
        _report(m, "silent.pairing", first, detail, [first, second])
        return
    for a, b in zip(_flat(axes), _flat(others)):
        if a is None or b is None:
            continue
        if {a.kind, b.kind} == {"batch", "time"}:
            detail = {"predictions": _words(axes), "targets": _words(others), "loss": name}
            raises = _of_batches(m, predictions, targets) if name in _CLASSES and a is first else None
            _report(m, "silent.pairing", a, detail, [a, b], raises)
            return


def _unless_equal(m: Machine, predictions: Tensor, targets: Tensor, rank: int) -> Raises | None:
    """What torch raises at a call with the program's own sizes, unless there are as many classes as steps."""
    scores = with_rank(predictions, rank)
    if not m.concrete or scores is None or targets.shape.rank != rank - 1:
        return None
    got = targets.shape.left[-1]
    if compare(scores[-1], got, m.facts).verdict is not Verdict.MAYBE:
        return None
    fields = {"expected": [scores[0], *scores[2:]], "target": list(targets.shape.left)}
    return Raises("RuntimeError", losses.TARGET, fields)


def _of_batches(m: Machine, predictions: Tensor, targets: Tensor) -> Raises | None:
    """What torch raises at a call with the program's own sizes, unless the first sizes happen to be equal."""
    a, b = predictions.shape, targets.shape
    if not m.concrete or a.rank is None or b.rank is None or b.rank != a.rank - 1 or not b.left:
        return None
    if compare(a.left[0], b.left[0], m.facts).verdict is not Verdict.MAYBE:
        return None
    return Raises("ValueError", losses.BATCH, {"batch": a.left[0], "target_batch": b.left[0]})


def _padded_targets(m: Machine, targets: Tensor, options: Mapping[str, Value]) -> None:
    """Report targets whose padding is a class like any other, so that the loss counts it."""
    if options.get("ignore_index", _IGNORED) != _IGNORED or options.get("weight") is not None:
        return
    if options.get("reduction", "mean") not in ("mean", "sum"):
        return
    for axis in _flat(axes_of(targets) or (None,)):
        if axis is None or axis.kind != "time" or axis.padded is None:
            continue
        if axis.fill is not None and axis.fill >= 0:
            need = Need("silent.loss_padded", None, None, "never", "loss", detail={"fill": int(axis.fill)})
            m.report(need, m.here(), (), None, [padding_place(axis)])
            return


def _out_of_order(predictions: Axis, targets: Axis) -> bool:
    """Whether predictions are in the order of their lengths and the targets in that of the data."""
    order = predictions.order
    if predictions.kind != "batch" or targets.kind != "batch" or not isinstance(order, Order) or not order.by_length:
        return False
    return targets.order is None and targets.restored is None and targets.layer is None


def _crossed(m: Machine, predictions: Axis, targets: Axis) -> bool:
    """Whether both were flattened from the same two sizes, in another order."""
    if len(predictions.sizes) != 2 or len(targets.sizes) != 2:
        return False
    (a, b), (c, d) = predictions.sizes, targets.sizes
    return equal(a, d, m) and equal(b, c, m) and differ(a, b, m)


def _sizes(axis: Axis) -> str:
    kinds = [part.kind if part is not None else "" for part in axis.parts]
    return ", ".join(f"{kind} {size}".strip() for kind, size in zip(kinds, axis.sizes))


def _fits(m: Machine, predictions: Tensor, rank: int) -> bool:
    """Whether torch may take the second axis for the classes: else it raises, and that is told elsewhere."""
    sizes = with_rank(predictions, rank)
    return sizes is not None and not differ(sizes[1], sizes[-1], m)


def _flat(axes: Axes) -> list[Axis | None]:
    first = axes[0]
    return list(first.parts) if first is not None and first.parts else list(axes[:2])


def _words(axes: Axes) -> str:
    return ", ".join(axis.kind if axis is not None else "?" for axis in _flat(axes))


def _report(
    m: Machine,
    what: str,
    axis: Axis | None,
    detail: dict[str, Any],
    evidence: Sequence[Axis | None],
    raises: Raises | None = None,
) -> None:
    need = Need(what, None, None, "never", "loss", raises=raises, detail=detail)
    m.report(need, m.here(), (), axis.layer if axis is not None else None, places(*evidence, named=True))
