"""One mistake, one finding: what only follows from another finding is left out."""

from __future__ import annotations

from collections.abc import Sequence

from lstmcheck.findings import Location, Violation

# what follows at a layer whose axes are taken for each other
_OF_LAYOUT = frozenset({"silent.last_sample", "silent.over_batch", "silent.state_batch"})


def first(violations: Sequence[Violation]) -> list[Violation]:
    """Without silent mistakes on lines that raise, and without those that a wrong layout explains."""
    raising = {_line(violation) for violation in violations if violation.need.raises is not None}
    disputed = {_layer(violation) for violation in violations if violation.need.what == "silent.layout"}
    return [
        violation
        for violation in violations
        if not (violation.need.what.startswith("silent.") and _line(violation) in raising)
        and not (violation.need.what in _OF_LAYOUT and _layer(violation) in disputed)
    ]


def _line(violation: Violation) -> tuple[str, int]:
    return violation.location.path, violation.location.line


def _layer(violation: Violation) -> Location | None:
    found = (violation.layer or {}).get("location")
    return found if isinstance(found, Location) else None
