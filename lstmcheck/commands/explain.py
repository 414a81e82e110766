"""`lstmcheck explain`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from lstmcheck.commands import CommandError, _complete
from lstmcheck.commands._console import wants_colour, write
from lstmcheck.commands._options import color_option


@click.command("explain")
@click.argument(
    "what",
    nargs=-1,
    required=True,
    metavar="CODE|NAME|TEXT",
    shell_complete=lambda ctx, param, incomplete: _complete.rules(incomplete),
)
@color_option
def command(what: tuple[str, ...], color: str) -> None:
    """Explain a rule, by its code or name, or an error of torch's, by its text.

    lstmcheck explain "Expected hidden[0] size (4, 8, 64), got [2, 8, 64]"
    """
    from lstmcheck.pages.terminal import plain

    page = list(_page(" ".join(what)))
    write(plain(page, wants_colour(color)))


def _page(text: str) -> Iterator[str]:
    """The page that a code, a name or a text means. Raises CommandError."""
    from lstmcheck.pages import error, rule
    from lstmcheck.pages.errors import matching
    from lstmcheck.rules import reportable

    wanted = text.strip().lower()
    known = reportable()
    for one in known:
        if wanted in (one.code.lower(), one.name.lower()):
            yield from rule.markdown(one)
            return
    found = matching(text)
    if found:
        yield from error.markdown(found[0])
        for other in found[1:]:
            yield from ("", f"See also: {error.shown(other.title)}")
        return
    from lstmcheck.config import did_you_mean

    names = [name for one in known for name in (one.code, one.name)]
    if " " in wanted:
        raise CommandError(
            f"no page explains {text!r}: give the text of torch's error, or a rule (`lstmcheck rules` lists them)"
        )
    raise CommandError(f"unknown rule {text!r}{did_you_mean(text, names)} (`lstmcheck rules` lists them)")
