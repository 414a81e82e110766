"""Why a file cannot be parsed, as a finding."""

from __future__ import annotations

import sys

from lstmcheck.findings import Finding
from lstmcheck.source import problems
from lstmcheck.source.parse import declared_encoding, split_lines

# Texts of the parser that mean "too deep", not "wrong".
_TOO_DEEP = ("too many nested parentheses", "too many levels of indentation", "too many statically nested")
_ENCODING_TROUBLE = (
    "(unicode error)",
    "codec can't decode",
    "encoding problem",
    "unknown encoding",
    "Non-UTF-8",
    "null byte",
)


def finding(path: str, data: bytes, error: Exception) -> Finding:
    """What to say of a file at which the parser raised an error, or was not asked as there is a NUL byte."""
    nul = data.find(b"\0")
    if nul >= 0:
        return _at_byte(path, data, nul, _nul_message(data))
    if isinstance(error, SyntaxError):
        return _syntax_error(path, data, error)
    if isinstance(error, (RecursionError, MemoryError)):
        return problems.report(problems.TOO_NESTED, path, "This file is nested too deeply for Python's parser")
    return _encoding_finding(path, data) or problems.report(problems.WRONG_ENCODING, path, f"Cannot parse: {error}")


def _nul_message(data: bytes) -> str:
    looks = " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    return f"This file holds a NUL byte, so Python cannot read it{looks}"


def _syntax_error(path: str, data: bytes, error: SyntaxError) -> Finding:
    message = error.msg or "invalid syntax"
    if any(text in message for text in _TOO_DEEP):
        line, column = _point(error)
        text = "This file is nested too deeply for Python's parser"
        return problems.report(problems.TOO_NESTED, path, f"{text}: {message}", line, column)
    if error.lineno is None or any(text in message for text in _ENCODING_TROUBLE):
        found = _encoding_finding(path, data)
        if found is not None:
            return found
    line, column = _point(error)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return problems.report(
        problems.SYNTAX_ERROR,
        path,
        f"Syntax error: {message}",
        line,
        column,
        help=f"read as Python {version}, the version that runs lstmcheck; nothing in this file was checked",
    )


def _point(error: SyntaxError) -> tuple[int, int]:
    return max(error.lineno or 1, 1), max(error.offset or 1, 1)


def _encoding_finding(path: str, data: bytes) -> Finding | None:
    """What is wrong with the encoding, or None where the file decodes."""
    try:
        encoding = declared_encoding(data)
    except SyntaxError as error:
        # A line among the first two that is not UTF-8 is reported here too: look for the byte below.
        if "unknown encoding" in str(error) or "encoding problem" in str(error):
            return problems.report(problems.WRONG_ENCODING, path, f"Cannot decode this file: {error.msg}")
        encoding = "utf-8"
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        value = data[error.start]
        return _at_byte(path, data, error.start, f"This file is not valid {encoding}: byte 0x{value:02x} is no text")
    except LookupError:
        return problems.report(problems.WRONG_ENCODING, path, f"Cannot decode this file: {encoding!r} is no encoding")
    return None


def _at_byte(path: str, data: bytes, offset: int, message: str) -> Finding:
    before = split_lines(data[:offset].decode("utf-8", "replace"))
    help = "save the file as UTF-8, or declare its encoding in the first line"
    return problems.report(problems.WRONG_ENCODING, path, message, len(before), len(before[-1]) + 1, help=help)
