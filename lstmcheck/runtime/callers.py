"""The functions of the user and the modules that are running now, with what their names hold."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from torch import Tensor, nn

from lstmcheck.runtime import describe, sites

DEPTH = 64
_MODULE_CALL = nn.Module._call_impl.__code__
_HELD = 3
"""The references to a snapshot of names that nobody but we and the frame hold, as `sys.getrefcount` counts."""


class Running(NamedTuple):
    """A module that is being called, and what it was given."""

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def modules(depth: int = 1) -> list[Running]:
    """The modules that run now and are no recurrent layers, the innermost first."""
    found: list[Running] = []
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        if frame.f_code is _MODULE_CALL:
            names = frame.f_locals
            if not describe.is_recurrent(names["self"]):
                found.append(Running(names["self"], names["args"], names["kwargs"]))
        frame = frame.f_back
    return found


def users(depth: int = 1, most: int = 8) -> list[FrameType]:
    """The frames of the user's code, the innermost first."""
    found: list[FrameType] = []
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and len(found) < most:
        if sites.origin(frame.f_code.co_filename) == "user":
            found.append(frame)
        frame = frame.f_back
    return found


def names_in(frame: FrameType) -> dict[str, Any]:
    """What the names of a running function hold.

    Before Python 3.13 a frame keeps the snapshot that it hands out, and with it what the names held: it is emptied,
    unless the program holds it too (`settings = locals()`).
    """
    snapshot = frame.f_locals
    found = dict(snapshot)
    optimized = frame.f_code.co_flags & inspect.CO_OPTIMIZED
    if optimized and isinstance(snapshot, dict) and sys.getrefcount(snapshot) <= _HELD:
        snapshot.clear()
    return found


def tensors_of(names: dict[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """The names that hold a tensor."""
    for name, value in names.items():
        if isinstance(value, Tensor):
            yield name, value
