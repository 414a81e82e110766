"""What a run asked the disk, as plain values, and whether the disk answers as it did.

Most questions are answered by stamps, one system call each. Where a stamp differs, or was too fresh to be kept, the
contents are compared; of a file that was not parsed only what counted of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Any

from lstmcheck.source import disk
from lstmcheck.source.disk import NOTHING, Known, Log

Plain = dict[str, Any]


def plain(log: Log) -> Plain:
    """The questions and answers of a run that has just ended."""
    absent, kinds = _shortened(log)
    straight, links = _straight(log.links)
    return {
        "files": {path: _file(log, path, known) for path, known in log.files.items()},
        "folders": {path: _known(known) for path, known in log.folders.items()},
        "absent": absent,
        "kinds": kinds,
        "straight": straight,
        "links": links,
        "targets": log.targets,
        "unread": log.unread,
        "unlisted": log.unlisted,
    }


def holds(kept: Plain) -> Log | None:
    """None where the disk gives another answer to any question; else what had to be read to know."""
    stat_of = os.stat
    with disk.logged() as log:
        for question, is_same in (("files", _has_same_use), ("folders", _has_same_names)):
            known: Mapping[str, list[Any]] = kept[question]
            for path, was in known.items():
                try:
                    status = stat_of(path)
                except (OSError, ValueError):
                    return None
                if (
                    status.st_mtime_ns != was[1]
                    or status.st_ctime_ns != was[2]
                    or status.st_size != was[3]
                    or status.st_ino != was[4]
                ) and not is_same(path, was):
                    return None
        if (
            all(disk.kind(path) == was for path, was in kept["kinds"].items())
            and all(_still_absent(folder, *was) for folder, was in kept["absent"].items())
            and _no_links(kept["straight"])
            and all(os.path.realpath(path) == was for path, was in kept["links"].items())
            and all((disk.target(path) or "") == was for path, was in kept["targets"].items())
            and all(_contents(path) is None and log.unread[path] == was for path, was in kept["unread"].items())
            and all(_listing(path) is None and log.unlisted[path] == was for path, was in kept["unlisted"].items())
        ):
            return log
    return None


def refreshed(kept: Plain, log: Log) -> Plain | None:
    """The questions with the stamps that were found anew; None where none was."""
    was = kept["files"]
    files = {path: _known(known) + was[path][5:] for path, known in log.files.items() if known.stamp is not None}
    folders = {path: _known(known) for path, known in log.folders.items() if known.stamp is not None}
    if not files and not folders:
        return None
    return {**kept, "files": {**was, **files}, "folders": {**kept["folders"], **folders}}


def _known(known: Known) -> list[Any]:
    return [known.digest, *(known.stamp or (None, None, None, None))]


def _file(log: Log, path: str, known: Known) -> list[Any]:
    use = None if path in log.whole else log.uses.get(path)
    return _known(known) if use is None else [*_known(known), use]


def _has_same_use(path: str, was: list[Any]) -> bool:
    """Whether a file holds the same, or as far as it counted."""
    try:
        data = disk.read(path)
    except (OSError, ValueError):
        return False
    if disk.digest(data) == was[0]:
        return True
    if len(was) < 6:
        return False
    from lstmcheck.source import uses

    return bool(uses.again(path, data, was[5]) == was[5])


def _has_same_names(path: str, was: list[Any]) -> bool:
    return bool(_listing(path) == was[0])


def _contents(path: str) -> str | None:
    try:
        return disk.digest(disk.read(path))
    except (OSError, ValueError):
        return None


def _listing(path: str) -> str | None:
    try:
        return disk.digest_of_entries(disk.entries(path))
    except OSError:
        return None


def _shortened(log: Log) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Most answers are that something is not there, and follow from few folders that were not changed.

    By folder: its stamp, and the names that are not in it. The rest has to be asked one by one.
    """
    folders: dict[str, os.stat_result | None] = {}

    def status_of(folder: str) -> os.stat_result | None:
        if folder not in folders:
            try:
                folders[folder] = os.stat(folder or ".")
            except (OSError, ValueError):
                folders[folder] = None
        return folders[folder]

    absent: dict[str, list[Any]] = {}
    rest: dict[str, str] = {}
    for path, answer in log.kinds.items():
        if answer == NOTHING:
            at = path
            while (status := status_of(os.path.dirname(at))) is None and os.path.dirname(at) != at:
                at = os.path.dirname(at)
            folder, name = os.path.split(at)
            # a folder that was not changed since before the run began was the same all along
            stamp = log.stamp(status) if status is not None and stat.S_ISDIR(status.st_mode) else None
            if stamp is not None and not os.path.lexists(at):
                absent.setdefault(folder, [list(stamp), {}])[1][name] = 0
                continue
        rest[path] = answer
    return {folder: [stamp, list(names)] for folder, (stamp, names) in absent.items()}, rest


def _still_absent(folder: str, stamp: list[int], names: list[str]) -> bool:
    try:
        status = os.stat(folder or ".")
    except (OSError, ValueError):
        return True
    if list(disk.stamp_of(status)) == stamp:
        return True
    return not any(os.path.lexists(os.path.join(folder, name)) for name in names)


def _straight(links: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The paths on which no link lies, and where the others lead."""
    straight = []
    rest = {}
    for path, leads in links.items():
        if os.path.isabs(path) and leads == path:
            straight.append(path)
        elif os.pardir not in path.split(os.sep) and leads == os.path.abspath(path):
            straight.append(leads)
        else:
            rest[path] = leads
    return list(dict.fromkeys(straight)), rest


def _no_links(paths: list[str]) -> bool:
    """Whether no part of any of these absolute paths is a link."""
    seen: set[str] = set()
    for path in paths:
        while path not in seen:
            seen.add(path)
            try:
                if stat.S_ISLNK(os.lstat(path).st_mode):
                    return False
            except (OSError, ValueError):
                pass  # what is not there is no link
            path = os.path.dirname(path)
    return True
