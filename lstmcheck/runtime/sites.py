"""Places in the user's source: where a recurrent module was called, and where it was constructed."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from functools import cache, lru_cache
from types import CodeType, FrameType
from typing import Literal

import torch

import lstmcheck
from lstmcheck.findings import Location

Origin = Literal["user", "library", "inside"]

_INSIDE = tuple(os.path.dirname(os.path.abspath(str(module.__file__))) + os.sep for module in (torch, lstmcheck))
_STANDARD = tuple(
    os.path.realpath(path) + os.sep for key in ("stdlib", "platstdlib") if (path := sysconfig.get_paths().get(key))
)
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


_MAX_FRAMES = 12


@cache
def origin(filename: str) -> Origin:
    """Whose code a file holds: the user's, a library's, or torch's and ours, which no report points at."""
    if filename.startswith("<frozen") or filename.startswith(_INSIDE):
        return "inside"
    if any(part in filename for part in _PACKAGES) or os.path.realpath(filename).startswith(_STANDARD):
        return "library"
    return "user"


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The nearest frame of the user's code; the nearest of a library where there is none."""
    library: FrameType | None = None
    while frame is not None:
        whose = origin(frame.f_code.co_filename)
        if whose == "user":
            return frame
        if whose == "library" and library is None:
            library = frame
        frame = frame.f_back
    return library


def user_frames(frame: FrameType | None) -> list[FrameType]:
    """The frames of the user's code, the innermost first."""
    found: list[FrameType] = []
    while frame is not None and len(found) < _MAX_FRAMES:
        if origin(frame.f_code.co_filename) == "user":
            found.append(frame)
        frame = frame.f_back
    return found


def here(depth: int = 1) -> Location | None:
    """The place in the user's code that is running now, seen from the caller."""
    frame = user_frame(sys._getframe(depth))
    return location_in(frame) if frame is not None else None


def location_in(frame: FrameType) -> Location:
    """The place that is running in a frame."""
    return location_of(frame.f_code, frame.f_lasti, frame.f_lineno)


def location_of(code: CodeType, lasti: int, line: int) -> Location:
    """The span of the expression that an instruction belongs to; the whole line where the interpreter keeps no more."""
    return _location(shown(code.co_filename), code.co_filename, *_span(code, lasti, line))


@lru_cache(maxsize=4096)
def _span(code: CodeType, lasti: int, line: int) -> tuple[int, int, int | None, int | None]:
    if sys.version_info >= (3, 11):
        from itertools import islice

        start, end, column, end_column = next(islice(code.co_positions(), lasti // 2, None), (None,) * 4)
        if start is not None and end is not None:
            return start, end, column, end_column
    return line, line, None, None


def _location(
    path: str, filename: str, line: int, end_line: int, column: int | None, end_column: int | None
) -> Location:
    if column is None or end_column is None:
        text = linecache.getline(filename, line).rstrip("\n")
        return Location(path, line, len(text) - len(text.lstrip()) + 1, line, len(text.rstrip()) + 1)
    return Location(
        path, line, _points(filename, line, column) + 1, end_line, _points(filename, end_line, end_column) + 1
    )


def _points(filename: str, line: int, offset: int) -> int:
    """The interpreter counts bytes of UTF-8, a reader characters."""
    text = linecache.getline(filename, line)
    return offset if text.isascii() else len(text.encode("utf-8")[:offset].decode("utf-8", "replace"))


def text_of(place: Location) -> str:
    """The source of a place; empty where it cannot be read."""
    lines = lines_of(place.path)[place.line - 1 : place.end_line]
    if not lines:
        return ""
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    return "\n".join(lines)


def lines_of(path: str) -> list[str]:
    """The lines of a file, or of a cell of a notebook, by the path that a report shows; none where there is no text."""
    text = linecache.getlines(path if path.startswith("<") else os.path.join(_start, path))
    return [line.rstrip("\r\n") for line in text]


def path_of(place: Location) -> str:
    """The file of a place, as it can be opened."""
    return os.path.join(_start, place.path)


_start = os.getcwd()


def shown(filename: str) -> str:
    """A path as reports print it: relative where it lies under the directory in which the program was started."""
    if filename.startswith("<"):
        return filename
    path = os.path.normpath(filename)
    if os.path.isabs(path) and path.startswith(_start.rstrip(os.sep) + os.sep):
        return os.path.relpath(path, _start)
    return path
