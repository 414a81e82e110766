"""A check that looks first whether an earlier run has answered."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lstmcheck import __version__
from lstmcheck.cache import folder, questions
from lstmcheck.source import disk

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.result import Result

# Below, a run takes no longer than it takes to know that nothing has changed.
_FEW = 100


def check(paths: Sequence[str], settings: Settings | Scopes, where: str, notice: Callable[[str], None]) -> Result:
    """As `checker.check`, without a check where an entry of the cache in the folder `where` still holds.

    A result from the cache has no `files`, the syntax trees. `notice` is told, once, that an entry is damaged. Raises
    what `checker.check` raises; nothing that is wrong with the cache is an error.
    """
    key = _key(paths, settings)
    try:
        entry = folder.read(where, key)
        result = None if entry is None else _still_right(entry, where, key)
    except (folder.Damaged, LookupError, TypeError, ValueError, AttributeError):
        notice(f"the cache in {where} is damaged: it is ignored and made anew (`lstmcheck clean` removes it)")
        result = None
    return _found_now(paths, settings, where, key) if result is None else result


def _key(paths: Sequence[str], settings: Settings | Scopes) -> str:
    """What decides about a result beside what is on the disk."""
    python = [sys.implementation.name, *sys.version_info, sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()]
    program = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return repr((__version__, program, python, os.getcwd(), list(paths), settings.identity))


def _still_right(entry: dict[str, Any], where: str, key: str) -> Result | None:
    if entry["programs"] != _programs(entry["programs"]):
        return None
    log = questions.holds(entry["questions"])
    if log is None:
        return None
    from lstmcheck.cache import results

    files = entry["questions"]["files"]
    found = results.restored(entry["result"], files, entry["for_others"])
    anew = questions.refreshed(entry["questions"], log)
    if anew is not None:
        folder.write(where, key, {**entry, "questions": anew})
    return found


def _found_now(paths: Sequence[str], settings: Settings | Scopes, where: str, key: str) -> Result:
    from lstmcheck import checker
    from lstmcheck.cache import results

    with disk.logged() as log:
        result = checker.check(*paths, settings=settings)
    if log.torn or (not result.interpreted and len(log.files) < _FEW):
        return result
    read = log.files
    entry = {
        "programs": _programs(_roots()),
        "questions": questions.plain(log),
        "result": results.plain(result, read),
        "for_others": results.not_looked_at(result, read),
    }
    folder.write(where, key, entry)
    return result


def _roots() -> list[str]:
    """The folders of the programs that decide about a result: this one, and what reads patterns where any was read."""
    files = [sys.modules[name].__file__ for name in ("lstmcheck", "pathspec") if name in sys.modules]
    return [os.path.dirname(file) for file in files if file is not None]


def _programs(roots: Sequence[str]) -> dict[str, list[int]]:
    """The stamps of all files of these programs in one number each, so that no change of them goes unseen."""
    return {root: _stamps(root) for root in roots}


def _stamps(root: str) -> list[int]:
    count = newest = size = 0
    waiting = [root]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as scan:
                for entry in scan:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != "__pycache__":
                            waiting.append(entry.path)
                    elif entry.name.endswith((".py", ".so", ".pyd")):
                        status = entry.stat()
                        count += 1
                        newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
                        size += status.st_size
        except OSError:
            continue
    return [count, newest, size]
