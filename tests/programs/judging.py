"""The property: silence about what runs, a finding about what raises for a reason within reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lstmcheck.findings import Finding, Location
from programs.running import Ran

# A program that ends otherwise was broken outside what lstmcheck looks at.
RAISED = ("RuntimeError", "ValueError", "TypeError", "IndexError", "AttributeError")

# What torch or Python says of mistakes that are no matter of shapes or of the configuration of recurrent layers.
BEYOND = (
    r"missing \d+ required positional argument",  # of calls other than recurrent layers
    r"object is not (callable|subscriptable|iterable)",
    r"expected at least \d+ argument",
    r"Target \d+ is out of bounds|index out of range in self",  # values in tensors
    r"random_ expects",
    r"^(randint|zeros|empty|randn)\(",
    r"grad can be implicitly created|does not require grad",
    r"has no attribute '(backward|item|parameters|zero_grad|step)'",
    r"attribute name must be string|super\(\) argument|cannot unpack non-iterable (int|bool|float)",
)


class Verdict(NamedTuple):
    """`what` is "right", "found", "missed", "false alarm", "elsewhere" or "beyond"; `findings` those it is about.

    - "false alarm": an error about a line that a program ran, or a warning about a program without a mistake;
    - "elsewhere": an error about a line that was run before another line raised. A later round might have raised there;
    - "missed": nothing is said about what raised;
    - "beyond": it raises, for a reason that is none of lstmcheck's.
    """

    what: str
    findings: Sequence[Finding] = ()


def judge(ran: Ran, findings: Sequence[Finding], changed: bool) -> Verdict:
    said = [finding for finding in findings if finding.severity != "info"]
    errors = [finding for finding in said if finding.severity == "error"]
    at = [finding for finding in errors if any(_on(place, ran.frames) for place in places(finding))]
    # a line that was not reached would have raised, for all we know
    wrong = [finding for finding in errors if finding not in at and _on(finding.location, ran.lines)]
    if not ran.kind:
        wrong = wrong if changed else said
        return Verdict("false alarm", wrong) if wrong else Verdict("right")
    if at:
        return Verdict("found", at)
    if wrong and not ran.kind.startswith("signal"):
        return Verdict("elsewhere", wrong)
    if ran.kind.startswith("signal"):
        return Verdict("found" if errors else "missed", errors)
    if ran.kind not in RAISED or any(re.search(reason, ran.message) for reason in BEYOND):
        return Verdict("beyond")
    warnings = [finding for finding in said if finding.severity == "warning"]
    return Verdict("found", warnings) if warnings else Verdict("missed")


def places(finding: Finding) -> list[Location]:
    """Where the finding stands, and the lines that it names."""
    return [finding.location, *(related.location for related in finding.related)]


def _on(location: Location, lines: Iterable[tuple[str, int]]) -> bool:
    name = location.path.rsplit("/", 1)[-1]
    return any(file.rsplit("/", 1)[-1] == name and location.line <= line <= location.end_line for file, line in lines)
