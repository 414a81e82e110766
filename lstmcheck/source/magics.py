"""What IPython reads and Python does not, as comments and stand-ins: lines keep their numbers, names stay set."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

# The body of these cells is Python that runs in the notebook; that of all others runs elsewhere, or is no Python.
_PYTHON_CELLS = frozenset(
    {"capture", "debug", "lprun", "memit", "mprun", "prun", "scalene", "snakeviz", "time", "timeit", "wandb"}
)
_ESCAPES = ("%", "!", "?", ",", ";", "/")
_SUSPECT = re.compile(r"^\s*[%!?,;/]|=\s*[%!]|\?\s*(?:#.*)?$", re.MULTILINE)
_CELL = re.compile(r"%%(\w*)")
_ASSIGNED = re.compile(r"(\s*[A-Za-z_][\w.,\s\[\]'\"*]*?=\s*)[%!]")
_TIMED = re.compile(r"(\s*)%time\s+([A-Za-z_][\w.,\s]*?=)(?!=)")
_HELP = re.compile(r"\s*[\w.*\[\]'\"()]+\s*\?{1,2}\s*(?:#.*)?")
# Commands that IPython takes without their percent sign.
_BARE = re.compile(
    r"\s*(?:cat|cd|conda|config|cp|env|less|ll|load_ext|ls|mamba|man|matplotlib|mkdir|more|mv|pip|pwd|reload_ext|rm|"
    r"rmdir|run|time|timeit|uv|who|whos)(?:\s+[^=\s(].*|\s*)"
)
_STAND_IN = "get_ipython()"


def neutral(lines: Sequence[str]) -> list[str]:
    """The lines of a cell as Python, one for one."""
    text = "\n".join(lines)
    if _SUSPECT.search(text) is None or _is_python(text):
        return list(lines)
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    found = _CELL.match(lines[first])
    if found is None:
        return list(_neutral_lines(lines))
    if found[1] not in _PYTHON_CELLS:
        return [hidden(line) for line in lines]
    return [*lines[:first], hidden(lines[first]), *neutral(lines[first + 1 :])]


def dedented(lines: Sequence[str]) -> list[str]:
    """The lines of a cell without the margin of its first: IPython takes it away before it reads the cell."""
    first = next((line for line in lines if line.strip()), "")
    margin = first[: len(first) - len(first.lstrip(" \t"))]
    return [line.removeprefix(margin) for line in lines]


def bare(lines: Sequence[str]) -> list[str]:
    """The lines with commands such as `pip install torch` as comments; for a cell that is no Python as it stands."""
    return [comment(line) if _BARE.fullmatch(line) else line for line in lines]


def hidden(line: str) -> str:
    """A line as a comment."""
    return f"# {line}" if line.strip() else line


def comment(line: str) -> str:
    """A line that does nothing; an indented one stays a statement, since it may be all that a block holds."""
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass  # {line.lstrip()}" if indent else hidden(line)


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _neutral_lines(lines: Sequence[str]) -> Iterator[str]:
    state = _State()
    in_magic = False
    for line in lines:
        if in_magic:
            yield hidden(line)
        elif not state.fresh:
            state.read(line)
            yield line
            continue
        else:
            stand_in = _stand_in(line)
            if stand_in is None:
                state.read(line)
                yield line
                continue
            yield stand_in
        in_magic = line.endswith("\\")


def _stand_in(line: str) -> str | None:
    """What stands for the first line of a statement, or None where it is Python."""
    timed = _TIMED.match(line)
    if timed is not None:
        return f"{timed[1]}{timed[2]} {_STAND_IN}  # {line.lstrip()}"
    if line.lstrip().startswith(_ESCAPES) or _HELP.fullmatch(line):
        return comment(line)
    assigned = _ASSIGNED.match(line)
    return f"{assigned[1]}{_STAND_IN}  # {line.lstrip()}" if assigned is not None else None


class _State:
    """Whether a line begins a statement: outside brackets and long strings, and not after a backslash."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    @property
    def fresh(self) -> bool:
        return not (self._depth or self._quote or self._continued)

    def read(self, line: str) -> None:
        """Follow the brackets and strings of one line."""
        at = 0
        while at < len(line):
            at = self._in_string(line, at) if self._quote else self._in_code(line, at)
        if len(self._quote) == 1:  # a short string ends with its line, unless a backslash continues it
            self._quote = self._quote if line.endswith("\\") else ""
        self._continued = not self._quote and line.endswith("\\")

    def _in_string(self, line: str, at: int) -> int:
        if line[at] == "\\":
            return at + 2
        if line.startswith(self._quote, at):
            at += len(self._quote)
            self._quote = ""
            return at
        return at + 1

    def _in_code(self, line: str, at: int) -> int:
        character = line[at]
        if character == "#":
            return len(line)
        if character in "'\"":
            self._quote = character * 3 if line.startswith(character * 3, at) else character
            return at + len(self._quote)
        if character in "([{":
            self._depth += 1
        elif character in ")]}":
            self._depth = max(self._depth - 1, 0)
        return at + 1
