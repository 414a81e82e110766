"""One module a command, found by its name: each has a click command called `command`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

OK, FOUND, USAGE, INTERNAL, INTERRUPTED = 0, 1, 2, 101, 130


def names() -> list[str]:
    """The names of the commands: the modules of this package."""
    stems = (os.path.splitext(name) for name in os.listdir(os.path.dirname(__file__)))
    return sorted({stem for stem, suffix in stems if suffix == ".py" and not stem.startswith("_")})


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load(cmd_name) if cmd_name in names() else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from lstmcheck.commands import _complete

        # `lstmcheck PATH` is a check, so files belong here too
        return super().shell_complete(ctx, incomplete) or _complete.files(ctx, None, incomplete)


def load(name: str) -> click.Command:
    """The command with this name."""
    from importlib import import_module

    found: Any = import_module(f"{__name__}.{name}").command
    assert isinstance(found, click.Command)
    return found
