"""Patterns in the syntax of `.gitignore`, as far as they can be used. Most trees have none, and then none of this."""

from __future__ import annotations

import os
import re

from lstmcheck.source.discover import Level
from lstmcheck.source.gitignore import Lines


def of_text(base: str, text: str) -> Level | None:
    """The patterns of a `.gitignore`, None where it has none that can be used."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        return Level(os.path.abspath(base), Lines(lines).says) if lines else None
    except ValueError:  # more than is read there
        return _of_any(base, lines)


def _of_any(base: str, lines: list[str]) -> Level | None:
    lines = [line for line in lines if not _is_wild(line)]
    try:
        return level(base, lines) if lines else None
    except ValueError:
        return _of_usable(base, lines)


def _of_usable(base: str, lines: list[str]) -> Level | None:
    """The patterns that can be read: git passes over the others."""
    usable = []
    for line in lines:
        try:
            level(base, [line])
        except ValueError:
            continue
        usable.append(line)
    return level(base, usable) if usable else None


# Matching goes back and forth between two wildcards of one name, and between two of folders: with more of such pairs a
# hostile name would take hours.
_MAX_PAIRS = 2
_STARS = re.compile(r"\*+")
# a run of stars beside something else, or of three and more, is one star to git; each star would cost a loop
_REPEATED = re.compile(r"(?<!\\)\*{2,}")


def _is_wild(pattern: str) -> bool:
    """Whether a pattern has more wildcards than can be matched against every name in time."""
    parts = pattern.split("/")
    pairs = parts[1:-1].count("**") + sum(max(len(_STARS.findall(part)) - 1, 0) for part in parts)
    return pairs > _MAX_PAIRS


def _plain(pattern: str) -> str:
    """The same pattern with no more stars than it needs."""
    return "/".join(part if part.strip() == "**" else _REPEATED.sub("*", part) for part in pattern.split("/"))


def level(base: str, patterns: list[str]) -> Level:
    """Patterns in the syntax of `.gitignore`, relative to a directory. Raises ValueError for a bad pattern.

    They say of a file too what they say of a folder above it.
    """
    from pathspec import GitIgnoreSpec

    for pattern in patterns:
        if _is_wild(pattern):
            raise ValueError(f"{pattern[:80]!r} has more than {_MAX_PAIRS + 1} wildcards in a name")
    try:
        spec = GitIgnoreSpec.from_lines(map(_plain, patterns))
    except re.error as error:
        raise ValueError(f"{error}") from None

    def says(relative: str, is_folder: bool) -> bool | None:
        return spec.check_file(f"{relative}/" if is_folder else relative).include

    return Level(os.path.abspath(base), says)
