"""The probe of the autograd graph: what becomes of the results of a recurrent call in the first steps.

Results are tagged on their nodes. Before each backward pass, and after each module that is called outside of all others
while tagged results are alive, the graph is walked down to the tags; what was read of a result is judged once the graph
is gone. No tensor, node or module is kept: a tag lives as long as its node, and what is noted are numbers.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lstmcheck.runtime import describe, graph, graph_inputs
from lstmcheck.runtime.graph_calls import Known, known_of, note_cut, take
from lstmcheck.runtime.graph_judging import violations
from lstmcheck.runtime.guard import guarded
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.patches import Patches
from lstmcheck.runtime.probing import Probe

CALLS = 64
"""How many calls wait to be judged at most."""
LOOKS = 30_000
"""How often hooks on all modules are called in a trace at most: results may stay alive without going backward."""
PASSES = 3
"""After so many backward passes a call is judged, even if its graph is still alive."""

_calls: dict[int, Known] = {}
_numbers = itertools.count()
_lock = threading.RLock()
_patches = Patches()
_hooks: list[Any] = []
_looks = 0
_running = threading.local()


def _start() -> None:
    global _looks
    _looks = 0
    _calls.clear()
    _patches.wrap(torch.autograd, "backward", _watching)


def _settle() -> None:
    with _lock:
        _judge(list(_calls.values()))


def _stop() -> None:
    _patches.undo()
    with _lock:
        _calls.clear()
        _unhook()


def _after(call: Call) -> None:
    if call.is_cell or not torch.is_grad_enabled() or torch._C._is_tracing():
        return
    with _lock:
        _judge_gone()
        roots = graph.edges_of((call.input, call.hx))
        if _calls and roots:
            seen = graph.look(roots)
            take(_calls, seen, "inner", whole=True)
            note_cut(_calls, seen)
        if len(_calls) >= CALLS:
            return
        layer = call.layer()
        known = known_of(call, next(_numbers), layer)
        if known is None:
            return
        known.notices += graph_inputs.notices(call.input, known.number)
        _calls[known.number] = known
        _hook()


def _watching(original: Callable[..., Any]) -> Callable[..., Any]:
    def backward(*args: Any, **kwargs: Any) -> Any:
        if not _calls:
            return original(*args, **kwargs)
        guarded(_look_at_losses, args[0] if args else kwargs.get("tensors"))
        result = original(*args, **kwargs)
        guarded(_stepped)
        return result

    return backward


def _look_at_losses(losses: Any) -> None:
    with _lock:
        seen = graph.look(graph.edges_of((losses,)))
        for value in seen.returned:  # the whole loss is a sum or mean of such differences: no term of another
            if value.is_difference and value.broadcast is not None and not value.dims:
                seen.notice(
                    "loss.broadcast", value, got=value.broadcast[0], want=value.broadcast[1], subject="the loss"
                )
        take(_calls, seen, "lost", whole=True)


def _stepped() -> None:
    with _lock:
        for known in _calls.values():
            known.passes += 1
        _judge_gone()


def _judge_gone() -> None:
    _judge([known for known in _calls.values() if known.passes >= PASSES or known.is_gone])


def _judge(ready: list[Known]) -> None:
    for known in ready:
        _calls.pop(known.number, None)
    if not _calls:
        _unhook()
    for known in ready:
        for violation in violations(known):
            known.report(violation)


# Modules that are called while results are alive


def _hook() -> None:
    if _hooks or _looks >= LOOKS or _is_compiled():
        return
    _hooks.append(nn.modules.module.register_module_forward_pre_hook(_entered))
    _hooks.append(nn.modules.module.register_module_forward_hook(_left, always_call=True))


def _unhook() -> None:
    while _hooks:
        _hooks.pop().remove()


def _is_compiled() -> bool:
    """Whether anything was compiled: a hook on every module would make it compile again."""
    utilities = sys.modules.get("torch._dynamo.utils")
    return bool(utilities is not None and utilities.counters["frames"])


def _entered(module: nn.Module, args: Any) -> None:
    global _looks
    _looks += 1
    _running.depth = getattr(_running, "depth", 0) + 1


def _left(module: nn.Module, args: Any, output: Any) -> None:
    depth = _running.depth = max(0, getattr(_running, "depth", 0) - 1)
    if _calls and not depth and not isinstance(module, _RECURRENT):
        guarded(_look_at_module, output)
    if _looks >= LOOKS and not depth:
        with _lock:
            _unhook()


def _look_at_module(output: Any) -> None:
    with _lock:
        roots = graph.edges_of((output,))
        if roots:
            take(_calls, graph.look(roots), "used", whole=False)
        _judge_gone()


_RECURRENT = tuple(describe.CLASSES.values())

PROBE = Probe(name="gradients", after=_after, start=_start, stop=_stop, settle=_settle)
