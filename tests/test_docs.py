"""What the pages say about the command is so."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import lstmcheck
from lstmcheck import commands
from lstmcheck.report import formats
from lstmcheck.source.problems import PROBLEMS

ROOT = Path(__file__).parent.parent
COMMAND = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("parameter", commands.load("check").params, ids=lambda parameter: parameter.name)
def test_every_option_is_described(parameter: click.Parameter) -> None:
    for option in parameter.opts if isinstance(parameter, click.Option) else []:
        assert f"`{option}" in COMMAND


@pytest.mark.parametrize("described", [*commands.names(), *formats(), *(problem.code for problem in PROBLEMS)])
def test_every_command_format_and_file_problem_is_described(described: str) -> None:
    assert described in COMMAND


def test_the_example_has_the_mistakes_that_it_speaks_of() -> None:
    found = {finding.location.line for finding in lstmcheck.check(ROOT / "docs" / "example").findings}
    lines = (ROOT / "docs" / "example" / "tagger.py").read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "self.lstm(x" in line or "self.gru(x" in line}
    assert marked <= found


def test_the_page_of_mistakes_names_every_rule() -> None:
    import re

    from lstmcheck.rules import all_rules

    page = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    named: set[str] = set()
    for first, last in re.findall(r"LSTM(\d+)(?: to LSTM(\d+))?", page):
        named |= {f"LSTM{number}" for number in range(int(first), int(last or first) + 1)}
    assert named == {rule.code for rule in all_rules() if rule.needs}


def test_links_between_pages_lead_somewhere() -> None:
    import re

    links = [
        (page, target)
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []


def examples() -> list[tuple[str, str]]:
    """Every command of the pages that shows its output: the command line, and what it prints."""
    import re

    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        found += re.findall(r"```console\n\$ lstmcheck (.*)\n((?:.*\n)*?)```", page.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(("line", "printed"), examples(), ids=[line for line, _ in examples()])
def test_commands_print_what_the_pages_show(
    line: str, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import shlex

    from lstmcheck.cli import main

    monkeypatch.chdir(ROOT if "docs/" in line else ROOT / "docs")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    main(shlex.split(line))
    said = capsys.readouterr()
    assert said.out + said.err == printed


@pytest.mark.parametrize("parameter", commands.load("shapes").params, ids=lambda parameter: parameter.name)
def test_every_option_of_shapes_is_described(parameter: click.Parameter) -> None:
    page = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
    for option in parameter.opts if isinstance(parameter, click.Option) else []:
        assert f"`{option}" in page
