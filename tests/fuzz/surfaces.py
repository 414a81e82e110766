"""What else reads a program beside a check: fixes, comments, shapes, pictures, pages, an editor, a notebook.

Each function raises where it finds what must never be, and is given every program there is.
"""

from __future__ import annotations

import ast
import io
import json
import random
import tokenize
from collections.abc import Callable

from lstmcheck.config import Settings
from lstmcheck.fixing import fix
from lstmcheck.ignoring import ignore
from lstmcheck.source import notebook
from lstmcheck.source.parse import decode, encode

_ALL = Settings(show_info=True)


class Broken(Exception):
    """Something that must hold of every program does not."""


def _demand(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


def _parses(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _comments(data: bytes) -> list[str]:
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(data).readline))
    except (SyntaxError, tokenize.TokenError, ValueError):
        return []
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def fixed(name: str, data: bytes) -> None:
    """Fixes leave a program that parses, with its comments and its kind of lines, and a second run changes nothing."""
    for unsafe in (False, True):
        once = fix(name, settings=_ALL, given={name: data}, unsafe=unsafe)
        after = once.after.get(name)
        if after is None:
            continue
        _demand(_parses(after) or not _parses(data), "the fixed program does not parse")
        again = fix(name, settings=_ALL, given={name: after}, unsafe=unsafe)
        _demand(not again.after, f"a second run changes it again: {again.mended}")
        for end in (b"\r\n", b"\r", b"\n"):
            _demand(end in after or end not in data or len(data) < 3, f"no line ends with {end!r} any more")
        _demand(after[:3] == data[:3] or data[:3] != b"\xef\xbb\xbf", "the mark at the start is lost")
        _demand(after[-1:] == data[-1:] or b"\n" not in (after[-1:], data[-1:]), "the end of the last line changed")
        if not unsafe:
            left = iter(_comments(after))
            _demand(all(any(one == other for other in left) for one in _comments(data)), "a comment is lost")


def silenced(name: str, data: bytes) -> None:
    """Comments silence what is found, and the program stays the same one."""
    done = ignore(name, settings=_ALL, given={name: data}, reason="fuzz")
    after = done.after.get(name)
    if after is not None:
        _demand(ast.dump(ast.parse(after)) == ast.dump(ast.parse(data)), "a comment changed the program")
        again = ignore(name, settings=_ALL, given={name: after}, reason="fuzz")
        _demand(not again.after, "what was silenced is found again")


def shown(name: str, data: bytes) -> None:
    """The shapes of a program, for a terminal and as data."""
    from lstmcheck.survey.command import as_json, as_text
    from lstmcheck.survey.program import NotFound, program_shapes

    try:
        shapes = program_shapes(name, given={name: data})
    except NotFound:
        return
    json.loads("\n".join(as_json([shapes])))
    for _ in as_text([shapes], colour=True):
        pass


def drawn(name: str, data: bytes) -> None:
    """The picture of a program in every format."""
    from xml.etree import ElementTree

    from lstmcheck.draw import FORMATS
    from lstmcheck.survey.picture import Drawing
    from lstmcheck.survey.program import NotFound
    from lstmcheck.survey.scenes import scenes

    try:
        drawing = Drawing(*scenes(name, "", Settings(), {name: data}))
    except NotFound:
        return
    for format in FORMATS:
        text = drawing.render(format)
        text.encode()
        if format == "svg":
            ElementTree.fromstring(text)


def explained(name: str, data: bytes) -> None:
    """Pages of torch's errors, found by whatever is pasted."""
    from lstmcheck.pages import error
    from lstmcheck.pages.errors import all_errors, matching

    draw = random.Random(len(data))
    real = draw.choice(all_errors()).text
    at = draw.randrange(len(real) + 1)
    texts = (real, real[:at] + decode(data)[:200] + real[at:], decode(data)[:2_000], real.replace("4", "9" * 50))
    for found in map(matching, texts):
        for one in found:
            list(error.markdown(one))


def edited(name: str, data: bytes) -> None:
    """Everything that an editor asks about a program, and about the notebook that its parts make."""
    from lsprotocol import types
    from pygls.workspace import PositionCodec

    from lstmcheck.server import actions, diagnostics, hover, notes
    from lstmcheck.server.analysis import Analyses
    from lstmcheck.server.documents import Part, Program, _saved
    from lstmcheck.server.positions import Positions

    text = decode(data)
    positions = Positions(PositionCodec())
    cells = tuple(Part(f"cell:{number}", 1, cell) for number, cell in enumerate(_cells(text), 1))
    for program in (
        Program("file:///p.py", name, text.encode("utf-8", "replace"), (Part("file:///p.py", 1, text),)),
        Program("file:///p.ipynb", f"{name}.ipynb", _saved(cells), cells, True),
    ):
        analysis = Analyses().of(program)
        diagnostics.diagnostics(program, analysis.findings, positions)
        for part in program.parts:
            everything = positions.whole(part)
            list(actions.actions(program, part, analysis.findings, analysis.mended, everything, positions))
            if analysis.shapes is not None:
                list(notes.inlay_hints(program, part, analysis.shapes, everything, positions))
                list(notes.lenses(program, part, analysis.shapes, positions))
            for row, line in list(enumerate(part.lines, 1))[:40]:
                at = positions.of(part, types.Position(row - 1, len(line) // 2))
                hover.text_at(line, program.line(part, at[0]), at[1], analysis.shapes)


def noted(name: str, data: bytes) -> None:
    """A notebook of the program, checked, shown, fixed; and with its JSON damaged."""
    from lstmcheck.checker import check

    path = f"{name}.ipynb"
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
        for cell in _cells(decode(data))
    ]
    book = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    check(path, given={path: book})
    shown(path, book)
    once = fix(path, settings=_ALL, given={path: book}, unsafe=True)
    if path in once.after:
        loaded = notebook.load(path, once.after[path])
        _demand(isinstance(loaded, notebook.Notebook), "the fixed notebook is none")
        _demand(len(json.loads(once.after[path])["cells"]) == len(cells), "the fixed notebook has other cells")
        _demand(not fix(path, settings=_ALL, given={path: once.after[path]}, unsafe=True).after, "it is fixed again")
    draw = random.Random(len(book))
    broken = bytearray(book)
    for _ in range(3):
        broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
    check(path, given={path: bytes(broken)})


def _cells(text: str) -> list[str]:
    """The text in a few pieces, cut at lines."""
    lines = encode(text).decode("utf-8", "replace").split("\n")
    step = max(1, len(lines) // 3)
    return ["\n".join(lines[at : at + step]) for at in range(0, len(lines), step)]


ALL: tuple[Callable[[str, bytes], None], ...] = (fixed, silenced, shown, drawn, explained, edited, noted)
