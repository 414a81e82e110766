"""The arguments of most checks, read without click, which takes longer to import than a small check takes.

What is not in these tables, or is wrong, is left to click, which knows everything and tells what is wrong.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_FLAGS = {
    "--diff": "diff",
    "--exit-non-zero-on-fix": "exit_non_zero_on_fix",
    "--exit-zero": "exit_zero",
    "--fix": "fix",
    "--fix-only": "fix_only",
    "--force-exclude": "force_exclude",
    "--isolated": "isolated",
    "--no-cache": "no_cache",
    "--show-files": "show_files",
    "--show-info": "show_info",
    "--show-settings": "show_settings",
    "--statistics": "statistics",
    "--unsafe-fixes": "unsafe_fixes",
    "--update-baseline": "update_baseline",
    "--verbose": "verbose",
    "-v": "verbose",
}
_TEXTS = {"--baseline": "baseline", "--cache-dir": "cache_dir", "--files-from": "files_from"}
_QUIET = {"--quiet": 1, "-q": 1, "-qq": 2}
# what click takes from the environment
_VARIABLES = ("LSTMCHECK_CACHE_DIR", "LSTMCHECK_NO_CACHE", "_LSTMCHECK_COMPLETE")


def arguments(args: Sequence[str]) -> dict[str, Any] | None:
    """What to call `_check.check` with, or None where click has to read the arguments."""
    if any(name in os.environ for name in _VARIABLES):
        return None
    paths: list[str] = []
    given: dict[str, Any] = {}
    waiting = iter(args)
    for arg in waiting:
        if arg == "-" or not arg.startswith("-"):
            paths.append(arg)
        elif arg in _FLAGS:
            given[_FLAGS[arg]] = True
        elif arg in _QUIET:
            given["quiet"] = given.get("quiet", 0) + _QUIET[arg]
        elif arg in _TEXTS:
            value = next(waiting, "-")
            if value.startswith("-"):
                return None
            given[_TEXTS[arg]] = value
        else:
            return None
    return {"paths": tuple(paths), **given}
