"""`lstmcheck draw`."""

from __future__ import annotations

import os
import sys

import click

from lstmcheck.commands import OK, CommandError
from lstmcheck.commands._console import wants_colour, write
from lstmcheck.commands._options import OneOf, color_option
from lstmcheck.commands._paths import no_such_path

_BY_SUFFIX = {".svg": "svg", ".html": "html", ".htm": "html", ".mmd": "mermaid", ".mermaid": "mermaid", ".txt": "text"}


@click.command("draw")
@click.argument("target", metavar="TARGET")
@click.option("--input", "input_shape", metavar="SIZES", help="The shape of the input of a constructor: 100,50,10.")
@click.option(
    "--format",
    "output_format",
    type=OneOf(lambda: ("text", "svg", "mermaid", "html")),
    help="text (default), svg, mermaid or html; by the name of FILE where there is one.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the picture to a file instead of printing it.")
@color_option
def command(target: str, input_shape: str | None, output_format: str | None, output: str | None, color: str) -> int:
    """Draw recurrent layers: states, the layers x directions grid with the rows of h_n, results, and mistakes.

    TARGET is a file, FILE:LINE, FILE:NAME (a class, function or Class.method), or a constructor in quotes:
    lstmcheck draw "nn.LSTM(10, 30, num_layers=2, bidirectional=True)" --input 100,50,10

    Exit codes: 0 drawn, 2 wrong usage or nothing to draw, 101 internal error.
    """
    from lstmcheck.survey.command import CannotShow
    from lstmcheck.survey.layer import NotALayer, parsed_input
    from lstmcheck.survey.picture import picture

    try:
        drawing = picture(target, None if input_shape is None else parsed_input(input_shape))
    except (CannotShow, NotALayer) as error:
        raise CommandError(str(error)) from None
    except FileNotFoundError as error:
        raise CommandError(no_such_path(error.args[0])) from None
    format = output_format or (_BY_SUFFIX.get(os.path.splitext(output)[1].lower(), "text") if output else "text")
    if output is not None and output != "-":
        from lstmcheck.commands._reports import write_file

        write_file(output, drawing.render(format).splitlines())
    elif format == "text":
        write(drawing.to_text(colour=wants_colour(color), ascii=not _shows_boxes()).splitlines())
    else:
        write(drawing.render(format).splitlines())
    return OK


def _shows_boxes() -> bool:
    """Whether standard output can take the characters of a picture."""
    from lstmcheck.draw.text import CHARACTERS

    try:
        CHARACTERS.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
