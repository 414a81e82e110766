"""The meaning of one axis, where it is kept, and how it is asked for."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim
from lstmcheck.findings import Related
from lstmcheck.frozen import identified
from lstmcheck.infer.values import Layer, Site, Tensor

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

Kind: TypeAlias = Literal["batch", "time", "rows", "layers", "directions", "halves", "features", "merged", "new"]

# the rows of a state, and what they are when a view parts them
ROWS = frozenset({"rows", "layers", "directions"})


@identified
class Evidence:
    """Why an axis has its meaning: `how` ("layer", "data" or "name"), in words, and where it stands."""

    how: str
    text: str
    site: Site | None = None


@identified
class Doubt:
    """What is to be reported of a result, and where it was made."""

    need: Need
    site: Site
    sources: tuple[Related, ...]


@identified
class Axis:
    """What an axis stands for.

    `layer` is the recurrent layer that wrote it. A time axis may be `padded` (where that happened, and the
    number that was put in as `fill`). A batch axis may be
    in the `order` of a sort by length, or `restored` from it. A features axis may hold a `half` of the directions
    ("both", "forward", "backward", or the "sum" of both) at one `step` ("first" or "last"), taken at `taken`. A merged
    axis has its `parts` in order, with their `sizes`. `size` is what the axis measures where the tensor does not tell.
    `given` says that the data told the axis before any layer did. `doubt` is a mistake if what has this axis is used as
    a prediction.
    """

    kind: Kind
    evidence: Evidence
    layer: Layer | None = None
    padded: Site | None = None
    fill: Any = None
    order: Any = None
    restored: Any = None
    half: str = ""
    step: str = ""
    taken: Site | None = None
    parts: tuple[Axis | None, ...] = ()
    sizes: tuple[Dim, ...] = ()
    size: Dim | None = None
    given: bool = False
    doubt: Doubt | None = None


Axes: TypeAlias = tuple[Axis | None, ...]


def places(*axes: Axis | None, named: bool = False) -> list[Related]:
    """Where the evidence of axes stands; `named` says of each what it is."""
    return [
        axis.evidence.site.related(f"{axis.kind}: {axis.evidence.text}" if named else axis.evidence.text)
        for axis in axes
        if axis is not None and axis.evidence.site is not None
    ]


def padding_place(axis: Axis) -> Related:
    """Where a time axis got its padding: at a call, or where nothing reads the lengths or the mask."""
    assert axis.padded is not None
    node = axis.padded.node
    if isinstance(node, ast.Assign):
        return axis.padded.related("this mask is never read")
    return axis.padded.related("this is never read" if isinstance(node, ast.arg) else "padded here")


def axes_of(x: Tensor) -> Axes | None:
    """The meanings of a tensor's axes; None where none is known or its rank has turned out to be another."""
    axes: Axes | None = x.state.get("axes")
    if not isinstance(axes, tuple):
        # a loop in which they change gives them up
        return None
    shape = x.shape
    if shape.open:
        fits = shape.min_rank <= len(axes) and (shape.max_rank is None or len(axes) <= shape.max_rank)
        return axes if fits else None
    return axes if len(shape.left) == len(axes) else None


def mean(x: Tensor, axes: Axes | None) -> None:
    """Give a new tensor the meanings of its axes."""
    if axes is not None and any(axis is not None for axis in axes):
        x.state["axes"] = axes


def learn(m: Machine, x: Tensor, axes: Axes) -> None:
    """Note what the program shows of the axes of a tensor that it already uses."""
    m.put(x.state, "axes", axes)


def kind_at(axes: Axes | None, position: int) -> str:
    """The kind of the axis at a position, empty where it is not known."""
    if axes is None or not -len(axes) <= position < len(axes):
        return ""
    axis = axes[position]
    return axis.kind if axis is not None else ""


def joined(a: Axes | None, b: Axes | None) -> Axes | None:
    """What the axes of two tensors have in common, when either may be meant."""
    if a is b:
        return a
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(_common(x, y) for x, y in zip(a, b))


def _common(a: Axis | None, b: Axis | None) -> Axis | None:
    if a is b:
        return a
    if a is None or b is None or a.kind != b.kind or a.parts or b.parts or a.half != b.half or a.step != b.step:
        return None
    return replace(
        a,
        layer=a.layer if a.layer is b.layer else None,
        padded=a.padded if b.padded else None,
        fill=a.fill if a.fill == b.fill else None,
        order=a.order if a.order is b.order else None,
        given=a.given and b.given,
        doubt=a.doubt if b.doubt else None,
    )
