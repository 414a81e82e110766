"""A recurrent result taken apart into another number of names than it has parts."""

from __future__ import annotations

import ast
import re
from typing import Any

from torch import Tensor

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import origins
from lstmcheck.runtime.explain.scene import Scene, Told
from lstmcheck.runtime.graph_lines import tree

_COUNT = re.compile(r"(?:not enough|too many) values to unpack \(expected (?P<want>\d+)(?:, got (?P<got>\d+))?\)")


def explain(scene: Scene) -> Told | None:
    """`a, b, c = lstm(x)`, `out, (h, c) = gru(x)`."""
    match = _COUNT.search(scene.text)
    statement = _statement(scene)
    if match is None or scene.inner or statement is None:
        return None
    names = int(match["want"])
    for target in _targets(scene, statement, names):
        path = next(path for one in statement.targets if (path := _path(one, target)) is not None)
        found = _parts(scene, statement.value, path)
        if found is None:
            continue
        part, layer, got = found
        got = int(match["got"]) if match["got"] else got
        if got != names:
            detail = {"kind": layer["kind"], "of": part} if part else {"kind": layer["kind"], "given": "a result"}
            return Told(Need("unpack.count", got, names, "equal", part, raises=scene.raises, detail=detail), layer)
    return None


def _parts(scene: Scene, value: ast.expr, path: tuple[int, ...]) -> tuple[str, dict[str, Any], int | None] | None:
    """What was taken apart: a part of a layer's result ("" where it is something else), and how many there are."""
    held = scene.read(value)
    if held is not None:
        for index in path:
            held = held[index] if isinstance(held, tuple) and index < len(held) else None
        origin, size = origins.find(held), _size(held)
        return (origin.part if origin.exact else "", origin.layer, size) if origin is not None else None
    if not isinstance(value, ast.Call):
        return None
    place = (scene.place.path, value.lineno, value.end_lineno or value.lineno, value.col_offset + 1)
    layer = origins.at(*place)
    if layer is not None:
        part = _part(layer["kind"], path)
        return (part, layer, _count(layer, part)) if part is not None else None
    layer = origins.inside(*place)
    return ("", layer, None) if layer is not None else None


def _size(held: Any) -> int | None:
    if isinstance(held, Tensor):
        return held.shape[0] if held.dim() else None
    return len(held) if isinstance(held, tuple) else None


def _statement(scene: Scene) -> Any:
    module = tree(scene.frame.f_code.co_filename)
    found = None
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.Assign) and node.lineno <= scene.place.line <= (node.end_lineno or node.lineno):
            found = node
    return found


def _targets(scene: Scene, statement: ast.Assign, names: int) -> list[ast.expr]:
    """The groups of names that may not have fitted: those at the place, else all with that many names."""
    groups = [node for one in statement.targets for node in ast.walk(one) if isinstance(node, (ast.Tuple, ast.List))]
    fitting = [node for node in groups if len(node.elts) == names]
    return [node for node in fitting if node.col_offset + 1 == scene.place.column] or fitting  # type: ignore[return-value]


def _path(whole: ast.expr, part: ast.expr | None) -> tuple[int, ...] | None:
    """The indices that lead from a group of names to one inside it."""
    if whole is part:
        return ()
    if isinstance(whole, (ast.Tuple, ast.List)):
        for index, element in enumerate(whole.elts):
            inner = _path(element, part)
            if inner is not None:
                return (index, *inner)
    return None


def _part(kind: str, path: tuple[int, ...]) -> str | None:
    if kind.endswith("Cell"):
        names: dict[tuple[int, ...], str] = {(): "result", (0,): "h_n", (1,): "c_n"}
        if kind != "LSTMCell":
            names = {(): "h_n"}
    else:
        names = {(): "result", (0,): "output", (1,): "h_n"}
        if kind == "LSTM":
            names |= {(1,): "state", (1, 0): "h_n", (1, 1): "c_n"}
    return names.get(path)


def _count(layer: dict[str, Any], part: str) -> int | None:
    return 2 if part in ("result", "state") else _size(origins.last(layer, part))
