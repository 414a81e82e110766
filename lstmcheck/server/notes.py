"""Notes between the lines: shapes beside the names that have them, and a summary above each layer."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from lstmcheck.report._text import printable
from lstmcheck.server.documents import Part, Program
from lstmcheck.server.positions import Positions
from lstmcheck.survey.model import FileShapes, LayerLine

LONGEST = 48


def inlay_hints(
    program: Program, part: Part, shapes: FileShapes, inside: types.Range, positions: Positions
) -> Iterator[types.InlayHint]:
    """`: (batch, seq_len, hidden)` behind the names that are bound within a range of a document."""
    for value in shapes.lines:
        place = program.place(value.line)
        if place is None or place[0] != part or not value.shapes or value.kind == "returns":
            continue
        row = place[1]
        if not inside.start.line <= row - 1 <= inside.end.line:
            continue
        texts = [printable(shown.text) for shown in value.shapes]
        text = texts[0] if len(texts) == 1 else f"{texts[0]} or {texts[1]}" if len(texts) == 2 else f"{texts[0]} ..."
        yield types.InlayHint(
            position=positions.at(part, row, value.column + len(value.name)),
            label=": " + (text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."),
            kind=types.InlayHintKind.Type,
            tooltip="\n".join(texts),
        )


def lenses(program: Program, part: Part, shapes: FileShapes, positions: Positions) -> Iterator[types.CodeLens]:
    """`LSTM: 149,504 parameters` above the line that makes a layer."""
    for layer in shapes.layers:
        place = program.place(layer.line)
        if place is None or place[0] != part:
            continue
        at = positions.at(part, place[1], 1)
        yield types.CodeLens(
            range=types.Range(start=at, end=at), command=types.Command(title=summary(layer), command="")
        )


def summary(layer: LayerLine) -> str:
    """A layer in one line: its kind, its output and its parameters."""
    kind = layer.text.partition("(")[0]
    out = layer.tensors.get("output") or layer.tensors.get("h_0, h_1")
    parts = [kind if out is None else f"{kind} -> ({', '.join(out)})"]
    if layer.parameters is not None:
        parts.append(f"{layer.parameters} parameters")
    return printable(", ".join(parts))
