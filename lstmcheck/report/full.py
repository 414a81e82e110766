"""The report for people: message, source with the places that explain it, axis table, what torch says, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lstmcheck.findings import Axis, Finding
from lstmcheck.report import Report
from lstmcheck.report._colour import Paint, painter
from lstmcheck.report._excerpt import Mark, excerpt

MAX_LINES = 20


def render(report: Report) -> Iterator[str]:
    """The lines of the report; findings are separated by an empty line."""
    paint = painter(report.colour)
    for finding in report.findings:
        yield from block(finding, report.lines, paint)
        yield ""


def block(finding: Finding, lines: Callable[[str], Sequence[str]], paint: Paint) -> list[str]:
    """One finding in at most `MAX_LINES` lines: the places that explain it give way, the last first."""
    marks = _marks(finding)
    head, tail = _head(finding, paint), _tail(finding, paint)
    while True:
        middle = list(excerpt(marks, lines, finding.severity, paint))
        if len(head) + len(middle) + len(tail) <= MAX_LINES or len(marks) == 1:
            return [*head, *middle, *tail]
        marks.pop()


def _marks(finding: Finding) -> list[Mark]:
    """The primary mark first; what is said about the same place becomes its label."""
    here = [related.label for related in finding.related if related.location == finding.location]
    others = [
        Mark(related.location, related.label, False)
        for related in finding.related
        if related.location != finding.location
    ]
    return [Mark(finding.location, ", ".join(dict.fromkeys(here)), True), *dict.fromkeys(others)]


def _head(finding: Finding, paint: Paint) -> list[str]:
    where = finding.location
    first, *rest = finding.message.splitlines() or [""]
    return [
        f"{paint(finding.severity, finding.code)} [{finding.name}] {first}   ({finding.severity})",
        *(f"    {line}" for line in rest),
        paint("place", f"  --> {where.place}"),
    ]


def _tail(finding: Finding, paint: Paint) -> list[str]:
    out = [f"   = {row}" for row in table(finding.axes)] if finding.axes else []
    if finding.torch_says is not None:
        said = finding.torch_says.splitlines() or [""]
        out.append(f"   = torch would say: {said[0]}{' ...' if len(said) > 1 else ''}")
    elif finding.severity != "error":
        out.append("   = torch stays silent")
    if finding.help:
        first, *rest = finding.help.splitlines()
        out.append(f"{paint('help', 'help')}: {first}")
        out += [f"      {line}" for line in rest]
    return out


_VERDICT = {True: " ok", False: " X", None: ""}


def table(axes: Sequence[Axis]) -> list[str]:
    """Expected and got, axis by axis."""
    rows = [("axis", "expected", "got")]
    rows += [(f"{axis.axis} {axis.name}".rstrip(), axis.expected, f"{axis.got}{_VERDICT[axis.ok]}") for axis in axes]
    widths = [max(map(len, row)) for row in rows]
    return ["   ".join(row[at].ljust(width) for row, width in zip(rows, widths)).rstrip() for at in range(3)]
