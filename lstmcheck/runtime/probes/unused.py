"""A state that is kept, given or learned, and that no layer ever starts from."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import callers, carried, history
from lstmcheck.runtime.describe import weight_of
from lstmcheck.runtime.graph import tensors_in
from lstmcheck.runtime.history import Caller
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probing import Probe

CALLS = 2
"""After how many calls without the state it is reported."""


@dataclass(slots=True, eq=False)
class _Kept:
    """An attribute or argument that looks like the state of a layer, and how often the layer was called without it."""

    call: Caller
    subject: str
    how: str
    times: int = 0


@dataclass(slots=True, eq=False)
class _Unread:
    """A layer whose results were not seen in the input of one that was called after it, without a state."""

    first: Caller
    later: weakref.ref[nn.Module]
    subject: str


_kept: dict[tuple[int, str], _Kept] = {}
_unread: dict[tuple[int, int], _Unread] = {}


def _before(call: Call) -> None:
    running = callers.modules(2)
    if not running:
        return
    if call.hx is not None:
        _forgive(call)
        return
    shape = _state_shape(call)
    if shape is None:
        return
    owner = running[0]
    for name, value in _given(owner):
        if _is_state(value, shape) and _is_returned(value, call):
            _count(call, name, "overwritten")
    for name, value in vars(owner.module).items():
        if _is_state(value, shape):
            _attribute(call, f"self.{name}", value)
    _unread_before(call, owner.module)


def _forgive(call: Call) -> None:
    """A layer does start from a state: neither it nor the layer that returned it loses its own."""
    origins = [history.origin(part) for _, part in carried.parts(call.hx)]
    used = {id(call.module), *(id(found[0].module) for found in origins if found is not None)}
    for key in [key for key in _kept if key[0] in used]:
        del _kept[key]


def _state_shape(call: Call) -> tuple[int, ...] | None:
    """The shape of the state that a call would take."""
    x, module = call.input, call.module
    if isinstance(x, PackedSequence):
        batch: int | None = int(x.batch_sizes[0])
    elif not isinstance(x, Tensor):
        return None
    elif call.is_cell:
        batch = x.shape[0] if x.dim() == 2 else None
    else:
        batch = x.shape[0 if module.batch_first else 1] if x.dim() == 3 else None
    if batch is None:
        return None
    width = int(module.hidden_size)  # type: ignore[arg-type]
    if call.is_cell:
        return batch, width
    rows = int(module.num_layers) * (2 if module.bidirectional else 1)  # type: ignore[arg-type]
    return rows, batch, int(module.__dict__.get("proj_size") or width)


def _is_state(value: Any, shape: tuple[int, ...]) -> bool:
    """Whether a value is a tensor of a state's shape, or a pair of which the first is."""
    first = value[0] if isinstance(value, (tuple, list)) and len(value) == 2 else value
    return isinstance(first, Tensor) and not isinstance(first, nn.Parameter) and tuple(first.shape) == shape


def _first(value: Any) -> Tensor:
    first: Tensor = value[0] if isinstance(value, (tuple, list)) else value
    return first


def _given(owner: callers.Running) -> Iterator[tuple[str, Any]]:
    """The arguments of a module's call, by the names of its forward."""
    code = getattr(getattr(type(owner.module).forward, "__code__", None), "co_varnames", ())
    yield from zip(code[1:], owner.args)
    yield from owner.kwargs.items()


def _is_returned(value: Any, call: Call) -> bool:
    """Whether a value is a state that this module returned before."""
    found = history.origin(_first(value))
    return found is not None and found[0].module is call.module


def _attribute(call: Call, name: str, value: Any) -> None:
    """An attribute that was made as zeros before the first call, and holds what the layer returned at the next."""
    if (id(call.module), name) in _kept:
        if _is_returned(value, call):
            _count(call, name, "kept")
    elif call.number == 0 and _first(value).device.type == "cpu" and not _first(value).any():
        _kept[id(call.module), name] = _Kept(Caller.of(call), name, "kept", -1)
        _count(call, name, "kept")


def _count(call: Call, subject: str, how: str) -> None:
    one = _kept.setdefault((id(call.module), subject), _Kept(Caller.of(call), subject, how))
    one.times += 1


# Layers whose results nothing reads


def _unread_before(call: Call, owner: nn.Module) -> None:
    """Another layer of the same model has run, and this one starts without its state and without its output."""
    if call.is_cell or not torch.is_grad_enabled():
        return
    for one in reversed(history.latest()):
        other = one.module
        if one.step != call.step or other is None or other is call.module or one.caller.kind != call.kind:
            continue
        fits = all(getattr(other, name) == getattr(call.module, name) for name in ("hidden_size", "num_layers"))
        name = _name_of(one, callers.users(3)[:1])
        if fits and name and any(module is other for module in owner.modules()):
            key = (id(other), id(call.module))
            _unread[key] = _Unread(one.caller, weakref.ref(call.module), name)
        return


def _name_of(one: history.Returned, frames: list[Any]) -> str:
    """The name of the running function that holds the state of a call."""
    for frame in frames:
        for name, value in callers.names_in(frame).items():
            for tensor in tensors_in(value, 2):
                if "h_n" in one.parts and one.parts["h_n"].is_same(tensor):
                    return name
    return ""


def _stepped(count: int) -> None:
    for key, one in list(_unread.items()):
        del _unread[key]
        module, later = one.first.module(), one.later()
        if module is None or later is None:
            continue
        weight, other = weight_of(module), weight_of(later)
        if weight is None or other is None or not (weight.requires_grad and other.requires_grad):
            continue
        if weight.grad is None and other.grad is not None:
            need = Need("silent.state_unused", None, one.subject, "never", one.subject, detail={"how": "unread"})
            one.first.tell(need)


def _settle() -> None:
    for one in _kept.values():
        if one.times >= CALLS:
            need = Need("silent.state_unused", None, one.subject, "never", one.subject, detail={"how": one.how})
            one.call.tell(need)
    _clear()


def _clear() -> None:
    _kept.clear()
    _unread.clear()


PROBE = Probe(name="unused", before=_before, stepped=_stepped, start=_clear, stop=_clear, settle=_settle)
