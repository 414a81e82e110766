"""Walking the autograd graph from what a program computed down to what recurrent calls returned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from lstmcheck.runtime.graph_axes import Seen, Value
from lstmcheck.runtime.graph_steps import step

NODES = 20_000
"""How many nodes one look visits at most. Where there are more, nothing is concluded."""

_KEY = "lstmcheck"
_tagged_names: set[str] = set()

Edge = tuple[Any, int]
"""A node and the number of its output."""


class Token:
    """Lives as long as the node that it is attached to: its weak references tell when a graph is gone."""

    __slots__ = ("__weakref__", "outputs")

    def __init__(self) -> None:
        self.outputs: dict[int, Value] = {}


def tag(tensor: Tensor, value: Value) -> Token | None:
    """Say of a tensor what its axes mean, on its node; None for a tensor without a graph."""
    node: Any = tensor.grad_fn
    if node is None:
        return None
    token: Token | None = node.metadata.get(_KEY)
    if token is None:
        token = node.metadata[_KEY] = Token()
        _tagged_names.add(node.name())
    token.outputs[tensor.output_nr] = value
    return token


def tagged(edge: Edge) -> Value | None:
    """What was said of a tensor by `tag`."""
    node, number = edge
    if node.name() not in _tagged_names:
        return None
    token: Token | None = node.metadata.get(_KEY)
    return token.outputs.get(number) if token is not None else None


def edges_of(values: Iterable[Any]) -> list[Edge]:
    """The places in the graph of the tensors among values, in nested tuples, lists, dicts and dataclasses too."""
    return [(tensor.grad_fn, tensor.output_nr) for tensor in tensors_in(values) if tensor.grad_fn is not None]


def tensors_in(value: Any, depth: int = 4) -> Iterator[Tensor]:
    """The tensors in nested containers."""
    if isinstance(value, Tensor):
        yield value
    elif depth and isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors_in(item, depth - 1)
    elif depth and isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item, depth - 1)


def look(roots: Iterable[Edge]) -> Seen:
    """What the computation of some tensors reads of tagged ones, and what it shows by itself.

    A root that is a tagged tensor or a view of one is read as far as it goes.
    """
    seen = Seen()
    wanted = list(roots)
    values: dict[Edge, Value | None] = {}
    order = _ordered(wanted, values, seen)
    if not seen.complete:
        return Seen(complete=False)
    used: dict[Any, set[int]] = {}
    for below, number in [*wanted, *(edge for node in order for edge in node.next_functions)]:
        if below is not None:
            used.setdefault(below, set()).add(number)
    for node in order:
        known = ((place, values.get(edge)) for place, edge in enumerate(node.next_functions))
        inputs = {place: value for place, value in known if value is not None}
        if not inputs:
            continue
        shapes = node._input_metadata
        for number in sorted(used.get(node, ())):
            if (node, number) not in values:
                values[node, number] = step(node, number, inputs, tuple(shapes[number].shape), seen)
    seen.returned = [value for edge in wanted if (value := values.get(edge)) is not None]
    return seen


def _ordered(roots: list[Edge], values: dict[Edge, Value | None], seen: Seen) -> list[Any]:
    """The nodes above the tagged ones, each after its inputs; the tagged ones go into `values`."""
    done: set[Any] = set()
    order: list[Any] = []
    stack: list[tuple[Any, int, bool]] = [(node, number, False) for node, number in roots]
    while stack:
        node, number, left = stack.pop()
        if left:
            order.append(node)
            continue
        if (value := tagged((node, number))) is not None:
            values[node, number] = value
            continue
        if node in done:
            continue
        done.add(node)
        if len(done) > NODES:
            seen.complete = False
            return []
        stack.append((node, number, True))
        stack += ((below, place, False) for below, place in node.next_functions if below is not None)
    return order


def sources_of(tensor: Tensor, nodes: int = 64) -> Iterator[Any]:
    """The nodes that a tensor comes from, the nearest first."""
    seen: set[Any] = set()
    queue = [tensor.grad_fn] if tensor.grad_fn is not None else []
    while queue and len(seen) < nodes:
        node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        yield node
        queue += (below for below, _ in node.next_functions if below is not None)


def is_plain(tensor: Any) -> bool:
    """Whether a tensor is one that autograd itself keeps track of, not a wrapper's, with one size for each axis."""
    wrapped = isinstance(tensor, Tensor) and torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    return isinstance(tensor, Tensor) and not wrapped and not tensor.is_nested
