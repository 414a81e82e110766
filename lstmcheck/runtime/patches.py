"""Replacing attributes of torch for a while, and putting back exactly what was there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_ABSENT = object()


class Patches:
    """What was replaced, in order. Whatever somebody else put over ours in the meantime stays."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any, Any]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of a class or module, remembering its own value or that it had none."""
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, value)
        self._done.append((owner, name, before, value))

    def wrap(self, owner: Any, name: str, wrapping: Callable[[Any], Any]) -> None:
        """Replace a function by one that calls it."""
        original = getattr(owner, name)
        self.replace(owner, name, functools.wraps(original)(wrapping(original)))

    def undo(self) -> None:
        """Put everything back, the latest first."""
        while self._done:
            owner, name, before, value = self._done.pop()
            if vars(owner).get(name, _ABSENT) is not value:
                continue
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
