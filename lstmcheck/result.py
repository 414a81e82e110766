"""What a check comes to. Nothing is imported for it, so that a result that is known costs no more than to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lstmcheck.findings import Finding
    from lstmcheck.source.parse import SourceFile


class Result(NamedTuple):
    """What a check found and what it looked at."""

    findings: list[Finding]
    files: list[SourceFile]  # those that were interpreted; none in a result that a cache kept
    with_layers: int
    without_layers: int
    notes: list[str]  # one line each about what was left out
    looked_at: frozenset[str]  # every file that the paths mean
    named: frozenset[str]  # those that are paths themselves
    texts: dict[str, bytes]  # the text of what was not read from a file as it stands: given contents, notebooks
    interpreted: frozenset[str]  # the paths of `files`


NOTHING = Result([], [], 0, 0, [], frozenset(), frozenset(), {}, frozenset())
