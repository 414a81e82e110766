"""From a changed program back to the notebook it came from: only the lines that changed change in the file's text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from lstmcheck.source.notebook import Notebook
from lstmcheck.source.parse import split_lines
from lstmcheck.source.syntax import CELL_HEAD

_SPACE = re.compile(r"[ \t\n\r]*")
# Within a JSON string: up to and with an escaped line feed.
_RAW_LINE = re.compile(r"(?:[^\\]|\\[^n])*(?:\\n|$)", re.DOTALL)


class CannotRewrite(ValueError):
    """A changed program that is not the notebook's any more; the text says why."""


class _Span(NamedTuple):
    """A JSON value: where it stands in the text, and what it is."""

    start: int
    end: int
    value: Any


def rewritten(notebook: Notebook, data: bytes, program: bytes) -> bytes:
    """The bytes of the notebook's file with the lines of a changed program.

    `data` is the file from which `notebook` was loaded, `program` is `notebook.program` with changes within cells.
    Outputs, metadata, key order, indentation and the spelling of every other line stay. Raises CannotRewrite.
    """
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    text = data.decode(encoding)
    changed = _changed_cells(notebook, program.decode("utf-8"))
    spans = {number: span for number, span in enumerate(_sources(text), 1) if number in changed}
    ascii_only = text.isascii() and "\\u" in text
    for number, span in sorted(spans.items(), reverse=True):
        if span is None:
            raise CannotRewrite(f"cell {number} has no source")
        text = text[: span.start] + _source(text, span, changed[number], ascii_only) + text[span.end :]
    return text.encode(encoding)


def _changed_cells(notebook: Notebook, program: str) -> dict[int, str]:
    """The new texts of the cells that changed, by their numbers."""
    lines = split_lines(program)
    heads = [f"{CELL_HEAD}{code.cell.number}" for code in notebook.cells]
    places = [at for at, line in enumerate(lines) if line in heads]
    if [lines[at] for at in places] != heads or places[:1] not in ([0], []):
        raise CannotRewrite("the lines that begin the cells have changed")
    changed = {}
    for code, start, end in zip(notebook.cells, places, [*places[1:], len(lines)]):
        body = lines[start + 1 : end]
        if body != code.lines:
            changed[code.cell.number] = "\n".join(_as_written(code.lines, split_lines(code.text), body))
    return changed


def _as_written(neutral: Sequence[str], written: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """The new lines of a cell, those that stay as they were written: what stands for a magic is the magic again."""
    for kind, start, end, new_start, new_end in SequenceMatcher(None, neutral, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from written[start:end]
        elif list(neutral[start:end]) != list(written[start:end]):
            raise CannotRewrite("a line that IPython reads has changed")
        else:
            yield from new[new_start:new_end]


def _sources(text: str) -> Iterator[_Span | None]:
    """The value of "source" in each cell."""
    document = dict(_members(text, _skip(text, 0)))
    at = _skip(text, document["cells"].start + 1)
    decoder = JSONDecoder()
    while text[at] != "]":
        if text[at] == "{":
            yield dict(_members(text, at)).get("source")
        else:
            yield None
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at


def _members(text: str, at: int) -> Iterator[tuple[str, _Span]]:
    """The keys and values of the object at a place."""
    decoder = JSONDecoder()
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1)
        start = _skip(text, _skip(text, at) + 1)
        value, end = decoder.raw_decode(text, start)
        yield key, _Span(start, end, value)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _items(text: str, span: _Span) -> Iterator[_Span]:
    """The items of a list of strings."""
    at = _skip(text, span.start + 1)
    while text[at] != "]":
        value, end = scanstring(text, at + 1)
        yield _Span(at, end, value)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _source(text: str, span: _Span, new: str, ascii_only: bool) -> str:
    """A source as JSON in the form that it had: one text, or a list of lines."""
    lines = [line for line in re.split(r"(?<=\n)", new) if line]
    if isinstance(span.value, str):
        raw = text[span.start + 1 : span.end - 1]
        pieces = [piece for piece in _RAW_LINE.findall(raw) if piece]
        raws = {json.loads(f'"{piece}"'): piece for piece in pieces}
        return '"' + "".join(raws.get(line) or _spelled(line, ascii_only)[1:-1] for line in lines) + '"'
    items = list(_items(text, span))
    known = {item.value: text[item.start : item.end] for item in items}
    spelled = [known.get(line) or _spelled(line, ascii_only) for line in lines]
    if not items:
        return "[" + ", ".join(spelled) + "]"
    between = [text[item.end : following.start] for item, following in pairwise(items)]
    if len(lines) != len(items):
        between = [between[0] if between else "," + text[span.start + 1 : items[0].start]] * len(lines)
    joined = "".join(line + space for line, space in zip(spelled, [*between[: len(lines) - 1], ""]))
    return text[span.start : items[0].start] + joined + text[items[-1].end : span.end]


def _spelled(line: str, ascii_only: bool) -> str:
    return json.dumps(line, ensure_ascii=ascii_only)
