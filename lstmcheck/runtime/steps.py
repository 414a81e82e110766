"""Training steps: how many backward passes there were since the trace began, and who hears of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from lstmcheck.runtime.patches import Patches

_patches = Patches()
_count = 0
_active = False
_before: Callable[[Any], None]
_after: Callable[[int], None]
_failed: Callable[[Any, BaseException], None]


def count() -> int:
    """How many backward passes there were."""
    return _count


def start(
    before: Callable[[Any], None], after: Callable[[int], None], failed: Callable[[Any, BaseException], None]
) -> None:
    """Begin to count. `before` and `failed` get what the pass starts from, `after` the number of passes so far."""
    global _active, _count, _before, _after, _failed
    _count, _active = 0, True
    _before, _after, _failed = before, after, failed
    _patches.wrap(torch.autograd, "backward", _counting)


def stop() -> None:
    """Leave torch as it was."""
    global _active
    _active = False
    _patches.undo()


def _counting(original: Callable[..., Any]) -> Callable[..., Any]:
    def backward(*args: Any, **kwargs: Any) -> Any:
        global _count
        if not _active:  # somebody kept this function
            return original(*args, **kwargs)
        roots = args[0] if args else kwargs.get("tensors")
        _before(roots)
        try:
            result = original(*args, **kwargs)
        except Exception as error:
            _failed(roots, error)
            raise
        _count += 1
        _after(_count)
        return result

    return backward
