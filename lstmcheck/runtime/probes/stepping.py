"""A layer that gets one step of a sequence at a time: whether its state goes from each step into the next."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import callers, carried, history, roots
from lstmcheck.runtime.graph import is_plain
from lstmcheck.runtime.history import Caller, Held, Returned
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probes.handing import giving
from lstmcheck.runtime.probing import Probe

ROUNDS = 3
"""After how many steps that start alike this is no accident."""


@dataclass(slots=True, eq=False)
class _Past:
    """The last call of a module, and how often in a row it was as now."""

    module: weakref.ref[nn.Module]
    step: int
    given: list[weakref.ref[Tensor]]
    returned: list[Returned] = field(default_factory=list)
    whole: weakref.ref[Tensor] | None = None
    index: int = -1
    same: int = 0
    following: int = 0
    cut: int = 0
    outer: weakref.ref[Tensor] | None = None
    blank: bool = False


_pasts: dict[int, _Past] = {}


def _before(call: Call) -> None:
    x = call.input
    if isinstance(x, PackedSequence) or not is_plain(x) or not _is_one_step(call, x):
        return
    parts = [part for _, part in carried.parts(call.hx)]
    if not all(is_plain(part) for part in parts):
        return
    key = id(call.module)
    past = _pasts.get(key)
    if past is None or past.module() is not call.module or past.step != call.step:
        past = _pasts[key] = _Past(weakref.ref(call.module), call.step, [], blank=_is_blank(parts))
        _follow(past, x)
        past.given = [weakref.ref(part) for part in parts]
        return
    past.returned = [one for one in history.latest() if one.module is call.module and one.step == call.step]
    _cut(call, past, parts)
    _half(call, past, parts)
    _dropped(call, past, parts, x)
    past.given = [weakref.ref(part) for part in parts]


def _is_one_step(call: Call, x: Tensor) -> bool:
    if call.is_cell:
        return x.dim() in (1, 2)
    if x.dim() == 3:
        return x.shape[1 if call.module.batch_first else 0] == 1
    return x.dim() == 2 and x.shape[0] == 1


def _follow(past: _Past, x: Tensor) -> bool | None:
    """Whether an input is the next position of the tensor that the last one was a position of, along time.

    None where that is not known. The first axis of a tensor may as well be samples, unless there is one sample.
    """
    origin = roots.root(x)
    whole = origin.tensor._base if origin.tensor is not None and origin.tensor._base is not None else None
    before, past.whole, at = past.whole, None, -1
    if whole is None or origin.tensor is None:
        past.index = at
        return None
    inside = roots.within(origin.tensor, whole)
    picked = [one for one in inside[1] if one.axis > 0 or whole.dim() == 1] if inside is not None else []
    if len(picked) == 1:
        past.whole, at = weakref.ref(whole), picked[0].index
    goes_on = past.whole is not None and before is not None and before() is whole and at == past.index + 1
    past.index = at
    return goes_on


def _dropped(call: Call, past: _Past, parts: list[Tensor], x: Tensor) -> None:
    goes_on = _follow(past, x)
    blank, past.blank = past.blank, _is_blank(parts)
    same = len(parts) == len(past.given) and all(ref() is part for ref, part in zip(past.given, parts))
    if same or (blank and past.blank):
        past.same += 1
        past.following = past.following + 1 if goes_on else 0
    else:
        past.same = past.following = 0
    if past.same + 1 < ROUNDS or not _are_lost(call, past):
        return
    stateless = not parts or (past.blank and not same)
    carries = call.kind.endswith(("GRUCell", "RNNCell")) or stateless or not torch.is_grad_enabled()
    if carries and past.following + 1 < ROUNDS:
        return  # one step after another may be of things that have nothing to do with each other
    origin = history.origin(parts[0]) if parts else None
    maker = origin[0].caller.kind if origin is not None and origin[0].module is not call.module else None
    detail = {"half": None, "state": "", "none": stateless, "of": maker}
    Caller.of(call).tell(Need("silent.state_dropped", None, None, "never", "state", detail=detail), where=giving(call))


def _is_blank(parts: list[Tensor]) -> bool:
    """Whether a state is zeros, made for this call."""
    plain = all(part.device.type == "cpu" and part.grad_fn is None and not part.requires_grad for part in parts)
    return bool(parts) and plain and not any(bool(part.any()) for part in parts)


def _are_lost(call: Call, past: _Past) -> bool:
    """Whether nobody holds the states of the steps before the last: the h of a cell is its output too."""
    wanted = ("c_n",) if call.kind == "LSTMCell" else () if call.is_cell else ("h_n", "c_n")
    return all(one.parts[part].is_dead for one in past.returned[:-1] for part in wanted if part in one.parts)


def _half(call: Call, past: _Past, parts: list[Tensor]) -> None:
    """One of h and c goes from step to step, the other stays what it was before the loop."""
    if len(parts) != 2 or len(past.given) != 2 or len(past.returned) < ROUNDS - 1:
        return
    last = past.returned[-1]
    stays = [ref() is part for ref, part in zip(past.given, parts)]
    goes = [part in last.parts and last.parts[part].is_same(own) for part, own in zip(("h_n", "c_n"), parts)]
    for stuck in (0, 1):
        lost = all(one.parts[("h_n", "c_n")[stuck]].is_dead for one in past.returned[:-1] if len(one.parts) == 2)
        if stays[stuck] and goes[1 - stuck] and lost and len(past.returned) >= ROUNDS:
            detail = {"half": "hc"[stuck], "state": "", "none": False, "of": None}
            Caller.of(call).tell(Need("silent.state_dropped", None, None, "never", "state", detail=detail))


def _cut(call: Call, past: _Past, parts: list[Tensor]) -> None:
    """Within one call of a model every step starts from the detached state of the one before."""
    if not past.returned or not torch.is_grad_enabled():
        past.cut = 0
        return
    last = past.returned[-1]
    cut = [_is_cut(last.parts.get(name), part) for name, part in zip(("h_n", "c_n"), parts)]
    outer = _outermost()
    same = outer is not None and past.outer is not None and past.outer() is outer
    past.outer = weakref.ref(outer) if outer is not None else None
    past.cut = past.cut + 1 if any(cut) and same else 0
    if past.cut >= ROUNDS - 1:
        names = tuple(name for name, is_cut in zip(("h", "c"), cut) if is_cut)
        Caller.of(call).tell(Need("silent.state_cut", None, None, "never", "the state", detail={"names": names}))


def _is_cut(held: Held | None, part: Tensor) -> bool:
    return held is not None and held.had_graph and part.grad_fn is None and held.is_in(part)


def _outermost() -> Tensor | None:
    """The first tensor that the outermost running module was given: it tells its calls apart."""
    running = callers.modules(3)
    if not running:
        return None
    given: list[Any] = [*running[-1].args, *running[-1].kwargs.values()]
    return next((value for value in given if isinstance(value, Tensor)), None)


def _clear() -> None:
    _pasts.clear()


PROBE = Probe(name="stepping", before=_before, start=_clear, stop=_clear)
