"""From a tensor back to the data that it was made of: which axis of the data each of its axes is.

Autograd's nodes are followed down, and views of plain tensors by their strides. Sizes, strides and addresses are read,
never contents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from lstmcheck.runtime.graph_axes import Shape
from lstmcheck.runtime.graph_steps import signed, stem

NODES = 64

Places = tuple["int | None", ...]
"""For each axis of a tensor the axis that it is of another one, None for an axis that is new."""


@dataclass(frozen=True, slots=True)
class Root:
    """Where the values of a tensor come from: a tensor without a graph, or None, and its axes by place.

    `picked` are the positions that were selected on the way: the axis of the data, None where that is lost, and which.
    """

    tensor: Tensor | None
    places: Places
    picked: tuple[tuple[int | None, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Selected:
    """A position that was taken along an axis of a larger tensor."""

    axis: int
    index: int


def root(tensor: Tensor) -> Root:
    """The data that a tensor was computed from, with its axes; without a tensor where that cannot be told."""
    rank = tensor.dim()
    places: Places = tuple(range(rank))
    indices: list[int] = []
    node: Any = tensor.grad_fn
    number = tensor.output_nr
    plain: Tensor | None = tensor
    for _ in range(NODES if node is not None else 0):
        name, plain = stem(node.name()), None
        below: Any = None
        moved = _MOVES.get(name)
        if name == "Embedding":
            plain = saved(node, "_saved_indices")
            places = _leading(places, plain.dim()) if plain is not None else places
        elif moved is not None:
            places = moved(node, places)
            if name in ("Select", "Unbind"):  # what was selected has a place too, behind those of the axes
                places = (*places, signed(node._saved_dim) % (len(_shape(node)) + 1))
                indices.append(signed(node._saved_index) if name == "Select" else number)
            below, number = next((edge for edge in node.next_functions if edge[0] is not None), (None, 0))
        elif name in ("View", "UnsafeView", "ReshapeAlias"):
            below, places, plain = _viewed(node, places)
        elif name in ("Addmm", "Mm"):
            below, plain = _multiplied(node, name)
            places = _leading(places, 1)
        elif name == "Convolution":
            places = tuple(place if place != 1 else None for place in places)
            below = node.next_functions[0][0]
            plain = saved(node, "_saved_input") if below is None else None
        elif name in _KEPT:
            below = _same_shape(node)
        if plain is not None or below is None or stem(below.name()) == "AccumulateGrad":
            break
        node = below
    else:
        plain = plain if node is None else None
    return Root(plain, places[:rank], tuple(zip(places[rank:], indices)))


def saved(node: Any, name: str) -> Any:
    """What a node has saved; None where that was freed or changed in place since."""
    try:
        return getattr(node, name)
    except RuntimeError:
        return None


_KEPT_WORDS = """
    Clone Alias ToCopy Copy Contiguous Add Sub Mul Div Neg Relu LeakyRelu Elu Gelu Silu Tanh Sigmoid Hardtanh Softplus
    NativeDropout FusedDropout NativeLayerNorm NativeBatchNorm CudnnBatchNorm MaskedFill Where Pow Exp Log Sqrt
"""
_KEPT = frozenset(_KEPT_WORDS.split())


def _shape(node: Any, number: int = 0) -> Shape:
    return tuple(node._input_metadata[number].shape)


def _same_shape(node: Any) -> Any:
    wanted = _shape(node)
    for below, number in node.next_functions:
        if below is not None and stem(below.name()) != "AccumulateGrad" and _shape(below, number) == wanted:
            return below
    return None


def _leading(places: Places, kept: int) -> Places:
    return tuple(place if place is not None and place < kept else None for place in places)


# Moves of axes: the places of the output told in the axes of the input

Move = Callable[[Any, Places], Places]


def _transposed(node: Any, places: Places) -> Places:
    rank = len(_shape(node))
    a, b = signed(node._saved_dim0) % rank, signed(node._saved_dim1) % rank
    return tuple({a: b, b: a}.get(place, place) if place is not None else None for place in places)


def _permuted(node: Any, places: Places) -> Places:
    order = [signed(place) % len(node._saved_dims) for place in node._saved_dims]
    return tuple(order[place] if place is not None else None for place in places)


def _turned(node: Any, places: Places) -> Places:
    last = len(_shape(node)) - 1
    return tuple(last - place if place is not None else None for place in places)


def _unsqueezed(node: Any, places: Places) -> Places:
    at = signed(node._saved_dim) % len(_shape(node))
    return tuple(None if place is None or place == at else place - (place > at) for place in places)


def _selected(node: Any, places: Places) -> Places:
    at = signed(node._saved_dim) % (len(_shape(node)) + 1)
    return tuple(place + (place >= at) if place is not None else None for place in places)


def _kept(node: Any, places: Places) -> Places:
    return places


_MOVES: dict[str, Move] = {
    "Transpose": _transposed,
    "Permute": _permuted,
    "T": _turned,
    "Unsqueeze": _unsqueezed,
    "Select": _selected,
    "Unbind": _selected,
    "Slice": _kept,
    "Flip": _kept,
}


def _viewed(node: Any, places: Places) -> tuple[Any, Places, Tensor | None]:
    """Below a view: through the two views around a matrix product of more than two axes, or one that keeps axes."""
    after, before = _shape(node), tuple(node._saved_self_sym_sizes)
    below = node.next_functions[0][0]
    if len(before) == 2 and len(after) > 2 and below is not None and stem(below.name()) in ("Addmm", "Mm"):
        inner, plain = _multiplied(below, stem(below.name()))
        places = _leading(places, len(after) - 1)
        if plain is not None:
            base = plain._base
            fits = base is not None and tuple(base.shape[:-1]) == after[:-1] and base.numel() == plain.numel()
            return None, places, base if fits else None
        is_view = inner is not None and stem(inner.name()) in ("View", "ReshapeAlias")
        if is_view and tuple(inner._saved_self_sym_sizes)[:-1] == after[:-1]:
            return inner.next_functions[0][0], places, None
        return None, places, None
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return below, _leading(places, same), None


def _multiplied(node: Any, name: str) -> tuple[Any, Tensor | None]:
    at, kept = (1, "_saved_mat1") if name == "Addmm" else (0, "_saved_self")
    below = node.next_functions[at][0]
    return below, saved(node, kept) if below is None else None


# Views of plain tensors


def within(view: Tensor, whole: Tensor) -> tuple[Places, tuple[Selected, ...]] | None:
    """Which axis of a tensor each axis of a view of it is, and which positions were selected; None for no view of it.

    An axis of one position is told by its stride where a larger axis has that.
    """
    if not same_storage(view, whole):
        return None
    if view.shape == whole.shape and view.stride() == whole.stride() and _offset(view) == _offset(whole):
        return tuple(range(view.dim())), ()
    strides = [stride if size > 1 else None for size, stride in zip(whole.shape, whole.stride())]
    places: list[int | None] = []
    for size, stride in zip(view.shape, view.stride()):
        found = [i for i, known in enumerate(strides) if known == stride and i not in places]
        places.append(found[0] if len(found) == 1 and size <= whole.shape[found[0]] else None)
    left, picked = _offset(view) - _offset(whole), []
    for axis, (size, stride) in sorted(enumerate(zip(whole.shape, whole.stride())), key=lambda one: -one[1][1]):
        if size > 1 and stride > 0:
            index, left = divmod(left, stride)
            at = places.index(axis) if axis in places else None
            if at is None or view.shape[at] == 1:
                picked.append(Selected(axis, index))
    if left:
        return None
    return tuple(places), tuple(picked)


def same_storage(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors lie in the same memory."""
    try:
        there = a.untyped_storage().data_ptr()
        return there != 0 and there == b.untyped_storage().data_ptr()
    except (RuntimeError, NotImplementedError):  # a tensor without storage
        return False


def _offset(tensor: Tensor) -> int:
    return int(tensor.storage_offset())
