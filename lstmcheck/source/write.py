"""Writing a file as a whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress


def write_atomically(path: str, data: bytes, durable: bool = True) -> None:
    """Write a file so that nobody ever sees a part of it, and a failure leaves the old one as it was.

    A link is followed; permissions of an existing file are kept, and its owner where the system allows it. What is no
    regular file (a pipe, /dev/stdout) is written to directly. `durable` waits until the disk has it, so that not even a
    power cut leaves a part. Raises OSError.
    """
    path = os.path.realpath(path)
    try:
        old: os.stat_result | None = os.stat(path)
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(path, "wb") as file:
            file.write(data)
        return
    if old is not None and not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied", path)
    temporary = _beside(path)
    try:
        # created like any new file, so that the umask holds
        with open(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), "wb"
        ) as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if old is not None:
            _keep(temporary, old)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _beside(path: str) -> str:
    """A name in the same directory, so that the file can be moved over in one step."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name[:100]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")


def _keep(path: str, old: os.stat_result) -> None:
    new = os.stat(path)
    if hasattr(os, "chown") and (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):  # only root may give files away: the content matters more
            os.chown(path, old.st_uid, old.st_gid)
    os.chmod(path, stat.S_IMODE(old.st_mode))
