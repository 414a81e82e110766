"""`lstmcheck explain`."""

from __future__ import annotations

import click

from lstmcheck.commands._console import write


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a rule, by its code or name."""
    from lstmcheck.config import did_you_mean

    wanted = rule.strip().lower()
    from lstmcheck.rules import reportable

    known = reportable()
    for one in known:
        if wanted in (one.code.lower(), one.name.lower()):
            write([f"{one.code} [{one.name}] ({one.severity})", "", *one.doc.strip().splitlines()])
            return
    names = [text for one in known for text in (one.code, one.name)]
    raise click.UsageError(f"unknown rule {rule!r}{did_you_mean(rule, names)} (`lstmcheck rules` lists them)")
