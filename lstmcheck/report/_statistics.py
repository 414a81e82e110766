"""How often each rule speaks, the most frequent first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from lstmcheck.report import Report

# The formats that people read, all with the same table, and the one for programs.
_TEXT = ("full", "concise", "grouped")
FORMATS = (*_TEXT, "json")


def render(format: str, report: Report) -> Iterator[str]:
    """The lines of the table; `format` is one of FORMATS."""
    counts = Counter(finding.code for finding in report.findings)
    found = {finding.code: finding for finding in report.findings}
    fixable = Counter(finding.code for finding in report.findings if finding.fix is not None)
    codes = sorted(counts, key=lambda code: (-counts[code], code))
    if format == "json":
        rows = [
            {
                "code": code,
                "name": found[code].name,
                "count": counts[code],
                "fixable": fixable[code],
                "files": len({finding.location.path for finding in report.findings if finding.code == code}),
            }
            for code in codes
        ]
        yield "[" + ",\n ".join(map(json.dumps, rows)) + "]"
        return
    width = len(str(max(counts.values(), default=0)))
    names = max((len(finding.name) for finding in found.values()), default=0)
    for code in codes:
        fixes = f"  {fixable[code]} with a fix" if fixable[code] else ""
        yield f"{counts[code]:>{width}}  {code}  {found[code].name:<{names}}{fixes}".rstrip()
