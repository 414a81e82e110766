"""The property: silence about what runs, a finding about what raises for a reason within reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lstmcheck.findings import Finding, Location
from programs.running import Ran

# A program that ends otherwise was broken outside what lstmcheck looks at.
RAISED = ("RuntimeError", "ValueError", "TypeError", "IndexError", "AttributeError")

# What torch or Python says of mistakes that are out of reach; docs/limits.md names these kinds.
BEYOND = (
    # calls of other functions than recurrent layers with too few or too many arguments
    r"missing (\d+ )?required|takes \d+ positional|takes no arguments|expected at least \d+ argument",
    r"^(?!lstm|gru|rnn)\w+\(\) received an invalid combination of arguments",
    r"expected keyword|unexpected keyword|argument after \*",
    # a value of another kind altogether where a tensor or a number stands
    r"object is not (callable|subscriptable|iterable)|is not a Module subclass",
    r"^'(?!Tensor|tuple|PackedSequence|LSTM|GRU|RNN|Parameter)\w+' object has no attribute",
    r"^(module|type object) '?\S+'? has no attribute|^type '\w+' is not subscriptable",
    r"must be (\w+ of )?Tensors?, not (?!tuple|PackedSequence)|but got (int|float|NoneType|list)$",
    r"unsupported operand type(?!.*'tuple' and 'Tensor'|.*'Tensor' and 'tuple')|bad operand type",
    r"interpreted as an in(teger|dex)|converted to an index|cannot unpack non-iterable|not supported between",
    r"^(randint|zeros|empty|randn|new_zeros|view|reshape|expand|repeat|ones)\(\)?[:,]? ",
    r"^'(Tensor|LSTM|GRU|RNN)' object has no attribute '(zero_grad|step|parameters|append|dim|size|batch_sizes)'",
    r"Boolean value of Tensor|takes (exactly|at least) one argument",
    r"attribute name must be string|super\(\) argument|before Module.__init__",
    r"to Scalar|infer output dtype|must be a type|slice indices must be|indices must be integers",
    # values in tensors, and in lists of Python
    r"Target \d+ is out of bounds|index out of range in self|array must be sorted|(list|tuple) index out of range",
    r"random_ expects|non-empty list of Tensors|empty parameter list",
    r"grad can be implicitly created|does not require grad",
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
    # a layer that can be built and never called: LSTM1xx stands where it is built
    if ran.kind and (built := [finding for finding in wrong if finding.code.startswith("LSTM1")]):
        return Verdict("found", built)
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
    return any(location.path.endswith(file) and location.line <= line <= location.end_line for file, line in lines)
