"""Convolutions, pooling, upsampling and padding over the last axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim, Poly, TooComplex, floordiv
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import layer, op
from lstmcheck.infer.torch_ops.common import (
    anything,
    argument,
    as_tuple,
    class_name,
    features_need,
    fresh,
    inserted,
    need,
    numbers,
    result,
    shown,
    tensor_input,
    with_rank,
)
from lstmcheck.infer.values import Items, Layer, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_CONV = (
    "Given {way}, weight of size {weight}, expected input{size} to have {want} channels, but got {got} channels instead"
)
_INPUT = "Expected {low}D (unbatched) or {high}D (batched) input to {function}, but got input of size: {size}"


def window(size: Dim, kernel: Dim, stride: Dim, padding: Dim, dilation: Dim, ceil: bool = False) -> Dim:
    """How often a window fits along an axis."""
    try:
        reach = size + 2 * padding - dilation * (kernel - 1) - 1
        if ceil:
            return _ceiled(size, reach, stride, padding)
        return floordiv(reach, stride) + 1
    except (TooComplex, ZeroDivisionError):
        return fresh("windows")


def _ceiled(size: Dim, reach: Dim, stride: Dim, padding: Dim) -> Dim:
    if not isinstance(reach, int) or not isinstance(stride, int) or not isinstance(size, int):
        return fresh("windows")
    count = -(-reach // stride) + 1
    # The last window must start inside the input or its left padding.
    return count - 1 if not isinstance(padding, int) or (count - 1) * stride >= size + padding else count


def spatial_sizes(m: Machine, x: Tensor, count: int, function: str, name: str) -> tuple[Dim, ...] | None:
    """Every size of an input of rank `count` + 1 or + 2; a rank that never fits is reported."""
    rank = x.shape.rank
    if rank is None:
        # With and without a batch are both possible: only a rank that is settled gives sizes.
        return with_rank(x, count + 2) if x.shape.min_rank == count + 2 else None
    fields = {"low": count + 1, "high": count + 2, "function": function, "size": list(x.shape.left)}
    ranks = (count + 1, count + 2)
    if not need(m, "layer.rank", rank, ranks, name, Raises("RuntimeError", _INPUT, fields), x, "one of", layer=name):
        return None
    return x.shape.left


def _number(name: str) -> int:
    return int(name[-2])


def _open_result(m: Machine, x: Tensor, count: int, channels: Dim) -> Value:
    """An input of unknown rank: the result has one of two ranks, and ends in sizes that are not known."""
    if count == 1 and x.shape.open:
        return result(Shape((), (channels, fresh("windows")), True, count + 2), x, usual=count + 2)
    return result(Shape((), (channels, *(fresh("windows") for _ in range(count))), True, count + 2), x, usual=count + 2)


_TAKES = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros'"
)


@layer(*(f"torch.nn.Conv{n}d" for n in (1, 2, 3)), takes=_TAKES)
def conv(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    count = _number(name)
    x = tensor_input(m, input, name, f"conv{count}d")
    out = m.dim(argument(layer, "out_channels"))
    if x is None or out is None:
        return None
    sizes = spatial_sizes(m, x, count, f"conv{count}d", name)
    if sizes is None:
        if x.shape.rank is not None:
            return None
        _channels_of_open(m, layer, x, count, name, out)
        return _open_result(m, x, count, out)
    _channels(m, layer, x, sizes[-count - 1], -count - 1, name, out)
    return _convolved(m, x, sizes, count, out, layer)


def _channels(m: Machine, layer: Layer, x: Tensor, size: Dim, axis: int, name: str, out: Dim) -> None:
    groups, inner = argument(layer, "groups", 1), m.dim(argument(layer, "in_channels"))
    count = -axis - 1
    kernel = numbers(m, argument(layer, "kernel_size"), count) or ("?",) * count
    if inner is not None and isinstance(groups, int) and groups > 0:
        inner = floordiv(inner, groups)
    transposed = "Transpose" in name
    weight = [argument(layer, "in_channels"), out, *kernel] if transposed else [out, inner, *kernel]
    # torch adds a batch of one before it looks.
    batched = inserted(x.shape, 0, 1) if x.shape.rank == count + 1 else x.shape
    fields = {
        "way": f"transposed={groups}" if transposed else f"groups={groups}",
        "weight": weight,
        "size": shown(batched),
    }
    features_need(m, x, argument(layer, "in_channels"), layer, _CONV, axis=axis, fields=fields, input=x.shape)


def _channels_of_open(m: Machine, layer: Layer, x: Tensor, count: int, name: str, out: Dim) -> None:
    size = x.shape.at(-count - 1)
    if size is not None:
        _channels(m, layer, x, size, -count - 1, name, out)


def _convolved(m: Machine, x: Tensor, sizes: tuple[Dim, ...], count: int, out: Dim, layer: Layer) -> Value | None:
    kernel = numbers(m, argument(layer, "kernel_size"), count)
    stride = numbers(m, argument(layer, "stride", 1), count)
    dilation = numbers(m, argument(layer, "dilation", 1), count)
    given = argument(layer, "padding", 0)
    spatial = sizes[-count:]
    if given == "same":
        return result(closed(*sizes[: -count - 1], out, *spatial), x)
    padding = (0,) * count if given == "valid" else numbers(m, given, count)
    if kernel is None or stride is None or dilation is None or padding is None:
        return result(closed(*sizes[: -count - 1], out, *(fresh("windows") for _ in spatial)), x)
    made = [window(s, k, by, p, d) for s, k, by, p, d in zip(spatial, kernel, stride, padding, dilation)]
    for i, size in enumerate(made):
        if isinstance(size, int) and size < 1:
            _too_small(m, x, spatial, kernel, padding, dilation, i, class_name(layer))
            return None
    return result(closed(*sizes[: -count - 1], out, *made), x)


def _too_small(
    m: Machine,
    x: Tensor,
    spatial: Sequence[Dim],
    kernel: Sequence[Dim],
    padding: Sequence[Dim],
    dilation: Sequence[Dim],
    at: int,
    name: str,
) -> None:
    padded = [size + 2 * pad for size, pad in zip(spatial, padding)]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    if all(isinstance(size, int) for size in (*padded, *reach)):
        text = (
            "Calculated padded input size per channel: ({size}). Kernel size: ({kernel}). Kernel size can't be "
            "greater than actual input size"
        )
        fields = {"size": " x ".join(map(str, padded)), "kernel": " x ".join(map(str, kernel))}
        raises = Raises("RuntimeError", text, fields)
        need(m, "op.shape", padded[at], reach[at], name, raises, x, "at least", axis=at - len(spatial))


_TRANSPOSE = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1"
)


@layer(*(f"torch.nn.ConvTranspose{n}d" for n in (1, 2, 3)), takes=_TRANSPOSE)
def conv_transpose(m: Machine, layer: Layer, input: Value, output_size: Value = None) -> Value | None:
    name = class_name(layer)
    count = _number(name)
    x = tensor_input(m, input, name, f"conv_transpose{count}d")
    out = m.dim(argument(layer, "out_channels"))
    if x is None or out is None:
        return None
    sizes = spatial_sizes(m, x, count, f"conv_transpose{count}d", name)
    if sizes is None:
        return None if x.shape.rank is not None else _open_result(m, x, count, out)
    _channels(m, layer, x, sizes[-count - 1], -count - 1, name, out)
    read = [numbers(m, argument(layer, "kernel_size"), count)]
    read += [numbers(m, argument(layer, key, d), count) for key, d in _TRANSPOSE_DEFAULTS]
    if output_size is not None or any(part is None for part in read):
        return result(closed(*sizes[: -count - 1], out, *(fresh("windows") for _ in range(count))), x)
    kernel, stride, padding, extra, dilation = (part for part in read if part is not None)
    made = [
        (s - 1) * by - 2 * p + d * (k - 1) + e + 1
        for s, k, by, p, e, d in zip(sizes[-count:], kernel, stride, padding, extra, dilation)
    ]
    if any(isinstance(size, int) and size < 1 for size in made):
        return None
    return result(closed(*sizes[: -count - 1], out, *made), x)


_TRANSPOSE_DEFAULTS = (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1))


@op(
    *(f"{owner}.conv{n}d" for owner in ("torch", "torch.nn.functional") for n in (1, 2, 3)),
    takes="input, weight, *rest",
)
def functional_conv(m: Machine, input: Value, weight: Value, *rest: Value) -> Value | None:
    x, w = m.tensor(input), m.tensor(weight)
    if x is None or w is None or x.shape.rank is None or w.shape.rank is None or x.shape.rank < 2:
        return None
    count = w.shape.rank - 2
    if count < 1 or x.shape.rank not in (count + 1, count + 2):
        return None
    batch = x.shape.left[: -count - 1]
    return result(closed(*batch, w.shape.left[0], *(fresh("windows") for _ in range(count))), x, w)


# Pooling


_POOLS = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"
_AVERAGES = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"


@layer(*(f"torch.nn.MaxPool{n}d" for n in (1, 2, 3)), takes=_POOLS)
def max_pool(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _pool_layer(m, layer, input, "max_pool")


@layer(*(f"torch.nn.AvgPool{n}d" for n in (1, 2, 3)), takes=_AVERAGES)
def avg_pool(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _pool_layer(m, layer, input, "avg_pool")


@layer(*(f"torch.nn.LPPool{n}d" for n in (1, 2)), takes="norm_type, kernel_size, stride=None, ceil_mode=False")
def lp_pool(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _pool_layer(m, layer, input, "lp_pool")


def _pool_layer(m: Machine, layer: Layer, input: Value, kind: str) -> Value | None:
    name = class_name(layer)
    count = _number(name)
    x = tensor_input(m, input, name, f"{kind}{count}d")
    if x is None:
        return None
    args = (argument(layer, "kernel_size"), argument(layer, "stride"), argument(layer, "padding", 0))
    ceil, dilation = argument(layer, "ceil_mode", False), argument(layer, "dilation", 1)
    made = pooled(m, x, count, *args, dilation, ceil)
    return _with_indices(m, made, argument(layer, "return_indices", False))


def _with_indices(m: Machine, made: Value | None, wanted: Value) -> Value | None:
    """A maximum pool's result, and the indices with it where they are asked for."""
    if wanted is False or made is None:
        return made
    if wanted is True and isinstance(made, Tensor):
        return as_tuple(made, result(made.shape, made, dtype="int64"))
    return m.fresh("pooled", "whether indices are returned is not known")


def pooled(
    m: Machine, x: Tensor, count: int, kernel: Value, stride: Value, padding: Value, dilation: Value, ceil: Value
) -> Value | None:
    """A window that moves over the last axes."""
    rank = x.shape.rank
    if rank is None:
        if count != 1 or x.shape.at(-2) is None:
            return anything(x)
        return result(Shape(x.shape.left, (*x.shape.right[:-1], fresh("windows")), True, x.shape.max_rank), x)
    if rank < count:
        return None
    sizes = x.shape.left
    kernels, pads = numbers(m, kernel, count), numbers(m, padding, count)
    empty = stride is None or (isinstance(stride, Items) and stride.whole and not stride.head)
    strides = kernels if empty else numbers(m, stride, count)
    dilations = numbers(m, dilation, count)
    if kernels is None or pads is None or strides is None or dilations is None or not isinstance(ceil, bool):
        return result(closed(*sizes[: rank - count], *(fresh("windows") for _ in range(count))), x)
    made = [
        window(s, k, by, p, d, ceil) for s, k, by, p, d in zip(sizes[rank - count :], kernels, strides, pads, dilations)
    ]
    if any(isinstance(size, int) and size < 1 for size in made):
        return None
    return result(closed(*sizes[: rank - count], *made), x)


@op(
    *(f"{owner}.max_pool{n}d" for owner in ("torch", "torch.nn.functional") for n in (1,)),
    takes="input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False",
)
def max_pool1d(
    m: Machine,
    input: Value,
    kernel_size: Value,
    stride: Value = None,
    padding: Value = 0,
    dilation: Value = 1,
    ceil_mode: Value = False,
    return_indices: Value = False,
) -> Value | None:
    x = tensor_input(m, input, "max_pool1d", "max_pool1d")
    made = None if x is None else pooled(m, x, 1, kernel_size, stride, padding, dilation, ceil_mode)
    return _with_indices(m, made, return_indices)


@op(
    "torch.nn.functional.max_pool2d",
    "torch.max_pool2d",
    takes="input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False",
)
def max_pool2d(
    m: Machine,
    input: Value,
    kernel_size: Value,
    stride: Value = None,
    padding: Value = 0,
    dilation: Value = 1,
    ceil_mode: Value = False,
    return_indices: Value = False,
) -> Value | None:
    x = tensor_input(m, input, "max_pool2d", "max_pool2d")
    made = None if x is None else pooled(m, x, 2, kernel_size, stride, padding, dilation, ceil_mode)
    return _with_indices(m, made, return_indices)


@op("torch.nn.functional.avg_pool1d", takes="input, kernel_size, stride=None, padding=0, ceil_mode=False")
def avg_pool1d(
    m: Machine,
    input: Value,
    kernel_size: Value,
    stride: Value = None,
    padding: Value = 0,
    ceil_mode: Value = False,
) -> Value | None:
    x = tensor_input(m, input, "avg_pool1d", "avg_pool1d")
    return None if x is None else pooled(m, x, 1, kernel_size, stride, padding, 1, ceil_mode)


@op("torch.nn.functional.avg_pool2d", takes="input, kernel_size, stride=None, padding=0, ceil_mode=False")
def avg_pool2d(
    m: Machine,
    input: Value,
    kernel_size: Value,
    stride: Value = None,
    padding: Value = 0,
    ceil_mode: Value = False,
) -> Value | None:
    x = tensor_input(m, input, "avg_pool2d", "avg_pool2d")
    return None if x is None else pooled(m, x, 2, kernel_size, stride, padding, 1, ceil_mode)


@layer(
    *(f"torch.nn.Adaptive{kind}Pool{n}d" for kind in ("Avg", "Max") for n in (1, 2, 3)),
    takes="output_size, return_indices=False",
)
def adaptive_pool(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    kind = "adaptive_max_pool" if "Max" in name else "adaptive_avg_pool"
    x = tensor_input(m, input, name, f"{kind}{_number(name)}d")
    made = None if x is None else _adapted(m, x, _number(name), argument(layer, "output_size"))
    return _with_indices(m, made, argument(layer, "return_indices", False))


def _adapted(m: Machine, x: Tensor, count: int, output: Value) -> Value | None:
    values = output.head if isinstance(output, Items) and output.whole else (output,) * count
    if len(values) == 1:
        values = tuple(values) * count
    if len(values) != count:
        return None
    rank = x.shape.rank
    made: list[Dim] = []
    for i, value in enumerate(values):
        size = x.shape.at(i - count) if value is None else m.dim(value)
        made.append(fresh("pooled") if size is None else size)
    if rank is None:
        kept = len(x.shape.right) - count
        right = x.shape.right[: max(kept, 0)]
        return result(Shape(x.shape.left if kept >= 0 else (), (*right, *made), True, count + 2), x)
    if rank not in (count + 1, count + 2):
        return None
    return result(closed(*x.shape.left[:-count], *made), x)


# a mean and a maximum are judged apart, by their paths
@op("torch.nn.functional.adaptive_avg_pool1d", takes="input, output_size")
def adaptive_avg_pool1d(m: Machine, input: Value, output_size: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else _adapted(m, x, 1, output_size)


@op("torch.nn.functional.adaptive_max_pool1d", takes="input, output_size, return_indices=False")
def adaptive_max_pool1d(m: Machine, input: Value, output_size: Value, return_indices: Value = False) -> Value | None:
    x = m.tensor(input)
    made = None if x is None else _adapted(m, x, 1, output_size)
    return _with_indices(m, made, return_indices)


@op(
    *(f"torch.nn.functional.adaptive_{kind}_pool2d" for kind in ("avg", "max")),
    takes="input, output_size, return_indices=False",
)
def adaptive_pool2d(m: Machine, input: Value, output_size: Value, return_indices: Value = False) -> Value | None:
    x = m.tensor(input)
    made = None if x is None else _adapted(m, x, 2, output_size)
    return _with_indices(m, made, return_indices)


# Upsampling, shuffling, padding


@layer("torch.nn.Upsample", takes="size=None, scale_factor=None, mode='nearest', align_corners=None")
def upsample(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = tensor_input(m, input, class_name(layer), "interpolate", attribute="dim")
    return None if x is None else _resized(m, x, argument(layer, "size"), argument(layer, "scale_factor"))


@op("torch.nn.functional.interpolate", takes="input, size=None, scale_factor=None, mode='nearest', align_corners=None")
def interpolate(
    m: Machine,
    input: Value,
    size: Value = None,
    scale_factor: Value = None,
    mode: Value = "nearest",
    align_corners: Value = None,
) -> Value | None:
    x = m.tensor(input)
    return None if x is None else _resized(m, x, size, scale_factor)


def _resized(m: Machine, x: Tensor, size: Value, scale: Value) -> Value | None:
    rank = x.shape.rank
    if rank is None or rank < 3:
        return None
    spatial = x.shape.left[2:]
    if size is not None:
        wanted = numbers(m, size, rank - 2)
        return result(closed(*x.shape.left[:2], *(wanted or (fresh("resized") for _ in spatial))), x)
    factor = m.int_of(scale)
    return result(closed(*x.shape.left[:2], *(fresh("resized") if factor is None else s * factor for s in spatial)), x)


@layer("torch.nn.PixelShuffle", takes="upscale_factor")
def pixel_shuffle(m: Machine, layer: Layer, input: Value) -> Value | None:
    x, factor = m.tensor(input), m.int_of(argument(layer, "upscale_factor"))
    if x is None or factor is None or factor < 1 or x.shape.rank is None or x.shape.rank < 3:
        return None
    channels, height, width = x.shape.left[-3:]
    made = (floordiv(channels, factor * factor), height * factor, width * factor)
    return result(closed(*x.shape.left[:-3], *made), x)


@layer("torch.nn.PixelUnshuffle", takes="downscale_factor")
def pixel_unshuffle(m: Machine, layer: Layer, input: Value) -> Value | None:
    x, factor = m.tensor(input), m.int_of(argument(layer, "downscale_factor"))
    if x is None or factor is None or factor < 1 or x.shape.rank is None or x.shape.rank < 3:
        return None
    channels, height, width = x.shape.left[-3:]
    made = (channels * (factor * factor), floordiv(height, factor), floordiv(width, factor))
    return result(closed(*x.shape.left[:-3], *made), x)


@op("torch.nn.functional.pad", takes="input, pad, mode='constant', value=None")
def pad(m: Machine, input: Value, pad: Value, mode: Value = "constant", value: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    amounts = m.sizes([pad]) if isinstance(pad, Items) else None
    return anything(x) if amounts is None or len(amounts) % 2 else padded(x, amounts)


def padded(x: Tensor, amounts: Sequence[Dim]) -> Value | None:
    """Amounts before and after, the last axis first."""
    count = len(amounts) // 2
    if x.shape.rank is not None and count > x.shape.rank:
        return None
    sizes: list[Dim] = []
    for back in range(count, 0, -1):
        size = x.shape.at(-back)
        extra = amounts[2 * (back - 1)] + amounts[2 * (back - 1) + 1]
        sizes.append(fresh("padded") if size is None else size + extra)
    if x.shape.open:
        kept = x.shape.right[: max(0, len(x.shape.right) - count)]
        left = x.shape.left if count <= len(x.shape.right) else ()
        return result(Shape(left, (*kept, *sizes), True, x.shape.max_rank), x)
    if any(isinstance(size, int) and size < 0 for size in sizes):
        return None
    return result(closed(*x.shape.left[: len(x.shape.left) - count], *sizes), x)


@layer(
    *(
        f"torch.nn.{kind}Pad{n}d"
        for kind, most in (("Zero", 3), ("Reflection", 3), ("Replication", 3))
        for n in range(1, most + 1)
    ),
    takes="padding",
)
def pad_layer(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _pad_layer(m, layer, input)


@layer(*(f"torch.nn.ConstantPad{n}d" for n in (1, 2, 3)), takes="padding, value")
def constant_pad(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _pad_layer(m, layer, input)


def _pad_layer(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = m.tensor(input)
    amounts = numbers(m, argument(layer, "padding"), 2 * _number(class_name(layer)))
    return None if x is None or amounts is None else padded(x, amounts)


@layer("torch.nn.Unfold", takes="kernel_size, dilation=1, padding=0, stride=1")
def unfold(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = m.tensor(input)
    keys = (("kernel_size", None), ("stride", 1), ("padding", 0), ("dilation", 1))
    read = [numbers(m, argument(layer, key, default), 2) for key, default in keys]
    if x is None or x.shape.rank not in (3, 4) or any(part is None for part in read):
        return None
    kernel, stride, padding, dilation = (part for part in read if part is not None)
    *batch, channels, height, width = x.shape.left
    rows = window(height, kernel[0], stride[0], padding[0], dilation[0])
    columns = window(width, kernel[1], stride[1], padding[1], dilation[1])
    if any(not isinstance(size, Poly) and size < 1 for size in (rows, columns)):
        return None
    return result(closed(*batch, channels * kernel[0] * kernel[1], rows * columns), x)
