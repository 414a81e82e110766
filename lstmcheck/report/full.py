"""The report for people: message, source with the places that explain it, axis table, what torch says, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from lstmcheck.report import Report
from lstmcheck.report._colour import Paint, painter
from lstmcheck.report._diff import changed
from lstmcheck.report._excerpt import Mark, excerpt, shortened, visible
from lstmcheck.report._text import is_silent, leading, one_line, printable

if TYPE_CHECKING:
    from lstmcheck.findings import Axis, Finding

MAX_LINES = 20


def render(report: Report) -> Iterator[str]:
    """The lines of the report; findings are separated by an empty line."""
    paint = painter(report.colour)
    for finding in report.findings:
        yield from block(finding, report.lines, paint, report.columns)
        yield ""


def block(
    finding: Finding, lines: Callable[[str], Sequence[str]], paint: Paint, columns: int | None = None
) -> list[str]:
    """One finding in at most `MAX_LINES` lines: the places that explain it give way, the last first."""
    marks = _marks(finding)
    head, tail = _head(finding, paint), [*_tail(finding, paint), *_fix(finding, lines, paint)]
    while True:
        middle = list(excerpt(marks, lines, finding.severity, paint, columns))
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
    code = paint(finding.severity, finding.code)
    return [
        f"{code} [{finding.name}] {one_line(finding.message)}   ({finding.severity})",
        paint("place", f"  --> {printable(where.place)}"),
    ]


def _tail(finding: Finding, paint: Paint) -> list[str]:
    out = [f"   = {_marked(row, paint)}" for row in table(finding.axes)] if finding.axes else []
    if finding.torch_says is not None:
        said = finding.torch_says.splitlines() or [""]
        out.append(f"   = torch would say: {one_line(said[0])}{' ...' if len(said) > 1 else ''}")
    elif is_silent(finding):
        out.append("   = torch stays silent")
    if finding.help:
        first, *rest = map(printable, finding.help.splitlines())
        out.append(f"{paint('help', 'help')}: {first}")
        out += [f"      {leading(line)}" for line in rest]
    return out


_OPTIONS = {"safe": "--fix", "unsafe": "--fix --unsafe-fixes", "display": ""}
_MAX_CHANGED = 8


def _fix(finding: Finding, lines: Callable[[str], Sequence[str]], paint: Paint) -> list[str]:
    """What the fix does, the option that applies it, and the lines that it changes where these are known."""
    fix = finding.fix
    if fix is None:
        return []
    option = _OPTIONS[fix.applicability]
    out = [f"{paint('help', 'fix')}: {one_line(fix.title)}{f'   [{option}]' if option else ''}"]
    diff = [paint(_SIGNS[sign], f"   {sign} {visible(shortened(line))}".rstrip()) for sign, line in changed(fix, lines)]
    return [*out, *diff[:_MAX_CHANGED], *(["     ..."] if len(diff) > _MAX_CHANGED else [])]


_SIGNS = {"-": "removed", "+": "added"}
_VERDICT = {True: " ok", False: " X", None: ""}


def _marked(row: str, paint: Paint) -> str:
    """A row of the table with its X in the colour of an error."""
    return re.sub(r"(?<= )X(?=   |$)", lambda found: paint("error", found[0]), row)


def table(axes: Sequence[Axis]) -> list[str]:
    """Expected and got, axis by axis."""
    rows = [("axis", "expected", "got")]
    for axis in axes:
        texts = (f"{axis.axis} {axis.name}".rstrip(), axis.expected, f"{axis.got}{_VERDICT[axis.ok]}")
        rows.append((one_line(texts[0]), one_line(texts[1]), one_line(texts[2])))
    widths = [max(map(len, row)) for row in rows]
    return ["   ".join(row[at].ljust(width) for row, width in zip(rows, widths)).rstrip() for at in range(3)]
