"""What a rule is: a code, the needs it judges, its words, and programs that show it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from lstmcheck.findings import Severity, Violation

Wording = Callable[[Violation], str]
Advice = Callable[[Violation], "str | None"]
Predicate = Callable[[Violation], bool]


@dataclass(frozen=True)
class Bad:
    """A program with the mistake.

    torch raises `raises` (a part of the text), warns `warns`, or is `silent`. The finding stands at `line`; torch
    raises there too unless `raises_line` says otherwise. `run` is code that only torch sees, appended to the program,
    so that a class with symbolic sizes can be run without showing its numbers to the linter.
    """

    source: str
    raises: str | None = None
    warns: str | None = None
    silent: bool = False
    line: int | None = None
    raises_line: int | None = None
    run: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", _dedent(self.source))


@dataclass(frozen=True)
class Good:
    """A program that looks like a bad one and is right; `run` is appended for torch only."""

    source: str
    run: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", _dedent(self.source))


def _dedent(source: str) -> str:
    return textwrap.dedent(source).strip("\n") + "\n"


@dataclass(frozen=True)
class Rule:
    """One kind of mistake. `doc` is the docstring of the rule's module, filled in when it is discovered.

    `severity` is the highest that a finding of this rule can have; `judge` lowers it by what torch does and by the
    condition. `needs` are the keys of `Need.what` that it judges, narrowed by `when`.
    """

    code: str
    name: str
    severity: Severity
    since: str
    needs: tuple[str, ...] = ()
    when: Predicate | None = None
    message: Wording | None = None
    help: Advice | None = None
    examples: tuple[Bad | Good, ...] = ()
    doc: str = ""

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return self.doc.strip().partition("\n")[0]
