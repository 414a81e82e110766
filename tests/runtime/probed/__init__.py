"""Models that the perturbation probe is held against: right ones, and ones whose samples mix in a recurrent layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import nn

SIZES = ((5, 7), (6, 6))
"""Samples and steps."""


@dataclass
class Case:
    """A model and a batch; `options` are those of the probe, `verdict` and `code` what it must say, where set."""

    model: nn.Module
    batch: Any
    options: dict[str, Any] = field(default_factory=dict)
    verdict: str | None = None
    code: str | None = None


Make = Callable[[int, int], Case]
