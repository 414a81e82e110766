"""What the pages say about the command is so."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import lstmcheck
from lstmcheck.cli import cli
from lstmcheck.report import formats
from lstmcheck.source.problems import PROBLEMS

ROOT = Path(__file__).parent.parent
COMMAND = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("parameter", cli.commands["check"].params, ids=lambda parameter: parameter.name)
def test_every_option_is_described(parameter: click.Parameter) -> None:
    for option in parameter.opts if isinstance(parameter, click.Option) else []:
        assert f"`{option}" in COMMAND


@pytest.mark.parametrize("described", [*cli.commands, *formats(), *(problem.code for problem in PROBLEMS)])
def test_every_command_format_and_file_problem_is_described(described: str) -> None:
    assert described in COMMAND


def test_the_example_has_the_mistakes_that_it_speaks_of() -> None:
    found = {finding.location.line for finding in lstmcheck.check(ROOT / "docs" / "example").findings}
    lines = (ROOT / "docs" / "example" / "tagger.py").read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "self.lstm(x" in line or "self.gru(x" in line}
    assert marked <= found


def test_links_between_pages_lead_somewhere() -> None:
    import re

    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
