"""Settings: what to look at and what to report.

The command line stands over `[tool.lstmcheck]` of the nearest pyproject.toml (or the nearest lstmcheck.toml):
`files` reads these, `keys` is the table of what may stand there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lstmcheck.findings import Finding, Severity


class ConfigError(Exception):
    """Settings that cannot be used; the text is one line that names the nearest right ones."""


class Patterns(NamedTuple):
    """Patterns in the syntax of `.gitignore`, and the directory that they are relative to."""

    base: str
    lines: tuple[str, ...]


class Settings(NamedTuple):
    """What to look at and what to report. Selectors are codes, prefixes of codes, or names.

    Of selectors that speak about the same rule the most exact one counts, and among equal ones `ignore`.
    """

    select: tuple[str, ...] = ()  # everything where nothing is selected
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[Patterns, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()  # of equally exact selectors the last counts
    exclude: tuple[Patterns, ...] = ()
    extend_exclude: tuple[Patterns, ...] = ()
    force_exclude: bool = False
    show_info: bool = False
    fail_on: Severity = "warning"
    output_format: str = "full"
    baseline: str | None = None
    cache_dir: str | None = None
    source: str | None = None  # the file that they are from

    def at(self, path: str) -> Settings:
        """The settings of a file or folder: these, wherever it is."""
        return self

    @property
    def base(self) -> Settings:
        """The settings that concern a run as a whole: these."""
        return self

    @property
    def identity(self) -> str:
        """Equal for settings that are equal for every file."""
        return repr(self)

    @property
    def excluded(self) -> tuple[Patterns, ...]:
        """All patterns of what is left out."""
        return self.exclude + self.extend_exclude

    def chooser(self) -> Callable[[Finding], Finding | None]:
        """What becomes of a finding: itself, with another severity, or None where it is not reported."""
        advice = self.show_info or self.fail_on == "info"

        def wanted(finding: Finding) -> Finding | None:
            chosen = self.chooses(finding.code, finding.name, finding.location.path)
            if not chosen:
                return None
            finding = self._graded(finding)
            return finding if finding.severity != "info" or advice or chosen == _EXACT else None

        return wanted

    def chooses(self, code: str, name: str, path: str) -> int:
        """How exactly a rule is selected in a file; 0 where it is not reported there."""
        # what is wrong with a file or a comment concerns every rule
        whole = not self.select or code.startswith("LSTM9")
        chosen = max(_best(self.select, code, name), _best(self.extend_select, code, name), 1 if whole else 0)
        if _best(self.ignore, code, name) >= chosen:
            return 0
        if any(
            _best(rules, code, name) and _matches(patterns, os.path.abspath(path))
            for patterns, rules in self.per_file_ignores
        ):
            return 0
        return chosen

    def _graded(self, finding: Finding) -> Finding:
        """The finding with the severity that its rule was given. What holds under a condition only stays advice."""
        best, severity = 0, finding.severity
        for selector, given in self.severity:
            found = exactness(selector, finding.code, finding.name)
            if found and found >= best:
                best, severity = found, given
        if severity == finding.severity or (finding.severity == "info" and finding.condition is not None):
            return finding
        from dataclasses import replace

        return replace(finding, severity=severity)


@lru_cache(maxsize=10_000)
def _matches(patterns: Patterns, path: str) -> bool:
    from lstmcheck.source.discover import excluded
    from lstmcheck.source.patterns import level

    return excluded(path, [level(patterns.base, list(patterns.lines))])


_EXACT = 1_000


def _best(selectors: Iterable[str], code: str, name: str) -> int:
    """How exactly the best of the selectors names a rule; 0 where none does."""
    return max((exactness(selector, code, name) for selector in selectors), default=0)


def exactness(selector: str, code: str, name: str) -> int:
    """How exactly a selector names a rule: 0 not at all, more for a longer prefix, most for its code or name."""
    wanted = selector.strip().lower()
    if wanted in (code.lower(), name.lower()):
        return _EXACT
    return len(wanted) if code.lower().startswith(wanted) else 0


def expand(selector: str) -> frozenset[str]:
    """The codes that a code, a prefix of codes, or a name means. Raises ConfigError naming the nearest."""
    known = rule_names()
    codes = frozenset(code for code, name in known.items() if exactness(selector, code, name))
    if codes:
        return codes
    names = [*known, *known.values()]
    raise ConfigError(f"unknown rule {selector!r}{did_you_mean(selector, names)} (`lstmcheck rules` lists them)")


def rule_names() -> dict[str, str]:
    """Code and name of everything that can be reported."""
    from lstmcheck.rules import reportable

    return {one.code: one.name for one in reportable()}


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """The clause that names the nearest candidates, or nothing where none is near."""
    from difflib import SequenceMatcher

    scores = {candidate: SequenceMatcher(None, candidate.lower(), word.lower()).ratio() for candidate in candidates}
    near = sorted((name for name, score in scores.items() if score >= 0.6), key=lambda name: (-scores[name], name))
    return f": did you mean {' or '.join(map(repr, near[:3]))}?" if near else ""
