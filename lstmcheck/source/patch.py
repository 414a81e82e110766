"""Edits carried out on the bytes of a file: encoding, byte order mark and line endings stay as they are."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Sequence

from lstmcheck.findings import Edit, Finding, Location

_END = re.compile(r"\r\n|\r|\n")


class CannotPatch(ValueError):
    """Edits that do not fit a file; the text says why."""


def patched(path: str, data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes of a file, a notebook too, with edits that do not overlap. Raises CannotPatch."""
    if path.endswith(".ipynb"):
        return _notebook(path, data, edits)
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
        if text.encode(encoding) != data:
            raise CannotPatch(f"its bytes are not those that {encoding} would write")
        return _text(text, edits).encode(encoding)
    except UnicodeError as error:
        raise CannotPatch(f"{encoding}: {error.reason}" if hasattr(error, "reason") else encoding) from None


def overlap(one: Location, other: Location) -> bool:
    """Whether two edited spans touch: one of them has to wait."""
    if one.path != other.path:
        return False
    start = max((one.line, one.column), (other.line, other.column))
    end = min((one.end_line, one.end_column), (other.end_line, other.end_column))
    return start <= end


def _encoding(data: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        raise CannotPatch(error.msg or "its encoding is not known") from None


def _text(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits; what they insert ends its lines as the line does that they stand on."""
    ends = list(_END.finditer(text))
    starts = [0, *(end.end() for end in ends)]
    usual = ends[0][0] if ends else "\n"

    def offset(line: int, column: int) -> int:
        if not 0 < line <= len(starts):
            raise CannotPatch(f"it has no line {line}")
        limit = ends[line - 1].start() if line <= len(ends) else len(text)
        at = starts[line - 1] + column - 1
        if at > limit:
            raise CannotPatch(f"line {line} has no column {column}")
        return at

    for edit in sorted(edits, key=lambda edit: edit.location, reverse=True):
        where = edit.location
        newline = ends[where.line - 1][0] if where.line <= len(ends) else usual
        start, end = offset(where.line, where.column), offset(where.end_line, where.end_column)
        text = text[:start] + edit.content.replace("\n", newline) + text[end:]
    return text


def _notebook(path: str, data: bytes, edits: Iterable[Edit]) -> bytes:
    from lstmcheck.source import notebook, notebook_text

    book = notebook.load(path, data)
    if not isinstance(book, notebook.Notebook):
        raise CannotPatch("it is no notebook that can be read")
    program = _text(book.program.decode("utf-8"), edits)
    try:
        return notebook_text.rewritten(book, data, program.encode("utf-8"))
    except notebook_text.CannotRewrite as error:
        raise CannotPatch(str(error)) from None


def chosen(findings: Sequence[Finding]) -> list[Finding]:
    """The findings whose fixes can be made together: of two that touch, the first one. One edit of two stands once."""
    taken: list[Edit] = []
    kept = []
    for finding in findings:
        edits = finding.fix.edits if finding.fix is not None else ()
        fresh = [edit for edit in edits if edit not in taken]
        if not any(overlap(edit.location, other.location) for edit in fresh for other in taken):
            kept.append(finding)
            taken += fresh
    return kept
