"""What a shell offers when Tab is pressed: files, choices, rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def files(ctx: click.Context | None, param: click.Parameter | None, incomplete: str) -> list[CompletionItem]:
    """Whatever file names the shell knows."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def among(choices: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Those of some words that begin so."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(choice) for choice in choices if choice.startswith(incomplete)]


def rules(incomplete: str) -> list[CompletionItem]:
    """Codes and names of rules, each with what the rule finds; the last of several that commas separate."""
    from click.shell_completion import CompletionItem

    from lstmcheck.rules import reportable

    before, comma, begun = incomplete.rpartition(",")
    return [
        CompletionItem(before + comma + text, help=one.summary)
        for one in reportable()
        for text in (one.code, one.name)
        if text.lower().startswith(begun.lower())
    ]
