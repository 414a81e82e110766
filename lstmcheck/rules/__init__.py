"""What is wrong: one module a rule, discovered; `judge` words a violated need as a finding.

Nothing is imported before it is asked for: a clean run never loads a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstmcheck.findings import Finding, Violation
    from lstmcheck.rules.model import Rule
    from lstmcheck.source.problems import Problem

__all__ = ["all_rules", "find", "judge", "matching", "reportable"]


def judge(violation: Violation) -> Finding | None:
    """The finding for a violated need, or None where no rule speaks about it."""
    from lstmcheck.rules import judging

    return judging.judge(violation)


def all_rules() -> tuple[Rule, ...]:
    """Every rule, ordered by code."""
    from lstmcheck.rules import catalogue

    return catalogue.all_rules()


def reportable() -> tuple[Rule | Problem, ...]:
    """Everything that can be reported: the rules, then what can be wrong with a file as such."""
    from lstmcheck.source.problems import PROBLEMS

    return (*all_rules(), *PROBLEMS)


def find(text: str) -> Rule:
    """The rule with this code or name. Raises `catalogue.UnknownRule` (a LookupError) with the nearest ones."""
    from lstmcheck.rules import catalogue

    return catalogue.find(text)


def matching(text: str) -> tuple[Rule, ...]:
    """The rules that a selector names: a code, a prefix of codes, or a name. Raises like `find`."""
    from lstmcheck.rules import catalogue

    return catalogue.matching(text)
