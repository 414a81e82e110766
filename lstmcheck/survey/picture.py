"""Drawings of a program's recurrent layers, or of one constructor: what `lstmcheck draw` shows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lstmcheck.config import ConfigError, Settings
from lstmcheck.config.files import load
from lstmcheck.draw import FORMATS, Layer, Link, Mistake, Picture, configured, html, layer, mermaid, svg, text
from lstmcheck.survey.command import CannotShow, split
from lstmcheck.survey.layer import LayerShapes, NotALayer, Remark, layer_shapes, looks_like_constructor
from lstmcheck.survey.program import NotFound


@dataclass(frozen=True)
class Drawing:
    """Pictures, each of a layer or of layers that hand something to each other; `sources` are the files' lines by path.

    `str()` is the drawing for a terminal; a notebook shows the SVG.
    """

    pictures: tuple[Picture, ...]
    sources: Mapping[str, Sequence[str]]
    title: str = ""

    def to_svg(self) -> str:
        """One SVG file with everything: accessible, no script, light and dark by the reader's choice."""
        return svg.render(self._joined())

    def to_text(self, width: int = text.WIDTH, colour: bool = False, ascii: bool = False) -> str:
        """Lines for a terminal of a width, in box characters or in ASCII."""
        parts = [text.render(picture, width, colour, ascii) for picture in self.pictures]
        return f"\n{'-' * width}\n\n".join(parts)

    def to_mermaid(self) -> str:
        """A Mermaid flowchart."""
        return mermaid.render(self._joined())

    def to_html(self) -> str:
        """A page with the pictures and the source; pointing at a part marks its line."""
        return html.render(self.pictures, self.sources, self.title)

    def render(self, format: str) -> str:
        """The drawing in one of `lstmcheck.draw.FORMATS`."""
        made = {"text": self.to_text, "svg": self.to_svg, "mermaid": self.to_mermaid, "html": self.to_html}
        assert set(made) == set(FORMATS)
        return str(made[format]())

    def __str__(self) -> str:
        return self.to_text()

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def _joined(self) -> Picture:
        layers: list[Layer] = []
        links: list[Link] = []
        for one in self.pictures:
            before = len(layers)
            links += [replace(link, source=link.source + before, target=link.target + before) for link in one.links]
            layers += one.layers
        return Picture(tuple(layers), tuple(links), self.title)


def picture(target: str | os.PathLike[str], input: Sequence[int] | None = None) -> Drawing:
    """The picture of a program's recurrent layers or of one layer, as `lstmcheck draw` draws it; nothing is run.

    `target` is a file, `file:line`, `file:Class`, `file:function` or `file:Class.method`, or the text of a constructor,
    for which `input` may give the shape of the input. Raises FileNotFoundError for no such path, and
    `lstmcheck.survey.command.CannotShow` where there is nothing to draw.
    """
    given = os.fspath(target)
    try:
        if not os.path.lexists(given) and looks_like_constructor(given):
            return _of_constructor(given, input)
        if input is not None:
            raise CannotShow(f"an input goes with a constructor, and {given!r} is none")
        path, part = split(given)
        if not os.path.lexists(path):
            raise FileNotFoundError(path)
        return _of_program(path, part, load([path]), None)
    except (NotALayer, NotFound, ConfigError) as error:
        raise CannotShow(str(error)) from None


def picture_of_source(source: str, path: str = "example.py") -> Drawing:
    """The picture of a program that is given as text; `path` is only what it is called. Raises CannotShow."""
    try:
        return _of_program(path, "", Settings(), {path: source.encode()})
    except NotFound as error:
        raise CannotShow(str(error)) from None


def _of_program(path: str, part: str, settings: Settings, given: Mapping[str, bytes] | None) -> Drawing:
    from lstmcheck.survey.scenes import scenes

    return Drawing(*scenes(path, part, settings, given))


# One constructor


def _of_constructor(text: str, input: Sequence[int] | None) -> Drawing:
    shapes = layer_shapes(text, input)
    if shapes.config is None:
        remark = shapes.remarks[0]
        raise CannotShow(f"torch does not make {shapes.text}: {remark.code} {remark.message}".replace("  ", " "))
    return Drawing((Picture((_layer_of(shapes),)),), {}, shapes.text)


def _layer_of(shapes: LayerShapes) -> Layer:
    config = shapes.config
    reading = next(one for one in shapes.readings if one.chosen)
    rows = {row.name: row.shape for row in reading.rows}
    if any(remark.severity == "error" for remark in reading.remarks):
        rows = {name: shape for name, shape in rows.items() if name == "input"}
    rank = len(rows["input"])
    cell = config.kind.endswith("Cell")
    # the letters of the picture instead of torch's N and L
    letters = {"N": "B", "L": "T"}
    named = {name: tuple(letters.get(size, size) for size in shape) for name, shape in rows.items()}
    remarks = [*shapes.remarks, *reading.remarks]
    made = layer(
        **configured(config),
        text=shapes.text,
        batched=rank != (1 if cell else 2),
        shapes=named,
        notes=notes(config, shapes.parameters),
    )
    return replace(made, mistakes=tuple(_mistake_of(remark, made) for remark in remarks))


def _mistake_of(remark: Remark, made: Layer) -> Mistake:
    need = remark.need
    if need.subject != made.input.name:
        return Mistake(remark.code or "torch", "", remark.message, "layer")
    expected = f"{made.input.axes[need.axis]} = {need.want}" if need.axis is not None else ""
    return Mistake(remark.code, "", remark.message, "input", need.axis, expected, str(need.got))


def notes(config: object, parameters: int | str | None) -> list[str]:
    """What a picture says in words about a layer of some configuration."""
    found = []
    dropout = getattr(config, "dropout", None)
    if isinstance(dropout, (int, float)) and dropout:
        found.append(f"dropout {dropout:g} between layers")
    if getattr(config, "bias", 1) == 0:
        found.append("no bias")
    nonlinearity = getattr(config, "nonlinearity", None)
    if getattr(config, "kind", "").startswith("RNN") and nonlinearity not in (None, "tanh"):
        found.append(f"nonlinearity {nonlinearity}")
    if parameters is not None:
        found.append(f"{parameters:,} parameters" if isinstance(parameters, int) else f"{parameters} parameters")
    return found
