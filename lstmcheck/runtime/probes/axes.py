"""Which axis of an input is the batch, by the loader or the program's names, and which one the layer reads as such."""

from __future__ import annotations

import weakref
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related, Violation
from lstmcheck.runtime import callers, meanings
from lstmcheck.runtime.graph import is_plain
from lstmcheck.runtime.meanings import Axes, Meaning
from lstmcheck.runtime.model import Call, Packing
from lstmcheck.runtime.probing import Probe


def _before(call: Call) -> None:
    x = call.input
    if isinstance(x, PackedSequence) or not is_plain(x) or x.dim() not in (2, 3):
        return
    axes = meanings.of(x, callers.users(2))
    if call.is_cell:
        _cell(call, axes)
    elif x.dim() == 2:
        _unbatched(call, x, axes)
    else:
        _batched(call, x, axes)


def _report(call: Call, what: str, detail: dict[str, Any], meaning: Meaning) -> None:
    violation = _violation(call, what, detail, meaning)
    if violation is not None:
        call.report(violation)


def _violation(call: Call, what: str, detail: dict[str, Any], meaning: Meaning) -> Violation | None:
    site = call.site()
    if site is None:
        return None
    made = (Related(call.made, f"{call.kind} made here"),) if call.made is not None else ()
    need = Need(what, None, None, "never", "input", detail=detail)
    return Violation(need, site, (), (*made, *meaning.related()), call.layer())


def _batched(call: Call, x: Tensor, axes: Axes) -> None:
    batch_first = bool(call.module.batch_first)
    batch, time = (0, 1) if batch_first else (1, 0)
    carried = call.hx is not None
    for selected, one in axes.selected:
        if one is not None and one.kind == "batch" and carried and x.shape[time] == 1 and selected.index > 0:
            _report(call, "silent.cell_axis", {"text": one.text, "picked": True}, one)
            return
    wrong = _wrong(axes, batch, time)
    if wrong is None or x.shape[time] < 2:
        return
    place, meaning = wrong
    if x.shape[batch] == 1 and (not axes.shuffled if meaning.how == "data" else carried or meaning.how != "name"):
        return  # a batch that is read as one sequence may be meant so
    violation = _violation(call, "silent.layout", _layout(place, meaning, batch_first), meaning)
    if violation is None:
        return
    if meaning.how == "data" and not axes.shuffled:
        _in_order(call, violation)
    else:
        call.report(violation)


_waiting: weakref.WeakKeyDictionary[nn.Module, tuple[Violation, Any]] = weakref.WeakKeyDictionary()
_streams: weakref.WeakKeyDictionary[nn.Module, bool] = weakref.WeakKeyDictionary()
"""Whether a layer that reads the rows of a data set, in its order, as steps is given the state of the rows before."""


def _in_order(call: Call, violation: Violation) -> None:
    """The rows may be the steps of one stream: the second call shows it, by the state that it is given."""
    module = call.module
    if call.hx is not None:
        _streams[module] = True
        _waiting.pop(module, None)
    elif module in _waiting:
        _streams[module] = False
        _tell_waiting(module)
        call.report(violation)
    elif module not in _streams:
        _waiting[module] = violation, call.report
    elif not _streams[module]:
        call.report(violation)


def _tell_waiting(module: nn.Module) -> None:
    violation, report = _waiting.pop(module)
    report(violation)


def _settle() -> None:
    for module in list(_waiting):
        _tell_waiting(module)


def _clear() -> None:
    _waiting.clear()
    _streams.clear()


def _layout(place: int, meaning: Meaning, batch_first: bool) -> dict[str, Any]:
    read = "time" if meaning.kind == "batch" else "batch"
    return {"axis": place, "is": meaning.kind, "read": read, "text": meaning.text, "batch_first": batch_first}


def _wrong(axes: Axes, batch: int, time: int) -> tuple[int, Meaning] | None:
    """The axis that the data calls the batch where the layer reads time, or the reverse."""
    at_batch, at_time = axes.meanings[batch], axes.meanings[time]
    if (at_time is not None and at_time.kind == "time") or (at_batch is not None and at_batch.kind == "batch"):
        return None
    if at_time is not None and at_time.kind == "batch":
        return time, at_time
    if at_batch is not None and at_batch.kind == "time":
        return batch, at_batch
    return None


def _unbatched(call: Call, x: Tensor, axes: Axes) -> None:
    first = axes.meanings[0]
    if first is None or first.kind != "batch" or x.shape[0] < 2 or call.hx is not None:
        return
    if first.how == "data" and not axes.shuffled:
        return  # a loader in order may give the steps of one sequence
    _report(call, "silent.no_time_axis", {"text": first.text, "merged": False}, first)


def _cell(call: Call, axes: Axes) -> None:
    """One sample with all its steps in the place of one step of all samples."""
    if call.hx is None or not call.number:
        return
    for selected, meaning in axes.selected:
        if meaning is not None and meaning.kind == "batch" and selected.index > 0:
            _report(call, "silent.cell_axis", {"text": meaning.text, "picked": True}, meaning)
            return
    first = axes.meanings[0]
    if first is not None and first.kind == "time" and len(axes.meanings) == 2:
        _report(call, "silent.cell_axis", {"text": first.text, "picked": False}, first)


def _packed(packing: Packing) -> None:
    x = packing.input
    if not is_plain(x) or x.dim() < 2 or packing.site is None:
        return
    axes = meanings.of(x, callers.users(2))
    wrong = _wrong(axes, *((0, 1) if packing.batch_first else (1, 0)))
    if wrong is None:
        return
    meaning = wrong[1]
    detail = {"is": meaning.kind, "text": meaning.text, "batch_first": packing.batch_first}
    need = Need("silent.pack_layout", None, None, "never", "input", detail=detail)
    packing.report(Violation(need, packing.site, (), meaning.related()))


PROBE = Probe(name="axes", before=_before, packed=_packed, start=_clear, stop=_clear, settle=_settle)
