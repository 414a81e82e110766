"""Samples that are sorted by their lengths for packing, and predictions that reach the loss in that order.

A pack that demands sorted lengths is held against what the running model, or the loader, was given; a pack that was put
together from parts of one that torch sorted, without its indices, against that one. Whether anything puts the samples
back is read from the graph of the loss.
"""

from __future__ import annotations

import ast
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Location
from lstmcheck.runtime import callers, graph, graph_lines, loading
from lstmcheck.runtime.graph_steps import stem
from lstmcheck.runtime.history import Caller
from lstmcheck.runtime.model import Call, Packing
from lstmcheck.runtime.probing import Probe
from lstmcheck.runtime.roots import saved

NODES = 20_000
LOSSES = frozenset({"NllLoss", "NllLoss2D", "MseLoss", "SmoothL1Loss", "HuberLoss", "BinaryCrossEntropy"})
LOSSES |= {"BinaryCrossEntropyWithLogits"}

Order = tuple[int, ...]


@dataclass(slots=True, eq=False)
class _Sorted:
    """A pack of samples in another order than they were given in; `inside` says that a module sorted them."""

    data: weakref.ref[Tensor]
    order: Order
    inside: bool
    where: Location | None
    caller: Caller | None = None
    nodes: frozenset[int] = frozenset()
    lost: bool = False


@dataclass(slots=True, eq=False)
class _Indexed:
    """The sizes of a pack that torch sorted, by which its parts are known again, and the order of the samples."""

    sizes: weakref.ref[Tensor]
    order: Order


KEPT = 16
_sorted: list[_Sorted] = []
_indexed: deque[_Indexed] = deque(maxlen=KEPT)


def _packed(packing: Packing) -> None:
    result = packing.result
    order = _permutation(result.sorted_indices, int(result.batch_sizes[0]))
    if order is not None:
        _indexed.append(_Indexed(weakref.ref(result.batch_sizes), order))
    _packed_sorted(packing)


def _packed_sorted(packing: Packing) -> None:
    lengths = packing.lengths
    values = _numbers(lengths)
    if not packing.enforce_sorted or not values or len(set(values)) < 2 or not isinstance(packing.result.data, Tensor):
        return
    running = callers.modules(2)
    frames = callers.users(2)
    order = next((found for one in running if (found := _order_of([*one.args, *one.kwargs.values()], values))), None)
    if order is None and frames:
        held = list(callers.names_in(frames[0]).values())
        order = next((found for value in held if (found := _permutation(value, len(values)))), None)
    inside = bool(running) and order is not None
    batch = loading.last()
    if order is None and batch is not None:
        order = _order_of(batch.copies, values)
    if order is not None:
        _sorted.append(_Sorted(weakref.ref(packing.result.data), order, inside, _sorting(frames) or packing.site))


def _numbers(lengths: Any) -> tuple[int, ...]:
    if isinstance(lengths, Tensor):
        if lengths.dim() != 1 or lengths.device.type != "cpu" or lengths.is_floating_point():
            return ()
        lengths = lengths.tolist()
    if isinstance(lengths, (list, tuple)) and all(isinstance(one, Tensor) and one.dim() for one in lengths):
        return tuple(one.shape[0] for one in lengths)  # sequences, before they are padded
    return tuple(int(length) for length in lengths) if isinstance(lengths, (list, tuple)) else ()


def _order_of(given: Sequence[Any], values: tuple[int, ...]) -> Order | None:
    """The order in which lengths that were given in another one are sorted."""
    for one in given:
        numbers = _numbers(one) if isinstance(one, (Tensor, list, tuple)) and _are_numbers(one) else ()
        if numbers != values and sorted(numbers) == sorted(values):
            return tuple(sorted(range(len(numbers)), key=lambda i: -numbers[i]))
    return None


def _are_numbers(value: Any) -> bool:
    return isinstance(value, Tensor) or all(isinstance(item, (int, Tensor)) for item in value)


def _permutation(value: Any, n: int) -> Order | None:
    """The order that a tensor of whole numbers puts n samples into; None for any other tensor, and for no change."""
    if not isinstance(value, Tensor) or value.dim() != 1 or value.shape[0] != n or value.device.type != "cpu":
        return None
    if value.dtype != torch.int64:
        return None
    order = tuple(value.tolist())
    return order if sorted(order) == list(range(n)) and order != tuple(range(n)) else None


_SORTS = frozenset({"sort", "argsort", "sorted", "topk"})


def _sorting(frames: Sequence[Any]) -> Location | None:
    """Where the running functions sort, before the place that they have come to."""
    for frame in frames:
        path = frame.f_code.co_filename
        for statement in reversed(list(graph_lines.before(path, frame.f_code, frame.f_lineno))):
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _name(node.func) in _SORTS:
                    return graph_lines.place(path, node)
    return None


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _after(call: Call) -> None:
    if not isinstance(call.input, PackedSequence):
        return
    if call.input.sorted_indices is None:
        known = next((one for one in _indexed if one.sizes() is call.input.batch_sizes), None)
        if known is not None:
            _sorted.append(_Sorted(weakref.ref(call.input.data), known.order, True, None, lost=True))
    for one in _sorted:
        if one.data() is call.input.data and call.h_n is not None and call.h_n.grad_fn is not None:
            one.caller, one.nodes = Caller.of(call), _nodes_of(call)


def _nodes_of(call: Call) -> frozenset[int]:
    """The numbers of the nodes of what a call returned: everything that reads them is younger."""
    data = call.output.data if isinstance(call.output, PackedSequence) else call.output
    nodes = (part.grad_fn for part in (data, call.h_n, call.c_n) if isinstance(part, Tensor))
    return frozenset(node._sequence_nr() for node in nodes if node is not None)


# The loss


def _losing(roots: Any) -> None:
    if not _sorted:
        return
    waiting = [(one, one.caller) for one in _sorted if one.caller is not None]
    _sorted.clear()
    for one, caller in waiting:
        losses, restored, reached = _above(roots, one)
        if not reached or restored or not losses:
            continue
        if one.inside and not _is_known(one.order) and not all(_is_sorted(loss, one.order) for loss in losses):
            need = Need("silent.order", None, None, "never", "output", detail={"restored": False, "lost": one.lost})
        elif not one.inside and all(_is_unsorted(loss, one.order) for loss in losses):
            need = Need("silent.sorted", None, None, "never", "loss", detail={"loss": "the loss"})
        else:
            continue
        caller.tell(need, where=one.where)


def _above(roots: Any, one: _Sorted) -> tuple[list[Any], bool, bool]:
    """The losses of samples over what a call returned, whether these are put into an order, whether any is reached."""
    done: set[Any] = set()
    losses: list[Any] = []
    restored = reached = False
    waiting = [node for node, _ in graph.edges_of((roots,))]
    while waiting and len(done) < NODES:
        node = waiting.pop()
        if node is None or node in done:
            continue
        done.add(node)
        number = node._sequence_nr()
        if number in one.nodes or number < min(one.nodes):
            reached = reached or number in one.nodes
            continue
        name = stem(node.name())
        if name in LOSSES:
            losses += [node] if _is_of_samples(node) else []
        elif name in _ORDERING and _reorders(node, name, len(one.order)):
            restored = True
        waiting += [below for below, _ in node.next_functions]
    return losses, restored, reached


_ORDERING = {
    "Index": "_saved_indices",
    "IndexSelect": "_saved_index",
    "Gather": "_saved_index",
    "Scatter": "_saved_index",
    "IndexCopy": "_saved_index",
    "IndexPut": "_saved_indices",
    "IndexAdd": "_saved_index",
}


def _reorders(node: Any, name: str, n: int) -> bool:
    """Whether an indexing puts n samples into another order."""
    index = saved(node, _ORDERING[name])
    parts = index if isinstance(index, (tuple, list)) else (index,)
    for part in parts:
        if isinstance(part, Tensor) and part.device.type != "cpu":
            return True
        if isinstance(part, Tensor) and part.dim() and n in part.shape:
            return True
    return False


def _is_known(order: Order) -> bool:
    """Whether a running function of the user holds the order: it may have sorted the targets too."""
    for frame in callers.users(3):
        for value in callers.names_in(frame).values():
            for tensor in graph.tensors_in(value, 3):
                if _permutation(tensor, len(order)) is not None:
                    return True
    return False


def _is_of_samples(loss: Any) -> bool:
    """Whether a loss may pair samples with their targets: with a single number their order does not matter."""
    target = saved(loss, "_saved_target")
    return not isinstance(target, Tensor) or target.numel() > 1


def _targets(loss: Any, order: Order) -> Tensor | None:
    target = saved(loss, "_saved_target")
    if not isinstance(target, Tensor) or target.device.type != "cpu":
        return None
    return target if target.shape[0] == len(order) else None


def _is_sorted(loss: Any, order: Order) -> bool:
    """Whether the targets of a loss are those of the loader in this order."""
    return _matches(loss, order)[1]


def _is_unsorted(loss: Any, order: Order) -> bool:
    """Whether the targets of a loss are those of the loader as they came, and not those in this order."""
    as_given, in_order = _matches(loss, order)
    return as_given and not in_order


def _matches(loss: Any, order: Order) -> tuple[bool, bool]:
    target, batch = _targets(loss, order), loading.last()
    if target is None or batch is None:
        return False, False
    as_given = in_order = False
    for copy in batch.copies:
        if isinstance(copy, Tensor) and copy.numel() == target.numel() and copy.dim() and copy.shape[0] == len(order):
            own = copy.to(target.dtype).reshape(target.shape)
            as_given = as_given or torch.equal(own, target)
            in_order = in_order or torch.equal(own[list(order)], target)
    return as_given, in_order


def _clear() -> None:
    _sorted.clear()
    _indexed.clear()


PROBE = Probe(name="sorting", after=_after, packed=_packed, losing=_losing, start=_clear, stop=_clear)
