"""Which state a call starts from: one whose halves changed places, that of another layer, or that of other samples."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Location
from lstmcheck.runtime import carried, graph, graph_lines, history, loading, sites
from lstmcheck.runtime.graph import is_plain
from lstmcheck.runtime.history import Caller, Returned
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probing import Probe

NODES = 8
"""How far behind an input the layer below is looked for: an activation, a dropout, a normalisation."""

_above: dict[int, tuple[int, Caller]] = {}
"""By the module that is above: the module whose output and state it took together, and the call that did."""


def _before(call: Call) -> None:
    parts = [part for _, part in carried.parts(call.hx)]
    if not parts or not all(is_plain(part) for part in parts):
        return
    origins = [history.origin(part) for part in parts]
    _swapped(call, origins)
    if origins[0] is not None and origins[0][1] == "h_n":
        _shared(call, origins[0][0])
        _shuffled(call, origins[0][0])


def giving(call: Call) -> Location | None:
    """The place that decides about the state of a call: where the functions around it only hand it on, their call."""
    frame = graph_lines.giver(graph_lines.frames(3))
    return sites.location_of(frame.code, frame.instruction, frame.line) if frame is not None else call.site()


def _swapped(call: Call, origins: list[Any]) -> None:
    """(c_n, h_n) of a call in the place of (h_0, c_0)."""
    if len(origins) != 2 or None in origins:
        return
    (first, a), (second, b) = origins
    if first is second and (a, b) == ("c_n", "h_n"):
        detail = {"names": ("c", "h"), "of": first.caller.kind}
        Caller.of(call).tell(Need("silent.states_passed", "(c, h)", "(h, c)", "never", "hx", detail=detail))


def _shared(call: Call, source: Returned) -> None:
    """Layers in a circle: each takes output and state of the one below, the lowest takes the state of the highest."""
    other = source.module
    if other is None or other is call.module:
        return
    if _comes_from(call.input, source):
        known = _above.get(id(call.module))
        if known is None or known[1].module() is not call.module:
            _above[id(call.module)] = (id(other), Caller.of(call))
        return
    below, at = id(call.module), id(other)
    for _ in range(len(_above)):
        if at not in _above:
            return
        lower, upper = _above[at]
        if lower == below:
            text = _callee(upper.site)
            detail = {"layer": text, "of": call.kind}
            upper.tell(Need("silent.state_shared", None, None, "never", "state", detail=detail))
            return
        at = lower


def _comes_from(x: Any, source: Returned) -> bool:
    """Whether an input is the output of a call, or was computed from it in a few operations."""
    if not isinstance(x, Tensor):
        return False
    if source.output is not None and source.output() is x:
        return True
    return source.node is not None and any(node._sequence_nr() == source.node for node in graph.sources_of(x, NODES))


def _callee(site: Location | None) -> str:
    text = sites.text_of(site) if site is not None else ""
    return text.partition("(")[0].strip() or "the upper layer"


def _shuffled(call: Call, source: Returned) -> None:
    """The state of the batch before, where a loader draws its samples in random order."""
    batch = loading.last()
    if batch is None or not batch.shuffled or source.batch is None or source.module is not call.module:
        return
    if source.batch != history.batch_key() and source.batch[0] == batch.epoch:
        Caller.of(call).tell(Need("silent.state_shuffled", None, None, "never", "the state"), where=giving(call))


def _clear() -> None:
    _above.clear()


PROBE = Probe(name="handing", before=_before, start=_clear, stop=_clear)
