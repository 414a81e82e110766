"""The one model that every output reads: where, what, why, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")

# What may be done with a fix: applied without asking (the program means what it meant), applied only when asked for
# (it may mean something else), or only shown.
Applicability = Literal["safe", "unsafe", "display"]


class Cell(NamedTuple):
    """A code cell of a notebook."""

    number: int  # among all cells of the notebook, text cells too, from 1
    first: int  # the line at which it starts in the program that the code cells make together
    run: int | None = None  # the N of "In [N]", where the cell was run


@dataclass(frozen=True, order=True)
class Location:
    """A span of source. `line` and `end_line` are 1-based; columns are 1-based code points, `end_column` exclusive.

    In a notebook the lines are those of the program that its code cells make together; a reader is shown `cell`, `row`
    and `end_row`, or all of it as `place`.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: Cell | None = field(default=None, compare=False)

    @property
    def row(self) -> int:
        """The line as a reader counts it: from the start of the cell, in a file that is no notebook of the file."""
        return self.line if self.cell is None else self.line - self.cell.first + 1

    @property
    def end_row(self) -> int:
        """The last line, counted as `row` is."""
        return self.end_line if self.cell is None else self.end_line - self.cell.first + 1

    @property
    def file(self) -> str:
        """The file, and in a notebook the cell: "model.py", "model.ipynb:cell 2"."""
        return self.path if self.cell is None else f"{self.path}:cell {self.cell.number}"

    @property
    def place(self) -> str:
        """Where it starts, as text: "model.py:3:5", "model.ipynb:cell 2:3:5"."""
        return f"{self.file}:{self.row}:{self.column}"


@dataclass(frozen=True)
class Related:
    """A second place that explains the first, with a short label ("2 directions", "made here")."""

    location: Location
    label: str


@dataclass(frozen=True)
class Axis:
    """One row of the per-axis table: the axis' meaning, expected and got as texts, and whether they agree.

    `ok` is None where it cannot be known.
    """

    axis: int
    name: str
    expected: str
    got: str
    ok: bool | None


@dataclass(frozen=True)
class Edit:
    """A replacement of text: the span `location` (empty where text is inserted) by `content`.

    Lines of `content` end with "\n", whatever the file's own lines end with.
    """

    location: Location
    content: str


@dataclass(frozen=True)
class Fix:
    """One way to mend a finding. `title` completes "fix: ..."; the edits stand in order of place and do not overlap.

    That a finding has a fix is always known; `edits` are filled in only where somebody shows or writes them, and empty
    otherwise.
    """

    applicability: Applicability
    title: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A reported mistake. `message` is right without the rest; `torch_says` is None where torch stays silent."""

    code: str
    name: str
    severity: Severity
    message: str
    location: Location
    related: tuple[Related, ...] = ()
    axes: tuple[Axis, ...] = ()
    torch_says: str | None = None
    help: str | None = None
    condition: str | None = None
    fix: Fix | None = None

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The deterministic order of every output: path, line, column, code, message."""
        where = self.location
        return (where.path, where.line, where.column, self.code, self.message)


@dataclass(frozen=True)
class Violation:
    """A contract need that a program does not meet, before a rule has judged and worded it.

    `need` is a `contract.needs.Need`. `rows` are all needs about the same call with their verdict
    ("ok", "never", "unknown"), from which a rule builds the per-axis table. `layer` describes the recurrent layer
    concerned: {"kind": "LSTM", "text": "nn.LSTM(emb, hidden, bidirectional=True)", "config": ...}, or None.
    `condition` is None when the violation holds on every run that reaches the line, else the condition in words.
    `sources` are places that explain a number: (location, label).
    """

    need: Any
    location: Location
    rows: tuple[tuple[Any, str], ...] = ()
    sources: tuple[Related, ...] = ()
    layer: dict[str, Any] | None = None
    condition: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
