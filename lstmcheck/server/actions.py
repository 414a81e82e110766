"""What an editor offers beside a finding: its fix, a comment that silences it, and all safe fixes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from lstmcheck.findings import Edit, Finding, Fix
from lstmcheck.ignoring import comments
from lstmcheck.server.diagnostics import diagnostic
from lstmcheck.server.documents import Part, Program
from lstmcheck.server.positions import Positions

FIX_ALL = "source.fixAll.lstmcheck"
KINDS = (types.CodeActionKind.QuickFix, FIX_ALL)
REASON = "why this is right"


def actions(
    program: Program,
    part: Part,
    findings: Sequence[Finding],
    mended: bytes | None,
    inside: types.Range,
    positions: Positions,
) -> Iterator[types.CodeAction]:
    """The actions for the findings that touch a range of a document, and one that makes the whole program `mended`."""
    for finding in findings:
        if program.part(finding.location) != part:
            continue
        shown = diagnostic(program, part, finding, positions)
        if not _touch(shown.range, inside):
            continue
        fix = finding.fix
        changes = _changes(program, fix.edits, positions) if fix is not None else None
        if fix is not None and changes is not None and fix.applicability != "display":
            yield _mend(fix, changes, shown)
        silent = _changes(program, comments(program.path, program.data, [finding], REASON), positions)
        if silent is not None:
            yield _silence(finding, silent, shown)
    if mended is not None:
        yield from _mend_all(program, mended, positions)


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _mend(fix: Fix, changes: types.WorkspaceEdit, shown: types.Diagnostic) -> types.CodeAction:
    safe = fix.applicability == "safe"
    return types.CodeAction(
        title=f"lstmcheck: {fix.title}" + ("" if safe else " (look at the change)"),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown],
        is_preferred=safe,
        edit=changes,
    )


def _silence(finding: Finding, changes: types.WorkspaceEdit, shown: types.Diagnostic) -> types.CodeAction:
    return types.CodeAction(
        title=f"lstmcheck: ignore {finding.name} here, with a reason",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown],
        edit=changes,
    )


def _mend_all(program: Program, mended: bytes, positions: Positions) -> Iterator[types.CodeAction]:
    changes = {
        part.uri: [types.TextEdit(range=positions.whole(part), new_text=text)]
        for part, text in program.texts(mended).items()
        if text != part.text
    }
    if changes:
        edit = types.WorkspaceEdit(changes=changes)
        yield types.CodeAction(title="lstmcheck: apply all safe fixes", kind=FIX_ALL, edit=edit)


def _changes(program: Program, edits: Sequence[Edit], positions: Positions) -> types.WorkspaceEdit | None:
    """The edits by document; None where there is none, or one lies in a file that is not this program."""
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        part = program.part(edit.location)
        if part is None:
            return None
        changed = types.TextEdit(range=positions.range(part, edit.location), new_text=edit.content)
        changes.setdefault(part.uri, []).append(changed)
    return types.WorkspaceEdit(changes=dict(changes)) if changes else None
