"""`lstmcheck rules`."""

from __future__ import annotations

import click

from lstmcheck.commands._console import write


@click.command("rules")
def command() -> None:
    """List every rule: code, name, severity, and what it finds."""
    from lstmcheck.rules import reportable

    known = reportable()
    width = max(len(rule.name) for rule in known)
    write(f"{rule.code}  {rule.name:<{width}}  {rule.severity:<7}  {rule.summary}".rstrip() for rule in known)
