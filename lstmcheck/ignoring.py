"""Comments that silence what is found, written where a reader looks for them. Nothing is written to files here."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lstmcheck import checker
from lstmcheck.findings import Edit, Finding, Location
from lstmcheck.fixing import Choose, Fixed
from lstmcheck.source import discover, patch, suppressions
from lstmcheck.source.collecting import without_collecting
from lstmcheck.source.parse import SourceFile
from lstmcheck.source.problems import PROBLEMS
from lstmcheck.source.reading import read

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes

# What formatters keep to, unless they are told otherwise.
LINE_LENGTH = 88
# A comment can bring a second one to light: what was silenced by a part of another line's comment.
_ROUNDS = 5


def ignore(
    *paths: str | os.PathLike[str],
    settings: Settings | Scopes,
    given: Mapping[str, bytes] | None = None,
    reason: str = "",
    choose: Choose | None = None,
) -> Fixed:
    """Silence what is found under the paths with comments; `mended` are the findings that are silenced then.

    `choose` picks the findings among all that a run found; the settings do by default. What is wrong with a file as
    such, or with a comment, is not silenced. Raises like `checker.check`.
    """
    before = {discover.shown(os.fspath(path)): data for path, data in (given or {}).items()}
    contents = dict(before)
    silenced: list[Finding] = []
    given_up: set[str] = set()
    tool = {problem.code for problem in PROBLEMS}
    for _ in range(_ROUNDS):
        with without_collecting():
            whole = checker.examine(*paths, settings=settings, given=contents)
        found = choose(whole) if choose is not None else checker.select(whole.findings, settings)
        left = [finding for finding in found if finding.code not in tool and finding.location.path not in given_up]
        if not left:
            break
        files = {file.path: file for file in whole.files}
        for path in sorted({finding.location.path for finding in left}):
            data = contents[path] if path in contents else read(path)
            own = [finding for finding in left if finding.location.path == path]
            file = files.get(path)
            if file is None or not isinstance(data, bytes):
                given_up.add(path)
                continue
            new, _ = _commented(path, data, file, own, reason)
            if new is None:
                given_up.add(path)
                continue
            before.setdefault(path, data)
            contents[path] = new
            silenced += own
    after = {path: data for path, data in contents.items() if data != before[path]}
    return Fixed(whole, before, after, silenced)


def comments(path: str, data: bytes, findings: Sequence[Finding], reason: str) -> list[Edit]:
    """The comments that silence these findings of a file; none where they cannot be written into the program."""
    file = checker.parsed(path, data)
    return _commented(path, data, file, findings, reason)[1] if file is not None else []


def _commented(
    path: str, data: bytes, file: SourceFile, findings: Sequence[Finding], reason: str
) -> tuple[bytes | None, list[Edit]]:
    """A file with comments for these findings, and the comments; None where they would change the program."""
    wanted: dict[tuple[int, int], set[str]] = {}
    for finding in findings:
        lines = suppressions.statement_lines(file.tree, finding.location.line)
        wanted.setdefault(lines, set()).add(finding.name)
    for above in (False, True):
        edits = [_edit(file, lines, sorted(names), reason, above) for lines, names in sorted(wanted.items())]
        try:
            new = patch.patched(path, data, edits)
        except patch.CannotPatch:
            continue
        if _means_the_same(path, new, file):
            return new, edits
    return None, []


def _edit(file: SourceFile, lines: tuple[int, int], names: Iterable[str], reason: str, above: bool) -> Edit:
    """The comment for one statement: in one that is there, at the end of its line, or above it."""
    first, last = lines
    known = _existing(file, lines)
    if known is not None:
        line, start, end, listed = known
        both = dict.fromkeys((*listed, *(name for name in names if name not in listed)))
        return Edit(_at(file, line, start, end), f"# lstmcheck: ignore[{', '.join(both)}]")
    comment = f"# lstmcheck: ignore[{', '.join(names)}]" + (f"  {reason}" if reason else "")
    text = file.lines[first - 1]
    if first == last and not above and len(text) + 2 + len(comment) <= LINE_LENGTH:
        return Edit(_at(file, first, len(text), len(text)), f"  {comment}")
    indent = text[: len(text) - len(text.lstrip())]
    return Edit(_at(file, first, 0, 0), f"{indent}{comment}\n")


def _existing(file: SourceFile, lines: tuple[int, int]) -> tuple[int, int, int, list[str]] | None:
    """A comment of ours with names that belongs to the statement: its line, its columns and its names."""
    own = suppressions.read(file)
    for comment in own.comments if own is not None else ():
        near = comment.line == lines[0] - 1 if comment.alone else comment.line in lines
        if near and comment.names and comment.is_own and not comment.whole_file:
            return comment.line, comment.start, comment.end, list(comment.names)
    return None


def _at(file: SourceFile, line: int, start: int, end: int) -> Location:
    return Location(file.path, line, start + 1, line, end + 1, file.cell_at(line))


def _means_the_same(path: str, data: bytes, file: SourceFile) -> bool:
    """Whether the program is the one that it was: a comment may have been put into a string."""
    new = checker.parsed(path, data)
    return new is not None and ast.dump(new.tree) == ast.dump(file.tree)
