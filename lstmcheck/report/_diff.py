"""The lines that a fix changes, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstmcheck.findings import Edit, Fix


def changed(fix: Fix, lines: Callable[[str], Sequence[str]]) -> Iterator[tuple[str, str]]:
    """("-", line) and ("+", line) for every line that the edits change, in the order of the file.

    Nothing where the edits do not fit the text.
    """
    for group in _groups(fix.edits):
        where = group[0].location
        last = max(edit.location.end_line for edit in group)
        old = list(lines(where.path)[where.line - 1 : last])
        if len(old) != last - where.line + 1:
            return
        new = _applied(old, where.line, group)
        start = _common(old, new)
        end = _common(old[start:][::-1], new[start:][::-1])
        yield from (("-", line) for line in old[start : len(old) - end])
        yield from (("+", line) for line in new[start : len(new) - end])


def _groups(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Edits that touch a common line belong together."""
    groups: list[list[Edit]] = []
    for edit in sorted(edits, key=lambda edit: edit.location):
        before = groups[-1][-1].location if groups else None
        if before is not None and (before.path, before.end_line) >= (edit.location.path, edit.location.line):
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _applied(old: Sequence[str], first: int, edits: Sequence[Edit]) -> list[str]:
    text = "\n".join(old)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line) + 1)
    for edit in reversed(edits):
        where = edit.location
        start = starts[where.line - first] + where.column - 1
        end = starts[where.end_line - first] + where.end_column - 1
        text = text[:start] + edit.content + text[end:]
    return text.split("\n")


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines at the start are the same."""
    return next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
