"""Where a module was made, read from the source of the class that owns it: the assignment `self.lstm = nn.LSTM(...)`.

For modules that were constructed before anybody watched.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator
from functools import lru_cache
from types import FrameType
from typing import Any

from torch import nn

from lstmcheck.findings import Location
from lstmcheck.runtime import sites


def assigned(root: nn.Module, path: str) -> Location | None:
    """Where the module at a path under a root ("encoder.lstm") is assigned; None where no source shows it.

    What stands in a container (`layers.0`) is found at the container's assignment.
    """
    names = path.split(".") if path else []
    while names:
        name, owner = names.pop(), root.get_submodule(".".join(names))
        for cls in type(owner).__mro__:
            found = _in_class(cls, name)
            if found is not None:
                return found
    return None


def seen_from(module: nn.Module, frame: FrameType | None) -> Location | None:
    """Where a module that is being called is assigned in a module whose method is running, the innermost first."""
    looked_at = 0
    while frame is not None and looked_at < _MAX_FRAMES:
        if "self" in frame.f_code.co_varnames[:1] and sites.origin(frame.f_code.co_filename) != "inside":
            looked_at += 1
            owner: Any = frame.f_locals.get("self")
            if issubclass(type(owner), nn.Module) and owner is not module:
                path = next((name for name, one in owner.named_modules() if one is module), None)
                found = assigned(owner, path) if path is not None else None
                if found is not None:
                    return found
        frame = frame.f_back
    return None


_MAX_FRAMES = 16


def _in_class(cls: type, name: str) -> Location | None:
    if cls.__module__ == "builtins" or cls is nn.Module:
        return None
    try:
        file = inspect.getsourcefile(cls) or ""
    except TypeError:
        return None
    if not file or sites.origin(file) == "inside":
        return None
    node = _class(file, cls.__qualname__)
    value = next(_assignments(node, name), None) if node is not None else None
    if value is None or value.end_lineno is None or value.end_col_offset is None:
        return None
    lines = linecache.getlines(file)

    def column(line: int, offset: int) -> int:
        text = lines[line - 1] if line <= len(lines) else ""
        return len(text.encode("utf-8")[:offset].decode("utf-8", "replace")) + 1

    return Location(
        sites.shown(file),
        value.lineno,
        column(value.lineno, value.col_offset),
        value.end_lineno,
        column(value.end_lineno, value.end_col_offset),
    )


@lru_cache(maxsize=256)
def _class(file: str, qualname: str) -> ast.ClassDef | None:
    """The definition of a class in a file."""
    try:
        scope: ast.AST = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None
    for part in qualname.split("."):
        if part == "<locals>":
            continue
        found = [node for node in ast.walk(scope) if getattr(node, "name", None) == part]
        if not found:
            return None
        scope = found[-1]
    return scope if isinstance(scope, ast.ClassDef) else None


def _assignments(node: ast.ClassDef, name: str) -> Iterator[ast.expr]:
    """The values that methods of a class assign to `self.<name>`."""
    for one in ast.walk(node):
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        value = getattr(one, "value", None)
        for target in targets:
            if isinstance(value, ast.expr) and _is_own(target, name):
                yield value
            elif isinstance(value, ast.Tuple) and isinstance(target, ast.Tuple):
                yield from (part for own, part in zip(target.elts, value.elts) if _is_own(own, name))


def _is_own(target: ast.expr, name: str) -> bool:
    """Whether a target is `self.<name>`."""
    own = isinstance(target, ast.Attribute) and target.attr == name and isinstance(target.value, ast.Name)
    return own and target.value.id == "self"  # type: ignore[attr-defined]
