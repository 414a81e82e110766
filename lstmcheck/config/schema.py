"""The JSON schema of `[tool.lstmcheck]`, for editors: `python -m lstmcheck.config.schema` writes schema.json anew."""

from __future__ import annotations

import json
import os
from typing import Any

from lstmcheck.config import Settings
from lstmcheck.config.keys import KEYS

PATH = os.path.join(os.path.dirname(__file__), "schema.json")


def make() -> dict[str, Any]:
    """The schema that the table of keys means."""
    plain = Settings()._asdict()
    properties = {}
    for key in KEYS:
        default = plain[key.name.replace("-", "_")]
        known = {"default": default} if isinstance(default, bool | str) else {}
        properties[key.name] = {"description": key.doc, **key.kind.schema, **known}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "lstmcheck",
        "description": "Settings of lstmcheck: [tool.lstmcheck] in pyproject.toml, or lstmcheck.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def text() -> str:
    """The content of schema.json."""
    return json.dumps(make(), indent=2) + "\n"


if __name__ == "__main__":
    from lstmcheck.source.write import write_atomically

    write_atomically(PATH, text().encode())
