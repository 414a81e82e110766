"""What the input of a recurrent call shows: a view that cannot have moved the axes as it seems meant to."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.runtime.graph_axes import Notice, Shape, Source
from lstmcheck.runtime.graph_steps import stem
from lstmcheck.runtime.graph_views import moved

_PASSED = frozenset(
    {"Clone", "Mul", "Div", "Add", "Relu", "Tanh", "Gelu", "NativeDropout", "NativeLayerNorm", "Transpose", "Permute"}
)
_VIEWED = frozenset({"View", "UnsafeView", "ReshapeAlias"})


def notices(x: Any, number: int) -> list[Notice]:
    """A view of other axes, right before the layer, that reads them in another order than they stand in memory."""
    if isinstance(x, PackedSequence) or not isinstance(x, Tensor) or x.dim() != 3 or not x.numel():
        return []
    found = _viewed_in_graph(x) if x.grad_fn is not None else _viewed(x)
    if found is None:
        return []
    before, after = found
    mixed = moved(before, after)
    if mixed is None:
        return []
    detail: dict[str, object] = {"from": before, "to": after, "kinds": ("",) * len(before), "rows": False}
    detail |= {"blocking": mixed.blocking, "wanted": mixed.wanted}
    return [Notice("silent.scrambled", Source(number, "input", 1, 1), detail)]


def _viewed_in_graph(x: Tensor) -> tuple[Shape, Shape] | None:
    node: Any = x.grad_fn
    while node is not None:
        name = stem(node.name())
        if name in _VIEWED:
            before = tuple(node._saved_self_sym_sizes)
            after = tuple(node._input_metadata[0].shape)
            return (before, after) if len(before) > 2 and len(after) == 3 else None
        if name == "Embedding":
            ids = node._saved_indices
            return _viewed(ids) if ids.dim() == 2 else None
        if name not in _PASSED:
            return None
        node = next((below for below, _ in node.next_functions if below is not None), None)
    return None


def _viewed(x: Tensor) -> tuple[Shape, Shape] | None:
    """A whole view, in order, of a tensor that has axes of its own."""
    base = x._base
    if base is None or base.numel() != x.numel() or base.dim() < x.dim():
        return None
    if not x.is_contiguous() or not base.is_contiguous():
        return None
    return tuple(base.shape), tuple(x.shape)
