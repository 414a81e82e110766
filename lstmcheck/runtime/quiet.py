"""Runs of ours, in which the tracer looks away: copies of the user's modules are no modules of the program."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_thread = threading.local()


def on() -> bool:
    """Whether such a run goes on in this thread."""
    return getattr(_thread, "depth", 0) > 0


@contextmanager
def quiet() -> Iterator[None]:
    """The tracer looks away in this thread."""
    _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        _thread.depth -= 1
