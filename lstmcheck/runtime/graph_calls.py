"""What is kept of a recurrent call until its graph is gone: sizes, places in the source, and what was read of it."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.findings import Location, Violation
from lstmcheck.runtime import graph, padding
from lstmcheck.runtime.graph_axes import Axis, Dim, Notice, Region, Seen, Shape, Source, Value
from lstmcheck.runtime.graph_lines import Frame, frames
from lstmcheck.runtime.model import Call


@dataclass(slots=True, eq=False)
class Known:
    """One call. The sets of regions are by part: "out", "h_n", "c_n".

    `lost` is what losses read in a backward pass, `inner` what other recurrent calls read, `used` what went into the
    outputs of other modules, `returned` what such modules handed on as it was. `given` are the sizes of what the
    modules got that this call is a part of. `is_cut` says that the first rows of a state, by a slice, are the state of
    a layer with fewer.
    """

    number: int
    kind: str
    step: int
    frames: tuple[Frame, ...]
    site: Callable[[], Location | None]
    made: Location | None
    report: Callable[[Violation], Any]
    layer: dict[str, Any]
    output: Shape
    time: int
    batch: int | None
    layers: int
    directions: int
    width: int
    batch_first: bool
    packed: bool
    lengths: tuple[int, ...] | None
    lost: dict[str, set[Region]] = field(default_factory=dict)
    inner: dict[str, set[Region]] = field(default_factory=dict)
    used: dict[str, set[Region]] = field(default_factory=dict)
    returned: dict[str, set[Region]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    given: set[Shape] = field(default_factory=set)
    tokens: list[weakref.ref[graph.Token]] = field(default_factory=list)
    passes: int = 0
    spoilt: bool = False
    is_cut: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether nothing can read its results any more."""
        return all(token() is None for token in self.tokens)

    @property
    def unbatched(self) -> bool:
        """Whether the input was one sequence without a batch."""
        return self.batch is None

    @property
    def padded(self) -> bool:
        """Whether some of its rows are known to end before others."""
        return self.lengths is not None and min(self.lengths) < max(self.lengths)

    def regions(self, part: str) -> set[Region]:
        """What is read of a part: by losses where there was a backward pass, else by what else was seen."""
        inner = self.inner.get(part, set())
        if self.lost:
            return self.lost.get(part, set()) | inner
        return self.used.get(part, set()) | inner or self.returned.get(part, set())


def known_of(call: Call, number: int, layer: dict[str, Any]) -> Known | None:
    """What to keep of a call, with its results tagged; None for a call that is not in a graph, or of no samples."""
    out = call.output
    data = out.data if isinstance(out, PackedSequence) else out
    states = [state for state in (call.h_n, call.c_n) if state is not None]
    if not all(graph.is_plain(tensor) for tensor in (data, *states)) or data.grad_fn is None or not data.numel():
        return None
    module = call.module
    directions = 2 if module.bidirectional else 1
    layers = int(module.num_layers)  # type: ignore[arg-type]
    rows = layers * directions
    if not states or states[0].dim() not in (2, 3) or states[0].shape[0] != rows:
        return None
    packed = isinstance(out, PackedSequence)
    batch_first = bool(module.batch_first) and not packed and data.dim() == 3
    if packed:
        time, batch = len(out.batch_sizes), int(out.batch_sizes[0])
        sizes: Shape = (time, batch, data.shape[-1])
    elif data.dim() == 3:
        time, batch = data.shape[1 if batch_first else 0], data.shape[0 if batch_first else 1]
        sizes = tuple(data.shape)
    else:
        time, batch, sizes = data.shape[0], None, tuple(data.shape)
    known = Known(
        number=number,
        kind=call.kind,
        step=call.step,
        frames=frames(4),
        site=call.site,
        made=call.made,
        report=call.report,
        layer=layer,
        output=sizes,
        time=time,
        batch=batch,
        layers=layers,
        directions=directions,
        width=data.shape[-1] // directions,
        batch_first=batch_first,
        packed=packed,
        given=given_shapes(4) if data.dim() == 2 and not packed else set(),
        lengths=padding.lengths_of_packed(call.input) if packed else padding.lengths_of(call.input, batch_first),
    )
    _tag(known, data, call.h_n, call.c_n)
    return known


def _tag(known: Known, data: Tensor, h_n: Any, c_n: Any) -> None:
    time = Axis("time", known.time, known.time)
    features = Axis("features", data.shape[-1], data.shape[-1])
    batch = () if known.batch is None else (Axis("batch", known.batch, known.batch),)
    axes: tuple[Axis, ...]
    if known.packed:
        axes = (Axis("packed", data.shape[0], data.shape[0]), features)
    else:
        axes = (*batch, time, features) if known.batch_first else (time, *batch, features)
    _tag_part(known, "out", data, axes)
    rows = Axis("rows", known.layers * known.directions, known.layers * known.directions)
    for part, state in (("h_n", h_n), ("c_n", c_n)):
        if isinstance(state, Tensor):
            _tag_part(known, part, state, (rows, *batch, Axis("features", state.shape[-1], state.shape[-1])))


def _tag_part(known: Known, part: str, tensor: Tensor, axes: tuple[Axis, ...]) -> None:
    source = Source(known.number, part, known.layers, known.directions, known.padded)
    dims: tuple[Dim, ...] = tuple((axis,) for axis in axes)
    if tuple(axis.size for axis in axes) != tuple(tensor.shape):
        return
    token = graph.tag(tensor, Value(source, dims))
    if token is not None:
        known.tokens.append(weakref.ref(token))


def take(calls: dict[int, Known], seen: Seen, where: str, whole: bool) -> None:
    """Put what a look saw where it belongs; `whole` says that what was looked at is read, not only handed on."""
    if not seen.complete:
        for known in calls.values():
            known.spoilt = True
        return
    for value in seen.reads:
        _note(calls, value, where)
    for value in seen.returned:
        if not value.told:
            _note(calls, value, where if whole else "returned")
    for notice in seen.notices:
        concerned = calls.get(notice.source.call)
        if concerned is not None and notice not in concerned.notices:
            concerned.notices.append(notice)


def _note(calls: dict[int, Known], value: Value, where: str) -> None:
    known = calls.get(value.source.call)
    if known is not None:
        getattr(known, where).setdefault(value.source.part, set()).add(value.reads())


def note_cut(calls: dict[int, Known], seen: Seen) -> None:
    """Note of whose states a slice of the first rows goes into another call, as `h_n[: decoder.num_layers]` does."""
    for value in seen.returned:
        rows = value.dims[0] if len(value.dims) == 3 and value.source.part != "out" else ()
        known = calls.get(value.source.call)
        if known is not None and len(rows) == 1 and rows[0].kind == "rows" and not rows[0].start:
            known.is_cut |= rows[0].step == 1 and not rows[0].is_whole


_MODULE_CALL = nn.Module._call_impl.__code__


def given_shapes(depth: int) -> set[Shape]:
    """The sizes of the tensors that the modules were given which are running now."""
    found: set[Shape] = set()
    frame = sys._getframe(depth)
    while frame is not None:
        if frame.f_code is _MODULE_CALL:
            given = frame.f_locals
            found |= {tuple(tensor.shape) for tensor in graph.tensors_in((given["args"], given["kwargs"]))}
        frame = frame.f_back  # type: ignore[assignment]
    return found
