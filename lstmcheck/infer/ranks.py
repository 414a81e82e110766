"""Ranks that a program shows: `out[:, -1, :]` tells how many axes `out` has, and so does `b, t, f = x.shape`.

What is learned of a result holds for what it was computed from: a recurrent layer's output has its input's rank, an
Embedding's one more than the ids'.
"""

from __future__ import annotations

from lstmcheck.infer.machine import Machine
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import Tensor


def link(made: Tensor, source: Tensor, more: int = 0) -> None:
    """Note that a new tensor has `more` axes than another one."""
    if made.shape.open:
        made.state["ranked"] = (source, more)


def show_rank(m: Machine, tensor: Tensor, rank: int) -> None:
    """Note that a tensor has a rank; nothing happens where that contradicts what is known."""
    shape = tensor.shape
    if not shape.open or rank < shape.min_rank or (shape.max_rank is not None and rank > shape.max_rank):
        return
    middle = (tensor.size(axis) for axis in range(len(shape.left), rank - len(shape.right)))
    m.refine(tensor, Shape((*shape.left, *middle, *shape.right)))
    source = tensor.state.get("ranked")
    if source is not None and rank > source[1]:
        show_rank(m, source[0], rank - source[1])


def show_least(m: Machine, tensor: Tensor, least: int) -> None:
    """Note that a tensor has at least so many axes: that closes a shape which can have no more."""
    shape = tensor.shape
    if not shape.open or (shape.max_rank is not None and least > shape.max_rank):
        return
    if least == shape.max_rank:
        show_rank(m, tensor, least)
        return
    source = tensor.state.get("ranked")
    if source is not None and least > source[1]:
        show_least(m, source[0], least - source[1])
        if source[0].shape.rank is not None:
            show_rank(m, tensor, source[0].shape.rank + source[1])
