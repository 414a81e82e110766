"""Rows of h_n and c_n: which layer and direction a program reads, once it is known what else it reads of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes
from lstmcheck.infer.meaning.items import Part, is_number
from lstmcheck.infer.values import Items, Layer, Site, Slice, Tensor, Value


@dataclass
class Reads:
    """The rows that one function reads of one layer's state by number. `spoilt` says that it reads others too."""

    layer: Layer
    part: str
    layers: int
    directions: int
    sites: dict[int, Site] = field(default_factory=dict)
    spoilt: bool = False


def item(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> None:
    """Note one reading `h_n[...]`."""
    place = next((i for i, axis in enumerate(axes) if axis is not None and axis.kind == "rows"), None)
    axis = axes[place] if place is not None else None
    if place is None or axis is None or axis.layer is None or x.role is None:
        return
    layers, directions = _counts(m, axis.layer)
    if not layers or not directions or layers * directions == 1:
        return
    key = next((part.key for part in parts if part.axis == place), None)
    owner = m.tensors_read.setdefault(id(x), (x, Reads(axis.layer, x.role.part, layers, directions)))[1]
    rows = m.int_of(key) if is_number(key) else None
    if rows is not None and not m.muted:
        owner.sites.setdefault(rows % (layers * directions), m.here())
    elif not (isinstance(key, Slice) and key.lower is None and key.upper is None):
        owner.spoilt = True


def used(value: Value) -> None:
    """Note that a state goes somewhere as a whole: other rows of it may be read there."""
    if isinstance(value, Items):
        for part in value.head:
            used(part)
    elif isinstance(value, Tensor) and value.role is not None and value.role.part in ("h_n", "c_n"):
        value.state["whole"] = True


def _counts(m: Machine, layer: Layer) -> tuple[int, int]:
    config = layer.config
    layers = m.facts.simplify(getattr(config, "num_layers", 1))
    both = m.facts.simplify(getattr(config, "bidirectional", 0))
    return (layers if isinstance(layers, int) else 0), (1 + both if isinstance(both, int) else 0)


def judge(m: Machine, result: Value = None) -> None:
    """Report what was read of the states since the last time, and forget it; `result` goes to whoever called."""
    used(result)
    known, m.tensors_read = m.tensors_read, {}
    for x, reads in known.values():
        top = {reads.directions * reads.layers - 1 - i for i in range(reads.directions)}
        if reads.spoilt or x.state.get("whole") or not reads.sites or top <= set(reads.sites):
            continue
        site = reads.sites[min(reads.sites)]
        others = [other for row, other in sorted(reads.sites.items()) if other is not site]
        detail = {
            "rows": tuple(sorted(reads.sites)),
            "layers": reads.layers,
            "directions": reads.directions,
            "part": reads.part,
        }
        sources = [Related(other.file.location(other.node), "and here") for other in others]
        if reads.layer.site is not None:
            sources.append(Related(reads.layer.site.file.location(reads.layer.site.node), "the layer"))
        m.report(Need("silent.rows", None, None, "never", reads.part, detail=detail), site, (), reads.layer, sources)
