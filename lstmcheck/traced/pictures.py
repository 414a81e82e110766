"""The picture of each layer that was seen, with the sizes of one call and what is wrong about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lstmcheck import draw
from lstmcheck.contract import cells, recurrent
from lstmcheck.contract.values import TensorLike
from lstmcheck.draw import Mistake, Place
from lstmcheck.findings import Location
from lstmcheck.runtime import sites
from lstmcheck.runtime.collected import Collected, Row
from lstmcheck.runtime.layers import Layer
from lstmcheck.traced import words

_WHOLE_STATE = ("hx", "state", "hidden")


def layers(report: Collected) -> list[draw.Layer]:
    """One drawn layer a row of the report."""
    return [drawn(layer, report) for layer in report.layers]


def drawn(layer: Layer, report: Collected) -> draw.Layer:
    """A layer as it was called: with its last call where there is a mistake, else its first."""
    rows = [row for row in report.rows if row.about is not None and layer.made and row.about.made == layer.made]
    config: Any = layer.config
    cell = layer.kind.endswith("Cell")
    call = layer.shapes[-1 if rows else 0] if layer.shapes else {}
    notes = [words.many(layer.parameters, "parameter"), words.many(layer.calls, "call")]
    if layer.modules > 1:
        notes.append(words.many(layer.modules, "module"))
    made = draw.layer(
        **draw.configured(config),
        text=" ".join(layer.text.split()) or words.constructor(layer),
        batched="packed" in call or len(call.get("input", ())) != (1 if cell else 2),
        packed="packed" in call,
        shapes=_shapes(layer, call),
        given=[name for name in ("h_0", "c_0") if name in call],
        notes=notes,
        place=_place(layer.made) if layer.made is not None else None,
    )
    return replace(made, mistakes=tuple(_mistake(made, row) for row in rows))


def _shapes(layer: Layer, call: dict[str, tuple[int, ...]]) -> dict[str, tuple[int | str, ...]]:
    """The sizes of a call's tensors: what was given, and what comes out by the contract."""
    shapes: dict[str, tuple[int | str, ...]] = {name: call[name] for name in ("input", "h_0", "c_0") if name in call}
    if "input" in call:
        try:
            results = _results(layer.config, TensorLike(call["input"]))
        except (TypeError, ValueError, IndexError, AttributeError):  # a wrong input has no result
            return shapes
        for name, found in results.items():
            if found is not None and all(isinstance(size, int) for size in found):
                shapes[name] = tuple(found)
    return shapes


def _results(config: Any, source: TensorLike) -> dict[str, Any]:
    if isinstance(config, cells.CellConfig):
        cell = _last(cells.forward(config, source))
        return {"h_1": cell.h, "c_1": cell.c}
    result = _last(recurrent.forward(config, source))
    return {"output": result.output, "h_n": result.h_n, "c_n": result.c_n}


def _last(requirements: Any) -> Any:
    while True:
        try:
            next(requirements)
        except StopIteration as stop:
            return stop.value


def _mistake(made: draw.Layer, row: Row) -> Mistake:
    finding, about = row.finding, row.about
    assert about is not None
    tensors = {one.name for one in (made.input, *made.states, made.output, *made.results) if one is not None}
    part = about.subject if about.subject in tensors else "state" if about.subject in _WHOLE_STATE else "layer"
    wrong = next((axis for axis in finding.axes if axis.ok is False and axis.axis == about.axis), None)
    expected, got = (wrong.expected, wrong.got) if wrong is not None else ("", "")
    axis = about.axis if part in tensors else None
    where, because = _place(finding.location), tuple(_because(row))
    return Mistake(finding.code, finding.name, finding.message, part, axis, expected, got, where, because)


def _because(row: Row) -> Iterator[tuple[Place, str]]:
    for related in row.finding.related[:2]:
        if row.about is None or related.location != row.about.made:
            yield _place(related.location), related.label


def _place(where: Location) -> Place:
    lines = sites.lines_of(where.path)
    return Place(where.path, where.line, lines[where.line - 1] if where.line <= len(lines) else "")
