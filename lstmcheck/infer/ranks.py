"""Ranks that a program shows: `out[:, -1, :]` tells how many axes `out` has, and so does `b, t, f = x.shape`.

What is learned of a result holds for what it was computed from: a recurrent layer's output has its input's rank, an
Embedding's one more than the ids'.
"""

from __future__ import annotations

from lstmcheck.infer.machine import Machine
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import Tensor

MAX_LINKS = 8


def link(made: Tensor, source: Tensor, more: int = 0, back: bool = True) -> None:
    """Note that a new tensor has `more` axes than another one; unless `back`, only the other one's rank tells.

    That holds wherever both tensors are, so that no branch has to undo it.
    """
    if made.shape.open and source.shape.open:
        _add(source, made, more)
        if back:
            _add(made, source, -more)


def _add(tensor: Tensor, other: Tensor, more: int) -> None:
    links = tensor.state.setdefault("ranked", [])
    if len(links) < MAX_LINKS:
        links.append((other, more))


def show_rank(m: Machine, tensor: Tensor, rank: int) -> None:
    """Note that a tensor has a rank; nothing happens where that contradicts what is known."""
    shape = tensor.shape
    if not shape.open or rank < shape.min_rank or (shape.max_rank is not None and rank > shape.max_rank):
        return
    middle = (tensor.size(axis) for axis in range(len(shape.left), rank - len(shape.right)))
    m.refine(tensor, Shape((*shape.left, *middle, *shape.right)))
    for other, more in tensor.state.get("ranked", ()):
        if rank + more > 0:
            show_rank(m, other, rank + more)


def show_least(m: Machine, tensor: Tensor, least: int) -> None:
    """Note that a tensor has at least so many axes: that closes a shape which can have no more."""
    shape = tensor.shape
    if not shape.open or shape.max_rank is None or least > shape.max_rank:
        return
    if least == shape.max_rank:
        show_rank(m, tensor, least)
