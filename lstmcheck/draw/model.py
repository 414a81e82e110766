"""What a picture is of: layers with their tensors, who consumes the results, and mistakes; plain texts, no values.

Whoever knows a layer (the linter from source, the tracer from a run) fills this in; the renderers read nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "?"


@dataclass(frozen=True)
class Place:
    """Where something stands in the source; `text` is the line, shown when a reader points at the part."""

    path: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.path else f"line {self.line}"


@dataclass(frozen=True)
class Tensor:
    """One tensor of a call. `axes` are names by meaning ("B", "T", "E"), `sizes` what the program says ("8", "batch").

    `sizes` is None where nothing is known; its length differs from that of `axes` where the rank is wrong. `given` is
    False for a state that the call leaves out. `expression` is what the program calls it.
    """

    name: str
    axes: tuple[str, ...]
    sizes: tuple[str, ...] | None = None
    expression: str = ""
    place: Place | None = None
    packed: bool = False
    given: bool = True


@dataclass(frozen=True)
class Consumer:
    """What takes a result: `part` of the layer ("output", "h_n", "c_n") goes into `name`, written as `expression`."""

    name: str
    what: str
    part: str
    expression: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class Mistake:
    """A finding in the picture. `part` is a tensor's name, "state", "layer", or a consumer's name.

    `axis` counts from the front of the tensor; `expected` and `got` are the axis' sizes in words. `because` are other
    places that explain it, each with a label.
    """

    code: str
    name: str
    message: str
    part: str
    axis: int | None = None
    expected: str = ""
    got: str = ""
    place: Place | None = None
    because: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True)
class Letter:
    """One entry of the legend: `B` is the `batch`, here `8`; the value is empty where it may be anything."""

    letter: str
    meaning: str
    value: str = ""


@dataclass(frozen=True)
class Layer:
    """One recurrent layer or cell and one call of it.

    `layers` and `directions` are numbers, or texts where they are sizes of the program; `condition` says when a
    layer of unknown directions has two. `width` is the letter of what one direction gives ("H", "P" with a projection).
    """

    kind: str
    name: str
    text: str
    layers: int | str
    directions: int | str
    input: Tensor
    states: tuple[Tensor, ...]
    output: Tensor | None
    results: tuple[Tensor, ...]
    width: str = "H"
    condition: str = ""
    legend: tuple[Letter, ...] = ()
    notes: tuple[str, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    place: Place | None = None

    @property
    def is_cell(self) -> bool:
        """Whether this is one time step of one layer."""
        return self.kind.endswith("Cell")


@dataclass(frozen=True)
class Link:
    """A result of one layer that is another's input or state: (layer's number, part) to (layer's number, part)."""

    source: int
    part: str
    target: int
    into: str
    expression: str = ""


@dataclass(frozen=True)
class Picture:
    """Layers in the order of the data, and what goes from one to another."""

    layers: tuple[Layer, ...]
    links: tuple[Link, ...] = ()
    title: str = ""


def configured(
    config: Any, size: Callable[[Any], int | str] = lambda value: value, flag: Callable[[Any], bool | str] = bool
) -> dict[str, Any]:
    """The constructor's arguments that `layer` draws, from a configuration of the contract; a cell has one layer."""
    of_layer = not config.kind.endswith("Cell")
    return {
        "kind": config.kind,
        "input_size": size(config.input_size),
        "hidden_size": size(config.hidden_size),
        "num_layers": size(config.num_layers) if of_layer else 1,
        "bidirectional": of_layer and flag(config.bidirectional),
        "batch_first": of_layer and flag(config.batch_first),
        "proj_size": size(config.proj_size) if of_layer else 0,
    }


def layer(
    kind: str,
    *,
    input_size: int | str,
    hidden_size: int | str,
    num_layers: int | str = 1,
    bidirectional: bool | str = False,
    batch_first: bool | str = False,
    proj_size: int | str = 0,
    name: str = "",
    text: str = "",
    batched: bool = True,
    packed: bool = False,
    shapes: Mapping[str, Sequence[int | str] | None] | None = None,
    expressions: Mapping[str, str] | None = None,
    places: Mapping[str, Place] | None = None,
    given: Sequence[str] = (),
    notes: Sequence[str] = (),
    consumers: Sequence[Consumer] = (),
    mistakes: Sequence[Mistake] = (),
    place: Place | None = None,
) -> Layer:
    """A layer from its constructor's arguments and the shapes of one call.

    `shapes`, `expressions` and `places` are by the names `input`, `h_0`, `c_0`, `output`, `h_n`, `c_n` (of a cell `h_1`
    and `c_1` come out). A size is a number or a text, a flag a bool or its condition in words.
    `given` names the states that the call was given. What `shapes` does not hold is drawn by its letters only.
    """
    axes = Axes(kind, bidirectional, batch_first, proj_size, batched)
    known = {key: None if sizes is None else tuple(map(str, sizes)) for key, sizes in (shapes or {}).items()}
    said, where = expressions or {}, places or {}

    def tensor(key: str, letters: tuple[str, ...], **flags: bool) -> Tensor:
        return Tensor(key, letters, known.get(key), said.get(key, ""), where.get(key), **flags)

    cell = kind.endswith("Cell")
    two = kind in ("LSTM", "LSTMCell")
    after = "1" if cell else "n"
    source = tensor("input", axes.input, packed=packed)
    states = [tensor("h_0", axes.hidden, given="h_0" in given)]
    results = [tensor(f"h_{after}", axes.hidden)]
    if two:
        states.append(tensor("c_0", axes.cell, given="c_0" in given))
        results.append(tensor(f"c_{after}", axes.cell))
    output = None if cell else tensor("output", axes.output, packed=packed)
    legend = [Letter("B", "batch", _size(source, "B"))] if batched else []
    if not cell:
        legend.append(Letter("T", "longest sequence" if packed else "time steps", _size(source, "T")))
    legend += [Letter("E", "input_size", str(input_size)), Letter("H", "hidden_size", str(hidden_size))]
    if proj_size != 0:
        legend.append(Letter("P", "proj_size", str(proj_size)))
    if not cell:
        legend.append(Letter("L", "num_layers", str(num_layers)))
        if bidirectional is not False:
            value = "2" if bidirectional is True else f"2 if {bidirectional} else 1"
            legend.append(Letter("D", "directions", value))
    return Layer(
        kind=kind,
        name=name,
        text=text,
        layers=num_layers,
        directions=2 if bidirectional is True else 1 if bidirectional is False else "D",
        input=source,
        states=tuple(states),
        output=output,
        results=tuple(results),
        width=axes.width,
        condition=bidirectional if isinstance(bidirectional, str) else "",
        legend=tuple(legend),
        notes=tuple(notes),
        consumers=tuple(consumers),
        mistakes=tuple(mistakes),
        place=place,
    )


def _size(tensor: Tensor, letter: str) -> str:
    """The size of the axis of a letter, empty where it is not said."""
    if tensor.sizes is None or len(tensor.sizes) != len(tensor.axes) or letter not in tensor.axes:
        return ""
    return tensor.sizes[tensor.axes.index(letter)]


@dataclass(frozen=True)
class Axes:
    """What the axes of a layer's tensors mean, in letters. States never follow `batch_first`."""

    kind: str
    bidirectional: bool | str
    batch_first: bool | str
    proj_size: int | str
    batched: bool
    width: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", "P" if self.proj_size != 0 else "H")

    @property
    def _rows(self) -> tuple[str, ...]:
        if self.kind.endswith("Cell"):
            return ()
        return ("L",) if self.bidirectional is False else ("L*D",)

    @property
    def _steps(self) -> tuple[str, ...]:
        if self.kind.endswith("Cell"):
            return ("B",) if self.batched else ()
        if not self.batched:
            return ("T",)
        if isinstance(self.batch_first, str):
            return ("B|T", "T|B")
        return ("B", "T") if self.batch_first else ("T", "B")

    @property
    def input(self) -> tuple[str, ...]:
        """The axes of the input."""
        return (*self._steps, "E")

    @property
    def output(self) -> tuple[str, ...]:
        """The axes of the output."""
        times = "" if self.bidirectional is False else "2*" if self.bidirectional is True else "D*"
        return (*self._steps, f"{times}{self.width}")

    @property
    def hidden(self) -> tuple[str, ...]:
        """The axes of h_0 and h_n."""
        return (*self._rows, *(("B",) * self.batched), self.width)

    @property
    def cell(self) -> tuple[str, ...]:
        """The axes of c_0 and c_n: a projection leaves them alone."""
        return (*self._rows, *(("B",) * self.batched), "H")
