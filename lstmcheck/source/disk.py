"""The one door to the disk for whatever decides about a result.

Every answer can be kept in a `Log`, so that a later run can ask the same questions again and know whether its result
would be the same. What the door does not show (names that no check looks for) cannot change a result.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

SUFFIXES = (".py", ".ipynb", ".pyi")
# files and folders that say something by being there
MARKS = frozenset(
    (".git", ".hg", ".gitignore", "pyproject.toml", "lstmcheck.toml", "setup.cfg", "requirements.txt", "pyvenv.cfg")
)
# folders in which nobody's program is
EXCLUDED = frozenset(
    (
        ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".lstmcheck_cache",
        ".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv",
        ".vscode", "__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules",
        "site-packages", "venv",
    )
)  # fmt: skip

MAX_BYTES = 32 << 20

FILE, FOLDER, OTHER, NOTHING = "file", "folder", "other", ""

Stamp = tuple[int, int, int, int]  # modified, changed (both in ns), size, inode
# The clock that stamps files is coarse, and some file systems count in steps of two seconds: what was changed so
# shortly before it was read may be changed again without a new stamp.
_COARSE = 2_000_000_000


class Entry(NamedTuple):
    """What stands in a folder under a name."""

    name: str
    is_folder: bool  # itself, not what it links to
    is_link: bool


class Known(NamedTuple):
    """A file or folder as it was: its stamp, None where that may not tell the next change, and its contents."""

    stamp: Stamp | None
    digest: str


class Log:
    """What was asked and answered."""

    def __init__(self) -> None:
        self.files: dict[str, Known] = {}
        self.folders: dict[str, Known] = {}
        self.kinds: dict[str, str] = {}
        self.links: dict[str, str] = {}  # where a path leads
        self.targets: dict[str, str] = {}  # what a link says
        self.unread: dict[str, str] = {}  # files that could not be read, and why
        self.unlisted: dict[str, str] = {}  # and folders
        self.uses: dict[str, str] = {}  # of files of which only a part counted, what that says
        self.whole: set[str] = set()  # files of which everything may have counted
        self.torn = False  # something was changed while it was looked at
        self._since = time.time_ns() - _COARSE

    def stamp(self, status: os.stat_result) -> Stamp | None:
        """The stamp of what is read from here on, None where it is too fresh to tell the next change."""
        recent = max(status.st_mtime_ns, status.st_ctime_ns) >= self._since
        return None if recent else stamp_of(status)

    def note(self, answers: dict[str, str], path: str, answer: str) -> None:
        """Keep an answer."""
        self.torn = self.torn or answers.setdefault(path, answer) != answer

    def note_contents(self, answers: dict[str, Known], path: str, known: Known) -> None:
        """Keep what something holds."""
        self.torn = self.torn or answers.setdefault(path, known).digest != known.digest


# in bytes, and without a child that keeps it open
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# one read gives no more than this, whatever is asked for
_MOST = 1 << 30

_log: Log | None = None
_is_closed = False


@contextmanager
def logged() -> Iterator[Log]:
    """Keep every answer that is given inside."""
    global _log
    before, _log = _log, Log()
    try:
        yield _log
    finally:
        _log = before


@contextmanager
def closed() -> Iterator[None]:
    """Inside, nothing is on the disk."""
    global _is_closed
    before, _is_closed = _is_closed, True
    try:
        yield
    finally:
        _is_closed = before


def read(path: str, whole: bool = True) -> bytes:
    """The bytes of a regular file. Nothing else is opened, so that a pipe never blocks.

    Raises OSError (`NotRegular`, `TooLarge` among them) and ValueError.
    Who does not read the `whole` says with `note_use` what counts of it, or with `note_whole` that everything does.
    """
    if _is_closed:
        raise FileNotFoundError(errno.ENOENT, "closed", path)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            if stat.S_ISDIR(status.st_mode):
                os.scandir(path).close()  # to raise what keeps it from being read
            raise NotRegular(errno.EINVAL, "not a regular file", path)
        if status.st_size > MAX_BYTES:
            raise TooLarge(errno.EFBIG, f"larger than {MAX_BYTES >> 20} MiB", path)
        descriptor = os.open(path, _READING)
        try:
            if _log is None:
                return _all(descriptor, status.st_size)
            known = _log.stamp(os.fstat(descriptor))
            data = _all(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        if _log is not None:
            _log.note(_log.unread, path, reason(error))
        raise
    _log.note_contents(_log.files, path, Known(known, digest(data)))
    if whole:
        _log.whole.add(path)
    return data


def is_logged() -> bool:
    """Whether answers are kept."""
    return _log is not None


def note_use(path: str, use: str) -> None:
    """Say what counts of a file that was read."""
    if _log is not None:
        _log.uses[path] = use


def note_whole(path: str) -> None:
    """Say that everything counts of a file that was read."""
    if _log is not None:
        _log.whole.add(path)


def _all(descriptor: int, size: int) -> bytes:
    """What is left of an open file; with its size known, one question does for nearly all."""
    data = os.read(descriptor, size + 1)
    if len(data) <= size <= _MOST:
        return data
    parts = [data]
    while len(parts[-1]) > size or (size > _MOST and parts[-1]):
        parts.append(os.read(descriptor, _MOST))
        size = 0
    return b"".join(parts)


class TooLarge(OSError):
    """What was to be read has more than `MAX_BYTES` bytes: it is data, or was made to fill the memory."""


class NotRegular(OSError):
    """What was to be read is no regular file."""


def reason(error: OSError | ValueError) -> str:
    """Why something could not be read, told apart from other reasons."""
    return f"{type(error).__name__} {error.errno}" if isinstance(error, OSError) else type(error).__name__


def entries(folder: str) -> list[Entry]:
    """What of a folder can matter, sorted by name. Raises OSError."""
    if _is_closed:
        raise FileNotFoundError(errno.ENOENT, "closed", folder)
    try:
        known = None if _log is None else _log.stamp(os.stat(folder))
        with os.scandir(folder) as scan:
            found = [
                Entry(entry.name, entry.is_dir(follow_symlinks=False), entry.is_symlink())
                for entry in scan
                if entry.name.endswith(SUFFIXES) or _matters(entry)
            ]
    except OSError as error:
        if _log is not None:
            _log.note(_log.unlisted, folder, reason(error))
        raise
    found.sort()
    if _log is not None:
        _log.note_contents(_log.folders, folder, Known(known, digest_of_entries(found)))
    return found


def _matters(entry: os.DirEntry[str]) -> bool:
    """Whether something without the suffix of a module does."""
    if entry.name in MARKS:
        return True
    return entry.name not in EXCLUDED and (entry.is_dir(follow_symlinks=False) or entry.is_symlink())


def kind(path: str) -> str:
    """What a path leads to."""
    if _is_closed:
        return NOTHING
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        found = NOTHING
    else:
        found = FILE if stat.S_ISREG(mode) else FOLDER if stat.S_ISDIR(mode) else OTHER
    if _log is not None:
        _log.note(_log.kinds, path, found)
    return found


def is_file(path: str) -> bool:
    """Whether a path leads to a regular file."""
    return kind(path) == FILE


def is_folder(path: str) -> bool:
    """Whether a path leads to a folder."""
    return kind(path) == FOLDER


def exists(path: str) -> bool:
    """Whether a path leads to anything."""
    return kind(path) != NOTHING


def real_path(path: str) -> str:
    """A path with links followed."""
    if _is_closed:
        return os.path.abspath(path)
    found = os.path.realpath(path)
    if _log is not None:
        _log.note(_log.links, path, found)
    return found


def target(path: str) -> str | None:
    """What a link says, None where a path is no link."""
    try:
        said = None if _is_closed else os.readlink(path)
    except (OSError, ValueError):
        said = None
    if _log is not None:
        _log.note(_log.targets, path, said or "")
    return said


def stamp_of(status: os.stat_result) -> Stamp:
    """What is different after a change. The time of the status is there because nobody can set it."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def digest(data: bytes) -> str:
    """Equal for equal contents only."""
    try:  # what hashlib has, without the time that OpenSSL takes to load
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b(data, digest_size=16).hexdigest()


def digest_of_entries(found: list[Entry]) -> str:
    """Equal for equal folders only."""
    return digest(repr([tuple(entry) for entry in found]).encode("utf-8", "surrogatepass"))
