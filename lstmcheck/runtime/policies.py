"""What happens with a finding beside its place in the report."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from typing import Literal

from lstmcheck.findings import Finding

Policy = Literal["collect", "warn", "log", "raise"]
POLICIES: tuple[Policy, ...] = ("collect", "warn", "log", "raise")

logger = logging.getLogger("lstmcheck")


class LSTMCheckWarning(UserWarning):
    """What the policy "warn" warns with."""


class LSTMCheckError(RuntimeError):
    """What the policy "raise" raises for a mistake about which torch is silent; `finding` says more."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.code} {finding.message}")
        self.finding = finding

    def __reduce__(self) -> tuple[type[LSTMCheckError], tuple[Finding]]:
        """Exceptions travel between processes by their arguments."""
        return LSTMCheckError, (self.finding,)


MEANT = (LSTMCheckError, LSTMCheckWarning)
"""What a policy may raise on purpose: the latter where a filter turns warnings into errors."""


def tell(policy: Policy, finding: Finding, silent: bool, ranks: Iterable[int] = ()) -> None:
    """Tell of a new finding; `silent` says that torch goes on, `ranks` which other processes made it."""
    where = finding.location
    text = f"{finding.code} {finding.message}{on_ranks(ranks)}"
    if policy == "warn":
        warnings.warn_explicit(text, LSTMCheckWarning, where.path, where.line)
    elif policy == "log":
        logger.warning("%s:%d: %s", where.path, where.line, text)
    elif policy == "raise" and finding.severity != "info" and silent:
        raise LSTMCheckError(finding)


def on_ranks(ranks: Iterable[int]) -> str:
    """Which processes, as the end of a sentence."""
    numbers = sorted(ranks)
    if not numbers:
        return ""
    return f" (rank{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))})"
