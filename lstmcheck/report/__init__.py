"""One module an output format, found by its name: `render` turns a `Report` into lines for standard output."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from lstmcheck.findings import Finding


class Report(NamedTuple):
    """What every format renders. `lines` gives the text of a file by its path, empty where it cannot be read.

    `columns` is the width of the terminal that a person reads in, if one does.
    """

    findings: Sequence[Finding]
    with_layers: int
    without_layers: int
    lines: Callable[[str], Sequence[str]]
    colour: bool = False
    columns: int | None = None


class Output(NamedTuple):
    """A format and the file it is written to; None is standard output."""

    format: str
    file: str | None = None


Render = Callable[[Report], Iterable[str]]


def formats() -> list[str]:
    """The names of the formats: the modules of this package, written with hyphens."""
    names = (os.path.splitext(name) for name in os.listdir(os.path.dirname(__file__)))
    return sorted({stem.replace("_", "-") for stem, suffix in names if suffix == ".py" and not stem.startswith("_")})


def render(format: str, report: Report) -> Iterator[str]:
    """The lines of a report in a format."""
    from importlib import import_module

    module = import_module(f"{__name__}.{format.replace('-', '_')}")
    return iter(cast(Render, module.render)(report))


def summary(report: Report) -> str:
    """One sentence: what was found, or what was looked at."""
    looked_at = f"{count(report.with_layers, 'file')} with nn.LSTM/GRU/RNN, {report.without_layers} without"
    if not report.findings:
        return f"All checks passed: {looked_at}"
    return f"Found {counted(report.findings)}: {looked_at}"


def fixable(findings: Sequence[Finding]) -> str | None:
    """How many of the findings `--fix` mends, and how many more where it may change what a program means."""
    kinds = [finding.fix.applicability for finding in findings if finding.fix is not None]
    safe, unsafe = kinds.count("safe"), kinds.count("unsafe")
    if safe:
        return f"[*] {safe} fixable with --fix" + (f" ({unsafe} more with --unsafe-fixes)" if unsafe else "")
    return f"{unsafe} fixable with --fix --unsafe-fixes" if unsafe else None


def counted(findings: Sequence[Finding]) -> str:
    """How many findings of each severity, the worst first; empty where there is none."""
    severities = [finding.severity for finding in findings]
    counts = [(severity, severities.count(severity)) for severity in ("error", "warning", "info")]
    return ", ".join(
        count(number, severity, "" if severity == "info" else "s") for severity, number in counts if number
    )


def count(number: int, noun: str, plural: str = "s") -> str:
    """A number with its noun."""
    return f"{number} {noun}{plural if number != 1 else ''}"
