"""The commands as click has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lstmcheck import __version__
from lstmcheck.commands import OK, CommandError, load, names

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="lstmcheck", message="%(prog)s %(version)s")
def cli() -> None:
    """Find mistakes around torch's recurrent layers, without running the code.

    `lstmcheck PATH...` is the same as `lstmcheck check PATH...`.
    """


def run(args: list[str]) -> int:
    """Run the command that the arguments name. Raises `CommandError` and KeyboardInterrupt."""
    try:
        code = cli.main(args, prog_name="lstmcheck", standalone_mode=False)
    except click.ClickException as error:
        raise CommandError(error.format_message()) from None
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else OK
