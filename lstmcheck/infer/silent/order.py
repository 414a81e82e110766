"""Samples sorted by length inside a forward and returned in that order, while the targets keep theirs."""

from __future__ import annotations

import ast

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import axes_of
from lstmcheck.infer.values import Function, Instance, Items, Mapping, Site, Tensor, Value


class Order:
    """The order that one sort gives to the samples; `index` is the tensor that holds it."""

    __slots__ = ("active", "index", "site")

    def __init__(self, index: Tensor, site: Site, active: frozenset[ast.AST]) -> None:
        self.index = index
        self.site = site
        # the functions that were running: what is sorted outside a forward is in order outside it
        self.active = active


def sorted_(m: Machine, path: str, names: dict[str, Value], result: Value) -> None:
    """Mark the indices that a sort of a vector returns, unless they undo another sort."""
    x = names.get("input")
    if not isinstance(x, Tensor) or x.shape.rank not in (None, 1):
        return
    index = result.head[1] if isinstance(result, Items) and len(result.head) == 2 else result
    if not isinstance(index, Tensor) or index is x:
        return
    if isinstance(x.state.get("order"), Order):
        # the inverse of the order: indexing by it restores the samples
        return
    index.state["order"] = Order(index, m.here(), frozenset(m.active))


def returned(m: Machine, function: Function, receiver: Value, value: Value) -> None:
    """Look at what a forward returns."""
    if function.name != "forward" or m.muted or not isinstance(receiver, Instance):
        return
    parts = _flat(value)
    orders = {id(order): order for part in parts if (order := _order_of(part)) is not None}
    for order in orders.values():
        if function.node not in order.active:
            continue
        if any(part.state.get("order") is order for part in parts) or _is_kept(order, receiver):
            continue
        if any(_order_of(part) is None and part.role is not None for part in parts):
            continue
        node = next((node for node in reversed(list(ast.walk(function.node))) if isinstance(node, ast.Return)), None)
        site = Site(m.frame.file, node) if node is not None else order.site
        sources = [Related(order.site.file.location(order.site.node), "sorted here")]
        m.report(Need("silent.order", None, None, "never", "output", detail={}), site, (), None, sources)


def _order_of(part: Tensor) -> Order | None:
    axes = axes_of(part)
    found = next((axis.order for axis in axes or () if axis is not None and axis.kind == "batch" and axis.order), None)
    return found if isinstance(found, Order) else None


def _flat(value: Value) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Items):
        return [part for item in value.head for part in _flat(item)]
    if isinstance(value, Mapping):
        return [part for item in value.entries.values() for part in _flat(item)]
    return []


def _is_kept(order: Order, receiver: Instance) -> bool:
    return any(isinstance(value, Tensor) and value.state.get("order") is order for value in receiver.fields.values())
