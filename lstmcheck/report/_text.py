"""Texts that hold what a user's program says, made safe, and what a finding says beside its message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstmcheck.findings import Axis, Finding


def printable(text: str) -> str:
    """The text without anything that a terminal or another program obeys: such characters are written as escapes."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return tame(text)


def tame(text: str) -> str:
    """The text, as long as it was, without what runners of pipelines obey wherever it stands in a line."""
    return text.replace("##vso[", "##vso(").replace("##[", "##(") if "##" in text else text


def json_text(value: object, indent: int | None = None) -> str:
    """A value as JSON that holds nothing which runners of pipelines obey, and still says the same."""
    import json

    text = json.dumps(value, indent=indent)
    return text.replace("##vso[", "##vso\\u005b").replace("##[", "##\\u005b") if "##" in text else text


def leading(path: str) -> str:
    """A text, mostly a path, to stand at the start of a line: runners of pipelines obey lines that begin with `::`."""
    text = printable(path)
    return f"./{text}" if text.lstrip().startswith("::") else text


def one_line(text: str) -> str:
    """The text as one printable line."""
    return printable(" ".join(text.split()))


def remarks(finding: Finding) -> Iterator[str]:
    """What a finding says beside its message and its places, one printable line each, for proportional type."""
    yield from (axis_text(axis) for axis in finding.axes if axis.ok is not True)
    if finding.torch_says is not None:
        yield f"torch would say: {one_line(finding.torch_says)}"
    elif is_silent(finding):
        yield "torch stays silent"
    if finding.help:
        yield f"help: {one_line(finding.help)}"
    if finding.fix is not None:
        yield f"fix ({finding.fix.applicability}): {one_line(finding.fix.title)}"


def cell_text(finding: Finding) -> str:
    """Where in a notebook a finding stands, for readers that know only lines of a file; else nothing."""
    where = finding.location
    return f"cell {where.cell.number}, line {where.row}: " if where.cell is not None else ""


def is_silent(finding: Finding) -> bool:
    """Whether torch runs the mistake without a word. Files and comments are no concern of torch's."""
    return finding.torch_says is None and finding.severity != "error" and not finding.code.startswith("LSTM9")


def axis_text(axis: Axis) -> str:
    """One row of the axis table as a sentence."""
    name = f" ({one_line(axis.name)})" if axis.name else ""
    verdict = {True: "", False: "", None: " (not known)"}[axis.ok]
    return f"axis {axis.axis}{name}: expected {one_line(axis.expected)}, got {one_line(axis.got)}{verdict}"


def places(finding: Finding) -> Iterator[str]:
    """The places that explain a finding, one printable line each."""
    for related in finding.related:
        yield f"{leading(related.location.place)}: {one_line(related.label)}"


def details(finding: Finding) -> list[str]:
    """Remarks and places: everything but the message and where it stands."""
    return [*remarks(finding), *places(finding)]
