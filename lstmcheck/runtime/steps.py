"""Training steps: how many backward passes there were since the trace began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from lstmcheck.runtime.patches import Patches

_patches = Patches()
_count = 0
_depth = 0


def count() -> int:
    """How many backward passes there were."""
    return _count


def start() -> None:
    """Begin to count."""
    global _count
    _count = 0
    _patches.wrap(torch.autograd, "backward", _counting)


def stop() -> None:
    """Leave torch as it was."""
    _patches.undo()


def _counting(original: Callable[..., Any]) -> Callable[..., Any]:
    def backward(*args: Any, **kwargs: Any) -> Any:
        global _count
        result = original(*args, **kwargs)
        _count += 1
        return result

    return backward
