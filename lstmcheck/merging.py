"""Reports, or baselines, of parts of a tree made into one: in order, and each finding once.

What the parts hold is kept as it is written: only where they stand, and that two are the same, is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeGuard

from lstmcheck import baseline

Values = dict[str, Any]


class MergeError(Exception):
    """Parts that cannot be merged; the text is one line."""


class _Part(NamedTuple):
    """A file, what kind of report it is, and its contents."""

    file: str
    kind: str
    content: Any


_LINES, _LIST, _SARIF, _BASELINE = "json-lines", "json", "sarif", "a baseline"


def merged(files: Sequence[str], read: Callable[[str], bytes]) -> list[str]:
    """The lines of the one report of all these files, in their own format; `read` gives their bytes.

    Raises MergeError, and what `read` raises.
    """
    parts = [_part(file, read(file)) for file in files]
    first = next((part for part in parts if part.content), parts[0])
    # what an empty file is depends on the others
    kinds = [part._replace(kind=first.kind, content=_EMPTY[first.kind]) if not part.content else part for part in parts]
    for part in kinds:
        if part.kind != first.kind:
            raise MergeError(f"{first.file} is {first.kind} and {part.file} is {part.kind}: merge one format at a time")
    return _MERGE[first.kind](kinds)


def _part(file: str, data: bytes) -> _Part:
    wrong = MergeError(
        f"{file} is no report that can be merged: json, json-lines and sarif can be, and baselines of lstmcheck"
    )
    try:
        text = data.decode("utf-8")
        content = _decoded(text)
    except (ValueError, RecursionError):
        raise wrong from None
    if isinstance(content, list) and all(map(_is_finding, content)):
        return _Part(file, _LIST if text.lstrip().startswith("[") else _LINES, content)
    if isinstance(content, dict) and _is_sarif(content):
        return _Part(file, _SARIF, content)
    if isinstance(content, dict) and set(content) == {"version", "findings"}:
        return _Part(file, _BASELINE, content)
    raise wrong


def _decoded(text: str) -> Any:
    """The value of a JSON text, or the list of those of its lines. Raises ValueError."""
    try:
        value = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return [value] if _is_finding(value) else value


def _is_finding(value: object) -> TypeGuard[Values]:
    return isinstance(value, dict) and {"path", "line", "column", "code", "message"} <= set(value)


def _is_sarif(value: Values) -> bool:
    try:
        return all(isinstance(run["tool"]["driver"]["version"], str) for run in value["runs"]) and bool(value["runs"])
    except (KeyError, TypeError):
        return False


def _lines(parts: Sequence[_Part]) -> list[str]:
    return [json.dumps(value) for value in _findings(parts)]


def _list(parts: Sequence[_Part]) -> list[str]:
    return ("[" + ",\n ".join(_lines(parts)) + "]").split("\n")


def _findings(parts: Sequence[_Part]) -> list[Values]:
    return _once((value for part in parts for value in part.content), _order)


def _order(value: Values) -> tuple[Any, ...]:
    place = (value["path"], value.get("cell") or 0, value["line"], value["column"])
    return (*place, value["code"], value["message"])


def _sarif(parts: Sequence[_Part]) -> list[str]:
    runs = [(part.file, run) for part in parts if part.content for run in part.content["runs"]]
    file, first = runs[0]
    made_by = _made_by(first)
    for other, run in runs:
        if _made_by(run) != made_by:
            raise MergeError(
                f"{file} is from {made_by} and {other} from {_made_by(run)}: make all parts with one version"
            )
    rules = {rule["id"]: rule for _, run in runs for rule in run["tool"]["driver"].get("rules", ())}
    codes = sorted(rules)
    results = _once((result for _, run in runs for result in run.get("results", ())), _order_of_result)
    driver = {**first["tool"]["driver"], "rules": [rules[code] for code in codes]}
    run = {
        **first,
        "tool": {**first["tool"], "driver": driver},
        "results": [
            {**result, "ruleIndex": codes.index(result["ruleId"])} if "ruleIndex" in result else result
            for result in results
        ],
    }
    whole = next(part.content for part in parts if part.content)
    return json.dumps({**whole, "runs": [run]}, indent=2).split("\n")


def _made_by(run: Values) -> str:
    driver = run["tool"]["driver"]
    return f"{driver.get('name')} {driver['version']}"


def _order_of_result(result: Values) -> tuple[Any, ...]:
    place = result["locations"][0]["physicalLocation"]
    region = place.get("region", {})
    where = (place["artifactLocation"]["uri"], region.get("startLine", 0), region.get("startColumn", 0))
    return (*where, result["ruleId"], result["message"]["text"])


def _once(values: Iterable[Values], order: Callable[[Values], tuple[Any, ...]]) -> list[Values]:
    """Different values in order. A rule's place among the rules of its part makes no difference."""
    known: dict[str, Values] = {}
    for value in values:
        known.setdefault(json.dumps({**value, "ruleIndex": None}, sort_keys=True), value)
    try:
        return [value for _, value in sorted(known.items(), key=lambda item: (*order(item[1]), item[0]))]
    except (KeyError, TypeError, IndexError, AttributeError):
        raise MergeError("a part holds a finding that lstmcheck did not write") from None


def _baselines(parts: Sequence[_Part]) -> list[str]:
    entries: dict[str, baseline.Entry] = {}
    for part in parts:
        if not part.content:
            continue
        if part.content["version"] != baseline.VERSION:
            raise MergeError(
                f"{part.file}: version {part.content['version']!r} of a baseline, not {baseline.VERSION}: make it anew"
            )
        try:
            read = [baseline.Entry(**values) for values in part.content["findings"]]
            for entry in read:
                known = entries.get(entry.key, entry)
                entries[entry.key] = max(known, entry)
        except TypeError:
            raise MergeError(f"{part.file} is no baseline of lstmcheck") from None
    return baseline.text(baseline.Baseline("", tuple(sorted(entries.values())))).rstrip("\n").split("\n")


_MERGE = {_LINES: _lines, _LIST: _list, _SARIF: _sarif, _BASELINE: _baselines}
_EMPTY: dict[str, Any] = {_LINES: [], _LIST: [], _SARIF: {}, _BASELINE: {}}
