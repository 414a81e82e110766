"""Every operation on a tensor, as the modules of this package want to see it, and its meanings carried on."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lstmcheck.infer.joins import is_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning import names as size_names
from lstmcheck.infer.meaning import picks
from lstmcheck.infer.meaning.axes import Axes, axes_of, kind_at, mean
from lstmcheck.infer.meaning.carry import carry, carry_arithmetic, carry_layer, flattened, product
from lstmcheck.infer.meaning.items import Part, carry_pick
from lstmcheck.infer.silent import (
    differences,
    last_step,
    layout,
    order,
    packing,
    padded_sums,
    pairing,
    pooling,
    random_state,
    rows,
    scramble,
    squeezes,
)
from lstmcheck.infer.torch_ops.common import equal, spread
from lstmcheck.infer.values import Array, Items, Layer, Packed, Slice, Tensor, Value

_MAKERS = frozenset(
    f"torch.{name}" for name in ("zeros", "ones", "empty", "full", "rand", "randn", "randint", "normal")
)
_VIEWS = frozenset({"torch.reshape", "Tensor.view_as", "torch.flatten", "torch.unflatten"})


def applied(m: Machine, paths: Sequence[str], names: dict[str, Value], result: Value) -> None:
    """Look at one operation, then give its result the meanings of its arguments."""
    first = paths[0]
    if first in _VIEWS and isinstance(result, Tensor):
        source = names.get("input")
        if isinstance(source, Tensor) and result is not source:
            scramble.viewed(m, source, result, spread(names.get("*") or ()))
            rows.viewed(m, source, result)
            if "axes" not in source.state:
                flattened(m, source, result)
    if first == "Tensor.masked_fill_" and isinstance(result, Tensor):
        pooling.masked(m, result)
    if first in ("torch.select", "torch.narrow"):
        _part(m, first, names, result)
        return
    carry(m, paths, names, result)
    if first in ("torch.stack", "torch.tensor", "torch.as_tensor"):
        picks.stacked(m, result)
    scramble.carried([value.data if isinstance(value, Array) else value for value in names.values()], result)
    rows.applied(m, names, result)
    if first in order.SAME:
        order.copied(names, result)
    source = names.get("input")
    pooling.rearranged(first, source, result)
    if isinstance(source, Tensor) and "drawn" in source.state:
        random_state.kept(m, source, result)
    looker = _LOOKERS.get(first)
    if looker is not None:
        looker(m, first, names, result)
    if first in _MAKERS or first == "torch.reshape":
        _note_names(m, result)


def applied_to_array(m: Machine, paths: Sequence[str], names: dict[str, Value], result: Array) -> None:
    """Look at one of numpy's functions, then give its result the meanings of its first array."""
    if paths[0] in ("numpy.stack", "numpy.array"):
        picks.stacked(m, result)
    source = next(iter(names.values()), None)
    if not isinstance(source, Array) or source.data is result.data:
        return
    x, out = source.data, result.data
    if paths[0] in ("numpy.reshape", "ndarray.reshape"):
        sizes = names["*"] if "*" in names else (names["shape"] or names["newshape"],)
        scramble.viewed(m, x, out, spread(sizes))
    scramble.carried([x], out)
    if "axes" in x.state and "axes" not in out.state and paths[0] in _KEEPS:
        mean(out, axes_of(x) if out.shape == x.shape else None)


_KEEPS = frozenset({"numpy.array", "numpy.asarray", "numpy.ascontiguousarray", "ndarray.astype", "numpy.nan_to_num"})


def _part(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x, at = names["input"], m.int_of(names["dim"])
    if not isinstance(x, Tensor) or "axes" not in x.state:
        return
    if at is None:
        rows.used(x)
    elif path == "torch.select":
        carry_pick(m, x, at, names["index"], result)
    else:
        start, length = m.dim(names["start"]), m.dim(names["length"])
        axes = axes_of(x)
        size = x.size(at % len(axes)) if axes is not None else None
        last = start is not None and size is not None and length == 1 and equal(start, size - 1, m)
        stop = None if start is None or length is None else start + length
        carry_pick(m, x, at, Slice(-1, None, None) if last else Slice(start, stop, None), result)


def _note_names(m: Machine, result: Value) -> None:
    call = m.node
    if not isinstance(call, ast.Call):
        return
    lists = [argument for argument in call.args if isinstance(argument, (ast.Tuple, ast.List))]
    size_names.made_of(m, result, lists[0].elts if lists else call.args)


_ATTENTIONS = frozenset(
    f"torch.nn.{name}" for name in ("MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder")
)
_LINEAR = ("torch.nn.Linear", "torch.nn.LazyLinear")


def layer_called(m: Machine, layer: Layer, args: Sequence[Value], result: Value) -> None:
    """Look at a call of one of torch's other modules, then give its result the meanings of its input."""
    x = args[0] if args else None
    if isinstance(x, Tensor) and "axes" in x.state:
        if layer.kind in _LINEAR:
            last_step.used(m, x)
            pooling.used(m, x)
        elif layer.kind.endswith("Pool1d"):
            pooling.windowed(m, x, layer.kind.rpartition(".")[2])
            if layer.kind == "torch.nn.AdaptiveAvgPool1d":
                _averaged(m, x, result)
        elif layer.kind in ("torch.nn.Softmax", "torch.nn.LogSoftmax"):
            pooling.normalised(m, x, layer.args.get("dim"), layer.kind.rpartition(".")[2], result)
        elif layer.kind == "torch.nn.Dropout":
            pooling.rearranged("torch.nn.functional.dropout", x, result)
        elif layer.kind in _ATTENTIONS:
            layout.attended(m, layer, x, result)
    if layer.kind in _LINEAR:
        differences.predicted(layer, result)
    if layer.kind.endswith("Loss"):
        pairing.lost(m, layer.kind.rpartition(".")[2], args, layer.args)
    scramble.carried(args, result)
    carry_layer(m, layer, args, result)


def item(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part], result: Value) -> None:
    """Look at `x[...]`."""
    last_step.item(m, x, axes, parts)
    rows.item(m, x, axes, parts, result)


def combined(m: Machine, kind: type[ast.operator], a: Value, b: Value, result: Value) -> None:
    """Look at `a <op> b`, then give its result the meanings of its operands."""
    if isinstance(a, Tensor) and kind is ast.MatMult:
        pooling.weighted(m, a, b)
        last_step.used(m, a)
        axes = axes_of(a)
        if axes is not None and isinstance(result, Tensor) and "axes" not in result.state:
            mean(result, product(axes, b, result))
    elif isinstance(a, Tensor) and isinstance(b, Tensor):
        rows.paired(m, [a, b])
    elif isinstance(a, Tensor) and kind is ast.Div and is_dim(b):
        padded_sums.divided(m, a, b)
    if kind is ast.Mult:
        pooling.weighted(m, a, b)
    elif kind is ast.Sub:
        differences.subtracted(m, a, b)
    if kind in (ast.Mult, ast.Div):
        random_state.carried(a if isinstance(b, (int, float)) else b if isinstance(a, (int, float)) else None, result)
    carry_arithmetic(a, b, result)
    rows.computed(a)
    rows.computed(b)


def returned(m: Machine, value: Value) -> None:
    """Look at what a module returns."""
    if m.frame.function is None or m.frame.function.name != "forward":
        return
    for part in value.head if isinstance(value, Items) else (value,):
        if isinstance(part, Tensor) and "axes" in part.state:
            pooling.used(m, part)
            last_step.used(m, part)


def _reduced(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x = names.get("input")
    if isinstance(x, Tensor):
        pooling.reduced(m, x, names.get("dim"), path.rpartition(".")[2], result)
        if path == "torch.sum":
            padded_sums.summed(m, x, names.get("dim"), result)


def _normalised(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x = names.get("input")
    if isinstance(x, Tensor):
        pooling.normalised(m, x, names.get("dim"), path.rpartition(".")[2], result)


def _squeezed(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x = names.get("input")
    if isinstance(x, Tensor) and names.get("dim") is None and not m.muted:
        squeezes.squeezed(m, x)
    axes = axes_of(x) if isinstance(x, Tensor) else None
    if axes and axes[0] is not None and axes[0].kind == "rows" and names.get("dim") in (0, None):
        rows.padded(m, axes[0])


def _multiplied(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x = names.get("input")
    other = names.get("mat2") if "mat2" in names else names.get("other")
    pooling.weighted(m, x, other)
    if isinstance(x, Tensor):
        last_step.used(m, x)
        pooling.used(m, x)


def _windowed(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x = names.get("input")
    if isinstance(x, Tensor):
        pooling.windowed(m, x, path.rpartition(".")[2])


def _selected(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x, index = names.get("input"), names.get("index")
    if isinstance(x, Tensor) and isinstance(index, Tensor) and not m.muted:
        last_step.selected(m, x, names.get("dim"), index)


def _gathered(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x, index = names.get("input"), names.get("index")
    if isinstance(x, Tensor) and isinstance(index, Tensor) and not m.muted:
        last_step.gathered(m, x, names.get("dim"), index)


def _contracted(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    operands = spread(names.get("*") or ())
    if operands is not None and len(operands) == 2:
        pooling.weighted(m, *operands)


def _sorted(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    order.sorted_(m, path, names, result)


def _packed(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    if isinstance(result, Packed):
        packing.packed(m, names, result)
        order.packed(result)


def _padded(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    if path.endswith("pad_packed_sequence"):
        if isinstance(result, Items):
            packing.unpacked(m, names, result)
    else:
        packing.padded(m, names, result)


def _drawn(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    if isinstance(result, Tensor):
        random_state.drawn(m, result)


def _averaged(m: Machine, x: Tensor, result: Value) -> None:
    if kind_at(axes_of(x), -1) == "time":
        pooling.reduced(m, x, -1, "mean", result)


def _pooled(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    x = names.get("input")
    if isinstance(x, Tensor):
        _averaged(m, x, result)
        pooling.windowed(m, x, path.rpartition(".")[2])


def _lost(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    given = [value for name, value in names.items() if name in ("input", "target", "log_probs", "targets")]
    pairing.lost(m, path.rpartition(".")[2], given, names)


_RNN = "torch.nn.utils.rnn."
_POOLS = tuple(
    f"{owner}.{name}"
    for owner in ("torch", "torch.nn.functional")
    for name in ("max_pool1d", "avg_pool1d", "adaptive_max_pool1d", "adaptive_avg_pool1d", "lp_pool1d")
)
# the first paths of the families of operations that functions of random numbers belong to
_RANDOM = ("torch.zeros", "torch.zeros_like", "torch.normal", "Tensor.masked_fill_", "torch.nn.init.uniform_")
_LOSSES = ("ctc_loss", "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
_LOOKERS: dict[str, Any] = {
    **{f"torch.{name}": _reduced for name in ("sum", "mean", "max", "min", "amax", "logsumexp", "median", "prod")},
    "torch.softmax": _normalised,
    "torch.squeeze": _squeezed,
    "torch.index_select": _selected,
    "torch.gather": _gathered,
    "torch.einsum": _contracted,
    **dict.fromkeys(_POOLS, _windowed),
    **dict.fromkeys(("torch.matmul", "torch.mm", "torch.bmm", "torch.nn.functional.linear"), _multiplied),
    **dict.fromkeys(("torch.nn.functional.adaptive_avg_pool1d", "torch.adaptive_avg_pool1d"), _pooled),
    **dict.fromkeys(("torch.sort", "torch.argsort"), _sorted),
    **dict.fromkeys(_RANDOM, _drawn),
    f"{_RNN}pack_padded_sequence": _packed,
    f"{_RNN}pad_packed_sequence": _padded,
    f"{_RNN}pad_sequence": _padded,
    **{f"torch.nn.functional.{name}": _lost for name in _LOSSES},
}
