"""Reading parts of a tensor by `x[...]`: which axis each part of the key takes, and what the rest stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lstmcheck.infer.joins import is_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import ROWS, Axes, Axis, Evidence, axes_of, mean
from lstmcheck.infer.torch_ops.common import equal
from lstmcheck.infer.values import Items, Range, Slice, Tensor, Unknown, Value


@dataclass(frozen=True)
class Part:
    """One part of a key: the axis that it takes (None for a new axis), and the key there."""

    axis: int | None
    key: Value


def parts_of(key: Value, rank: int) -> list[Part] | None:
    """A key as one part for every axis, left to right; None where it is not known which axes it takes."""
    keys = list(key.head) if isinstance(key, Items) and key.kind == "tuple" and key.whole else [key]
    taken = sum(one is not None and one is not Ellipsis for one in keys)
    if taken > rank or any(isinstance(one, (bool, str)) or _is_mask(one) for one in keys):
        return None
    full = [Slice(None, None, None)] * (rank - taken)
    at = next((i for i, one in enumerate(keys) if one is Ellipsis), None)
    keys = keys + full if at is None else keys[:at] + full + [one for one in keys[at + 1 :] if one is not Ellipsis]
    found: list[Part] = []
    axis = 0
    for one in keys:
        found.append(Part(None if one is None else axis, one))
        axis += one is not None
    return found


def _is_mask(key: Value) -> bool:
    return isinstance(key, Tensor) and (key.dtype == "bool" or (key.dtype is None and key.shape.rank not in (0, 1)))


def is_number(key: Value) -> bool:
    """Whether a part of a key picks one position of its axis."""
    return is_dim(key) or (isinstance(key, Unknown) and key.kind == "int")


def is_whole(key: Value) -> bool:
    """Whether a part of a key is `:`."""
    return isinstance(key, Slice) and key.lower is None and key.upper is None and key.step is None


def is_last(key: Value) -> bool:
    """Whether a part of a key is written as the last position: `n - 1` may be one of many that a loop reads."""
    return isinstance(key, int) and key == -1


def carry_item(m: Machine, x: Tensor, key: Value, result: Value) -> None:
    """Give `x[key]` the meanings of what is left of the axes of x, and show the reading to the detectors."""
    from lstmcheck.infer.silent import reading

    axes = axes_of(x) or _by_order(x, key)
    if axes is None:
        return
    parts = parts_of(key, len(axes))
    if parts is None:
        return
    reading.item(m, x, axes, parts, result)
    if not isinstance(result, Tensor) or result is x or "axes" in result.state:
        return
    left = _left(m, axes, parts)
    if left is not None and result.shape.rank in (None, len(left)):
        mean(result, left)
    numbers = [part.axis for part in parts if part.axis is not None and is_number(part.key)]
    if len(numbers) == 1:
        result.state["picked"] = axes[numbers[0]]


def _by_order(x: Tensor, key: Value) -> Axes | None:
    """A tensor that is put into the order of a sort of the samples has them on its first axis."""
    rank = x.shape.rank
    if not isinstance(key, Tensor) or "order" not in key.state or not rank:
        return None
    batch = Axis("batch", Evidence("order", "the samples are sorted here", key.state["order"].site))
    return (batch, *(None,) * (rank - 1))


def _left(m: Machine, axes: Axes, parts: list[Part]) -> Axes | None:
    left: list[Axis | None] = []
    advanced: list[tuple[int, Part]] = []
    for part in parts:
        if part.axis is None:
            left.append(None)
        elif isinstance(part.key, Slice):
            axis = axes[part.axis]
            left.append(axis if is_whole(part.key) or axis is None else _sliced(m, axis, part))
        elif not is_number(part.key):
            if not advanced:
                left.append(None)
            advanced.append((len(left) - 1, part))
    if advanced:
        if any(_rank(part.key) != 1 for _, part in advanced):
            return None
        if len(advanced) > 1 and not _adjacent(parts):
            return None
        kinds = [axes[part.axis] for _, part in advanced if part.axis is not None]
        batch = next((axis for axis in kinds if axis is not None and axis.kind == "batch"), None)
        left[advanced[0][0]] = _ordered(batch, advanced[0][1].key) if batch is not None else None
    steps = [
        axis
        for part in parts
        if part.axis is not None
        and is_number(part.key)
        and (axis := axes[part.axis]) is not None
        and axis.kind == "time"
    ]
    last = left[-1] if left else None
    if steps and last is not None and last.half and not steps[0].padded:
        picked = next(part for part in parts if part.axis is not None and axes[part.axis] is steps[0])
        step = "last" if is_last(picked.key) else "first" if picked.key == 0 else ""
        left[-1] = replace(last, step=step, taken=m.here() if step else None)
    return tuple(left)


def _rank(key: Value) -> int | None:
    if isinstance(key, Tensor):
        return key.shape.rank if key.dtype is not None or key.shape.rank == 1 else None
    return 1 if isinstance(key, (Items, Range)) else None


def _adjacent(parts: list[Part]) -> bool:
    places = [i for i, part in enumerate(parts) if part.axis is not None and not isinstance(part.key, Slice)]
    return places == list(range(places[0], places[0] + len(places)))


def _sliced(m: Machine, axis: Axis, part: Part) -> Axis | None:
    """The meaning of a part of an axis."""
    key = part.key
    if axis.kind == "features":
        half = sliced_half(m, axis, key)
        return replace(axis, half=half) if half else None
    if axis.kind == "time" and key.step is None and key.lower is not None:
        # the last step is the same one, the first is not; that is all that the detectors ask
        return axis
    return axis if axis.kind in ("batch", "time", *ROWS) else None


def sliced_half(m: Machine, axis: Axis, key: Value) -> str:
    """Which direction's features a slice takes: "forward", "backward", or empty for anything else."""
    if not axis.half or axis.layer is None or not isinstance(key, Slice) or key.step is not None:
        return ""
    config = axis.layer.config
    hidden, whole = getattr(config, "real_hidden", None), getattr(config, "output_size", None)
    if hidden is None or whole is None:
        return ""
    if key.lower in (None, 0) and is_dim(key.upper) and equal(key.upper, hidden, m):
        return "forward"
    if is_dim(key.lower) and equal(key.lower, hidden, m):
        return "backward" if key.upper is None or (is_dim(key.upper) and equal(key.upper, whole, m)) else ""
    return ""


def _ordered(batch: Axis, key: Value) -> Axis:
    """A batch whose samples were picked by an index: in the order of a sort, or in no known order."""
    order = key.state.get("order") if isinstance(key, Tensor) else None
    return replace(batch, order=order)
