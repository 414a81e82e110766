"""What a trace found: findings, each once with a count, and the layers that were seen."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from lstmcheck.findings import Finding
from lstmcheck.runtime.layers import Layer, Layers
from lstmcheck.runtime.perturbation.result import ProbeResult


class Report:
    """The result of `lstmcheck.trace()`; it grows while the trace runs and stays readable afterwards."""

    def __init__(self) -> None:
        self.counts: dict[Finding, int] = {}
        self.seen = Layers()
        self.probes: list[ProbeResult] = []
        self._lock = threading.Lock()

    def add(self, finding: Finding, count: int = 1) -> bool:
        """Count a finding; whether it is the first of its kind."""
        with self._lock:
            known = self.counts.get(finding, 0)
            self.counts[finding] = known + count
            return not known

    @property
    def layers(self) -> list[Layer]:
        """The recurrent layers that were built or called, in the order of their first sight."""
        return list(self.seen.rows.values())

    @property
    def findings(self) -> list[Finding]:
        """Every distinct finding, in order of place."""
        with self._lock:
            return sorted(self.counts, key=Finding.sort_key)

    def count(self, finding: Finding) -> int:
        """How often a finding was made."""
        return self.counts.get(finding, 0)

    @property
    def ok(self) -> bool:
        """Whether there is neither an error nor a warning."""
        return not any(finding.severity != "info" for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """What a command should exit with: 1 when there is an error or a warning, else 0."""
        return 0 if self.ok else 1

    def assert_ok(self) -> None:
        """Raise AssertionError that says what was found, when there is an error or a warning."""
        found = [finding for finding in self.findings if finding.severity != "info"]
        if found:
            raise AssertionError("\n".join(_line(finding) for finding in found))

    def __repr__(self) -> str:
        return f"<lstmcheck report: {len(self.findings)} findings, {len(self.layers)} layers>"


def _line(finding: Finding) -> str:
    where = finding.location
    return f"{where.path}:{where.line}:{where.column}: {finding.code} {finding.message}"


def lines(findings: Iterable[Finding]) -> list[str]:
    """Findings as one line each."""
    return [_line(finding) for finding in findings]
