"""The table of probes: what looks at recurrent calls beyond their contract.

A probe module has a `PROBE`. `before` and `after` see the calls of a module on its first steps; `start` and `stop` are
called when the first trace begins and the last one ends, `settle` before any of them ends, while it still takes
findings, `stepped` after each backward pass with the number of passes so far. What a probe keeps must not keep modules
or graphs alive. Its internal errors are logged, never raised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from lstmcheck.runtime.model import Building, Call, Packing

STEPS = 3
"""On how many training steps of a module its calls are probed."""
CARRYING = 32
"""And on how many, where calls are given a state: what it is from shows later."""
TURNS = 16
"""How often the calls around the first and last batch of a loader's iteration are probed."""
CALLS = 256
"""How many calls of a module are probed at most: in a loop of cells, or where nothing is trained."""

PACKS = 64
"""How many calls of pack_padded_sequence are probed."""

MODULES: tuple[str, ...] = (
    "probes.axes",
    "gradients",
    "probes.handing",
    "probes.stepping",
    "probes.unused",
    "probes.reused",
    "probes.drawn",
    "probes.gates",
    "probes.arguments",
    "probes.registered",
    "probes.sorting",
    "history",
)


@dataclass(frozen=True)
class Probe:
    """One kind of look at a call. Every part may be left out."""

    name: str
    before: Callable[[Call], None] | None = None
    after: Callable[[Call], None] | None = None
    start: Callable[[], None] | None = None
    stop: Callable[[], None] | None = None
    settle: Callable[[], None] | None = None
    stepped: Callable[[int], None] | None = None
    losing: Callable[[Any], None] | None = None
    built: Callable[[Building], None] | None = None
    packed: Callable[[Packing], None] | None = None


@lru_cache(maxsize=1)
def probes() -> tuple[Probe, ...]:
    """Every probe; the first call imports their modules."""
    return tuple(import_module(f"lstmcheck.runtime.{name}").PROBE for name in MODULES)
