"""`lstmcheck shapes`."""

from __future__ import annotations

import click

from lstmcheck.commands import FOUND, OK, CommandError, _complete
from lstmcheck.commands._console import wants_colour, write
from lstmcheck.commands._options import OneOf, color_option
from lstmcheck.commands._paths import no_such_path


@click.command("shapes")
@click.argument("targets", nargs=-1, metavar="TARGET...", shell_complete=_complete.files)
@click.option("--input", "input_shape", metavar="SIZES", help="The shape of the input of a constructor: 100,50,10.")
@click.option("--statistics", is_flag=True, help="Count how many recurrent calls are resolved, under the paths.")
@click.option(
    "--format", "output_format", default="text", type=OneOf(lambda: ("text", "json")), help="text (default) or json."
)
@color_option
def command(targets: tuple[str, ...], input_shape: str | None, statistics: bool, output_format: str, color: str) -> int:
    """Show shapes: of a program beside its lines, or of one layer from its constructor.

    TARGET is a file or folder, FILE:LINE, FILE:NAME (a class, function or Class.method), or a constructor in quotes:
    lstmcheck shapes "nn.LSTM(10, 30, num_layers=2)" --input 100,50,10

    Exit codes: 0 shown, 1 torch refuses the constructor or the input, 2 wrong usage, 101 internal error.
    """
    from lstmcheck.survey import command

    try:
        shown = command.run(targets, input_shape, statistics)
    except command.CannotShow as error:
        raise CommandError(str(error)) from None
    except FileNotFoundError as error:
        raise CommandError(no_such_path(error.args[0])) from None
    write(command.as_json(shown) if output_format == "json" else command.as_text(shown, wants_colour(color)))
    return FOUND if command.fails(shown) else OK
