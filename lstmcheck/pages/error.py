"""The page of one text of torch's errors."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.pages.errors import TorchError
from lstmcheck.rules import find


def markdown(error: TorchError, torch: str = "") -> Iterator[str]:
    """The lines of the page; `torch` names the release that was asked."""
    yield f"# {shown(error.title)}"
    kind = "A warning of torch" if error.warns else "An error"
    yield from ("", f"*{kind}: what it means, a program that gives it, and how to mend it.*")
    yield from ("", "## What it means", "", error.means)
    yield from ("", "## A program that gives it", "", "```python", *error.example.splitlines(), "```")
    if torch:
        yield from ("", f"{torch} says:", "", "```text", error.text, "```")
    yield from ("", "## Mend it", "", error.mend, "", "```python", *error.mended.splitlines(), "```")
    if error.codes:
        yield from ("", "## Found before it is raised", "")
        yield "lstmcheck reads the code and names the place, the axis, and where each number comes from:"
        yield ""
        for code in error.codes:
            rule = find(code)
            yield f"- [{code} {rule.name}](../rules/{code}.md): {rule.summary}"


def shown(title: str) -> str:
    """A text as code in Markdown; backticks within it are kept."""
    return f"`` {title} ``" if "`" in title else f"`{title}`"
