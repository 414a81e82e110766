"""`lstmcheck server`: what an editor starts."""

from __future__ import annotations

import importlib.util

import click

from lstmcheck.commands import CommandError


@click.command("server")
@click.option("--stdio", is_flag=True, help="Speak over standard input and output; there is no other way.")
def command(stdio: bool) -> None:
    """Serve an editor: findings, fixes, shapes beside the lines, pages of rules (Language Server Protocol).

    Needs the extra `lsp`: pip install 'lstmcheck[lsp]'.
    """
    if importlib.util.find_spec("pygls") is None:
        raise CommandError("the server needs pygls: pip install 'lstmcheck[lsp]'")
    from lstmcheck.server.app import serve

    serve()
