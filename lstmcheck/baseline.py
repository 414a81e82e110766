"""Known findings: a file of them, so that only new ones are reported.

A finding is known by its rule, its file, and the code that is marked, however that is laid out: it stays known when
lines move. Several equal ones are counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from lstmcheck.findings import Finding
from lstmcheck.report._identity import Lines, identity
from lstmcheck.source import disk

VERSION = 1
DEFAULT = "lstmcheck-baseline.json"


class BaselineError(Exception):
    """A baseline that cannot be read or written; the text is one line."""


class Entry(NamedTuple):
    """Equal findings: where, what, and how many. The path is relative to the file of the baseline, with slashes."""

    path: str
    code: str
    name: str
    key: str
    message: str
    number: int


class Baseline(NamedTuple):
    """The known findings of a project."""

    file: str
    entries: tuple[Entry, ...] = ()

    def path_of(self, path: str) -> str:
        """A path as it is written in the file."""
        return os.path.relpath(path, os.path.dirname(self.file) or ".").replace(os.sep, "/")


class Compared(NamedTuple):
    """The findings that are not known, how many are, and the entries that are gone, with what is left of each."""

    new: list[Finding]
    known: int
    gone: list[Entry]


def load(file: str) -> Baseline:
    """The baseline in a file. Raises BaselineError."""
    try:
        data = json.loads(disk.read(file))
        if data["version"] != VERSION:
            raise BaselineError(f"{file}: version {data['version']!r} of a baseline, not {VERSION}: make it anew")
        entries = tuple(Entry(**entry) for entry in data["findings"])
        if not all(
            isinstance(value, int if name == "number" else str)
            for entry in entries
            for name, value in entry._asdict().items()
        ):
            raise TypeError
        return Baseline(file, entries)
    except FileNotFoundError:
        raise BaselineError(f"{file}: there is no such baseline; `lstmcheck baseline` makes it") from None
    except OSError as error:
        raise BaselineError(f"{file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BaselineError(f"{file}: this is no baseline; `lstmcheck baseline` makes it anew") from None


def compare(
    baseline: Baseline, findings: Iterable[Finding], lines: Lines, is_asked: Callable[[Entry], bool]
) -> Compared:
    """Which findings are new. An entry can be gone only if it was asked about, by its file and its rule."""
    left = Counter({entry.key: entry.number for entry in baseline.entries})
    new, known = [], 0
    for finding in findings:
        key = _key(baseline, finding, lines)
        if left[key] > 0:
            left[key] -= 1
            known += 1
        else:
            new.append(finding)
    gone = [entry._replace(number=left[entry.key]) for entry in baseline.entries if left[entry.key] > 0]
    return Compared(new, known, [entry for entry in gone if is_asked(entry)])


def update(
    baseline: Baseline, findings: Sequence[Finding], lines: Lines, is_asked: Callable[[Entry], bool]
) -> Baseline:
    """The baseline of these findings, and of what it knew and was not asked about."""
    counts = Counter(_key(baseline, finding, lines) for finding in findings)
    entries = {entry.key: entry for entry in baseline.entries if not is_asked(entry)}
    for finding in findings:
        key = _key(baseline, finding, lines)
        path = baseline.path_of(finding.location.path)
        message = " ".join(finding.message.split())
        entries[key] = Entry(path, finding.code, finding.name, key, message, counts[key])
    return baseline._replace(entries=tuple(sorted(entries.values())))


def text(baseline: Baseline) -> str:
    """The content of the file: one entry a line, in order, so that it merges well."""
    entries: list[dict[str, Any]] = [entry._asdict() for entry in baseline.entries]
    listed = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
    return (
        f'{{"version": {VERSION}, "findings": [\n{listed}\n]}}\n'
        if entries
        else f'{{"version": {VERSION}, "findings": []}}\n'
    )


def save(baseline: Baseline) -> None:
    """Write the baseline to its file, as a whole. Raises BaselineError."""
    from lstmcheck.source.write import write_atomically

    try:
        write_atomically(baseline.file, text(baseline).encode("utf-8"))
    except OSError as error:
        raise BaselineError(f"cannot write {baseline.file!r}: {error.strerror}") from None


def _key(baseline: Baseline, finding: Finding, lines: Lines) -> str:
    return identity(finding, lines, baseline.path_of(finding.location.path))
