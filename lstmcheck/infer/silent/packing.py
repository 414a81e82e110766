"""Packing and padding: which axis of a padded batch is which, and where padding begins."""

from __future__ import annotations

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.contract.packed import count_error
from lstmcheck.dims import Dim, Verdict, compare
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, Evidence, mean, places
from lstmcheck.infer.meaning.names import described
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Items, Packed, Tensor, Value


def _first(m: Machine, names: dict[str, Value]) -> bool | None:
    flag = names.get("batch_first", False)
    return bool(flag) if isinstance(flag, (bool, int)) else None


def packed(m: Machine, names: dict[str, Value], result: Packed) -> None:
    """Hold the axes of what is packed against `batch_first` of the packing."""
    x, first = m.tensor(names.get("input")), _first(m, names)
    if x is None or first is None:
        return
    axes = described(m, x, 3)
    if axes is None:
        return
    batch, time = (axes[0], axes[1]) if first else (axes[1], axes[0])
    if batch is not None and batch.kind == "batch":
        result.order = batch.order
    wrong = [
        axis
        for axis, kind in ((time, "batch"), (batch, "time"))
        if axis is not None and axis.kind == kind and not m.muted
    ]
    right = any(axis is not None and axis.kind == kind for axis, kind in ((time, "time"), (batch, "batch")))
    if wrong and not right:
        sources = places(*wrong, named=True)
        detail = {"is": wrong[0].kind, "text": wrong[0].evidence.text, "batch_first": first}
        raises = _unless_square(m, names, x, axes, first)
        m.report(
            Need("silent.pack_layout", None, None, "never", "input", None, raises=raises, detail=detail),
            m.here(),
            (),
            None,
            sources,
        )


def _unless_square(m: Machine, names: dict[str, Value], x: Tensor, axes: Axes, first: bool) -> Raises | None:
    """What torch raises where there is one length for each sample, unless there are as many samples as steps.

    With `enforce_sorted=False` it takes rows by the lengths' order, and steps up to the longest: one of the two is past
    the end where the batch was padded to its longest sequence.
    """
    sizes, at = with_rank(x, 3), 1 if first else 0
    count = _count(m, names.get("lengths"))
    if sizes is None or count is None or not equal(count, sizes[at], m):
        return None
    if compare(count, sizes[1 - at], m.facts).verdict is not Verdict.MAYBE:
        # they are equal, or the packing itself has told
        return None
    if names.get("enforce_sorted", True) is True:
        return count_error(count, sizes[1 - at])
    longest = any(axis is not None and axis.padded is not None for axis in axes)
    return Raises("RuntimeError", "", exact=False) if longest and names["enforce_sorted"] is False else None


def _count(m: Machine, lengths: Value) -> Dim | None:
    lengths = settle(lengths, m.facts)
    if isinstance(lengths, Items):
        return lengths.length
    return lengths.shape.left[0] if isinstance(lengths, Tensor) and lengths.shape.rank == 1 else None


def unpacked(m: Machine, names: dict[str, Value], result: Items) -> None:
    """Give the padded output of `pad_packed_sequence` its axes."""
    first = _first(m, names)
    out = result.head[0] if result.head else None
    sequence = names.get("sequence")
    if first is None or not isinstance(out, Tensor):
        return
    site = m.here()
    layer = out.role.layer if out.role is not None else None
    flag = "batch_first=True" if first else "no batch_first=True"
    evidence = Evidence("layer", f"pad_packed_sequence has {flag}", site)
    order = sequence.order if isinstance(sequence, Packed) else None
    batch, time = Axis("batch", evidence, layer, order=order), Axis("time", evidence, layer, padded=site)
    both = layer is not None and m.facts.simplify(getattr(layer.config, "bidirectional", 0)) == 1
    features = Axis("features", evidence, layer, half="both" if both else "")
    mean(out, (batch, time, features) if first else (time, batch, features))


def padded(m: Machine, names: dict[str, Value], result: Value) -> None:
    """Give the result of `pad_sequence` its axes; sequences of one known length are not padded."""
    first = _first(m, names)
    if first is None or not isinstance(result, Tensor):
        return
    site = m.here()
    flag = "batch_first=True" if first else "no batch_first=True"
    evidence = Evidence("data", f"pad_sequence has {flag}", site)
    equal_lengths = _one_length(m, names.get("sequences")) or names.get("padding_side", "right") != "right"
    fill = names.get("padding_value", 0.0)
    batch = Axis("batch", evidence)
    time = Axis("time", evidence, padded=None if equal_lengths else site, fill=fill if _is_number(fill) else None)
    rank = result.shape.rank
    rest = (None,) * ((rank if rank is not None else 3) - 2)
    mean(result, (batch, time, *rest) if first else (time, batch, *rest))


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _one_length(m: Machine, sequences: Value) -> bool:
    if not isinstance(sequences, Items) or not sequences.whole:
        return False
    lengths = [part.shape.at(0) for part in sequences.head if isinstance(part, Tensor)]
    return bool(lengths) and all(length is not None and length == lengths[0] for length in lengths)
