"""Texts of torch's errors around recurrent layers: what each means, a program that raises it, and how to mend it.

A module of this package holds the texts of a family in `ERRORS`. Tests run every program under torch.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class TorchError:
    """One text of torch's, or of Python's about torch's objects.

    `text` is what `example` raises under the torch of the tests, `pattern` a regular expression that knows the text
    with other numbers, and in the words of other releases. `means` says in Markdown what it means and what causes it,
    `mend` how to mend it; `mended` is the example mended. `codes` are the rules that find it before it is raised.
    """

    slug: str
    title: str
    text: str
    pattern: str
    means: str
    example: str
    mend: str
    mended: str
    codes: tuple[str, ...]
    warns: bool = False
    cuda: bool = False  # only a GPU gives it

    def __post_init__(self) -> None:
        for name in ("means", "example", "mend", "mended"):
            object.__setattr__(self, name, textwrap.dedent(getattr(self, name)).strip("\n"))


@lru_cache(maxsize=1)
def all_errors() -> tuple[TorchError, ...]:
    """Every text there is, in the order of their titles."""
    import importlib
    import pkgutil

    found = [importlib.import_module(f"{__name__}.{module.name}").ERRORS for module in pkgutil.iter_modules(__path__)]
    return tuple(sorted((error for family in found for error in family), key=lambda error: error.title.lower()))


def errors_of(code: str) -> list[TorchError]:
    """The texts that the mistake of a rule leads to."""
    return [error for error in all_errors() if code in error.codes]


def matching(text: str) -> list[TorchError]:
    """The texts that occur in an error message, whatever stands around them; the longest match first."""
    flat = " ".join(text.split())
    found = [(match, error) for error in all_errors() if (match := re.search(error.pattern, flat)) is not None]
    return [error for match, error in sorted(found, key=lambda one: one[0].start() - one[0].end())]
