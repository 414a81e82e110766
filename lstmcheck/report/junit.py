"""JUnit XML: one suite a file, one failed test a finding; a single passed test where nothing was found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lstmcheck.findings import Finding
from lstmcheck.report import Report
from lstmcheck.report._text import details, leading, one_line, printable


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    number = len(report.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="lstmcheck" tests="{max(number, 1)}" failures="{number}" errors="0">'
    for path, group in groupby(report.findings, key=lambda finding: finding.location.path):
        yield from _suite(path, list(group))
    if not number:
        yield '  <testsuite name="lstmcheck" tests="1" failures="0" errors="0">'
        yield '    <testcase name="No findings" classname="lstmcheck"/>'
        yield "  </testsuite>"
    yield "</testsuites>"


def _suite(path: str, findings: list[Finding]) -> Iterator[str]:
    count = len(findings)
    yield f'  <testsuite name="{_xml(printable(path))}" tests="{count}" failures="{count}" errors="0">'
    for finding in findings:
        yield from _case(finding)
    yield "  </testsuite>"


def _case(finding: Finding) -> Iterator[str]:
    where, message = finding.location, one_line(finding.message)
    path = _xml(printable(where.file))
    name = _xml(f"{finding.code} {finding.name} {where.row}:{where.column}")
    yield f'    <testcase name="{name}" classname="{path}" file="{path}" line="{where.row}">'
    yield f'      <failure type="{finding.severity}" message="{_xml(message)}">'
    point = f"{leading(where.place)}: {message}"
    yield from map(_xml, [point, *details(finding)])
    yield "      </failure>"
    yield "    </testcase>"


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def _xml(text: str) -> str:
    """Markup as entities. The text is printable, so that it holds no character that XML forbids."""
    return "".join(_ENTITIES.get(character, character) for character in text)
