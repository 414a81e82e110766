"""One layer in full, as a page for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lstmcheck.report._colour import Paint, painter
from lstmcheck.survey.layer import LayerShapes, Reading, Remark, Row
from lstmcheck.survey.page import MIN_WIDTH, terminal_width, wrapped

MANY_WEIGHTS = 24


def page(shapes: LayerShapes, width: int | None = None, colour: bool = False) -> Iterator[str]:
    """The lines of the page for a terminal of a width."""
    paint = painter(colour)
    columns = terminal_width() if width is None else max(width, MIN_WIDTH)
    yield paint("place", shapes.text)
    for remark in shapes.remarks:
        yield from _remark(remark, "", columns, paint)
    for reading in shapes.readings:
        yield ""
        yield from _reading(reading, columns, paint)
    if shapes.weights:
        yield ""
        yield paint("info", "weights")
        yield from _table(_shortened(shapes.weights), columns, paint)
        if shapes.gates:
            order = ", ".join(f"{gate} {meaning}" for gate, meaning in shapes.gates)
            text = f"the first axis of each is {len(shapes.gates)} blocks of hidden_size rows, in this order: {order}"
            yield from wrapped(f"{text}; weight_hr has none" if _projects(shapes) else text, "  ", columns)
    if shapes.parameters is not None:
        yield ""
        yield f"{shapes.parameters:,} parameters"


def _projects(shapes: LayerShapes) -> bool:
    return any(row.name.startswith("weight_hr") for row in shapes.weights)


def _reading(reading: Reading, width: int, paint: Paint) -> Iterator[str]:
    yield from (paint("info", line) for line in wrapped(reading.title, "", width))
    for remark in reading.remarks:
        yield from _remark(remark, "  ", width, paint)
    if not any(remark.severity == "error" for remark in reading.remarks):
        yield from _table(reading.rows, width, paint)


def _remark(remark: Remark, indent: str, width: int, paint: Paint) -> Iterator[str]:
    code = f"{remark.code} " if remark.code else ""
    first, *rest = wrapped(f"{code}{remark.message}   ({remark.severity})", indent, width, f"{indent}  ")
    yield paint(remark.severity, first)
    yield from (paint(remark.severity, line) for line in rest)
    if remark.torch_says:
        yield from wrapped(f"torch would say: {remark.torch_says}", f"{indent}  ", width)
    if remark.help:
        yield from wrapped(f"help: {remark.help}", f"{indent}  ", width)


def _table(rows: Sequence[Row], width: int, paint: Paint) -> Iterator[str]:
    names = max((len(row.name) for row in rows), default=0)
    shapes = max((len(_shape(row)) for row in rows), default=0)
    for row in rows:
        shape = _shape(row)
        head = f"  {row.name:<{names}}  {paint('help', shape)}{' ' * (shapes - len(shape))}"
        if 2 + names + 2 + shapes + 2 + len(row.meaning) <= width:
            yield f"{head}  {row.meaning}".rstrip()
        else:
            yield head.rstrip()
            yield from wrapped(row.meaning, "      ", width)


def _shape(row: Row) -> str:
    return f"({row.shape[0]},)" if len(row.shape) == 1 else f"({', '.join(row.shape)})" if row.shape else ""


def _shortened(rows: Sequence[Row]) -> list[Row]:
    """A deep layer's weights: the layers above the second repeat it."""
    if len(rows) <= MANY_WEIGHTS:
        return list(rows)
    kept = [row for row in rows if _layer(row.name) < 2]
    deepest = max(_layer(row.name) for row in rows)
    return [*kept, Row("...", (), f"layers 2 to {deepest} have the weights of layer 1")]


def _layer(name: str) -> int:
    digits = name.partition("_l")[2].partition("_")[0]
    return int(digits) if digits.isdecimal() else 0
