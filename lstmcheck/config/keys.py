"""The keys of `[tool.lstmcheck]`: one table, from which files are checked and the JSON schema is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lstmcheck.config import Patterns, did_you_mean
from lstmcheck.findings import SEVERITIES
from lstmcheck.report import formats


class Kind(NamedTuple):
    """What a value must be.

    `complaint` says what is wrong with a value, or None. `convert` makes of a right one and of the directory of its
    file what `Settings` holds. `selectors` gives the rules that it names.
    """

    schema: dict[str, Any]
    complaint: Callable[[object], str | None]
    convert: Callable[[Any, str], object] = lambda value, root: value
    selectors: Callable[[Any], Sequence[str]] = lambda value: ()


class Key(NamedTuple):
    """A key as it is written; its field in `Settings` has underscores."""

    name: str
    kind: Kind
    doc: str


def _is(type_: type, words: str) -> Callable[[object], str | None]:
    return lambda value: None if type(value) is type_ else f"must be {words}, not {_shown(value)}"


def _strings(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return None
    return f"must be a list of strings, not {_shown(value)}"


def _one_of(choices: Callable[[], Sequence[str]]) -> Callable[[object], str | None]:
    def complaint(value: object) -> str | None:
        if value in choices():
            return None
        near = did_you_mean(value, choices()) if isinstance(value, str) else ""
        return f"must be one of {', '.join(choices())}, not {_shown(value)}{near}"

    return complaint


def _table(what: str, inner: Callable[[object], str | None]) -> Callable[[object], str | None]:
    """A complaint about the table, or about the first of its values that is wrong."""

    def complaint(value: object) -> str | None:
        if not isinstance(value, dict):
            return f"must be a table of {what}, not {_shown(value)}"
        return next((f"{name!r} {wrong}" for name, item in value.items() if (wrong := inner(item))), None)

    return complaint


def _shown(value: object) -> str:
    kinds = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return repr(value) if isinstance(value, str) else kinds.get(type(value), type(value).__name__)


def _severities() -> Sequence[str]:
    return SEVERITIES[::-1]


def _ignores(value: Mapping[str, Sequence[str]], root: str) -> object:
    return tuple((Patterns(root, (pattern,)), tuple(rules)) for pattern, rules in value.items())


_LIST: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_SEVERITY = {"enum": list(_severities())}

RULES = Kind(_LIST, _strings, lambda value, root: tuple(value), lambda value: value)
PATTERNS = Kind(_LIST, _strings, lambda value, root: (Patterns(root, tuple(value)),) if value else ())
FLAG = Kind({"type": "boolean"}, _is(bool, "true or false"))
SEVERITY = Kind(_SEVERITY, _one_of(_severities))
FORMAT = Kind({"enum": formats()}, _one_of(formats))
SEVERITY_OF_RULES = Kind(
    {"type": "object", "additionalProperties": _SEVERITY},
    _table("rules and severities", _one_of(_severities)),
    lambda value, root: tuple(value.items()),
    lambda value: list(value),
)
RULES_OF_FILES = Kind(
    {"type": "object", "additionalProperties": _LIST},
    _table("patterns and lists of rules", _strings),
    _ignores,
    lambda value: [rule for rules in value.values() for rule in rules],
)
FILE = Kind({"type": "string"}, _is(str, "a string"), lambda value, root: _below(root, value) if value else None)


def _below(root: str, path: str) -> str:
    import os

    return os.path.join(root, path)


KEYS = (
    Key("select", RULES, "Rules to report, by code, prefix of a code, or name; all where nothing is selected."),
    Key("extend-select", RULES, "Rules to report in addition to those selected; advice (info) is named here."),
    Key("ignore", RULES, "Rules not to report. Of several selectors about a rule the most exact one counts."),
    Key("per-file-ignores", RULES_OF_FILES, "Rules not to report in files that match a pattern."),
    Key("severity", SEVERITY_OF_RULES, "The severity of rules: error, warning or info."),
    Key("exclude", PATTERNS, "Files to leave out, in the syntax of .gitignore, beside the usual places."),
    Key("extend-exclude", PATTERNS, "Files to leave out in addition to `exclude`."),
    Key("force-exclude", FLAG, "Leave out excluded files even when they are named."),
    Key("show-info", FLAG, "Report advice (severity info) too."),
    Key("fail-on", SEVERITY, "The lowest severity that makes the exit code 1."),
    Key("output-format", FORMAT, "How findings are printed."),
    Key("baseline", FILE, "The file of known findings, which are not reported."),
    Key("cache-dir", FILE, "The folder of what earlier runs found."),
)


def by_name() -> dict[str, Key]:
    """The keys by their names."""
    return {key.name: key for key in KEYS}


def read(table: Mapping[str, object], root: str) -> Iterator[tuple[str, object]]:
    """The fields of `Settings` that a table sets. The table has been found right by `complaint`."""
    known = by_name()
    for name, value in table.items():
        yield name.replace("-", "_"), known[name].kind.convert(value, root)


def complaint(table: Mapping[str, object]) -> str | None:
    """What is wrong with a table, in one line that names the nearest right thing, or None."""
    known = by_name()
    for name, value in table.items():
        if name not in known:
            return f"unknown key {name!r}{did_you_mean(name, known)}"
        wrong = known[name].kind.complaint(value)
        if wrong is not None:
            return f"{name!r} {wrong}"
    return None


def selectors(table: Mapping[str, Any]) -> Iterator[str]:
    """Every rule that a right table names."""
    known = by_name()
    for name, value in table.items():
        yield from known[name].kind.selectors(value)
