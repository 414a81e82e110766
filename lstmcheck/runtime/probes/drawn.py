"""An initial state that is drawn at random at every call of a model."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.runtime import callers, carried, history
from lstmcheck.runtime.graph import is_plain, tensors_in
from lstmcheck.runtime.history import Caller
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probing import Probe
from lstmcheck.runtime.roots import same_storage

LEAST = 16
"""A state of fewer numbers says nothing about how it was drawn."""
CALLS = 2

_seen: dict[int, tuple[weakref.ref[nn.Module], int, float]] = {}


def _before(call: Call) -> None:
    if not torch.is_grad_enabled():
        return
    for name, part in carried.parts(call.hx):
        draw = _draw(part)
        if draw is None or history.origin(part) is not None:
            continue
        running = callers.modules(2)
        if not running or any(same_storage(part, given) for one in running for given in _tensors(one)):
            return
        module, times, first = _seen.get(id(call.module), (weakref.ref(call.module), 0, 0.0))
        here = float(part.flatten()[0])
        if module() is not call.module or here == first:
            return
        _seen[id(call.module)] = (module, times + 1, here)
        if times + 1 >= CALLS and not _is_meant(part):
            detail = {"draw": f"torch.{draw}"}
            Caller.of(call).tell(Need("silent.state_random", draw, "zeros", "never", name, detail=detail))
        return


def _draw(state: Any) -> str | None:
    """The function that plain numbers look as if drawn by; None for those of any other kind."""
    if not is_plain(state) or state.grad_fn is not None or state.requires_grad or state.device.type != "cpu":
        return None
    n = state.numel()
    if n < LEAST or not state.is_floating_point():
        return None
    deviation, mean = (float(one) for one in torch.std_mean(state.detach()))
    low, high = (float(one) for one in torch.aminmax(state.detach()))
    wide = 5 / n**0.5
    if low >= 0 and high <= 1 and abs(mean - 0.5) < 0.29 * wide and abs(deviation - 0.289) < 0.2 * wide and high > 0.8:
        return "rand"
    if abs(mean) < wide and abs(deviation - 1) < wide and low < -0.9 and high > 0.9:
        return "randn"
    return None


def _tensors(one: callers.Running) -> list[Tensor]:
    """What a running module was given, and what it holds."""
    return [*tensors_in((one.args, one.kwargs)), *tensors_in(vars(one.module), 2), *one.module.buffers(recurse=False)]


def _is_meant(part: Tensor) -> bool:
    """Whether a name says that what it holds is random on purpose: `z`, `noise`."""
    for frame in callers.users(3):
        for name, value in callers.names_in(frame).items():
            held = any(same_storage(part, tensor) for tensor in tensors_in(value, 2))
            if words.is_noise(name) and held:
                return True
    return False


PROBE = Probe(name="drawn", before=_before, start=_seen.clear, stop=_seen.clear)
