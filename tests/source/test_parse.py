"""Bytes to a syntax tree: positions in characters, and one finding for a file that cannot be parsed."""

from __future__ import annotations

import ast
import gc
import warnings

import pytest

from lstmcheck.findings import Finding, Location
from lstmcheck.source.parse import SourceFile, parse


def parsed(data: bytes) -> SourceFile:
    file = parse("x.py", data)
    assert isinstance(file, SourceFile)
    return file


def problem(data: bytes) -> Finding:
    found = parse("x.py", data)
    assert isinstance(found, Finding)
    return found


def call_in(file: SourceFile) -> ast.Call:
    return next(node for node in ast.walk(file.tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize(
    ("data", "expected", "text"),
    [
        (b"a = f(1)\n", (1, 5, 1, 9), "f(1)"),
        ('é = "日本", f(1)\n'.encode(), (1, 11, 1, 15), "f(1)"),
        ('# -*- coding: latin-1 -*-\né = f("é")\n'.encode("latin-1"), (2, 5, 2, 11), 'f("é")'),
        ('\ufeffé = f("é")\n'.encode(), (1, 5, 1, 11), 'f("é")'),
        (b"a = f(\r\n  1,\r\n)\r\n", (1, 5, 3, 2), "f(\n  1,\n)"),
        (b"a = 1\x0c\nb = f(1)\n", (2, 5, 2, 9), "f(1)"),
        ('s = "\u2028"\nb = f(1)\n'.encode(), (2, 5, 2, 9), "f(1)"),
    ],
    ids=["ascii", "wide", "latin-1", "byte order mark", "several lines, CRLF", "form feed", "line separator"],
)
def test_locations_count_characters_from_one(data: bytes, expected: tuple[int, int, int, int], text: str) -> None:
    file = parsed(data)
    node = call_in(file)
    assert file.location(node) == Location("x.py", *expected)
    assert file.segment(node) == text


def test_a_node_without_an_end_is_a_point() -> None:
    file = parsed(b"a = 1\n")
    node = ast.Name(id="a", lineno=1, col_offset=4)
    assert file.location(node) == Location("x.py", 1, 5, 1, 5)
    assert file.segment(node) == ""
    assert file.location(file.tree) == Location("x.py", 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"x = 1\ndef f(:\n", "LSTM901", 2),
        (b"if x:\n\ty = 1\n        z = 2\n", "LSTM901", 3),
        (b"print 'x'\n", "LSTM901", 1),
        (b"x = 1\ny = '\0'\n", "LSTM903", 2),
        ("x = 1\n".encode("utf-16"), "LSTM903", 1),
        (b"x = 1\ny = '\xe9'\n", "LSTM903", 2),
        (b"# coding: klingon\nx = 1\n", "LSTM903", 1),
        (b"# coding: ascii\nx = '\xe9'\n", "LSTM903", 2),
        (b"x = " + b"[" * 100_000 + b"]" * 100_000 + b"\n", "LSTM904", 1),
        (b"x = " + b"-" * 100_000 + b"1\n", "LSTM904", 1),
        (b"x = " + b"lambda: " * 20_000 + b"1\n", "LSTM904", 1),
        (b"".join(b" " * i + b"if x:\n" for i in range(150)) + b" " * 150 + b"pass\n", "LSTM904", None),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else str(value),
)
def test_a_broken_file_is_one_finding_with_its_own_code(data: bytes, code: str, line: int | None) -> None:
    found = problem(data)
    assert (found.code, found.severity) == (code, "error")
    assert line is None or found.location.line == line


@pytest.mark.parametrize("data", [b"", b"\n", b"# only a comment", b"x = '" + b"a" * 1_000_000 + b"'\n"])
def test_unusual_files_parse(data: bytes) -> None:
    parsed(data)


def test_warnings_about_the_users_code_are_not_shown_and_collection_goes_on() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed(b"x = '\\d'\nassert (x, 'y')\nx is 1\n")
    assert gc.isenabled()


def test_places_past_the_end_of_a_file() -> None:
    file = parsed(b"a = f(1)\n")
    assert file.excerpt(Location("x.py", 9, 1, 9, 4)) == ""
    assert file.column(9, 4) == 5


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"x = '\\N{no such name}'\n", "LSTM901", "unicode error"),
        (b"x = '\xff'\n", "LSTM903", "byte 0xff"),
        (b"\n\n\nx = '\xff'\n", "LSTM903", "byte 0xff"),
        (b"# coding: nowhere\nx = 1\n", "LSTM903", "Cannot decode"),
    ],
)
def test_why_a_text_cannot_be_read(data: bytes, code: str, words: str) -> None:
    found = problem(data)
    assert found.code == code
    assert words in found.message
