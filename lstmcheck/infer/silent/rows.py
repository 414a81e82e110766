"""Rows of h_n and c_n: which layer and direction a program reads, once it is known what else it reads of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim
from lstmcheck.findings import Related
from lstmcheck.infer.limits import MAX_ROWS
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import ROWS, Axes, Axis, axes_of, mean, padding_place
from lstmcheck.infer.meaning.items import Part, is_number, is_whole
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.torch_ops.common import equal
from lstmcheck.infer.values import Items, Layer, Site, Slice, Tensor, Value


@dataclass
class Reads:
    """The rows that one function reads of one layer's state by number. `spoilt` says that it reads others too."""

    layer: Layer
    part: str
    layers: int
    directions: int
    sites: dict[int, Site] = field(default_factory=dict)
    some: list[Some] = field(default_factory=list)
    spoilt: bool = False


@dataclass(eq=False)
class Some:
    """Several rows that a program took of a state, and whether it took rows of these, computed with them, or neither.

    `gone` says that they went where it is not seen what becomes of them.
    """

    reads: Reads
    rows: tuple[int, ...]
    site: Site
    taken: bool = False
    computed: bool = False
    gone: bool = False


def item(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part], result: Value) -> None:
    """Note one reading `h_n[...]`, of the state or of some rows of it."""
    for part in parts:
        axis = axes[part.axis] if part.axis is not None else None
        if axis is not None and axis.kind == "rows" and not is_whole(part.key):
            padded(m, axis)
    some = _some(m, x, axes)
    if some is None:
        return
    some.taken = True
    taken = [(axes[part.axis], part.key) for part in parts if part.axis is not None]
    keys: dict[str, Value] = {axis.kind: key for axis, key in taken if axis is not None and axis.kind in ROWS}
    flat = next(((axis, key) for axis, key in taken if axis is not None and _leads_rows(axis)), None)
    rows = _picked(m, some, keys) if flat is None else _of_flat(m, some.rows, flat[0].sizes[1], flat[1])
    if rows is None:
        some.reads.spoilt = True
    elif isinstance(rows, int):
        if not m.muted:
            some.reads.sites.setdefault(rows, m.here())
    elif isinstance(result, Tensor) and result is not x and not m.muted:
        _hold(m, some.reads, rows, result)


def _is_unpacked(m: Machine) -> bool:
    """Whether a call's result goes straight into several names."""
    parent = scopes.parents(scopes.scope_of(m)).get(m.node) if m.node is not None else None
    target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    return isinstance(target, (ast.Tuple, ast.List)) and all(isinstance(one, ast.Name) for one in target.elts)


def unpacked(m: Machine, value: Items, target: ast.Tuple | ast.List) -> None:
    """Note which rows `first, second = h_n.unbind(0)`, `chunk` or `split` gives to names that the program reads."""
    x, at, sizes = value.state["parted"]
    axes = axes_of(x)
    axis = axes[at] if axes is not None and -len(axes) <= at < len(axes) else None
    if axes is None or axis is None or axis.kind != "rows" or len(target.elts) != len(sizes):
        return
    some = _some(m, x, axes)
    if some is None:
        return
    some.taken = True
    scope, start = scopes.scope_of(m), 0
    for element, size in zip(target.elts, sizes):
        if not isinstance(size, int):
            some.reads.spoilt = True
            return
        rows, start = some.rows[start : start + size], start + size
        if not isinstance(element, ast.Name):
            some.reads.spoilt = True
        elif not scopes.is_unread(scope, element) and not m.muted:
            site = Site(m.frame.file, next(iter(scopes.reads(scope, element.id)), element))
            for row in rows:
                some.reads.sites.setdefault(row, site)


def _is_rows(axis: Axis | None) -> bool:
    return axis is not None and (axis.kind in ROWS or _leads_rows(axis))


def _leads_rows(axis: Axis) -> bool:
    """Whether an axis is rows and samples flattened into one: all samples of row 0, then those of row 1, ..."""
    return len(axis.parts) == 2 and axis.parts[0] is not None and axis.parts[0].kind == "rows"


def _of_flat(m: Machine, rows: tuple[int, ...], batch: Dim, key: Value) -> tuple[int, ...] | int | None:
    """The rows of which a slice of the flattened axis takes all samples."""
    if not isinstance(key, Slice) or key.step not in (None, 1):
        return None
    bounds: list[int | None] = []
    for bound in (key.lower, key.upper):
        size = None if bound is None else m.dim(bound)
        places = range(-len(rows), len(rows) + 1)
        at = next((k for k in places if size is not None and k and equal(size, batch * k, m)), None)
        if at is None and bound not in (None, 0):
            return None
        bounds.append(at if bound is not None else None)
    picked = rows[slice(*bounds)]
    return picked[0] if len(picked) == 1 else picked or None


def padded(m: Machine, axis: Axis) -> None:
    """Report the final state of a padded batch that was not packed: the layer went on through the padding."""
    if axis.padded is None or m.muted:
        return
    place = padding_place(axis)
    need = Need("silent.last_padded", None, None, "never", "output", detail={"how": "the final state"})
    m.report(need, m.here(), (), axis.layer, [place])


def _some(m: Machine, x: Tensor, axes: Axes) -> Some | None:
    """The rows that a tensor has: those noted before, or all of a state that a layer returned."""
    known: Some | None = x.state.get("rows")
    if known is not None:
        return known
    place = next((i for i, axis in enumerate(axes) if axis is not None and axis.kind == "rows"), None)
    axis = axes[place] if place is not None else None
    if place is None or axis is None or axis.layer is None or x.role is None:
        return None
    layers, directions = _counts(m, axis.layer)
    count = layers * directions
    rows = x.shape.at(place - len(axes) if x.shape.open and place else place)
    if not 2 <= count <= MAX_ROWS or rows not in (None, count):
        return None
    reads = m.tensors_read.setdefault(id(x), (x, Reads(axis.layer, x.role.part, layers, directions)))[1]
    return Some(reads, tuple(range(count)), m.here())


def _hold(m: Machine, reads: Reads, rows: tuple[int, ...], result: Tensor) -> None:
    some = Some(reads, rows, m.here())
    reads.some.append(some)
    result.state["rows"] = some


def _picked(m: Machine, some: Some, keys: dict[str, Value]) -> tuple[int, ...] | int | None:
    """The rows that a key takes: one, several, or None where that is not known."""
    if "rows" in keys:
        picked_rows: tuple[int, ...] | int | None = _of_row(m, some.rows, keys["rows"])
        return picked_rows
    directions = some.reads.directions
    layers: Any = [some.rows[i : i + directions] for i in range(0, len(some.rows), directions)]
    if "layers" in keys:
        layers = _of_row(m, layers, keys["layers"])
        if layers is None:
            return None
        layers = layers if isinstance(layers, list) else [layers]
    if "directions" in keys:
        picked = [_of_row(m, layer, keys["directions"]) for layer in layers]
        if any(rows is None for rows in picked):
            return None
        flat = tuple(row for rows in picked for row in (rows if isinstance(rows, tuple) else (rows,)))
        return flat[0] if len(flat) == 1 and all(isinstance(rows, int) for rows in picked) else flat
    return tuple(row for layer in layers for row in layer)


def _of_row(m: Machine, rows: Any, key: Value) -> Any:
    if is_number(key):
        at = m.int_of(key)
        return rows[at] if at is not None and -len(rows) <= at < len(rows) else None
    if is_whole(key):
        return rows
    if isinstance(key, Slice):
        bounds = [bound if bound is None else m.int_of(bound) for bound in (key.lower, key.upper, key.step)]
        given = (key.lower, key.upper, key.step)
        if all(bound is not None or value is None for bound, value in zip(bounds, given)) and bounds[2] != 0:
            return rows[slice(*bounds)] or None
    return None


def used(value: Value) -> None:
    """Note that a state goes somewhere as a whole: other rows of it may be read there."""
    for part in _tensors(value):
        if "rows" in part.state:
            part.state["rows"].gone = True
        if part.role is not None and part.role.part in ("h_n", "c_n"):
            part.state["whole"] = True


def applied(m: Machine, names: dict[str, Value], result: Value) -> None:
    """Note an operation on states: what keeps their rows apart goes on with them, anything else computes with all."""
    if isinstance(result, Items) and "parted" in result.state and _is_unpacked(m):
        return
    axes = axes_of(result) if isinstance(result, Tensor) else None
    kept = axes is not None and any(map(_is_rows, axes))
    for value in names.values():
        if kept and isinstance(value, Tensor) and isinstance(result, Tensor):
            _carried(m, value, result)
        else:
            computed(value)
    parts = names.get("tensors")
    if isinstance(parts, Items) and isinstance(names.get("dim"), int) and names["dim"] != 0:
        paired(m, [part for part in parts.head if isinstance(part, Tensor)])


def _carried(m: Machine, x: Tensor, result: Tensor) -> None:
    axes = axes_of(x)
    some = _some(m, x, axes) if axes is not None and result is not x and "rows" not in result.state else None
    if some is not None and not m.muted:
        some.taken = True
        _hold(m, some.reads, some.rows, result)


def computed(value: Value) -> None:
    """Note that a program computes with all rows of a value."""
    for part in _tensors(value):
        some: Some | None = part.state.get("rows")
        if some is not None:
            some.computed = True
        elif part.role is not None and part.role.part in ("h_n", "c_n"):
            part.state["whole"] = True


def _tensors(value: Value) -> list[Tensor]:
    if isinstance(value, Items):
        return [tensor for part in value.head for tensor in _tensors(part)]
    return [value] if isinstance(value, Tensor) else []


def paired(m: Machine, parts: Sequence[Tensor]) -> None:
    """Look at tensors whose elements are put beside each other: the two halves of the rows are no directions."""
    if len(parts) != 2 or m.muted:
        return
    first, second = (part.state.get("rows") for part in parts)
    if first is None or second is None or first.reads is not second.reads or first.reads.spoilt:
        return
    reads = first.reads
    count = reads.layers * reads.directions
    if reads.directions != 2 or reads.layers < 2 or first.rows + second.rows != tuple(range(count)):
        return
    if len(first.rows) == reads.layers:
        reads.spoilt = True
        _report(m, reads, m.here(), {"how": "halves"})


def viewed(m: Machine, x: Tensor, result: Tensor) -> None:
    """Look at a view of a state that parts its rows: into layers and directions, in this order."""
    axes = axes_of(x)
    if axes is None or len(axes) != 3 or axes[0] is None or axes[0].kind != "rows" or result.shape.rank != 4:
        return
    some = _some(m, x, axes)
    if some is None or some.reads.directions != 2 or len(some.rows) != some.reads.layers * 2:
        return
    first, second = result.shape.left[:2]
    layers, directions = some.reads.layers, some.reads.directions
    if layers > 1 and (first, second) == (directions, layers) and (layers != directions or _names_layers_second(m)):
        some.reads.spoilt = True
        if not m.muted:
            _report(m, some.reads, m.here(), {"how": "order"})
    elif (first, second) == (layers, directions):
        row = axes[0]
        mean(result, (Axis("layers", row.evidence, row.layer), Axis("directions", row.evidence, row.layer), *axes[1:]))


def _names_layers_second(m: Machine) -> bool:
    """Whether the second size of a view is called the number of layers and the first is not."""
    call = m.node
    sizes = call.args if isinstance(call, ast.Call) else []
    if len(sizes) == 1 and isinstance(sizes[0], (ast.Tuple, ast.List)):
        sizes = sizes[0].elts
    return [words.counts_layers(words.last_name(size)) for size in sizes[:2]] == [False, True]


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
        if reads.spoilt or x.state.get("whole"):
            continue
        if any(some.gone or not (some.taken or some.computed) for some in reads.some):
            continue
        for some in reads.some:
            for row in some.rows if some.computed else ():
                reads.sites.setdefault(row, some.site)
        if not reads.sites or top <= set(reads.sites):
            continue
        site = reads.sites[min(reads.sites)]
        others = {id(other.node): other for other in reads.sites.values() if other.node is not site.node}
        related = [other.related("and here") for other in others.values()]
        _report(m, reads, site, {"how": "rows", "rows": tuple(sorted(reads.sites))}, related)


def _report(m: Machine, reads: Reads, site: Site, found: dict[str, Any], sources: Sequence[Related] = ()) -> None:
    detail = {"layers": reads.layers, "directions": reads.directions, "part": reads.part, **found}
    layer = reads.layer.site
    made = [layer.related("the layer")] if layer is not None else []
    need = Need("silent.rows", None, None, "never", reads.part, detail=detail)
    m.report(need, site, (), reads.layer, [*sources, *made])
