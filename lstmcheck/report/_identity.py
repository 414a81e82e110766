"""What stays the same of a finding when lines move: rule, file and code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from lstmcheck.findings import Finding

Lines = Callable[[str], Sequence[str]]


def identity(finding: Finding, lines: Lines, path: str | None = None) -> str:
    """A key of 16 hexadecimal digits made from the rule, the path, and the code that is marked, however it is laid out.

    Equal for equal code in two places of a file. `path` stands for the finding's own.
    """
    named = (path or finding.location.path).replace("\\", "/")
    parts = (finding.code, named, marked_code(finding, lines))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def unique(identities: Iterable[str]) -> Iterator[str]:
    """Keys in the same order, the second and later of equal ones made different by their number."""
    seen: dict[str, int] = {}
    for key in identities:
        seen[key] = seen.get(key, 0) + 1
        yield key if seen[key] == 1 else f"{key}-{seen[key]}"


def fingerprints(findings: Sequence[Finding], lines: Lines) -> list[str]:
    """One key for each finding, all different."""
    return list(unique(identity(finding, lines) for finding in findings))


def marked_code(finding: Finding, lines: Lines) -> str:
    """The code of a finding without its layout: the span, or the whole line where the span is a point."""
    where = finding.location
    picked = list(lines(where.path)[where.line - 1 : where.end_line])
    if picked and (where.line, where.column) != (where.end_line, where.end_column):
        picked[-1] = picked[-1][: where.end_column - 1]
        picked[0] = picked[0][where.column - 1 :]
    code = "".join("".join(line.split()) for line in picked).replace("'", '"')
    for closing in ")]}":
        code = code.replace(f",{closing}", closing)
    return code
