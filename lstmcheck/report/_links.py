"""Where more can be read about a rule."""

from __future__ import annotations

import re
from functools import cache

from lstmcheck.rules import reportable

_LINK = re.compile(r"\((https://[^\s)]+)\)")


@cache
def page(code: str) -> str | None:
    """The first address that a rule's page refers to, or None."""
    doc = next((one.doc for one in reportable() if one.code == code), "")
    found = _LINK.search(doc)
    return found[1] if found else None
