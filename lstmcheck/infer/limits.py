"""How large a value that is worked out may become.

What a program computes from constants has no bound of its own (`2 ** 2 ** 60`, a text that is doubled in each line);
whatever is larger than this is a value that is not known.
"""

from __future__ import annotations

import re

MAX_BITS = 64
MAX_TEXT = 4_096
# a state has one row for each layer and direction
MAX_ROWS = 64

# a width or precision of four digits, or one that is an argument
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{4})")
# a plain field of `str.format`: its position or name, and a short format; no attribute, no item, no field inside it
_PLAIN_FIELD = re.compile(r"\{\w*(?:![rsa])?(?::[^{}\d]*\d{0,3}(?:\.\d{0,3})?[a-zA-Z%]?)?\}")


def kind_of_large(value: object) -> str | None:
    """The kind of an int or a text that is too large to be followed; None for everything else."""
    if type(value) is int:
        return "int" if value.bit_length() > MAX_BITS else None
    if type(value) is str:
        return "str" if len(value) > MAX_TEXT else None
    return None


def may_fill(template: str) -> bool:
    """Whether `template % values` is about as long as the template and the values."""
    return _WIDE.search(template) is None


def may_format(template: str) -> bool:
    """Whether `template.format(...)` is about as long as its parts, and asks nothing of them but their text."""
    rest = _PLAIN_FIELD.sub("", template.replace("{{", "").replace("}}", ""))
    return "{" not in rest and "}" not in rest
