"""What a rule is: a code, the needs it judges, its words, and programs that show it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lstmcheck.findings import Applicability, Fix, Severity, Violation

if TYPE_CHECKING:
    from lstmcheck.rules.mending import Code

Wording = Callable[[Violation], str]
Advice = Callable[[Violation], "str | None"]
Predicate = Callable[[Violation], bool]
Mender = Callable[[Violation, "Code"], "Fix | None"]


@dataclass(frozen=True)
class Bad:
    """A program with the mistake.

    torch raises `raises` (a part of the text), warns `warns`, or is `silent`. The finding stands at `line`; torch
    raises there too unless `raises_line` says otherwise. `run` is code that only torch sees, appended to the program,
    so that a class with symbolic sizes can be run without showing its numbers to the linter. `fixed` holds the
    lines that the rule's fix changes, by number, without their indentation; it is empty where the rule has no fix.
    """

    source: str
    raises: str | None = None
    warns: str | None = None
    silent: bool = False
    line: int | None = None
    raises_line: int | None = None
    run: str = ""
    fixed: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", _dedent(self.source))

    @property
    def mended(self) -> str | None:
        """The program after the rule's fix, None where it has none for it."""
        lines = self.source.splitlines()
        for number, text in self.fixed.items():
            indent = lines[number - 1][: -len(lines[number - 1].lstrip())]
            lines[number - 1] = textwrap.indent(text, indent)
        return "\n".join(lines) + "\n" if self.fixed else None


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
    condition. `needs` are the keys of `Need.what` that it judges, narrowed by `when`. `fix` mends a violation where it
    can; `fixes` says how safe its fixes are. `says` words what torch raises for the mistake in other runs, where the
    need itself does not know of a run that it raises in.
    """

    code: str
    name: str
    severity: Severity
    since: str
    needs: tuple[str, ...] = ()
    when: Predicate | None = None
    message: Wording | None = None
    help: Advice | None = None
    says: Advice | None = None
    fix: Mender | None = None
    fixes: tuple[Applicability, ...] = ()
    examples: tuple[Bad | Good, ...] = ()
    doc: str = ""

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return self.doc.strip().partition("\n")[0]
