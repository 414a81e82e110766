"""Patterns in the syntax of `.gitignore`, as far as they can be used. Most trees have none, and then none of this."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from lstmcheck.source.discover import Level


def of_text(base: str, text: str) -> Level | None:
    """The patterns of a `.gitignore`, None where it has none that can be used."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#") and not _is_wild(line)]
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
    return "/".join(part if part.strip("! ") == "**" else _REPEATED.sub("*", part) for part in pattern.split("/"))


def level(base: str, patterns: list[str]) -> Level:
    """Patterns in the syntax of `.gitignore`, relative to a directory. Raises ValueError for a bad pattern.

    They are asked of a path whose folders are not left out. A pattern without a folder is about the name alone: else it
    would keep or leave out what is in a folder of that name against a later line.
    """
    for pattern in patterns:
        if _is_wild(pattern):
            raise ValueError(f"{pattern[:80]!r} has more than {_MAX_PAIRS + 1} wildcards in a name")
    numbered = dict(enumerate(map(_plain, patterns)))
    of_names = _asked({number: line for number, line in numbered.items() if "/" not in line.rstrip("/ ")})
    of_paths = _asked({number: line for number, line in numbered.items() if "/" in line.rstrip("/ ")})

    def says(relative: str, is_folder: bool) -> bool | None:
        end = "/" if is_folder else ""
        name = relative.rpartition("/")[2]
        return max(of_names(name + end), of_paths(relative + end), key=lambda said: said[0])[1]

    return Level(os.path.abspath(base), says)


def _asked(lines: dict[int, str]) -> Callable[[str], tuple[int, bool | None]]:
    """What answers which of the numbered lines is the last about a path, and whether it leaves the path out."""
    from pathspec import PathSpec

    numbers = list(lines)
    try:
        spec = PathSpec.from_lines("gitignore", lines.values())
    except re.error as error:
        raise ValueError(f"{error}") from None

    def last(path: str) -> tuple[int, bool | None]:
        said = spec.check_file(path)
        return (-1, None) if said.index is None else (numbers[said.index], said.include)

    return last
