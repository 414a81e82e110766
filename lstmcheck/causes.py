"""One mistake, one finding: what only follows from another finding is left out."""

from __future__ import annotations

from collections.abc import Container, Sequence

from lstmcheck.findings import Location, Violation

# what follows at a layer whose axes are taken for each other
_OF_LAYOUT = frozenset({"silent.last_sample", "silent.over_batch", "silent.state_batch"})


def first(violations: Sequence[Violation]) -> list[Violation]:
    """Without silent mistakes on lines that raise, and without those that a wrong layout explains."""
    raising = {_line(violation) for violation in violations if violation.need.raises is not None}
    confused = {layer for violation in violations if (layer := confuses(violation)) is not None}
    misread = confused | {_layer(violation) for violation in violations if violation.need.what == "silent.last_sample"}
    return [
        violation
        for violation in violations
        if not (
            violation.need.raises is None and violation.need.what.startswith("silent.") and _line(violation) in raising
        )
        and not follows(violation, confused)
        and not _is_paired_so(violation, misread)
    ]


def confuses(violation: Violation) -> Location | None:
    """The layer, by where it is made, that takes batch and time for each other; None for other mistakes."""
    return _layer(violation) if violation.need.what == "silent.layout" else None


def follows(violation: Violation, confused: Container[Location | None]) -> bool:
    """Whether a violation only follows from a layer that takes batch and time for each other."""
    layer = _layer(violation)
    return layer is not None and violation.need.what in _OF_LAYOUT and layer in confused


def _is_paired_so(violation: Violation, misread: Container[Location | None]) -> bool:
    """Whether predictions and targets are in two orders only because the last sample was taken for the last step."""
    layer = _layer(violation)
    return (
        layer is not None
        and violation.need.what == "silent.pairing"
        and violation.need.raises is None
        and layer in misread
    )


def _line(violation: Violation) -> tuple[str, int]:
    return violation.location.path, violation.location.line


def _layer(violation: Violation) -> Location | None:
    found = (violation.layer or {}).get("location")
    return found if isinstance(found, Location) else None
