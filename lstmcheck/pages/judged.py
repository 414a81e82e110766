"""What the linter says of the programs on the pages."""

from __future__ import annotations

from functools import cache

from lstmcheck.findings import Finding

# A place that does not exist, so that no file of the reader's has a part in it.
_PLACE = "lstmcheck-example/example.py"


@cache
def findings(source: str) -> tuple[Finding, ...]:
    """The findings of a program, advice too."""
    from lstmcheck.checker import check
    from lstmcheck.config import Settings

    return tuple(check(_PLACE, settings=Settings(show_info=True), given={_PLACE: source.encode()}).findings)
