"""What torch's operations do to the meanings of axes: one small function an operation, by its first path.

An operation that is not in the table and keeps a tensor's shape keeps its meanings; any other loses them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lstmcheck.dims import Dim, Poly, single_atom
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import ROWS, Axes, Axis, Evidence, axes_of, joined, kind_at, mean
from lstmcheck.infer.meaning.items import by_order, ordered
from lstmcheck.infer.meaning.views import regroup
from lstmcheck.infer.torch_ops import einops
from lstmcheck.infer.torch_ops.common import axes as axis_numbers
from lstmcheck.infer.torch_ops.common import equal, is_true, spread, with_rank
from lstmcheck.infer.values import Array, Items, Layer, Slice, Tensor, Value

Names = dict[str, Value]
Transfer = Callable[[Machine, Names, Tensor, Axes, Any], "Axes | None"]

TRANSFERS: dict[str, Transfer] = {}


def _for(*paths: str) -> Callable[[Transfer], Transfer]:
    def register(function: Transfer) -> Transfer:
        for path in paths:
            TRANSFERS[path] = function
        return function

    return register


def carry(m: Machine, paths: Sequence[str], names: Names, result: Value) -> None:
    """Give the result of an operation, known by its paths, the meanings that its arguments' axes have."""
    x = _source(names)
    if x is None:
        if paths[0] == "torch.index_select":
            _sorted_samples(m, names, result)
        elif paths[0] == "torch.stft" and isinstance(result, Tensor) and result.shape.rank in (2, 3):
            mean(result, _spectrum(m, names, result, (None,) * (result.shape.rank - 1), result))
        return
    axes = axes_of(x)
    if axes is None:
        return
    transfer = next((TRANSFERS[path] for path in paths if path in TRANSFERS), None)
    if transfer is None and any(isinstance(value, Tensor) and "order" in value.state for value in names.values()):
        # samples are put into another order in a way that is not followed
        return
    for out in _outputs(result):
        if out is x or "axes" in out.state:
            continue
        mean(out, transfer(m, names, x, axes, out) if transfer is not None else _kept(x, axes, out))
    if paths[0] in ("torch.chunk", "torch.split") and isinstance(result, Items):
        _halves(m, axes, _at(m, names["dim"], len(axes)), result)


def _halves(m: Machine, axes: Axes, at: int | None, result: Items) -> None:
    """Give the two halves of a bidirectional output their directions."""
    last = axes[-1]
    if at != len(axes) - 1 or last is None or last.half != "both" or len(result.head) != 2 or not result.whole:
        return
    hidden = getattr(last.layer.config, "real_hidden", None) if last.layer is not None else None
    for part, half in zip(result.head, ("forward", "backward")):
        size = part.shape.at(-1) if isinstance(part, Tensor) else None
        if isinstance(part, Tensor) and hidden is not None and size is not None and equal(size, hidden, m):
            part.state["axes"] = (*axes[:-1], replace(last, half=half))


def _sorted_samples(m: Machine, names: Names, result: Value) -> None:
    """Note that `index_select` puts samples into the order of a sort."""
    x, index = names.get("input"), names.get("index")
    rank = x.shape.rank if isinstance(x, Tensor) else None
    at = _at(m, names.get("dim"), rank) if rank else None
    if at is not None and isinstance(x, Tensor) and isinstance(index, Tensor) and isinstance(result, Tensor):
        mean(result, by_order(x, Items("tuple", [*[Slice(None, None, None)] * at, index])))


def _source(names: Names) -> Tensor | None:
    """The first tensor among an operation's arguments that has meanings."""
    for value in names.values():
        if isinstance(value, Tensor):
            if "axes" in value.state:
                return value
        elif isinstance(value, Array):
            if "axes" in value.data.state:
                return value.data
        elif isinstance(value, Items):
            for item in (*value.head[:1], value.rest):
                if isinstance(item, Tensor) and "axes" in item.state:
                    return item
    return None


def _outputs(result: Value) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, Items):
        return [part for part in result.each if isinstance(part, Tensor)]
    return []


def _kept(x: Tensor, axes: Axes, out: Tensor) -> Axes | None:
    """The meanings of a result of the same shape."""
    return axes if out.shape is x.shape or out.shape == x.shape else None


def _at(m: Machine, value: Value, rank: int) -> int | None:
    axis = m.int_of(value)
    return axis % rank if axis is not None and -rank <= axis < rank else None


@_for("torch.transpose")
def _transpose(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    first, second = _at(m, names["dim0"], len(axes)), _at(m, names["dim1"], len(axes))
    if first is None or second is None:
        return None
    order = list(axes)
    order[first], order[second] = order[second], order[first]
    return tuple(order)


@_for("torch.permute")
def _permute(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    values = spread(names["*"])
    order = [_at(m, value, len(axes)) for value in values or ()]
    known = [axis for axis in order if axis is not None]
    return tuple(axes[axis] for axis in known) if len(known) == len(axes) else None


@_for("torch.movedim")
def _movedim(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    start, end = _at(m, names["source"], len(axes)), _at(m, names["destination"], len(axes))
    if start is None or end is None:
        return None
    order = list(axes)
    order.insert(end, order.pop(start))
    return tuple(order)


@_for("torch.t", "Tensor.T")
def _reversed(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    return tuple(reversed(axes))


@_for("Tensor.mT")
def _last_two(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    return (*axes[:-2], *reversed(axes[-2:]))


@_for("torch.unsqueeze")
def _unsqueeze(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    at = _at(m, names["dim"], len(axes) + 1)
    new = Axis("new", Evidence("view", "unsqueeze makes this axis"))
    return None if at is None else (*axes[:at], new, *axes[at:])


@_for("torch.squeeze")
def _squeeze(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    if names["dim"] is not None:
        at = _at(m, names["dim"], len(axes))
        if at is None:
            return None
        size = x.shape.at(at if not x.shape.open else at - len(axes) if at else 0)
        if size is not None and equal(size, 1, m):
            return axes[:at] + axes[at + 1 :]
        return _kept(x, axes, out)
    sizes = with_rank(x, len(axes))
    if sizes is None or out.shape.open:
        return None
    left = tuple(axis for axis, size in zip(axes, sizes) if not equal(size, 1, m))
    return left if len(left) == len(out.shape.left) else None


@_for(
    *(
        f"torch.{name}"
        for name in (
            *("sum", "prod", "mean", "var", "norm", "max", "min", "amax", "amin", "argmax", "argmin", "logsumexp"),
            *("median", "all", "any", "std", "mode", "quantile", "count_nonzero", "topk", "kthvalue"),
        )
    )
)
def _reduce(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    if names.get("dim") is None or isinstance(names["dim"], (Tensor, bool)):
        return None
    wanted = axis_numbers(m, names["dim"])
    if wanted is None or any(not -len(axes) <= axis < len(axes) for axis in wanted):
        return None
    gone = {axis % len(axes) for axis in wanted}
    last = axes[-1]
    if last is not None and last.half == "both" and any(kind_at(axes, at) == "halves" for at in gone):
        axes = (*axes[:-1], replace(last, half="sum"))
    if is_true(names.get("keepdim")) or (len(out.shape.left) == len(axes) and not out.shape.open):
        return tuple(None if i in gone else axis for i, axis in enumerate(axes))
    return tuple(axis for i, axis in enumerate(axes) if i not in gone)


@_for("torch.flip", "torch.roll", "torch.sort", "torch.argsort", "torch.cumsum")
def _within(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    """Elements change their place along an axis: which step is the last one is not known any more."""
    numbers = names.get("*") or names.get("dims", names.get("dim", -1))
    numbers = numbers[0] if isinstance(numbers, tuple) and len(numbers) == 1 else numbers
    wanted = [m.int_of(value) for value in numbers] if isinstance(numbers, tuple) else axis_numbers(m, numbers)
    if wanted is None or any(axis is None for axis in wanted):
        return None
    gone = {axis % len(axes) for axis in wanted if axis is not None and axes}
    return tuple(None if i in gone else axis for i, axis in enumerate(axes))


@_for("einops.rearrange")
def _rearranged(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    """Axes are split, put into another order, and merged."""
    sizes = with_rank(x, len(axes))
    found = einops.plan_of(m, x, names["pattern"], names["lengths"])
    if sizes is None or found is None or len(found.pattern.left) != len(axes):
        return None
    apart = viewed(m, axes, sizes, [found.sizes[name] for name in found.names])
    order = [name for group in found.pattern.right for name in group]
    if apart is None or sorted(order) != sorted(found.names):
        return None
    moved = tuple(apart[found.names.index(name)] for name in order)
    return viewed(m, moved, [found.sizes[name] for name in order], out.shape.left)


@_for("torch.reshape", "Tensor.view_as", "torch.flatten", "torch.ravel", "torch.unflatten")
def _view(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    sizes = with_rank(x, len(axes))
    if sizes is None or out.shape.open:
        return None
    return viewed(m, axes, sizes, out.shape.left)


def viewed(m: Machine, axes: Axes, old: Sequence[Dim], new: Sequence[Dim]) -> Axes | None:
    """The meanings after a view from one shape to another."""
    found = regroup(m, old, new)
    if found.moved is not None:
        return None
    result: list[Axis | None] = [None] * len(new)
    split = False
    for olds, news in found.groups:
        if len(olds) == len(news) == 1:
            result[news[0]] = axes[olds[0]]
            split = split or _is_split(m, axes[olds[0]], len(old), new, news[0])
        elif len(news) == 1:
            result[news[0]] = _merged([axes[i] for i in olds], [old[i] for i in olds])
        elif len(olds) == 1:
            axis = axes[olds[0]]
            if axis is not None and len(axis.parts) == len(news) and _in_order(m, axis, [new[i] for i in news]):
                for i, part in zip(news, axis.parts):
                    result[i] = part
            elif axis is not None and axis.half == "both" and axis.layer is not None and len(news) == 2:
                hidden = getattr(axis.layer.config, "real_hidden", None)
                if hidden is not None and equal(new[news[0]], 2, m) and equal(new[news[1]], hidden, m):
                    result[news[0]] = Axis("halves", axis.evidence, axis.layer)
                    result[news[1]] = axis
    if split:
        return tuple(None if axis is not None and axis.kind in ("batch", "time") else axis for axis in result)
    return tuple(result)


def _is_split(m: Machine, axis: Axis | None, rank: int, new: Sequence[Dim], at: int) -> bool:
    """Whether a view takes a batch apart into one of size 1 and a further axis, as it does where there are several:
    a layer runs over one side of a grid, and another may run over the other side.
    """
    if axis is None or axis.kind != "batch" or not 3 <= rank < len(new):
        return False
    return any(equal(size, 1, m) for size in new[:at])


def flattened(m: Machine, x: Tensor, out: Tensor) -> None:
    """Note that a view made the first axis of several that nothing else is known of."""
    rank = out.shape.rank
    if x.shape.open or rank is None or not 1 <= rank < len(x.shape.left):
        return
    found = regroup(m, x.shape.left, out.shape.left)
    if found.moved is not None or not found.groups:
        return
    olds, news = found.groups[0]
    if len(olds) > 1 and news == [0]:
        text = f"{len(olds)} axes flattened into one"
        sizes = tuple(x.shape.left[i] for i in olds)
        axis = Axis("merged", Evidence("view", text, m.here()), parts=(None,) * len(olds), sizes=sizes)
        mean(out, (axis, *(None,) * (rank - 1)))


def _in_order(m: Machine, axis: Axis, sizes: Sequence[Dim]) -> bool:
    return all(equal(a, b, m) for a, b in zip(axis.sizes, sizes))


def _merged(parts: Sequence[Axis | None], sizes: Sequence[Dim]) -> Axis | None:
    known = [part for part in parts if part is not None and part.kind != "new"]
    if not known or any(part.kind == "features" for part in known):
        return None
    texts = " and ".join(part.kind if part is not None else "?" for part in parts)
    flat_parts: list[Axis | None] = []
    flat_sizes: list[Dim] = []
    for part, size in zip(parts, sizes):
        flat_parts += part.parts if part is not None and part.parts else [part]
        flat_sizes += part.sizes if part is not None and part.parts else [size]
    evidence = Evidence(known[0].evidence.how, f"{texts} flattened into one axis", known[0].evidence.site)
    return Axis("merged", evidence, known[0].layer, parts=tuple(flat_parts), sizes=tuple(flat_sizes))


@_for("torch.unbind")
def _unbind(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    at = _at(m, names["dim"], len(axes))
    if at is None:
        return None
    out.state["picked"] = axes[at]
    out.state["unbound"] = (x, at)
    return axes[:at] + axes[at + 1 :]


@_for("torch.index_select", "torch.gather", "torch.masked_select", "torch.take_along_dim")
def _picked(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    """Some elements along one axis: it is not the whole axis any more."""
    at = _at(m, names.get("dim"), len(axes))
    if at is None or out.shape.rank not in (None, len(axes)):
        return None
    axis = axes[at]
    index = names.get("index")
    marks = index.state if isinstance(index, Tensor) else {}
    kept = ordered(axis, marks) if axis is not None and axis.kind == "batch" else None
    return (*axes[:at], kept, *axes[at + 1 :])


@_for("torch.chunk", "torch.split")
def _parts(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    at = _at(m, names["dim"], len(axes))
    if at is None:
        return None
    axis = axes[at]
    if names.get("split_size_or_sections") == 1:
        out.state["unbound"] = (x, at)
    if axis is not None and axis.kind == "batch":
        return axes
    return (*axes[:at], None, *axes[at + 1 :])


@_for("torch.cat")
def _cat(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    parts = names["tensors"]
    if not isinstance(parts, Items):
        return None
    tensors = [part for part in (*parts.head, parts.rest) if isinstance(part, Tensor)]
    at = _at(m, names["dim"] if names.get("axis") is None else names["axis"], len(axes))
    if at is None:
        return None
    common: Axes | None = axes
    for tensor in tensors:
        other = axes_of(tensor)
        if other is not None and len(other) == len(axes):
            common = joined(*_completed(common, (*other[:at], axes[at], *other[at + 1 :])))
    if common is None:
        return None
    along = axes[at]
    halves = [axis for tensor in tensors if (axis := _last(tensor)) is not None and axis.half == "both"]
    if at == len(axes) - 1 and len(tensors) > 1:
        along = next((axis for axis in halves if axis.step), None)
    if along is not None and along.kind == "batch":
        along = _joined_batches(m, parts, at, along)
    return without_rows((*common[:at], along, *common[at + 1 :]))


def _completed(a: Axes | None, b: Axes) -> tuple[Axes | None, Axes]:
    """What is known of an axis of one of two tensors of one size holds for the other, too."""
    if a is None:
        return a, b
    pairs = [(y if _says_nothing(x) else x, x if _says_nothing(y) else y) for x, y in zip(a, b)]
    return tuple(x for x, _ in pairs), tuple(y for _, y in pairs)


def _says_nothing(axis: Axis | None) -> bool:
    return axis is None or axis.kind == "new"


def _joined_batches(m: Machine, parts: Items, at: int, batch: Axis) -> Axis | None:
    """What the samples of several steps become that a list has one after the other: the steps are the outer part."""
    tensors = [part for part in parts.each if isinstance(part, Tensor)]
    sizes = [tensor.shape.at(at) for tensor in tensors]
    count = len(parts.head) if parts.whole else parts.length
    first = sizes[0] if sizes else None
    if parts.kind != "list" or at != 0 or first is None or any(size is None or size != first for size in sizes):
        return batch
    if equal(count, 1, m):
        return batch
    return Axis(
        "merged",
        Evidence("cat", "the samples of all steps, step by step", m.here()),
        batch.layer,
        parts=(None, batch),
        sizes=(count, first),
    )


def _last(tensor: Tensor) -> Axis | None:
    axes = axes_of(tensor)
    return axes[-1] if axes else None


@_for("torch.stack")
def _stack(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    at = _at(m, names["dim"], len(axes) + 1)
    # the frames of one video that a convolution took for a batch are stacked to several videos
    axes = tuple(None if axis is not None and axis.evidence.how == "convolution" else axis for axis in axes)
    return None if at is None else (*axes[:at], None, *axes[at:])


@_for("Tensor.expand", "torch.broadcast_to", "Tensor.repeat", "Tensor.expand_as")
def _expand(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    rank = out.shape.rank
    if rank is None or rank < len(axes):
        return None
    sizes = out.shape.left[rank - len(axes) :]
    # a new axis that has been repeated is no axis of one element any more
    kept = [
        None if axis is not None and axis.kind == "new" and not equal(size, 1, m) else axis
        for axis, size in zip(axes, sizes)
    ]
    told: Axes = (*(None,) * (rank - len(axes)), *kept)
    return told


@_for("torch.matmul", "torch.bmm", "torch.nn.functional.linear")
def _matmul(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    if names.get("input") is not x:
        return None
    return product(axes, names.get("other"), out)


def product(axes: Axes, other: Value, out: Any) -> Axes | None:
    """The meanings of a product of a tensor and a matrix, or a vector: that takes the last axis away."""
    if isinstance(other, Tensor) and other.shape.rank == 1 and out.shape.rank in (None, len(axes) - 1):
        return axes[:-1]
    return None if out.shape.rank not in (None, len(axes)) else (*axes[:-1], None)


@_for("torch.masked_fill", "Tensor.masked_fill", "torch.where")
def _masked(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    return unpadded(_kept(x, axes, out))


@_for("torch.nn.functional.embedding")
def _embedded(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    return (*axes, None) if names.get("input") is x else None


@_for("torch.stft")
def _spectrum(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    """(batch, samples) becomes (batch, frequencies, frames)."""
    frames = Axis("time", Evidence("data", "stft puts the frames on its last axis", m.here()))
    return (*axes[:-1], None, frames)


@_for("torch.einsum", "torch.tensordot", "torch.outer", "torch.mm", "Tensor.unfold")
def _lost(m: Machine, names: Names, x: Tensor, axes: Axes, out: Any) -> Axes | None:
    return None


def unpadded(axes: Axes | None) -> Axes | None:
    """The meanings when padding may have been masked."""
    if axes is None:
        return None
    return tuple(replace(axis, padded=None) if axis is not None and axis.padded else axis for axis in axes)


def carry_arithmetic(a: Value, b: Value, result: Value) -> None:
    """Give `a <op> b` the meanings of the larger operand; another tensor may be a mask of the padding."""
    if not isinstance(result, Tensor) or "axes" in result.state:
        return
    for x, other in ((a, b), (b, a)):
        axes = axes_of(x) if isinstance(x, Tensor) else None
        if axes is None or result is x:
            continue
        rank = result.shape.rank
        if (rank is not None and rank != len(axes)) or not _kept_rank(x, result):
            continue
        axes = unpadded(axes) if not isinstance(other, (int, float)) else axes
        mean(result, axes if axes is None or "rows" not in x.state else without_rows(axes))
        if axes is not None and isinstance(other, Tensor):
            _summed(result, axes, axes_of(other))
        return


def _summed(result: Tensor, axes: Axes, others: Axes | None) -> None:
    """Note which directions the sum of two parts of a bidirectional output holds."""
    last, other = axes[-1], others[-1] if others else None
    if last is None or not last.half or (other is not None and last.half == other.half and last.layer is other.layer):
        return
    both = other is not None and {last.half, other.half} == {"forward", "backward"} and last.layer is other.layer
    same = both and other is not None and last.step == other.step
    half = replace(last, half="sum") if both and same else None
    result.state["axes"] = (*axes[:-1], half)


def without_rows(axes: Axes) -> Axes:
    """The meanings when rows of states have been put together, so that which row is which is not told any more."""
    return tuple(None if axis is not None and axis.kind in ROWS else axis for axis in axes)


def _kept_rank(x: Tensor, result: Tensor) -> bool:
    return result.shape.open == x.shape.open and result.shape.min_rank == x.shape.min_rank


_BATCHED = {"torch.nn.Conv1d": 3, "torch.nn.Conv2d": 4, "torch.nn.Conv3d": 5}


def _convolved(m: Machine, layer: Layer, x: Tensor, result: Tensor) -> None:
    """Note that a convolution reads the first axis as the batch: it may be frames of one video as well."""
    rank = _BATCHED.get(layer.kind)
    if rank is None or result.shape.rank != rank or x.shape.rank not in (None, rank):
        return
    size = result.shape.left[0]
    if isinstance(size, int) or _is_named(size):
        evidence = Evidence("convolution", f"{layer.kind.rpartition('.')[2]} reads it so", m.here())
        mean(result, (Axis("batch", evidence), *(None,) * (rank - 1)))


def _is_named(size: Dim) -> bool:
    """Whether a size is one axis of some tensor, and no product or quotient of several."""
    return isinstance(size, Poly) and single_atom(size) is not None


_LAST_AXIS = frozenset({"torch.nn.Linear", "torch.nn.LazyLinear", "torch.nn.Bilinear"})
_IMAGES = tuple(
    f"torch.nn.{name}" for name in ("Conv2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d")
)
_SEQUENCES = frozenset({"torch.nn.Conv1d", "torch.nn.MaxPool1d", "torch.nn.AvgPool1d", "torch.nn.ConvTranspose1d"})


def carry_layer(m: Machine, layer: Layer, args: Sequence[Value], result: Value) -> None:
    """Give the result of one of torch's other modules the meanings of its input's axes."""
    x = args[0] if args else None
    if not isinstance(x, Tensor) or not isinstance(result, Tensor) or result is x or "axes" in result.state:
        return
    axes = axes_of(x)
    if axes is None:
        _convolved(m, layer, x, result)
        return
    if layer.kind in _LAST_AXIS:
        mean(result, (*axes[:-1], None))
    elif layer.kind.startswith("torch.nn.Embedding") and not layer.kind.endswith("Bag"):
        mean(result, (*axes, None))
    elif layer.kind in _SEQUENCES and len(axes) == 3:
        mean(result, (axes[0], None, axes[2]))
    elif layer.kind.startswith(_IMAGES) and len(axes) == 4 and result.shape.rank in (None, 4):
        mean(result, (axes[0], None, None, None))
    elif layer.kind == "torch.nn.Flatten":
        sizes = with_rank(x, len(axes))
        if sizes is not None and not result.shape.open:
            mean(result, viewed(m, axes, sizes, result.shape.left))
    else:
        mean(result, _kept(x, axes, result))
