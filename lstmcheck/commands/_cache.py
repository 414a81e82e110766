"""The cache of results, as commands use it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstmcheck.commands._console import tell

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.result import Result


def folder_of(settings: Settings) -> str:
    """The folder of the cache."""
    from lstmcheck.cache.folder import default

    return settings.cache_dir or default(os.getcwd())


def cached_check(paths: Sequence[str], scoped: Settings | Scopes) -> Result:
    """A check of what has changed. Raises ConfigError."""
    from lstmcheck.cache.runs import check

    return check(paths, scoped, folder_of(scoped.base), lambda text: tell(f"note: {text}"))
