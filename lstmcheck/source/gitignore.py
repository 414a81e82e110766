"""The lines of most `.gitignore` files, read without pathspec, which takes longer to import than a small tree to walk.

A line may be a name or a path with one star in its last part and a few classes of letters: `build/`, `/docs/_build`,
`*.py[cod]`, `!keep*.py`. Where any line says more, `patterns` gives the whole file to pathspec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

_PLAIN = r"[^\s/*?\[\]\\!#]"
_LINE = re.compile(rf"(!?)(/?)((?:{_PLAIN}+/)*)(?=[^/])({_PLAIN}*)(\*?)({_PLAIN}*)(/?)")
_CLASS = re.compile(r"\[([A-Za-z0-9]{1,8})\]")
_MAX_CLASSES = 2


class _Starred(NamedTuple):
    """A line with a star: of which number, and what it matches."""

    number: int
    folder: str | None  # with a slash at its end; None for any
    beginning: str
    end: str
    only_folders: bool


class Lines:
    """What the lines of one file say of what is below its folder. Whether a parent is left out is another question."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Raises ValueError for a line that says more than can be read here."""
        self._keeps: list[bool] = []
        # the last line about a name, and about a path with a slash before it
        self._about_files: dict[str, int] = {}
        self._about_folders: dict[str, int] = {}
        self._starred: list[_Starred] = []
        for number, line in enumerate(lines):
            for one in _without_classes(line.rstrip(" ")):
                self._add(number, one)

    def _add(self, number: int, line: str) -> None:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(line)
        keeps, root, folder, beginning, star, end, only_folders = match.groups()
        if {".", ".."} & {*folder.split("/"), beginning + star + end}:
            raise ValueError(line)
        self._keeps[number:] = [bool(keeps)]
        is_path = bool(root or folder)
        if star:
            self._starred.append(_Starred(number, folder if is_path else None, beginning, end, bool(only_folders)))
            return
        key = f"/{folder}{beginning}{end}" if is_path else beginning + end
        self._about_folders[key] = number
        if not only_folders:
            self._about_files[key] = number

    def says(self, relative: str, is_folder: bool) -> bool | None:
        """Whether a path relative to the folder is left out; None where no line is about it. The last line counts."""
        folder, slash, name = relative.rpartition("/")
        about = self._about_folders if is_folder else self._about_files
        last = max(about.get(name, -1), about.get(f"/{relative}", -1))
        for line in self._starred:
            if (
                line.number > last
                and name.startswith(line.beginning)
                and name.endswith(line.end)
                and len(name) >= len(line.beginning) + len(line.end)
                and (is_folder or not line.only_folders)
                and (line.folder is None or line.folder == folder + slash)
            ):
                last = line.number
        return None if last < 0 else not self._keeps[last]


def _without_classes(line: str) -> Iterator[str]:
    """The lines that a line with classes of letters stands for."""
    parts = _CLASS.split(line)
    if len(parts) > 2 * _MAX_CLASSES + 1:
        raise ValueError(line)
    for letters in product(*parts[1::2]):
        yield "".join(text + letter for text, letter in zip(parts[::2], (*letters, "")))
