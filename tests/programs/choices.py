"""Where a drawn program's decisions come from: Hypothesis in the tests, a seeded generator in long searches."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Decisions on top of one function, `below(n)`, which gives an integer in [0, n).

    The first option of every decision is the plainest one: there a failing program shrinks to.
    """

    def __init__(self, below: Callable[[int], int]) -> None:
        self._below = below

    def pick(self, *options: T) -> T:
        return options[self._below(len(options))]

    def of(self, options: Sequence[T]) -> T:
        return options[self._below(len(options))]

    def flip(self) -> bool:
        """False or True, each in one of two draws."""
        return bool(self._below(2))

    def rarely(self, out_of: int = 4) -> bool:
        """True in one of `out_of` draws."""
        return self._below(out_of) == out_of - 1

    def number(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + self._below(high - low + 1)

    def distinct(self, count: int, low: int, high: int) -> list[int]:
        """`count` different integers in [low, high]."""
        pool = list(range(low, high + 1))
        return [pool.pop(self._below(len(pool))) for _ in range(count)]


def seeded(seed: int) -> Choices:
    """Decisions that a seed repeats."""
    generator = random.Random(seed)
    return Choices(generator.randrange)
