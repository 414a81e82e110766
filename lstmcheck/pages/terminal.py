"""Markdown for a terminal: headings and code stand out by colour and indentation, links keep their addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LINK = re.compile(r"\[(`[^`]+`|`` .*? ``|[^\]]+)\]\(([^)\s]+)\)")
_STRONG = re.compile(r"\*\*([^*]+)\*\*|(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_HEADING = re.compile(r"#+ (.*)")


def plain(lines: Iterable[str], colour: bool) -> Iterator[str]:
    """The lines as a terminal shows them."""
    in_code = False
    for line in (inner for text in lines for inner in text.splitlines() or [""]):
        if line.startswith("```"):
            in_code = not in_code
        elif in_code:
            yield f"    {line}".rstrip()
        else:
            yield _prose(line, colour)


def _prose(line: str, colour: bool) -> str:
    heading = _HEADING.fullmatch(line)
    if heading is not None:
        text = heading[1].replace("`", "").strip()
        return f"\x1b[1m{text}\x1b[0m" if colour else text
    line = _LINK.sub(lambda link: link[1] if link[2].endswith(".md") else f"{link[1]} <{link[2]}>", line)
    return _STRONG.sub(lambda strong: strong[1] or strong[2], line)
