"""Answers about syntax trees, kept for one run: no tree lives longer because something was asked of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_R = TypeVar("_R")
_forgetting: list[Callable[[], None]] = []


def remembered(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A function of syntax trees that works out each answer once in a run."""
    kept = cache(function)
    _forgetting.append(kept.cache_clear)
    return cast("Callable[_P, _R]", kept)


def forget() -> None:
    """Let go of what the run was told: at its end."""
    for let_go in _forgetting:
        let_go()
