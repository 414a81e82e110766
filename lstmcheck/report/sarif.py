"""SARIF 2.1.0. Columns count from 1 in code points; the end is exclusive; addresses are relative to the source root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from lstmcheck import __version__
from lstmcheck.findings import Finding, Fix, Location
from lstmcheck.report import Report
from lstmcheck.report._identity import fingerprints
from lstmcheck.report._links import page
from lstmcheck.report._text import cell_text, json_text, one_line, remarks
from lstmcheck.report.json import as_json
from lstmcheck.rules import reportable

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(report: Report) -> Iterator[str]:
    """The lines of the report."""
    codes = sorted({finding.code for finding in report.findings})
    keys = fingerprints(report.findings, report.lines)
    driver = {"name": "lstmcheck", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes, key) for finding, key in zip(report.findings, keys)],
    }
    yield json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    rule = next(one for one in reportable() if one.code == code)
    doc, url = rule.doc.strip(), page(code)
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": one_line(rule.summary)},
        "fullDescription": {"text": one_line(doc.partition("\n\n")[2].partition("\n\n")[0]) or one_line(rule.summary)},
        "help": {"text": doc, "markdown": doc},
        **({"helpUri": url} if url else {}),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["correctness", "torch", "recurrent"], "precision": "very-high"},
    }


def _result(finding: Finding, codes: list[str], fingerprint: str) -> dict[str, Any]:
    values = as_json(finding)
    kept = {"axes": values["axes"], "torchSays": finding.torch_says, "condition": finding.condition}
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _place(finding.location)}],
        "relatedLocations": [
            {"id": at, "physicalLocation": _place(related.location), "message": {"text": _linkless(related.label)}}
            for at, related in enumerate(finding.related, 1)
        ],
        "partialFingerprints": {"lstmcheckCode/v1": fingerprint},
        **({"fixes": [_fix(finding.fix)]} if finding.fix is not None and _is_told(finding.fix) else {}),
        "properties": {name: value for name, value in kept.items() if value},
    }


def _message(finding: Finding) -> str:
    """The message, the remarks, and the other places as links to them, which is how viewers show these."""
    links = [f"[{_label(related.label)}]({at})" for at, related in enumerate(finding.related, 1)]
    seen = [f"see: {', '.join(links)}"] if links else []
    return "\n".join([_linkless(cell_text(finding) + finding.message), *map(_linkless, remarks(finding)), *seen])


def _linkless(text: str) -> str:
    """A text in which nothing looks like an embedded link."""
    return one_line(text).replace("](", "] (")


def _label(text: str) -> str:
    return one_line(text).replace("\\", "/").replace("[", "(").replace("]", ")") or "here"


def _place(where: Location) -> dict[str, Any]:
    artifact = _artifact(where.path)
    return (
        {"artifactLocation": artifact}
        if where.cell is not None
        else {"artifactLocation": artifact, "region": _region(where)}
    )


def _artifact(path: str) -> dict[str, str]:
    path = os.fsencode(path).decode("utf-8", "surrogateescape").replace("\\", "/")
    if os.path.isabs(path):
        return {"uri": f"file://{_quoted(path)}"}
    return {"uri": _quoted(path), "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    return quote(path, safe="/", errors="surrogateescape")


def _region(where: Location) -> dict[str, int]:
    return {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }


def _is_told(fix: Fix) -> bool:
    """Whether the fix can be said in lines of a file."""
    return bool(fix.edits) and all(edit.location.cell is None for edit in fix.edits)


def _fix(fix: Fix) -> dict[str, Any]:
    paths = dict.fromkeys(edit.location.path for edit in fix.edits)
    changes = [
        {
            "artifactLocation": _artifact(path),
            "replacements": [
                {"deletedRegion": _region(edit.location), "insertedContent": {"text": edit.content}}
                for edit in fix.edits
                if edit.location.path == path
            ],
        }
        for path in paths
    ]
    return {"description": {"text": f"{_linkless(fix.title)} ({fix.applicability})"}, "artifactChanges": changes}
