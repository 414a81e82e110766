"""What the parts of the tracer hand each other: one recurrent call, and what the DataLoader last gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from torch import nn

from lstmcheck.findings import Finding, Location, Violation

Judge = Callable[[Violation], "Finding | None"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a DataLoader last gave in this thread.

    `size` is the number of samples (None where nobody can know), `shapes` those of the tensors in the batch, `index`
    the number of the batch in its `epoch`, `shuffled` whether the sampler draws in random order. `axes` says for each
    tensor along which axis the samples lie (None where that is open), `copies` are the contents of small ones. `data`
    tells data sets of samples apart; None of a stream.
    """

    size: int | None
    shapes: tuple[tuple[int, ...], ...]
    index: int
    shuffled: bool = False
    tensors: tuple[Any, ...] = ()  # weak references
    axes: tuple[int | None, ...] = ()
    copies: tuple[Any, ...] = ()
    epoch: int = 0
    data: int | None = None


@dataclass(slots=True)
class Call:
    """One call of a recurrent module; alive during the call and shortly after it.

    `output`, `h_n` and `c_n` are filled in after the call (for a cell, h_n and c_n only). `step` counts the backward
    passes since the trace began, `number` the calls of this module before this one. `site` gives the place of the call
    in the user's code, `made` the place of the construction where it is known.
    """

    module: nn.Module
    kind: str
    input: Any
    hx: Any
    site: Callable[[], Location | None]
    report: Callable[[Violation], list[Finding]]
    made: Location | None = None
    output: Any = None
    h_n: Any = None
    c_n: Any = None
    step: int = 0
    number: int = 0
    layer: Callable[[], dict[str, Any]] = dict

    @property
    def is_cell(self) -> bool:
        """Whether the module is a cell, which takes one time step."""
        return self.kind.endswith("Cell")


@dataclass(slots=True)
class Packing:
    """One call of pack_padded_sequence that torch accepted: what it was given and what it returned."""

    input: Any
    lengths: Any
    batch_first: bool
    enforce_sorted: bool
    result: Any
    site: Location | None
    report: Callable[[Violation], list[Finding]]


@dataclass(slots=True)
class Building:
    """The construction of a recurrent module, and the function that made it."""

    module: nn.Module
    kind: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    made: Location | None
    frame: FrameType | None
    report: Callable[[Violation], list[Finding]]
    layer: Callable[[], dict[str, Any]]
