"""A state that goes on into sequences it has nothing to do with: into evaluation, or over the end of the data.

That a state goes on is no mistake by itself. It is one where the program shows that the sequences do not: in training
every batch starts afresh, the rows of a loader's batches are samples of their own, or the data begins again.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import callers, carried, history, loading
from lstmcheck.runtime.graph import is_plain, tensors_in
from lstmcheck.runtime.history import Caller, Returned
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probes.handing import giving
from lstmcheck.runtime.probing import Probe

STARTS = 2
"""After how many steps that all start afresh this is the program's way."""
SIZE = 1 << 16
"""The first input of a module is remembered when it has no more numbers."""
STEPS = 3
"""And no fewer time steps: a single one may well come again."""


@dataclass(slots=True, eq=False)
class _Way:
    """How a module was trained so far: steps that started afresh, whether any did not, and its first input."""

    module: weakref.ref[nn.Module]
    fresh: int = 0
    carries: bool = False
    step: int = -1
    first: Tensor | None = None
    began: int = 0
    varied: bool = False


_ways: dict[int, _Way] = {}


def _before(call: Call) -> None:
    way = _ways.get(id(call.module))
    if way is None or way.module() is not call.module:
        way = _ways[id(call.module)] = _Way(weakref.ref(call.module))
    parts = [part for _, part in carried.parts(call.hx)]
    origin = history.origin(parts[0]) if parts and is_plain(parts[0]) else None
    source = origin[0] if origin is not None and origin[0].module is call.module else None
    training = call.module.training and torch.is_grad_enabled()
    if source is None:
        if training and way.step != call.step:
            way.step = call.step
            blank = not parts or all(is_plain(part) and _is_blank(part) for part in parts)
            way.fresh += blank
            way.carries |= not blank
            _remember(call, way)
    elif _is_other(source, call, training):
        _judge(call, way, source, training, parts[0])


def _is_blank(part: Tensor) -> bool:
    plain = part.device.type == "cpu" and part.grad_fn is None and not part.requires_grad
    return plain and not bool(part.any())


def _is_other(source: Returned, call: Call, training: bool) -> bool:
    """Whether a state is not of the step that a call belongs to."""
    return source.step != call.step or source.batch != history.batch_key() or source.training != call.module.training


def _judge(call: Call, way: _Way, source: Returned, training: bool, state: Tensor) -> None:
    batch, was = loading.last(), source.batch
    begins = batch is not None and was is not None and batch.epoch != was[0] and batch.index == 0
    own = batch is not None and batch.data is not None and not batch.shuffled
    if training and source.training:
        again = begins and own and batch is not None and batch.data == source.data
        if again or _comes_again(call, way):
            _tell(call, "again")
        else:
            way.carries = True
            _remember(call, way)
    elif training and begins and own:
        _tell(call, "back")
    elif source.training and source.had_graph and not training:
        afresh = way.fresh >= STARTS and not way.carries
        samples = own and not way.carries and batch is not None and (batch.size or 0) > 1
        if (begins and (afresh or samples)) or (batch is None and was is None and afresh and _is_kept(call, state)):
            _tell(call, "afresh" if afresh else "samples")


def _tell(call: Call, how: str) -> None:
    need = Need("silent.state_reused", None, None, "never", "the state", detail={"how": how})
    Caller.of(call).tell(need, where=giving(call))


def _is_kept(call: Call, state: Tensor) -> bool:
    """Whether a model keeps the state itself, and the evaluation is a model's: a caller may hand it on on purpose."""
    if call.module.training:
        return False
    return any(one is state for running in callers.modules(3)[:1] for one in tensors_in(vars(running.module), 2))


# Data without a loader


def _remember(call: Call, way: _Way) -> None:
    """Keep the numbers of the first input that a module is trained with."""
    x = call.input
    if way.first is not None or call.is_cell or not is_plain(x) or x.dim() != 3:
        return
    if x.device.type != "cpu" or x.layout is not torch.strided:
        return
    steps = x.shape[1 if call.module.batch_first else 0]
    if steps >= STEPS and x.numel() <= SIZE and len(x.detach().unique()) > STEPS:
        way.first, way.began = x.detach().clone(), call.step


def _comes_again(call: Call, way: _Way) -> bool:
    """Whether an input is the first of all again, after others."""
    x: Any = call.input
    if way.first is None or not is_plain(x) or x.shape != way.first.shape or call.step < way.began + 2:
        return False
    same = torch.equal(x.detach(), way.first)
    way.varied |= not same
    return same and way.varied


PROBE = Probe(name="reused", before=_before, start=_ways.clear, stop=_ways.clear)
