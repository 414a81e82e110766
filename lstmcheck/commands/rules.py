"""`lstmcheck rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lstmcheck.commands._console import write
from lstmcheck.commands._options import OneOf

if TYPE_CHECKING:
    from lstmcheck.rules.model import Rule
    from lstmcheck.source.problems import Problem


@click.command("rules")
@click.option(
    "--output-format",
    default="text",
    type=OneOf(lambda: ("text", "json")),
    help="text (default), or json: whole pages.",
)
def command(output_format: str) -> None:
    """List every rule: code, name, severity, whether --fix mends it, and what it finds."""
    from lstmcheck.rules import reportable

    known = reportable()
    if output_format == "json":
        import json

        write(["[" + ",\n ".join(json.dumps(_facts(rule)) for rule in known) + "]"])
        return
    width = max(len(rule.name) for rule in known)
    fixes = max(len(_fix(rule)) for rule in known)
    write(
        f"{rule.code}  {rule.name:<{width}}  {rule.severity:<7}  {_fix(rule):<{fixes}}  {rule.summary}".rstrip()
        for rule in known
    )


def _fix(rule: Rule | Problem) -> str:
    """How `--fix` mends what the rule finds: "fix", "unsafe fix", both, or nothing."""
    return ", ".join("fix" if kind == "safe" else f"{kind} fix" for kind in rule.fixes)


def _facts(rule: Rule | Problem) -> dict[str, Any]:
    """A rule as plain values; the parts of its page are Markdown."""
    from lstmcheck.pages.errors import errors_of
    from lstmcheck.pages.rule import parts, torch_says

    part = parts(rule.doc)
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "fixes": list(rule.fixes),
        "since": getattr(rule, "since", None),
        "summary": rule.summary,
        "why": part.why,
        "instead": part.instead or None,
        "references": part.references or None,
        "torch_says": torch_says(rule),
        "errors": [error.title for error in errors_of(rule.code)],
    }
