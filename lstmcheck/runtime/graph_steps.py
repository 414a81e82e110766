"""What each kind of autograd node does to the meaning of axes: one function a family, found by the node's name.

A node is what autograd keeps of one operation. Its `_saved_...` attributes hold the operation's sizes and arguments;
none of them is a tensor's contents here, so that nothing waits for a device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lstmcheck.runtime.graph_axes import Axis, Dim, Pooled, Seen, Shape, Value, kinds, plain, size_of
from lstmcheck.runtime.graph_views import plain_one, viewed

Inputs = Mapping[int, Value]
"""The values among a node's inputs, by position."""
Step = Callable[[Any, int, Inputs, Shape, Seen], "Value | None"]


def stem(name: str) -> str:
    """`SelectBackward0` -> `Select`, `torch::autograd::CopySlices` -> `CopySlices`."""
    return name.rpartition("::")[2].partition("Backward")[0]


def step(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    """The value that an operation returns as its output `number`, or None where its axes cannot be told."""
    known = STEPS.get(stem(node.name()))
    value = known(node, number, inputs, shape, seen) if known is not None else None
    if value is None or value.shape != shape:
        seen.read(*inputs.values())
        return None
    return value


def signed(number: int) -> int:
    """Autograd shows negative numbers as unsigned ones of 64 bits."""
    return number - (1 << 64) if number >= 1 << 63 else number


def _axis_of(node: Any, value: Value, name: str = "_saved_dim") -> int:
    return signed(getattr(node, name)) % len(value.dims)


def _first(inputs: Inputs) -> Value:
    return next(iter(inputs.values()))


# Moves of axes


def _select(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    at = _axis_of(node, value)
    return _picked(value, at, signed(node._saved_index))


def _unbind(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    return _picked(value, _axis_of(node, value), number)


def _picked(value: Value, at: int, index: int) -> Value | None:
    dim = value.dims[at]
    rest = (*value.dims[:at], *value.dims[at + 1 :])
    if len(dim) != 1:
        return None
    axis = dim[0]
    part = (axis.part(index % axis.size, 1),) if axis.kind else ()
    return replace(value, dims=rest, picked=(*value.picked, *part))


def _slice(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    at = _axis_of(node, value)
    start = signed(node._saved_start)
    return _cut(value, at, start, shape[at], node._saved_step)


def _cut(value: Value, at: int, start: int, size: int, by: int = 1) -> Value | None:
    dim = value.dims[at]
    whole = size_of(dim)
    if size == whole and by == 1:
        return value
    if len(dim) != 1 or size < 1:
        return None
    first = min(max(start + whole if start < 0 else start, 0), whole)
    return replace(value, dims=(*value.dims[:at], (dim[0].part(first, size, by),), *value.dims[at + 1 :]))


def _split(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    at = _axis_of(node, value)
    return _cut(value, at, number * node._saved_split_size, shape[at])


def _split_sizes(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    at = _axis_of(node, value)
    return _cut(value, at, sum(node._saved_split_sizes[:number]), shape[at])


def _transpose(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value:
    value = _first(inputs)
    a, b = _axis_of(node, value, "_saved_dim0"), _axis_of(node, value, "_saved_dim1")
    order = list(range(len(value.dims)))
    order[a], order[b] = order[b], order[a]
    return _reordered(value, order)


def _permute(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value:
    value = _first(inputs)
    return _reordered(value, [signed(place) % len(value.dims) for place in node._saved_dims])


def _turned(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value:
    value = _first(inputs)
    return _reordered(value, list(range(len(value.dims)))[::-1])


def _reordered(value: Value, order: list[int]) -> Value:
    scored = order.index(value.scored) if value.scored is not None else None
    return replace(value, dims=tuple(value.dims[i] for i in order), scored=scored)


def _flip(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    dims = list(value.dims)
    for at in (signed(place) % len(dims) for place in node._saved_dims):
        if len(dims[at]) != 1:
            return None
        axis = dims[at][0]
        dims[at] = (axis.part(axis.size - 1, axis.size, -1),)
    return replace(value, dims=tuple(dims))


def _unsqueeze(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value:
    value = _first(inputs)
    at = signed(node._saved_dim) % (len(value.dims) + 1)
    return replace(value, dims=(*value.dims[:at], plain_one(), *value.dims[at:]))


def _squeeze(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value:
    value = _first(inputs)
    chosen = getattr(node, "_saved_dim", None)
    if chosen is None:
        places = set(range(len(value.dims)))
    else:
        listed = chosen if isinstance(chosen, (tuple, list)) else (chosen,)
        places = {signed(place) % len(value.dims) for place in listed}
    gone = {i for i in places if size_of(value.dims[i]) == 1}
    parts = (axis for i in gone for axis in value.dims[i] if axis.kind and not axis.is_whole)
    dims = tuple(dim for i, dim in enumerate(value.dims) if i not in gone)
    return replace(value, dims=dims, picked=(*value.picked, *parts))


def _view(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    return viewed(_first(inputs), shape, seen)


def _expand(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    before = value.shape
    if len(shape) > len(before):
        value = replace(value, dims=(*(plain_one() for _ in range(len(shape) - len(before))), *value.dims))
    spread = tuple(dim if size_of(dim) == size else plain(size) for dim, size in zip(value.dims, shape))
    kept = (axis for dim in value.dims for axis in dim if axis.size == 1 and axis.kind and not axis.is_whole)
    other = _against(before, shape)
    crossed = (before, other) if other is not None else None
    return replace(value, dims=spread, picked=(*value.picked, *kept), broadcast=crossed)


def _index(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    """`x[order]` along the batch, by as many numbers as there are samples, is another order of them."""
    value = _first(inputs)
    places = [i for i, index in enumerate(node._saved_indices) if index is not None]
    same = len(places) == 1 and value.shape == shape and value.kind_at(places[0]) == "batch"
    return value if same else None


def _index_select(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    return value if value.shape == shape and value.kind_at(_axis_of(node, value)) == "batch" else None


# Computing


def _pointwise(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    """One value for each: with a second one from a recurrent layer, what is read of both is noted."""
    values = list(inputs.values())
    value = next((value for value in values if value.shape == shape), None)
    if value is None:
        return _crossed(node, values, shape)
    if not shape and value.is_difference:  # a term of a loss that may have others
        return None
    if len(values) > 1:
        seen.read(*values)
        return replace(value, told=True, masked=True, scored=None, over_time=None)
    return replace(value, scored=None, over_time=None, masked=value.masked or _is_masking(node))


def _crossed(node: Any, values: list[Value], shape: Shape) -> Value | None:
    """One number for each sample, less other numbers in another arrangement: each of these with each of those."""
    if stem(node.name()) not in ("Sub", "Rsub") or len(values) != 1:
        return None
    (value,) = values
    other = _against(value.shape, shape)
    if other is None or value.kind_at(0) != "batch":
        return None
    dims = value.dims if len(value.dims) == 2 else (plain_one(), *value.dims)
    spread = tuple(dim if size_of(dim) == size else plain(size) for dim, size in zip(dims, shape))
    return replace(value, dims=spread, broadcast=(value.shape, other), is_difference=True)


def _against(before: Shape, shape: Shape) -> tuple[int, ...] | None:
    """What (N, 1) or (N,) was broadcast with to become (N, N); None of other sizes."""
    if not before or before[0] < 2 or shape != (before[0],) * 2 or before[1:] not in ((), (1,)):
        return None
    return (before[0],) if len(before) == 2 else (before[0], 1)


_MASKING = frozenset({"Where", "MaskedFill", "CopySlices", "MaskedScatter", "Bernoulli"})


def _is_masking(node: Any) -> bool:
    """Whether an operation may set positions to nothing: a product with a tensor, a fill."""
    name = stem(node.name())
    if name == "Mul":
        tensors = [getattr(node, "_saved_other", None), getattr(node, "_saved_self", None)]
        return len([edge for edge, _ in node.next_functions if edge is not None]) > 1 or any(
            tensor is not None and tensor.dim() > 0 for tensor in tensors
        )
    return name in _MASKING


def _linear(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    place = 1 if stem(node.name()) == "Addmm" else 0
    value = inputs.get(place)
    if value is None or len(inputs) > 1 or not value.dims:
        return None
    last = value.dims[-1]
    if any(axis.kind in ("time", "batch", "rows", "packed") for axis in last):
        return None
    if value.pooled is not None:
        pooled = value.pooled
        seen.notice("silent.over_batch", value, axis=pooled.axis, time=pooled.time, operation=pooled.operation)
    kept = tuple(axis for axis in last if axis.kind)
    dims = (*value.dims[:-1], plain(shape[-1]))
    return replace(value, dims=dims, picked=(*value.picked, *kept), pooled=None)


def _normalised(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    """Layer and batch normalisation, of their first input."""
    value = inputs.get(0)
    return value if number == 0 and len(inputs) == 1 and value is not None else None


_OPERATIONS = {
    "Mean": "mean",
    "Sum": "sum",
    "Max": "max",
    "Min": "min",
    "Amax": "amax",
    "Amin": "amin",
    "Logsumexp": "logsumexp",
    "Prod": "prod",
    "Std": "std",
    "Var": "var",
}


def _reduced(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    seen.read(value)
    chosen = getattr(node, "_saved_dim", None)
    if not shape and value.is_difference:
        return replace(value, dims=(), told=True)
    if chosen is None or number:
        return None
    listed = chosen if isinstance(chosen, (tuple, list)) else (chosen,)
    gone = {signed(place) % len(value.dims) for place in listed}
    operation = _OPERATIONS[stem(node.name())]
    pooled = None
    for at in sorted(gone):
        kind = value.kind_at(at)
        time = value.place_of("time")
        if kind == "batch" and size_of(value.dims[at]) > 1 and time is not None and time not in gone:
            pooled = Pooled(operation, at, time)
        if kind == "time" and operation == "mean" and not value.masked and value.dims[at][0].is_whole:
            seen.notice("silent.mean_padded", value)
    keep = bool(getattr(node, "_saved_keepdim", False))
    dims = tuple(plain_one() if i in gone else dim for i, dim in enumerate(value.dims) if keep or i not in gone)
    return replace(value, dims=dims, told=True, pooled=pooled, scored=None)


def _softmax(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    value = _first(inputs)
    at = _axis_of(node, value)
    kind, time = value.kind_at(at), value.place_of("time")
    logarithm = stem(node.name()) == "LogSoftmax"
    if kind == "batch" and size_of(value.dims[at]) > 1 and time is not None and not (logarithm and at == 1):
        seen.notice("silent.over_batch", value, axis=at, time=time, operation="log_softmax" if logarithm else "softmax")
    if (
        not kind
        and not logarithm
        and value.dims[at] == plain_one()
        and time is not None
        and size_of(value.dims[time]) > 1
    ):
        seen.notice("silent.over_batch", value, axis=at, time=time, operation="softmax", single=True)
    if kind:
        seen.read(value)
        value = replace(value, told=True)
    over = at if logarithm and kind == "time" and size_of(value.dims[at]) > 1 and len(value.dims) > 2 else None
    return replace(value, scored=at if logarithm else None, over_time=over)


def _joined(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    """cat: what each part reads is noted; the axes that agree go on."""
    values = list(inputs.values())
    at = _axis_of(node, values[0])
    _tell_halves(values, at, seen)
    others = [kinds((*value.dims[:at], *value.dims[at + 1 :])) for value in values]
    if any(other != others[0] for other in others) or len({value.source.call for value in values}) > 1:
        return None
    value = values[0]
    whole = len(node.next_functions) == 1
    if not whole:
        seen.read(*values)
    dims: tuple[Dim, ...] = (*value.dims[:at], plain(shape[at]), *value.dims[at + 1 :])
    return replace(value, dims=value.dims if whole else dims, told=not whole or value.told, scored=None)


def _tell_halves(values: list[Value], at: int, seen: Seen) -> None:
    """cat((h_n[:layers], h_n[layers:]), dim) taken for the two directions."""
    if len(values) != 2 or any(value.source != values[0].source for value in values):
        return
    source = values[0].source
    spans = [next((a.positions for a in value.axes() if a.kind == "rows"), None) for value in values]
    if source.directions != 2 or source.layers < 2 or values[0].kind_at(at) == "rows":
        return
    if spans == [range(source.layers), range(source.layers, 2 * source.layers)]:
        seen.notice("silent.rows", values[0], how="halves", layers=source.layers, directions=2, part=source.part)


def _stacked(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    values = list(inputs.values())
    at = signed(node._saved_dim) % len(shape)
    seen.read(*values)
    value = values[0]
    if any(kinds(other.dims) != kinds(value.dims) for other in values):
        return None
    dims = (*value.dims[:at], plain(shape[at]), *value.dims[at:])
    return replace(value, dims=dims, told=True, scored=None)


def _written(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> Value | None:
    """An assignment to a part of a tensor; the rows of a PackedSequence are put in their places by several of them."""
    for value in inputs.values():
        packed = next((axis for axis in value.axes() if axis.kind == "packed"), None)
        if packed is not None and len(shape) == 3:
            return replace(value, dims=_padded_dims(value, shape), picked=())
    base = inputs.get(0)
    if base is not None and len(inputs) == 1 and base.shape == shape:
        return replace(base, masked=True)
    return None


def _padded_dims(value: Value, shape: Shape) -> tuple[Dim, ...]:
    time, batch, features = shape
    last = next((axis for axis in value.axes() if axis.kind == "features"), None)
    width = (last,) if last is not None and last.size == features else plain(features)
    return (Axis("time", time, time),), (Axis("batch", batch, batch),), width


def _lost(node: Any, number: int, inputs: Inputs, shape: Shape, seen: Seen) -> None:
    """A loss: what it reads is noted, and whether it pairs predictions with the right targets."""
    value = inputs.get(0)
    seen.read(*inputs.values())
    if value is None or len(inputs) > 1:
        return
    name = _LOSSES[stem(node.name())]
    if value.broadcast is not None and name in _BROADCASTING:
        seen.notice("loss.broadcast", value, got=value.broadcast[0], want=value.broadcast[1], subject=name)
    if name == "cross_entropy" and value.scored == 1 and len(value.dims) > 2:
        kind, size = value.kind_at(1), size_of(value.dims[1])
        if kind in ("time", "batch") and size == size_of(value.dims[-1]) > 1 and not value.kind_at(-1):
            seen.notice("silent.class_axis", value, loss=name, **{"is": kind})
    elif name == "cross_entropy" and value.over_time is not None:
        seen.notice("silent.over_time", value, axis=value.over_time, operation="log_softmax")
    _tell_order(node, value, name, seen)


_WORDS = {"batch": "batch", "time": "seq_len"}


def _tell_order(node: Any, value: Value, name: str, seen: Seen) -> None:
    """Predictions flattened from (steps, samples), targets from (samples, steps), or the reverse."""
    first = value.dims[0] if value.dims else ()
    order = [axis.kind for axis in first if axis.size > 1]
    target = getattr(node, "_saved_target", None)
    if sorted(order) != ["batch", "time"] or target is None or target.dim() < 1:
        return
    sizes = tuple(axis.size for axis in first if axis.size > 1)
    base = target._base
    if base is None or not (base.is_contiguous() and target.is_contiguous()) or base.numel() != target.numel():
        return
    given = tuple(size for size in base.shape if size > 1)
    if given == sizes[::-1] and sizes[0] != sizes[1]:
        words = [_WORDS[kind] for kind in order]
        seen.notice(
            "silent.pairing", value, predictions=", ".join(words), targets=", ".join(reversed(words)), loss=name
        )


_LOSSES = {
    "NllLoss": "cross_entropy",
    "NllLoss2D": "cross_entropy",
    "MseLoss": "mse_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "BinaryCrossEntropyWithLogits": "binary_cross_entropy_with_logits",
    "BinaryCrossEntropy": "binary_cross_entropy",
}
_BROADCASTING = frozenset({"mse_loss", "smooth_l1_loss", "huber_loss"})

_POINTWISE = """
    Add Sub Mul Div Rsub Neg Abs Pow Exp Exp2 Expm1 Log Log2 Log10 Log1P Sqrt Rsqrt Reciprocal Square Sin Cos Tanh Atan
    Sigmoid Relu LeakyRelu Prelu Elu Celu Selu Gelu Silu Mish Hardtanh Hardsigmoid Hardswish Softplus Softsign
    Softshrink Hardshrink LogSigmoid LogSigmoidForward Threshold Clamp ClampMin ClampMax Clone Alias ToCopy Copy
    NativeDropout FusedDropout MaskedFill Where Lerp Addcmul Addcdiv Erf Sign NanToNum Contiguous Identity AddRelu
    Detach RreluWithNoise Rrelu
"""

STEPS: dict[str, Step] = {
    "Select": _select,
    "Unbind": _unbind,
    "Slice": _slice,
    "Split": _split,
    "SplitWithSizes": _split_sizes,
    "Transpose": _transpose,
    "Permute": _permute,
    "T": _turned,
    "Flip": _flip,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    **dict.fromkeys(("View", "UnsafeView", "ReshapeAlias", "ReshapeCopy", "ViewCopy"), _view),
    "Expand": _expand,
    "Index": _index,
    "IndexSelect": _index_select,
    **dict.fromkeys(_POINTWISE.split(), _pointwise),
    **dict.fromkeys(("Mm", "Addmm", "Linear", "MkldnnLinear"), _linear),
    **dict.fromkeys(("NativeLayerNorm", "NativeBatchNorm", "CudnnBatchNorm", "FusedRmsNorm"), _normalised),
    **dict.fromkeys(_OPERATIONS, _reduced),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
    "Cat": _joined,
    "Stack": _stacked,
    "CopySlices": _written,
    **dict.fromkeys(_LOSSES, _lost),
}
