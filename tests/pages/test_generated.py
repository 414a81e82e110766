"""The pages that are made from the code are up to date, and have all their parts."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from lstmcheck.pages.rule import markdown, parts
from lstmcheck.pages.terminal import plain
from lstmcheck.rules import all_rules, reportable
from lstmcheck.rules.model import Rule

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_pages_are_what_the_code_makes() -> None:
    made = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    there = {path.relative_to(DOCS).as_posix() for folder in ("rules", "errors") for path in (DOCS / folder).glob("*")}
    assert there == set(made), "run: python docs/generate.py"
    stale = [path for path, text in made.items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert stale == [], "run: python docs/generate.py"


def test_links_of_generated_pages_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in [*DOCS.glob("rules/*.md"), *DOCS.glob("errors/*.md")]
        for target in re.findall(r"\]\(([^)#:\s]+\.md)\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_has_every_part_of_a_page(rule: Rule) -> None:
    part = parts(rule.doc)
    assert all(part), part
    assert part.instead.startswith("Mend it ")
    headings = [line for line in markdown(rule) if line.startswith("## ")]
    for heading in (
        "What it finds",
        "Why it matters",
        "Example",
        "Use instead",
        "What torch says",
        "Fix",
        "References",
    ):
        assert f"## {heading}" in headings


def test_problems_with_files_have_pages() -> None:
    for one in reportable():
        assert "\n".join(markdown(one)).startswith(f"# {one.code}: {one.name}\n")


def test_markdown_in_a_terminal() -> None:
    page = [
        "# `A` b",
        "",
        "See [`x`](../x.md), [it](https://a.org).",
        "**Mend it** now",
        "```python",
        "a = b*c*d",
        "```",
    ]
    assert list(plain(page, colour=False)) == [
        "A b",
        "",
        "See `x`, it <https://a.org>.",
        "Mend it now",
        "    a = b*c*d",
    ]
    assert next(plain(page, colour=True)) == "\x1b[1mA b\x1b[0m"
