"""Settings: what to report, from the command line over `[tool.lstmcheck]` of the nearest pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lstmcheck.findings import Finding

KEYS = ("exclude", "ignore", "select")


class ConfigError(Exception):
    """Settings that cannot be used; the text is one line that names the nearest right ones."""


class Settings(NamedTuple):
    """What to look at and what to report. Selectors are codes, prefixes of codes, or names."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    root: str = "."  # the directory that `exclude` is relative to
    show_info: bool = False
    force_exclude: bool = False

    def validate(self) -> None:
        """Raises ConfigError for a selector that names no rule. Imports the rules only when there is one."""
        for selector in (*self.select, *self.ignore):
            expand(selector)

    def chooser(self) -> Callable[[Finding], bool]:
        """Whether a finding is reported: selected, not ignored, and not advice that nobody asked for."""
        selected = {code for selector in self.select for code in expand(selector)}
        ignored = {code for selector in self.ignore for code in expand(selector)}
        named = {selector.lower() for selector in self.select}

        def wanted(finding: Finding) -> bool:
            if finding.code in ignored:
                return False
            about_file = finding.code.startswith("LSTM9")
            if selected and finding.code not in selected and not about_file:
                return False
            asked_for = self.show_info or finding.code.lower() in named or finding.name.lower() in named
            return finding.severity != "info" or asked_for

        return wanted


def expand(selector: str) -> frozenset[str]:
    """The codes that a code, a prefix of codes, or a name means. Raises ConfigError naming the nearest."""
    known = rule_names()
    wanted = selector.strip().lower()
    codes = frozenset(
        code for code, name in known.items() if wanted and (code.lower().startswith(wanted) or name == wanted)
    )
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


def find_project(paths: Sequence[str]) -> str | None:
    """The nearest pyproject.toml with our table, above what all the paths have in common."""
    absolute = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    try:
        at = os.path.commonpath(absolute)
    except ValueError:  # different drives
        at = os.getcwd()
    while True:
        candidate = os.path.join(at, "pyproject.toml")
        if _has_table(candidate):
            return candidate
        parent = os.path.dirname(at)
        if parent == at:
            return None
        at = parent


def _has_table(path: str) -> bool:
    """Whether a look at the bytes allows our table: most projects have none, and then no TOML is parsed."""
    try:
        with open(path, "rb") as file:
            return b"lstmcheck" in file.read()
    except OSError:
        return False


def load(paths: Sequence[str]) -> Settings:
    """The settings of the project that the paths belong to. Raises ConfigError."""
    path = find_project(paths)
    if path is None:
        return Settings()
    table = _table(path)
    if table is None:
        return Settings()
    for key in table:
        if key not in KEYS:
            raise ConfigError(f"{path}: unknown key {key!r} in [tool.lstmcheck]{did_you_mean(key, KEYS)}")
    select, ignore, exclude = (_strings(path, key, table.get(key, [])) for key in ("select", "ignore", "exclude"))
    return Settings(select, ignore, exclude, root=os.path.dirname(path))


def _table(path: str) -> dict[str, Any] | None:
    toml = _toml()
    try:
        with open(path, "rb") as file:
            data = toml.load(file)
    except (OSError, UnicodeDecodeError, toml.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    tool = data.get("tool", {})
    table = tool.get("lstmcheck") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.lstmcheck] must be a table")
    return table


def _toml() -> Any:
    """The TOML reader of the standard library, which Python 3.10 has not."""
    from importlib import import_module

    try:
        return import_module("tomllib")
    except ModuleNotFoundError:
        return import_module("tomli")


def _strings(path: str, key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ConfigError(f"{path}: {key!r} in [tool.lstmcheck] must be a list of strings")
