"""`lstmcheck clean`."""

from __future__ import annotations

import click

from lstmcheck.commands import OK, CommandError
from lstmcheck.commands._cache import folder_of
from lstmcheck.commands._console import tell
from lstmcheck.commands._options import cache_dir_option


@click.command("clean")
@cache_dir_option
def command(cache_dir: str | None) -> int:
    """Remove what earlier runs kept: the cache of the project that the working directory belongs to.

    Exit codes: 0 removed, or there was nothing, 2 wrong usage, 101 internal error.
    """
    from lstmcheck.cache.folder import clean
    from lstmcheck.config import ConfigError
    from lstmcheck.config.files import load

    try:
        folder = cache_dir or folder_of(load(["."]))
        removed = clean(folder)
    except ConfigError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"cannot remove {folder!r}: {error.strerror}") from None
    if removed is None:
        tell(f"no cache in {folder}")
    else:
        number = removed.entries
        tell(f"removed {number} entr{'ies' if number != 1 else 'y'}, {removed.size / 1e6:.1f} MB, from {folder}")
    return OK
