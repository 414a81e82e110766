"""What recurrent calls returned lately: which state of which call a later call starts from.

Held weakly: a result is known again as long as it, or a detached view of it, lives.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Finding, Location, Related, Violation
from lstmcheck.runtime import loading
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probing import Probe
from lstmcheck.runtime.trace import layer_of

KEPT = 64

Part = Literal["h_n", "c_n"]


class Held:
    """A tensor that is known again without being kept: itself, or a view of its memory that is as it was."""

    __slots__ = ("had_graph", "place", "shape", "storage", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)
        self.storage = StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]
        self.place = (tuple(tensor.stride()), tensor.storage_offset())
        self.shape = tuple(tensor.shape)
        self.had_graph = tensor.grad_fn is not None

    @property
    def is_dead(self) -> bool:
        """Whether nobody holds the tensor or its memory any more, a graph included."""
        return self.tensor() is None

    def is_same(self, other: Tensor) -> bool:
        """Whether a tensor is this very one."""
        return self.tensor() is other

    def is_in(self, other: Tensor) -> bool:
        """Whether a tensor has the contents of this one, in the same memory."""
        if self.is_same(other):
            return True
        if tuple(other.shape) != self.shape or (tuple(other.stride()), other.storage_offset()) != self.place:
            return False
        there = StorageWeakRef(other.untyped_storage())  # type: ignore[no-untyped-call]
        return not self.storage.expired() and self.storage == there  # type: ignore[no-untyped-call]


class Caller(NamedTuple):
    """A call as far as a report needs it, without its tensors; `module` is held weakly."""

    module: weakref.ref[nn.Module]
    kind: str
    site: Location | None
    made: Location | None
    report: Callable[[Violation], list[Finding]]

    @classmethod
    def of(cls, call: Call) -> Caller:
        """What to keep of a call."""
        return cls(weakref.ref(call.module), call.kind, call.site(), call.made, call.report)

    def tell(self, need: Need, *related: Related, where: Location | None = None) -> None:
        """Report a violated need, at the place of the call or another."""
        module, site = self.module(), where or self.site
        if module is not None and site is not None:
            made = (Related(self.made, f"{self.kind} made here"),) if self.made is not None else ()
            self.report(Violation(need, site, (), (*related, *made), layer_of(module)))


@dataclass(slots=True, eq=False)
class Returned:
    """What one call returned, in which mode. `batch` tells the batches of a DataLoader apart, `data` its data sets."""

    caller: Caller
    step: int
    number: int
    output: weakref.ref[Tensor] | None
    node: Any
    parts: dict[str, Held]
    batch: tuple[int, int] | None
    data: int | None
    training: bool

    @property
    def had_graph(self) -> bool:
        """Whether the state was made in a step that can be trained."""
        return any(held.had_graph for held in self.parts.values())

    @property
    def module(self) -> nn.Module | None:
        """The module that was called, while it lives."""
        return self.caller.module()


_thread = threading.local()


def latest() -> deque[Returned]:
    """The latest results in this thread, the oldest first."""
    found: deque[Returned] | None = getattr(_thread, "latest", None)
    if found is None:
        found = _thread.latest = deque(maxlen=KEPT)
    return found


def origin(state: Tensor) -> tuple[Returned, Part] | None:
    """The call that returned a state, and as which part."""
    for one in reversed(latest()):
        for part, held in one.parts.items():
            if held.is_in(state):
                return one, part  # type: ignore[return-value]
    return None


def batch_key() -> tuple[int, int] | None:
    """Which batch of a DataLoader is the current one."""
    batch = loading.last()
    return (batch.epoch, batch.index) if batch is not None else None


def _after(call: Call) -> None:
    states, batch = {"h_n": call.h_n, "c_n": call.c_n}, loading.last()
    output = call.h_n if call.is_cell else call.output
    if isinstance(output, PackedSequence):
        output = output.data
    number = output.grad_fn._sequence_nr() if isinstance(output, Tensor) and output.grad_fn is not None else None
    latest().append(
        Returned(
            caller=Caller.of(call),
            step=call.step,
            number=call.number,
            output=weakref.ref(output) if isinstance(output, Tensor) else None,
            node=number,
            parts={part: Held(state) for part, state in states.items() if type(state) is Tensor},
            batch=batch_key(),
            data=batch.data if batch is not None else None,
            training=call.module.training,
        )
    )


def _clear() -> None:
    latest().clear()


PROBE = Probe(name="history", after=_after, start=_clear, stop=_clear)
