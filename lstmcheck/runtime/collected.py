"""What a trace collects: findings, each once with a count and the ranks that made it, and the layers that were seen."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from typing import NamedTuple

from lstmcheck.findings import Finding, Location
from lstmcheck.runtime.layers import Layer, Layers
from lstmcheck.runtime.perturbation.result import ProbeResult


class About(NamedTuple):
    """What a finding is about: the need, the value and the axis of it, and where the layer was made."""

    what: str
    subject: str
    axis: int | None
    made: Location | None


class Row(NamedTuple):
    """One finding, how often it was made, by which processes of a distributed run, and what it is about."""

    finding: Finding
    times: int
    ranks: frozenset[int]
    about: About | None = None


class Collected:
    """Findings and layers; it grows while a trace runs and stays readable afterwards.

    Findings at one place about the same are one mistake, though sizes in their messages may differ from call to call:
    the first is kept, and the others are counted.
    """

    def __init__(self) -> None:
        self.seen = Layers()
        self.probes: list[ProbeResult] = []
        self._rows: dict[Hashable, Row] = {}
        self._lock = threading.Lock()

    def add(self, finding: Finding, about: About | None = None, count: int = 1, ranks: Iterable[int] = ()) -> bool:
        """Count a finding; whether it is the first of its kind."""
        key = finding if about is None else (finding.code, finding.severity, finding.location, about)
        with self._lock:
            known = self._rows.get(key)
            if known is None:
                self._rows[key] = Row(finding, count, frozenset(ranks), about)
            else:
                self._rows[key] = known._replace(times=known.times + count, ranks=known.ranks | frozenset(ranks))
            return known is None

    @property
    def rows(self) -> list[Row]:
        """Every distinct finding with its count, in order of place."""
        with self._lock:
            rows = list(self._rows.values())
        return sorted(rows, key=lambda row: row.finding.sort_key())

    @property
    def layers(self) -> list[Layer]:
        """The recurrent layers that were built or called, in the order of their first sight."""
        return list(self.seen.rows.values())

    @property
    def findings(self) -> list[Finding]:
        """Every distinct finding, in order of place."""
        return [row.finding for row in self.rows]

    def count(self, finding: Finding) -> int:
        """How often a finding was made."""
        return sum(row.times for row in self.rows if row.finding == finding)

    def ranks(self, finding: Finding) -> tuple[int, ...]:
        """Which processes of a distributed run made a finding; empty where there was one process."""
        return tuple(sorted({rank for row in self.rows if row.finding == finding for rank in row.ranks}))

    @property
    def ok(self) -> bool:
        """Whether there is neither an error nor a warning."""
        return not any(finding.severity != "info" for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """What a command should exit with: 1 when there is an error or a warning, else 0."""
        return 0 if self.ok else 1
