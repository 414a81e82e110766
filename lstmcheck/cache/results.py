"""A result as plain values, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lstmcheck.result import Result

if TYPE_CHECKING:
    from collections.abc import Container

    from lstmcheck.findings import Finding, Location

Plain = dict[str, Any]


def plain(result: Result, read: Container[str]) -> Plain:
    """A result for JSON. Of the paths that were looked at, those that were `read` are not repeated."""
    mentioned = set(_paths(result.findings))
    return {
        "findings": [_finding(finding) for finding in result.findings],
        "with_layers": result.with_layers,
        "without_layers": result.without_layers,
        "notes": result.notes,
        "looked_at": sorted(path for path in result.looked_at if path not in read),
        "named": sorted(result.named),
        "interpreted": sorted(result.interpreted),
        # of notebooks, whose text is not that of their file
        "texts": {path: text.decode("latin-1") for path, text in result.texts.items() if path in mentioned},
    }


def not_looked_at(result: Result, read: Iterable[str]) -> list[str]:
    """The files that were read for the sake of others."""
    return sorted(path for path in read if path not in result.looked_at)


def restored(kept: Plain, read: Iterable[str], for_others: Iterable[str]) -> Result:
    """The result, without the syntax trees of its files. Raises LookupError, TypeError, ValueError for other values."""
    return Result(
        findings=[_finding_of(values) for values in kept["findings"]],
        files=[],
        with_layers=kept["with_layers"],
        without_layers=kept["without_layers"],
        notes=kept["notes"],
        looked_at=frozenset(read).difference(for_others).union(kept["looked_at"]),
        named=frozenset(kept["named"]),
        texts={path: text.encode("latin-1") for path, text in kept["texts"].items()},
        interpreted=frozenset(kept["interpreted"]),
    )


def _paths(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield finding.location.path
        yield from (related.location.path for related in finding.related)
        if finding.fix is not None:
            yield from (edit.location.path for edit in finding.fix.edits)


def _finding(finding: Finding) -> Plain:
    fix = finding.fix
    return {
        **vars(finding),
        "location": _location(finding.location),
        "related": [[_location(related.location), related.label] for related in finding.related],
        "axes": [list(vars(axis).values()) for axis in finding.axes],
        "fix": fix and [fix.applicability, fix.title, [[_location(edit.location), edit.content] for edit in fix.edits]],
    }


def _finding_of(values: Plain) -> Finding:
    from lstmcheck.findings import Axis, Edit, Finding, Fix, Related

    fix = values["fix"]
    return Finding(
        **{
            **values,
            "location": _location_of(values["location"]),
            "related": tuple(Related(_location_of(where), label) for where, label in values["related"]),
            "axes": tuple(Axis(*axis) for axis in values["axes"]),
            "fix": fix and Fix(fix[0], fix[1], tuple(Edit(_location_of(where), text) for where, text in fix[2])),
        }
    )


def _location(where: Location) -> list[Any]:
    return [*list(vars(where).values())[:5], where.cell and list(where.cell)]


def _location_of(values: list[Any]) -> Location:
    from lstmcheck.findings import Cell, Location

    path, line, column, end_line, end_column, cell = values
    return Location(path, line, column, end_line, end_column, cell and Cell(*cell))
