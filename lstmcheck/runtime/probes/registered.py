"""Layers that a model calls and does not register, and one layer in several places of a list."""

from __future__ import annotations

import ast
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Location
from lstmcheck.runtime import callers, graph_lines, owners, sites
from lstmcheck.runtime.describe import weight_of
from lstmcheck.runtime.history import Caller
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probing import STEPS, Probe


class _Unseen(NamedTuple):
    """A layer in a plain container of a module, and what to say of it."""

    caller: Caller
    need: Need
    where: Location | None


_asked: weakref.WeakSet[nn.Module] = weakref.WeakSet()
_unseen: dict[tuple[int, str], list[_Unseen]] = {}
_trained: set[int] = set()
"""The weights of optimizers, by identity: as long as an optimizer lives, so do they."""
_stepped: weakref.WeakKeyDictionary[Optimizer, int] = weakref.WeakKeyDictionary()
_hooks: list[Any] = []


def _before(call: Call) -> None:
    if call.module in _asked:
        return
    _asked.add(call.module)
    running = callers.modules(2)
    if not running:
        return
    owner = running[0].module
    if not _has(running[-1].module, call.module):
        for one in running:
            if _not_registered(call, one.module):
                return
    elif _is_repeated(owner, call.module):
        where = _product(call.made)
        if where is not None:
            need = Need("silent.layer_repeated", None, None, "never", "layer", detail={"class": type(owner).__name__})
            Caller.of(call).tell(need, where=where)


def _has(owner: nn.Module, module: nn.Module) -> bool:
    return any(one is module for one in owner.modules())


def _not_registered(call: Call, owner: nn.Module) -> bool:
    for name, value in vars(owner).items():
        if name == "_modules":
            continue
        for item in _items(value):
            if not isinstance(item, nn.Module) or not _has(item, call.module):
                continue
            wrapper = type(item).__name__ if item is not call.module else None
            container = type(value).__name__ if isinstance(value, (list, tuple, dict)) else "list"
            detail = {"attribute": name, "container": container, "class": type(owner).__name__, "wrapper": wrapper}
            need = Need("silent.layers_unseen", container, "ModuleList", "never", name, detail=detail)
            one = _Unseen(Caller.of(call), need, owners.assigned(owner, name))
            _unseen.setdefault((id(owner), name), []).append(one)
            return True
    return False


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if type(value) in (list, tuple):
        for item in value:
            yield from item if type(item) in (list, tuple) else (item,)


def _is_repeated(owner: nn.Module, module: nn.Module) -> bool:
    for held in owner.modules():
        items = held._modules.values() if isinstance(held, (nn.ModuleList, nn.Sequential)) else ()
        if sum(_has(item, module) for item in items if item is not None) > 1:
            return True
    return False


def _product(made: Location | None) -> Location | None:
    """The `[nn.GRU(h, h)] * n` that a construction stands in."""
    tree = graph_lines.tree(sites.path_of(made)) if made is not None else None
    if made is None or tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            for held in (node.left, node.right):
                if isinstance(held, ast.List) and held.lineno <= made.line <= (held.end_lineno or held.lineno):
                    return graph_lines.place(sites.path_of(made), node)
    return None


def _optimizing(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    times = _stepped.get(optimizer, 0)
    if times < STEPS:
        _stepped[optimizer] = times + 1
        _trained.update(id(weight) for group in optimizer.param_groups for weight in group["params"])


def _settle() -> None:
    for layers in list(_unseen.values()):
        first = next((one for one in layers if _is_untrained(one.caller.module())), None)
        if first is not None:
            first.caller.tell(first.need, where=first.where)
    _unseen.clear()


def _is_untrained(module: nn.Module | None) -> bool:
    weight = weight_of(module) if module is not None else None
    return weight is not None and weight.requires_grad and id(weight) not in _trained


def _start() -> None:
    _clear()
    _hooks.append(register_optimizer_step_pre_hook(_optimizing))


def _stop() -> None:
    while _hooks:
        _hooks.pop().remove()
    _clear()


def _clear() -> None:
    _asked.clear()
    _unseen.clear()
    _trained.clear()
    _stepped.clear()


PROBE = Probe(name="registered", before=_before, start=_start, stop=_stop, settle=_settle)
