"""Samples sorted by length inside a forward and returned in that order, while the targets keep theirs."""

from __future__ import annotations

import ast
from typing import Any

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import axes_of
from lstmcheck.infer.values import Array, Function, Instance, Items, Mapping, Packed, Site, Tensor, Value


class Order:
    """The order that one sort gives to the samples; `index` is the tensor that holds it.

    `by_length` says that the samples are sorted by their lengths: told by a name, or by packing them in this order.
    """

    __slots__ = ("active", "by_length", "index", "reported", "site")

    def __init__(self, index: Tensor | Items, site: Site, active: frozenset[ast.AST], by_length: bool) -> None:
        self.index = index
        self.site = site
        self.by_length = by_length
        self.reported = False
        # the functions that were running: what is sorted outside a forward is in order outside it
        self.active = active


# what moves or copies an index and leaves its numbers as they are
SAME = frozenset(
    {
        *("torch.tensor", "torch.as_tensor", "torch.from_numpy", "torch.clone", "torch.detach"),
        *(f"Tensor.{name}" for name in ("to", "cuda", "cpu", "long", "int", "clone", "detach", "contiguous")),
    }
)


def copied(names: dict[str, Value], result: Value) -> None:
    """Mark a copy of an index that holds an order."""
    source = next(iter(names.values()), None)
    source = source.data if isinstance(source, Array) else source
    if isinstance(source, (Tensor, Items)) and isinstance(result, Tensor) and source is not result:
        for mark in ("order", "inverse"):
            if mark in source.state:
                result.state.setdefault(mark, source.state[mark])


def of_positions(m: Machine, positions: Items, key: Value) -> None:
    """Mark what `sorted(range(n), key=...)` returns; a key that looks into another order undoes that one."""
    call = m.node
    written = [word.value for word in call.keywords if word.arg == "key"] if isinstance(call, ast.Call) else []
    named = [node for value in written for node in ast.walk(value)]
    for node in named:
        known = m.frame.names.get(words.last_name(node))
        before = known.data if isinstance(known, Array) else known
        if isinstance(before, (Tensor, Items)) and isinstance(before.state.get("order"), Order):
            positions.state["inverse"] = before.state["order"]
            return
    by_length = any("len" in words.last_name(node).lower() for node in named)
    positions.state["order"] = Order(positions, m.here(), frozenset(m.active), by_length)


def packed(packed: Packed) -> None:
    """Note that samples are packed in an order: it is that of their lengths."""
    if isinstance(packed.order, Order):
        packed.order.by_length = True


def _speaks_of_length(m: Machine) -> bool:
    """Whether what is sorted is called a length: `lengths.sort()`, `torch.sort(seq_lens)`, `np.argsort(-lens)`."""
    call = m.node
    if not isinstance(call, ast.Call):
        return False
    sources = [*call.args[:1], *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
    named = [node for source in sources for node in ast.walk(source)]
    return any("len" in words.last_name(node).lower() for node in named)


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
        index.state["inverse"] = x.state["order"]
        return
    index.state["order"] = Order(index, m.here(), frozenset(m.active), _speaks_of_length(m))


def returned(m: Machine, function: Function, receiver: Value, value: Value) -> None:
    """Look at what a forward returns."""
    if function.name != "forward" or m.muted or not isinstance(receiver, Instance):
        return
    parts = _flat(value)
    orders = {id(order): order for part in parts if (order := _order_of(part)) is not None}
    for order in orders.values():
        if function.node not in order.active or not order.by_length or order.reported:
            continue
        if any(part.state.get("order") is order for part in parts) or _is_kept(order, receiver):
            continue
        restored = [part for part in parts if part.role is not None and _order_of(part) is None]
        if any(_restored_from(part) is not order for part in restored):
            continue
        if any(part.role is None and _is_put(part, order) for part in parts):
            # targets or lengths of the samples come along in the same order
            continue
        order.reported = True
        node = next((node for node in reversed(list(ast.walk(function.node))) if isinstance(node, ast.Return)), None)
        site = Site(m.frame.file, node) if node is not None else order.site
        sources = [order.site.related("sorted here")]
        need = Need("silent.order", None, None, "never", "output", detail={"restored": bool(restored)})
        m.report(need, site, (), None, sources)


def _order_of(part: Tensor) -> Order | None:
    axes = axes_of(part)
    found = next((axis.order for axis in axes or () if axis is not None and axis.kind == "batch" and axis.order), None)
    return found if isinstance(found, Order) else None


def _restored_from(part: Tensor) -> Any:
    return next((axis.restored for axis in axes_of(part) or () if axis is not None and axis.restored), None)


def _is_put(part: Tensor, order: Order) -> bool:
    """Whether a tensor was itself put into an order, not computed from what was."""
    found = [axis for axis in axes_of(part) or () if axis is not None and axis.order is order]
    return any(axis.layer is None for axis in found)


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
