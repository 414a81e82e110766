"""What is shown of a program: values beside lines, layers, and what is not known; plain data for every output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cause:
    """Why something is not known: words, and the expression that was not followed where there is one."""

    words: str
    expression: str = ""
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.words}: {self.expression}" if self.expression else self.words


@dataclass(frozen=True)
class Shown:
    """One shape of a value. `origin` is symbolic, module (the code outside functions) or call; a call has its `at`."""

    text: str
    axes: tuple[str, ...] | None
    origin: str
    at: str = ""


@dataclass(frozen=True)
class Line:
    """A value beside a line: what was bound, returned or is a parameter; `shapes` is empty where nothing is known.

    `column` is where its name starts: 1-based, in code points.
    """

    line: int
    column: int
    name: str
    kind: str
    function: str
    shapes: tuple[Shown, ...]
    cause: Cause | None = None


@dataclass(frozen=True)
class LayerLine:
    """A recurrent layer: how it is configured, where it is made, and the lines that call it.

    `tensors` are the axes of what it takes and gives, by name.
    """

    name: str
    text: str
    configuration: dict[str, str]
    parameters: str | None
    line: int
    called: tuple[str, ...]
    tensors: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Gap:
    """A part of a recurrent call that is not known."""

    line: int
    call: str
    part: str
    cause: Cause


@dataclass(frozen=True)
class FileShapes:
    """What is shown of one file. `source` is its text by lines; `first` and `last` are what was asked for."""

    path: str
    source: Sequence[str]
    first: int
    last: int
    lines: tuple[Line, ...]
    layers: tuple[LayerLine, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class ProgramShapes:
    """The shapes of a program. `legend` says what the short names of axes stand for; `str()` is the page as text."""

    files: tuple[FileShapes, ...]
    legend: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain values."""
        return {"files": [_file_json(file) for file in self.files], "legend": self.legend}

    def __str__(self) -> str:
        from lstmcheck.survey.page import page

        return "\n".join(page(self))


def _file_json(file: FileShapes) -> dict[str, Any]:
    return {
        "path": file.path,
        "lines": [
            {
                "line": line.line,
                "column": line.column,
                "name": line.name,
                "kind": line.kind,
                "function": line.function or None,
                "shapes": [
                    {"text": shown.text, "axes": shown.axes, "from": shown.origin, "at": shown.at or None}
                    for shown in line.shapes
                ],
                "unknown": cause_json(line.cause),
            }
            for line in file.lines
        ],
        "layers": [
            {
                "name": layer.name or None,
                "text": layer.text,
                "configuration": layer.configuration,
                "parameters": layer.parameters,
                "tensors": {name: list(axes) for name, axes in layer.tensors.items()},
                "line": layer.line,
                "called": list(layer.called),
            }
            for layer in file.layers
        ],
        "unknown": [
            {"line": gap.line, "call": gap.call, "part": gap.part, "reason": cause_json(gap.cause)} for gap in file.gaps
        ],
    }


def cause_json(cause: Cause | None) -> dict[str, Any] | None:
    """A reason as plain values."""
    if cause is None:
        return None
    return {
        "words": cause.words,
        "expression": cause.expression or None,
        "path": cause.path or None,
        "line": cause.line or None,
    }
