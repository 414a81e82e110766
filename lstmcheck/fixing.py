"""Fixes made: which can be made together, whether the program is better for them, and what becomes of the files.

Nothing is written here. Every change is checked as a whole run would check it, all rules included, before it counts:
the finding has to be gone, and nothing new may be found. Of a call that raised on every run, nothing after it was ever
reached; what is found there now was there before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lstmcheck import checker
from lstmcheck.source import discover, patch
from lstmcheck.source.collecting import without_collecting
from lstmcheck.source.reading import read

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.findings import Edit, Finding, Location
    from lstmcheck.result import Result

# Each round makes at least one fix or gives one up; a mended call can show what was wrong after it.
_ROUNDS = 200
# How many fixes may have to be made together, before the program is better for them.
_TOGETHER = 6

# The beginning of a code that rules about one thing share: the state, the input, what follows, packing.
_FAMILY = len("LSTM20")

Choose = Callable[["Result"], Sequence["Finding"]]


class Fixed(NamedTuple):
    """What became of the files: their new contents, what was mended, and the run over them as they are then."""

    result: Result
    before: dict[str, bytes]  # what was read or given, of these files at least
    after: dict[str, bytes]  # of the files that changed
    mended: list[Finding]


class _State(NamedTuple):
    contents: dict[str, bytes]  # what is not read from the disk
    whole: Result  # with the findings of all rules


def fix(
    *paths: str | os.PathLike[str],
    settings: Settings | Scopes,
    given: Mapping[str, bytes] | None = None,
    unsafe: bool = False,
    choose: Choose | None = None,
) -> Fixed:
    """Make the fixes of what is found under the paths, until none is left that can be made.

    `unsafe` allows those that may change what a program means. `choose` picks the findings to mend among all that a
    run found; the settings do by default. Raises like `checker.check`.
    """
    before = {discover.shown(os.fspath(path)): data for path, data in (given or {}).items()}

    def run(contents: dict[str, bytes]) -> _State:
        with without_collecting():
            return _State(contents, checker.examine(*paths, settings=settings, given=contents))

    def wanted(state: _State) -> list[Finding]:
        found = choose(state.whole) if choose is not None else checker.select(state.whole.findings, settings)
        return [finding for finding in found if may_be_made(finding, unsafe)]

    state = run(dict(before))
    done: list[Finding] = []
    alone: set[str] = set()  # files in which not everything can be mended at once
    refused: set[Location] = set()
    for _ in range(_ROUNDS):
        left = [finding for finding in wanted(state) if finding.location not in refused]
        batch = patch.chosen([finding for finding in left if not alone.intersection(_paths(finding))])
        batch = batch or left[:1]
        if not batch:
            break
        tried = _tried(state, batch, before, run, wanted)
        if isinstance(tried, set):
            if len(batch) == 1:
                refused.add(batch[0].location)
            else:
                paths_of_batch = {path for finding in batch for path in _paths(finding)}
                alone |= paths_of_batch & tried or paths_of_batch
            continue
        state, mended = tried
        done += mended
        changed = {path for finding in mended for path in _paths(finding)}
        refused = {where for where in refused if where.path not in changed}
    after = {path: data for path, data in state.contents.items() if data != before[path]}
    return Fixed(state.whole, before, after, done)


def may_be_made(finding: Finding, unsafe: bool = False) -> bool:
    """Whether `--fix` makes the fix of a finding, or with `unsafe` `--fix --unsafe-fixes`."""
    fix = finding.fix
    return fix is not None and bool(fix.edits) and fix.applicability in (("safe", "unsafe") if unsafe else ("safe",))


def _paths(finding: Finding) -> set[str]:
    """The files that a fix changes."""
    return {edit.location.path for edit in finding.fix.edits} if finding.fix is not None else set()


def _tried(
    state: _State,
    batch: Sequence[Finding],
    before: dict[str, bytes],
    run: Callable[[dict[str, bytes]], _State],
    wanted: Callable[[_State], list[Finding]],
) -> tuple[_State, list[Finding]] | set[str]:
    """The state with the fixes of a batch, and with those of what they bring to light; else the files in trouble."""
    mended: list[Finding] = []
    now, step = state, list(batch)
    for _ in range(_TOGETHER):
        contents = _applied(now.contents, step, before)
        if isinstance(contents, str):
            return {contents}
        mended += step
        now = run(contents)
        worse = _worse(state.whole.findings, now.whole.findings, mended)
        if not worse:
            return now, mended
        step = patch.chosen([finding for finding in wanted(now) if finding in worse])
        if len(batch) > 1 or not step or any(_is_again(finding, mended) for finding in worse):
            break
    return {finding.location.path for finding in worse}


def _worse(before: Iterable[Finding], after: Sequence[Finding], mended: Sequence[Finding]) -> list[Finding]:
    """What is found after fixes though it was mended, or was not there before and could have been found."""
    expected = Counter(map(_kind, before))
    expected.subtract(_kind(finding) for finding in mended)
    now = Counter(map(_kind, after))
    known = Counter(map(_name, before))
    known.subtract(map(_name, mended))
    worse = []
    for finding in after:
        known[_name(finding)] -= 1
        if now[_kind(finding)] > expected[_kind(finding)] and known[_name(finding)] < 0:
            worse.append(finding)
    return [finding for finding in worse if not _was_hidden(finding, mended)]


def _was_hidden(finding: Finding, mended: Sequence[Finding]) -> bool:
    """Whether a finding stands where no run came before, because each raised at what was mended."""
    return any(
        one.severity == "error"
        and one.condition is None
        and not _is_again(finding, [one])
        and (finding.code[:_FAMILY] != one.code[:_FAMILY] or _is_local(one))
        and _start(finding) != _start(one)
        for one in mended
    )


def _start(finding: Finding) -> tuple[str, int, int]:
    return finding.location.path, finding.location.line, finding.location.column


def _is_local(finding: Finding) -> bool:
    """Whether a fix changes nothing but the place where its finding stands."""
    where = finding.location
    edits = finding.fix.edits if finding.fix is not None else ()
    return all(
        edit.location.path == where.path and where.line <= edit.location.line <= where.end_line for edit in edits
    )


def _is_again(finding: Finding, mended: Sequence[Finding]) -> bool:
    """Whether it is what was to be mended, perhaps some lines further on."""
    return any(_name(finding) == _name(one) for one in mended)


def _kind(finding: Finding) -> tuple[str, str]:
    return finding.location.path, finding.code


def _name(finding: Finding) -> tuple[str, str, str]:
    """A finding without its place, which every edit above it moves."""
    return finding.location.path, finding.code, finding.message


def _applied(
    contents: Mapping[str, bytes], findings: Sequence[Finding], before: dict[str, bytes]
) -> dict[str, bytes] | str:
    """The contents with the fixes of these findings, or the file that they do not fit. `before` learns what is read."""
    edits: dict[str, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.fix.edits if finding.fix is not None else ():
            edits.setdefault(edit.location.path, {})[edit] = None
    new = dict(contents)
    for path, own in edits.items():
        data = new[path] if path in new else read(path)
        if not isinstance(data, bytes):
            return path
        before.setdefault(path, data)
        try:
            new[path] = patch.patched(path, data, own)
        except patch.CannotPatch:
            return path
    return new
