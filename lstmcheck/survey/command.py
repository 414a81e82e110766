"""What `lstmcheck shapes` does with its targets, and the function `lstmcheck.shapes`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Union

from lstmcheck.config import ConfigError
from lstmcheck.config.files import load
from lstmcheck.survey.layer import LayerShapes, NotALayer, layer_shapes, looks_like_constructor, parsed_input
from lstmcheck.survey.model import ProgramShapes
from lstmcheck.survey.program import NotFound, program_shapes
from lstmcheck.survey.statistics import Statistics, statistics_of

Shown = Union[LayerShapes, ProgramShapes, Statistics]


class CannotShow(Exception):
    """Wrong usage; the text is one line with the way out."""


def shapes(target: str | os.PathLike[str], input: Sequence[int] | None = None) -> LayerShapes | ProgramShapes:
    """The shapes of a program or of one layer, as the command shows them; nothing is imported or run.

    `target` is a file or folder, `file:line`, `file:Class`, `file:function` or `file:Class.method`, or the text of a
    constructor, for which `input` may give the shape of the input: `shapes("nn.LSTM(10, 30)", (100, 50, 10))`.
    `print()` the result, or take `to_json()`. Raises FileNotFoundError for no such path, and
    `lstmcheck.survey.command.CannotShow` where there is nothing to show.
    """
    text = os.fspath(target)
    try:
        if not os.path.lexists(text) and looks_like_constructor(text):
            return layer_shapes(text, input)
        if input is not None:
            raise CannotShow(f"an input goes with a constructor, and {text!r} is none")
        path, part = split(text)
        if not os.path.lexists(path):
            raise FileNotFoundError(path)
        return program_shapes(path, part, load([path]))
    except (NotALayer, NotFound, ConfigError) as error:
        raise CannotShow(str(error)) from None


def split(text: str) -> tuple[str, str]:
    """A path and the part of the file that is asked for, empty where all of it is."""
    if os.path.lexists(text):
        return text, ""
    path, colon, part = text.rpartition(":")
    if colon and part and (os.path.lexists(path) or path.endswith(".py")):
        return path, part
    return text, ""


def run(targets: Sequence[str], input_shape: str | None, statistics: bool) -> list[Shown]:
    """What the command shows for its targets. Raises CannotShow and FileNotFoundError."""
    if statistics:
        if input_shape is not None:
            raise CannotShow("--input goes with a constructor, --statistics with paths")
        return [_statistics(targets or (".",))]
    if not targets:
        raise CannotShow(
            'name a file, FILE:LINE or FILE:CLASS, or a constructor in quotes: lstmcheck shapes "nn.LSTM(10, 30)"'
        )
    try:
        size = None if input_shape is None else parsed_input(input_shape)
    except NotALayer as error:
        raise CannotShow(str(error)) from None
    return [shapes(target, size) for target in targets]


def _statistics(paths: Sequence[str]) -> Statistics:
    for path in paths:
        if not os.path.lexists(path):
            raise FileNotFoundError(path)
    try:
        return statistics_of(paths, load(paths))
    except ConfigError as error:
        raise CannotShow(str(error)) from None


def fails(shown: Iterable[Shown]) -> bool:
    """Whether torch would refuse, or warn about, a constructor that was asked for."""
    return any(isinstance(one, LayerShapes) and one.fails for one in shown)


def as_json(shown: Sequence[Shown]) -> Iterator[str]:
    """The facts as one JSON value: an object for one target, a list for several."""
    values = [one.to_json() for one in shown]
    yield json.dumps(values[0] if len(values) == 1 else values, indent=1)


def as_text(shown: Sequence[Shown], colour: bool) -> Iterator[str]:
    """The pages, an empty line between them."""
    from lstmcheck.survey import layer_page, page

    for number, one in enumerate(shown):
        if number:
            yield ""
        if isinstance(one, LayerShapes):
            yield from layer_page.page(one, colour=colour)
        elif isinstance(one, ProgramShapes):
            yield from page.page(one, colour=colour)
        else:
            yield from one.page()
