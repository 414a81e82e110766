"""The page of one text of torch's errors."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.pages.errors import TorchError
from lstmcheck.rules import find


def markdown(error: TorchError) -> Iterator[str]:
    """The lines of the page."""
    yield f"# {shown(error.title)}"
    kind = "A warning of torch" if error.warns else "An error"
    yield from ("", f"*{kind}: what it means, a program that gives it, and how to mend it.*")
    yield from ("", "## What it means", "", error.means)
    yield from ("", "## A program that gives it", "")
    if error.cuda:
        yield from ("Only on a GPU; the tests run it where there is one.", "")
    yield from ("```python", *error.example.splitlines(), "```")
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
