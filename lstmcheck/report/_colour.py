"""Terminal colours by role."""

from __future__ import annotations

from collections.abc import Callable

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "place": "34",
    "related": "34",
    "help": "32",
    "removed": "31",
    "added": "32",
}

Paint = Callable[[str, str], str]


def painter(colour: bool) -> Paint:
    """A function that colours a text by its role, or leaves it as it is."""

    def paint(role: str, text: str) -> str:
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if colour and text else text

    return paint
