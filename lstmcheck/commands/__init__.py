"""One module a command, found by its name: each has a click command called `command`."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

OK, FOUND, USAGE, INTERNAL, INTERRUPTED = 0, 1, 2, 101, 130


class CommandError(Exception):
    """Why a command cannot do what it was asked for; the text is one line with the way out."""


def names() -> list[str]:
    """The names of the commands: the modules of this package."""
    stems = (os.path.splitext(name) for name in os.listdir(os.path.dirname(__file__)))
    return sorted({stem for stem, suffix in stems if suffix == ".py" and not stem.startswith("_")})


def load(name: str) -> click.Command:
    """The command with this name."""
    from importlib import import_module

    import click

    found = import_module(f"{__name__}.{name}").command
    assert isinstance(found, click.Command)
    return found
