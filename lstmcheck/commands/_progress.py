"""A sign of life for people who wait."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

_AFTER, _EVERY = 1.0, 0.2
_SIGNS = "|/-\\"


@contextmanager
def progress(terminal: TextIO) -> Iterator[None]:
    """Say on a terminal how long it takes, from the first second on; it is gone when done.

    Only where the system has timers: nothing runs beside the check, and a process that is forked has no timer.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    start = time.monotonic()
    shown = False

    def show(number: int, frame: FrameType | None) -> None:
        nonlocal shown
        shown = True
        passed = time.monotonic() - start
        terminal.write(f"\r{_SIGNS[int(passed / _EVERY) % len(_SIGNS)]} checking, {int(passed)} s")
        terminal.flush()

    before = signal.signal(signal.SIGALRM, show)
    signal.setitimer(signal.ITIMER_REAL, _AFTER, _EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if shown:
            terminal.write("\r\x1b[K")
            terminal.flush()
