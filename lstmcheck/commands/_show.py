"""`--show-settings`: what would hold, and where it is from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from lstmcheck.config import Patterns, Settings
from lstmcheck.config.files import Scopes
from lstmcheck.config.keys import KEYS
from lstmcheck.report._text import printable


def settings_text(scoped: Settings | Scopes, paths: Sequence[str]) -> Iterator[str]:
    """The settings for each path, as TOML; paths with the same settings together."""
    groups: dict[Settings, list[str]] = {}
    for path in paths:
        groups.setdefault(scoped.at(path), []).append(path)
    for settings, group in groups.items():
        yield f"# settings for {printable(', '.join(group))}"
        yield f"# from {printable(settings.source) if settings.source else 'no configuration file'}"
        values = settings._asdict()
        for key in KEYS:
            value = values[key.name.replace("-", "_")]
            yield f"{key.name} = {_toml(value, key.kind.schema.get('type') == 'object')}"


def _toml(value: Any, table: bool = False) -> str:
    if value is None:
        return '""'
    if isinstance(value, tuple) and value and isinstance(value[0], Patterns):
        return _toml(tuple(_place(line, patterns.base) for patterns in value for line in patterns.lines))
    if table:
        items = (f"{_toml(_name(name))} = {_toml(inner)}" for name, inner in value)
        return f"{{ {', '.join(items)} }}" if value else "{}"
    return json.dumps(value)


def _name(name: str | Patterns) -> str:
    return name if isinstance(name, str) else _place(name.lines[0], name.base)


def _place(pattern: str, base: str) -> str:
    """A pattern as seen from the working directory where that is not where it stands."""
    relative = os.path.relpath(base)
    return pattern if relative == "." else f"{pattern} (in {relative})"
