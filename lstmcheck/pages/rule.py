"""The page of a rule, from its module: docstring, examples, what torch says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lstmcheck.pages.error import shown
from lstmcheck.pages.errors import TorchError, errors_of
from lstmcheck.pages.judged import findings
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.source.problems import Problem

_MEND = "**Mend it** "
_REFERENCE = "Reference: "
SEVERITIES = {
    "error": "error: it is proved that this fails",
    "warning": "warning: torch stays silent, or only warns; the evidence stands in the code",
    "info": "info: advice, shown with `--show-info`",
}
_FIXES = {
    "safe": "`--fix` mends it: the program means what it meant.",
    "unsafe": "`--fix --unsafe-fixes` mends it: look at the change, for the program may mean something else.",
    "display": "A change is shown and never made: it depends on what is meant.",
}


class Parts(NamedTuple):
    """The parts of a rule's docstring, in Markdown; `references` is empty where there are none."""

    what: str
    why: str
    instead: str
    references: str


def parts(doc: str) -> Parts:
    """The parts of a docstring: its first line, what follows, what mends it, and where to read on."""
    what, *rest = re.split(r"\n\s*\n", doc.strip())
    why: list[str] = []
    instead: list[str] = []
    references: list[str] = []
    at = why
    for text in rest:
        if text.startswith(_MEND):
            at, text = instead, _MEND[2:].partition("*")[0] + " " + text[len(_MEND) :]
        elif text.startswith(_REFERENCE):
            at, text = references, text[len(_REFERENCE) :]
        at.append(text)
    return Parts(what, *("\n\n".join(found) for found in (why, instead, references)))


def markdown(rule: Rule | Problem, picture: str = "") -> Iterator[str]:
    """The lines of a rule's page; `picture` is the address of one that shows the mistake."""
    part = parts(rule.doc)
    since = f" Since {rule.since}." if isinstance(rule, Rule) else ""
    yield from (f"# {rule.code}: {rule.name}", "", f"*{_kind(rule)}.*{since}")
    yield from ("", "## What it finds", "", part.what, "", "## Why it matters", "", part.why)
    if isinstance(rule, Rule):
        yield from _of_rule(rule, part, picture)
    if part.references:
        yield from ("", "## References", "", f"- {part.references}")


def _kind(rule: Rule | Problem) -> str:
    return SEVERITIES[rule.severity] if isinstance(rule, Rule) else "error: what cannot be read is not checked"


def _of_rule(rule: Rule, part: Parts, picture: str) -> Iterator[str]:
    bad = [example for example in rule.examples if isinstance(example, Bad)]
    for number, example in enumerate(bad):
        yield from ("", "## Another example" if number else "## Example", "")
        yield from (*_code(example.source), "", "lstmcheck says:", "", *_said(example))
        if picture and not number:
            yield from ("", f"![{rule.summary}]({picture})")
    yield from ("", "## Use instead", "", part.instead)
    for good in rule.examples:
        if isinstance(good, Good):
            yield from ("", "This is right, and nothing is said of it:", "", *_code(good.source))
    yield from ("", "## What torch says", "", *_torch_says(rule, errors_of(rule.code)))
    yield from ("", "## Fix", "", *_fix(rule, bad))
    yield from ("", "## Silence it", "", f"`# lstmcheck: ignore[{rule.name}]` at the end of the line, or above it.")


def _code(source: str) -> Iterator[str]:
    yield from ("```python", *source.rstrip().splitlines(), "```")


def _said(example: Bad) -> Iterator[str]:
    yield "```text"
    for finding in findings(example.source):
        yield f"line {finding.location.line}: {finding.message}"
        if finding.help:
            yield f"help: {finding.help}"
    yield "```"


def torch_says(rule: Rule | Problem) -> list[str]:
    """The texts, or their beginnings, that torch has for the rule's examples; none where it stays silent."""
    bad = [example for example in getattr(rule, "examples", ()) if isinstance(example, Bad)]
    return list(dict.fromkeys(text for example in bad if (text := _text(example))))


def _torch_says(rule: Rule, errors: list[TorchError]) -> Iterator[str]:
    said = torch_says(rule)
    yield from (f"- {shown(text)}" for text in said)
    if any(isinstance(example, Bad) and example.silent for example in rule.examples):
        yield "Nothing: the program runs, and its result is not what was meant." if not said else "- or nothing at all"
    if errors:
        yield from ("", "What such a text means:", "")
        yield from (f"- [{shown(error.title)}](../errors/{error.slug}.md)" for error in errors)


def _text(example: Bad) -> str | None:
    return example.raises or (f"UserWarning: {example.warns}" if example.warns else None)


def _fix(rule: Rule, bad: list[Bad]) -> Iterator[str]:
    if not rule.fixes:
        yield "By hand, as above."
        return
    yield " ".join(_FIXES[kind] for kind in rule.fixes)
    for number, example in enumerate(one for one in bad if one.fixed):
        yield from ("", "In another one:" if number else "In the example:", "", "```diff", *_changes(example), "```")
    if any(not example.fixed for example in bad):
        yield from ("", "Where there is no one right change, there is none: mend it by hand, as above.")


def _changes(example: Bad) -> Iterator[str]:
    """The lines of an example before and after the fix."""
    lines = example.source.splitlines()
    for number, text in sorted(example.fixed.items()):
        old, new = lines[number - 1].strip(), text.splitlines()
        if new[0] == old:
            yield f" {old}"
            new = new[1:]
        else:
            yield f"-{old}"
        yield from (f"+{line}" for line in new)
