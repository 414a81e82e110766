"""Texts from a program: made harmless, and measured in columns and points."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iljtfrI.,:;'|!()[]{} -/\"`")
_WIDE = frozenset("mwMW@%")


def visible(text: str) -> str:
    """The text with nothing in it that XML forbids or a terminal obeys, tabs and line ends as spaces."""
    return "".join(c if c.isprintable() else " " if c in "\t\n\r" else "?" for c in text)


def escaped(text: str) -> str:
    """The visible text for an element or an attribute."""
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#39;")


def cells(text: str) -> int:
    """How many columns of a monospaced font a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def prose(text: str, size: float = 12.5) -> float:
    """The width of a text in a proportional font, rather too wide than too narrow."""
    units = 0.0
    for c in text:
        units += 0.36 if c in _NARROW else 0.95 if c in _WIDE else 0.69 if c.isupper() else 0.61 * cells(c)
    return units * size
