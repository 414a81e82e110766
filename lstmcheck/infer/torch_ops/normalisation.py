"""Normalisation: the shape stays, one size is the layer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import modulo
from lstmcheck.infer.torch_ops import layer, op
from lstmcheck.infer.torch_ops.common import (
    argument,
    class_name,
    features_need,
    like,
    need,
    numel,
    product,
    shown,
    tensor_input,
)
from lstmcheck.infer.values import Items, Layer, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_RANKS = {"1d": (2, 3), "2d": (4, 4), "3d": (5, 5)}
_BATCH = "running_mean should contain {got} elements not {want}"


@layer(
    *(f"torch.nn.BatchNorm{n}d" for n in (1, 2, 3)),
    "torch.nn.SyncBatchNorm",
    takes="num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True",
)
def batch_norm(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    x = tensor_input(m, input, name, "batch_norm", attribute="dim")
    if x is None:
        return None
    if _rank_fits(m, x, name):
        stats = argument(layer, "track_running_stats", True) is True
        affine = argument(layer, "affine", True) is True
        others = product(size for axis, size in enumerate(x.shape.left) if axis != 1) if not x.shape.open else None
        if (stats or affine) and x.shape.at(1) is not None and others not in (0, 1) and x.shape.at(1) != 0:
            # With one value a channel torch raises for that, and an empty batch passes.
            text = _BATCH if stats else "weight should contain {got} elements not {want}"
            features_need(m, x, argument(layer, "num_features"), layer, text, axis=1)
    return like(x)


def _rank_fits(m: Machine, x: Tensor, name: str) -> bool:
    low, high = _RANKS.get(name[-2:], (2, 9))
    if x.shape.rank is None:
        return True
    expected = f"{low}D or {high}D" if low < high else f"{low}D"
    error = Raises("ValueError", f"expected {expected} input (got {x.shape.rank}D input)")
    ranks = tuple(range(low, high + 1))
    return need(m, "layer.rank", x.shape.rank, ranks, name, error, x, "one of", layer=name)


@layer(
    *(f"torch.nn.InstanceNorm{n}d" for n in (1, 2, 3)),
    takes="num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False",
)
def instance_norm(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    x = tensor_input(m, input, name, "instance_norm", attribute="dim")
    if x is None:
        return None
    rank = x.shape.rank
    spatial = int(name[-2])
    if rank is not None:
        error = Raises("ValueError", f"expected {spatial + 1}D or {spatial + 2}D input (got {rank}D input)")
        ranks = (spatial + 1, spatial + 2)
        if not need(m, "layer.rank", rank, ranks, name, error, x, "one of", layer=name):
            return like(x)
        if argument(layer, "affine", False) is True or argument(layer, "track_running_stats", False) is True:
            axis = rank - spatial - 1
            text = "expected input's size at dim={axis} to match num_features ({want}), but got: {got}."
            wanted = m.dim(argument(layer, "num_features"))
            size = x.shape.at(axis)
            if wanted is not None and size is not None:
                raises = Raises("ValueError", text, {"axis": axis, "want": wanted, "got": size})
                need(m, "layer.features", size, wanted, name, raises, x, axis=axis, layer=name)
    return like(x)


_LAYER_NORM = "Given normalized_shape={shape}, expected input with shape {pattern}, but got input of size{size}"


@layer("torch.nn.LayerNorm", takes="normalized_shape, eps=1e-05, elementwise_affine=True, bias=True")
def layer_norm(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _over_last(m, layer, input, "layer_norm")


@layer("torch.nn.RMSNorm", takes="normalized_shape, eps=None, elementwise_affine=True")
def rms_norm(m: Machine, layer: Layer, input: Value) -> Value | None:
    return _over_last(m, layer, input, "rms_norm")


def _over_last(m: Machine, layer: Layer, input: Value, function: str) -> Value | None:
    name = class_name(layer)
    x = tensor_input(m, input, name, function)
    if x is None:
        return None
    wanted = argument(layer, "normalized_shape")
    sizes = m.sizes([wanted]) if isinstance(wanted, Items) else None
    if not isinstance(wanted, Items):
        size = m.dim(wanted)
        sizes = None if size is None else (size,)
    texts = list(map(str, sizes or ()))
    pattern = ("*, " if function == "layer_norm" else "*") + ", ".join(texts)
    fields = {"shape": "[" + ", ".join(texts) + "]", "pattern": f"[{pattern}]", "size": shown(x.shape)}
    for back, size in enumerate(reversed(sizes or ()), 1):
        if not features_need(m, x, size, layer, _LAYER_NORM, axis=-back, input=x.shape, fields=fields):
            break
    return like(x)


@layer("torch.nn.GroupNorm", takes="num_groups, num_channels, eps=1e-05, affine=True")
def group_norm(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    x = tensor_input(m, input, name, "group_norm", attribute="dim")
    if x is None:
        return None
    if x.shape.rank is None or x.shape.rank >= 2:
        size, groups = x.shape.at(1), m.dim(argument(layer, "num_groups"))
        fits = True
        total = numel(x.shape)
        if isinstance(total, int) and isinstance(groups, int) and total <= groups:
            # One value a group: torch raises for that first.
            return like(x)
        if argument(layer, "affine", True) is True:
            text = (
                "Expected weight to be a vector of size equal to the number of channels in input, but got weight of "
                "shape [{want}] and input of shape {size}"
            )
            fields = {"size": shown(x.shape)}
            fits = features_need(m, x, argument(layer, "num_channels"), layer, text, axis=1, fields=fields)
        if fits and isinstance(size, int) and isinstance(groups, int) and groups > 0:
            text = (
                f"Expected number of channels in input to be divisible by num_groups, but got input of {size} "
                f"channels and num_groups={groups}"
            )
            need(m, "op.shape", modulo(size, groups), 0, name, text, x, axis=1)
    return like(x)


@layer("torch.nn.LocalResponseNorm", takes="size, alpha=0.0001, beta=0.75, k=1.0")
def local_response_norm(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = tensor_input(m, input, class_name(layer), "local_response_norm", attribute="dim")
    tensors = any(isinstance(argument(layer, name), Tensor) for name in ("alpha", "beta", "k"))
    return None if x is None or tensors else like(x)


@op(
    "torch.nn.functional.layer_norm",
    "torch.nn.functional.batch_norm",
    "torch.nn.functional.instance_norm",
    "torch.nn.functional.group_norm",
    "torch.nn.functional.rms_norm",
    takes="input, *rest",
)
def normalised(m: Machine, input: Value, *rest: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else like(x)
