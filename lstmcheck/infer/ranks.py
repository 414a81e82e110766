"""Ranks that a program shows: `out[:, -1, :]` tells how many axes `out` has, and so does `b, t, f = x.shape`.

What is learned of a result holds for what it was computed from: a recurrent layer's output has its input's rank, an
Embedding's one more than the ids'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import Tensor

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

MAX_LINKS = 8
_MOST_AXES = 64  # of any tensor


def link(made: Tensor, source: Tensor, more: int = 0, back: bool = True) -> None:
    """Note that a new tensor has `more` axes than another one; unless `back`, only the other one's rank tells.

    That holds wherever both tensors are, so that no branch has to undo it.
    """
    if made.shape.open and source.shape.open:
        _add(source, made, more)
        if back:
            _add(made, source, -more)
        excluded = source.state.get("no_rank")
        if excluded:
            made.state["no_rank"] = frozenset(rank + more for rank in excluded)


def _add(tensor: Tensor, other: Tensor, more: int) -> None:
    links = tensor.state.setdefault("ranked", [])
    if len(links) < MAX_LINKS:
        links.append((other, more))


def exclude(m: Machine, tensor: Tensor, excluded: frozenset[int]) -> None:
    """Note ranks that a tensor with elements does not have: no layer takes one without."""
    known: frozenset[int] = tensor.state.get("no_rank", frozenset())
    if "reshaped" in tensor.state or not tensor.shape.open or excluded <= known:
        return
    m.put(tensor.state, "no_rank", known | excluded)
    for other, more in tensor.state.get("ranked", ()):
        exclude(m, other, frozenset(rank + more for rank in excluded))


def may_have(tensor: Tensor, rank: int) -> bool:
    """Whether nothing excludes a rank of a tensor of open shape that a layer takes."""
    highest = tensor.shape.max_rank
    known = tensor.state.get("no_rank", ())
    return tensor.shape.min_rank <= rank and (highest is None or rank <= highest) and rank not in known


def reshape(m: Machine, tensor: Tensor, shape: Shape) -> None:
    """Give a tensor another shape in place: what is learned of others is of no meaning for it from here on."""
    m.refine(tensor, shape)
    # no branch gives it back: what is not known is never wrong
    tensor.layout = None
    m.put(tensor.state, "reshaped", True)
    m.put(tensor.state, "alike", None)
    m.put(tensor.state, "no_rank", frozenset())


def show_rank(m: Machine, tensor: Tensor, rank: int) -> None:
    """Note that a tensor has a rank; nothing happens where that contradicts what is known."""
    shape = tensor.shape
    highest = rank if shape.max_rank is None else shape.max_rank
    if "reshaped" in tensor.state or not shape.open or not shape.min_rank <= rank <= highest:
        return
    middle = (tensor.size(axis) for axis in range(len(shape.left), rank - len(shape.right)))
    m.refine(tensor, Shape((*shape.left, *middle, *shape.right)))
    for other, more in tensor.state.get("ranked", ()):
        if rank + more > 0:
            show_rank(m, other, rank + more)


def show_least(m: Machine, tensor: Tensor, least: int) -> None:
    """Note that a tensor has at least so many axes: that closes a shape which can have no more."""
    shape = tensor.shape
    highest = _MOST_AXES if shape.max_rank is None else shape.max_rank
    if "reshaped" in tensor.state or not shape.open or not shape.min_rank < least <= highest:
        return
    if least == shape.max_rank:
        show_rank(m, tensor, least)
        return
    more = (tensor.size(axis) for axis in range(len(shape.left), least - len(shape.right)))
    m.refine(tensor, Shape((*shape.left, *more), shape.right, True, shape.max_rank))
    for other, axes in tensor.state.get("ranked", ()):
        if least + axes > 0:
            show_least(m, other, least + axes)
