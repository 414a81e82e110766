"""Findings as an editor shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from lstmcheck.findings import Finding
from lstmcheck.report._links import page
from lstmcheck.report._text import one_line, remarks
from lstmcheck.server.documents import Part, Program
from lstmcheck.server.positions import Positions

SOURCE = "lstmcheck"
SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
_UNUSED_COMMENT = "LSTM911"


def diagnostics(
    program: Program, findings: Sequence[Finding], positions: Positions
) -> dict[str, list[types.Diagnostic]]:
    """The findings of each document of a program; every document has a list."""
    found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in program.parts}
    for finding in findings:
        part = program.part(finding.location)
        if part is not None:
            found[part.uri].append(diagnostic(program, part, finding, positions))
    return found


def diagnostic(program: Program, part: Part, finding: Finding, positions: Positions) -> types.Diagnostic:
    """One finding in a document."""
    link = page(finding.code)
    return types.Diagnostic(
        range=positions.range(part, finding.location),
        message="\n".join([one_line(finding.message), *remarks(finding)]),
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(href=link) if link is not None else None,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if finding.code == _UNUSED_COMMENT else None,
        related_information=list(_related(program, finding, positions)),
    )


def _related(program: Program, finding: Finding, positions: Positions) -> Iterator[types.DiagnosticRelatedInformation]:
    for related in finding.related:
        where = positions.elsewhere(program, related.location)
        if where is not None:
            yield types.DiagnosticRelatedInformation(location=where, message=one_line(related.label))
