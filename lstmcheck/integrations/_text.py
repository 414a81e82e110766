"""Findings as text, for tools that print."""

from __future__ import annotations

import linecache
from collections.abc import Sequence

from lstmcheck.findings import Finding
from lstmcheck.report import Report, render


def text(findings: Sequence[Finding], colour: bool = False) -> str:
    """Findings in the full format, with the lines of source they speak of; cells of a notebook included."""
    return "\n".join(render("full", Report(findings, 0, 0, _lines, colour))).strip("\n")


def one_line(finding: Finding) -> str:
    """A finding as a warning says it."""
    return f"{finding.code} [{finding.name}] {finding.message}"


def _lines(path: str) -> Sequence[str]:
    return [line.rstrip("\n") for line in linecache.getlines(path)]
