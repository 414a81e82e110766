"""Everything that can be reported, with its page."""

from __future__ import annotations

from typing import Any


def described() -> list[Any]:
    """Rules, then what can be wrong with a file as such: each has code, name, severity, summary, doc."""
    from lstmcheck.rules import all_rules
    from lstmcheck.source.problems import PROBLEMS

    return [*all_rules(), *PROBLEMS]
