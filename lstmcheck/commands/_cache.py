"""The cache of results, as commands use it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lstmcheck.commands._console import tell

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.result import Result

_F = TypeVar("_F", bound=Callable[..., Any])


def cache_dir_option(command: _F) -> _F:
    """`--cache-dir`; `folder_of` makes the folder of it and of the settings."""
    return click.option(
        "--cache-dir",
        metavar="DIR",
        envvar="LSTMCHECK_CACHE_DIR",
        help="The folder of what earlier runs found (default: .lstmcheck_cache at the root of the project).",
    )(command)


def folder_of(settings: Settings) -> str:
    """The folder of the cache."""
    from lstmcheck.cache.folder import default

    return settings.cache_dir or default(os.getcwd())


def cached_check(paths: Sequence[str], scoped: Settings | Scopes) -> Result:
    """A check of what has changed. Raises ConfigError."""
    from lstmcheck.cache.runs import check

    return check(paths, scoped, folder_of(scoped.base), lambda text: tell(f"note: {text}"))
