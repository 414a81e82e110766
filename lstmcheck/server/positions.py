"""Places of ours (1-based, code points) as the editor counts them (0-based, in the units that it asked for)."""

from __future__ import annotations

from typing import NamedTuple

from lsprotocol import types
from pygls.workspace import PositionCodec

from lstmcheck.findings import Location
from lstmcheck.server.documents import Part, Program


class Positions(NamedTuple):
    """The way between the two, for one client."""

    codec: PositionCodec

    def at(self, part: Part, row: int, column: int) -> types.Position:
        """A row and column, from 1, in a document."""
        lines = part.lines
        text = lines[row - 1] if row <= len(lines) else ""
        return types.Position(line=row - 1, character=self.codec.client_num_units(text[: column - 1]))

    def range(self, part: Part, where: Location) -> types.Range:
        """A place in a document."""
        return types.Range(
            start=self.at(part, where.row, where.column), end=self.at(part, where.end_row, where.end_column)
        )

    def whole(self, part: Part) -> types.Range:
        """All of a document."""
        lines = part.lines
        return types.Range(start=types.Position(0, 0), end=self.at(part, len(lines), len(lines[-1]) + 1))

    def of(self, part: Part, position: types.Position) -> tuple[int, int]:
        """The row and column, from 1, of a position in a document."""
        lines = part.lines
        if position.line >= len(lines):
            return position.line + 1, 1
        text, units = lines[position.line], 0
        for column, character in enumerate(text):
            if units >= position.character:
                return position.line + 1, column + 1
            units += self.codec.client_num_units(character)
        return position.line + 1, len(text) + 1

    def elsewhere(self, program: Program, where: Location) -> types.Location | None:
        """A place as the editor opens it; of a closed file the columns are code points. None where it has none."""
        part = program.part(where)
        if part is not None:
            return types.Location(uri=part.uri, range=self.range(part, where))
        return closed(where)


def closed(where: Location) -> types.Location | None:
    """A place in a file that is not open; None for a cell, which has no address of its own then."""
    import os

    from pygls.uris import from_fs_path

    uri = None if where.cell is not None else from_fs_path(os.path.abspath(where.path))
    if uri is None:
        return None
    start = types.Position(line=where.line - 1, character=where.column - 1)
    return types.Location(
        uri=uri, range=types.Range(start=start, end=types.Position(where.end_line - 1, where.end_column - 1))
    )
