"""The way of every recurrent call while a session is active.

`__call__` of torch's six classes is replaced while at least one session is active. A call whose shapes and dtypes are
those of the latest right call, or were seen before, goes the short way. The first of its kind is judged by the contract
before the kernel runs; what torch does then decides whether a predicted error is reported.
"""

from __future__ import annotations

import functools
import itertools
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.findings import Location, Related, Violation
from lstmcheck.runtime import (
    carried,
    checks,
    describe,
    keys,
    loading,
    origins,
    owners,
    packing,
    patches,
    quiet,
    session,
    sites,
    steps,
    unsafe,
)
from lstmcheck.runtime.explain import explain
from lstmcheck.runtime.guard import guarded
from lstmcheck.runtime.model import Building, Call, Packing
from lstmcheck.runtime.probing import CALLS, CARRYING, PACKS, STEPS, TURNS, probes
from lstmcheck.runtime.records import RECORDS, Record, record_of
from lstmcheck.runtime.session import SESSIONS, blame, is_silent, note, report

_patches = patches.Patches()


def install() -> None:
    """The first session begins."""
    global _packs, _turns, _around
    _packs = itertools.count()
    _turns = _around = 0
    RECORDS.clear()
    carried.clear()
    origins.clear()
    try:
        steps.start(_before_backward, _after_backward, _backward_failed)
        for cls in describe.CLASSES.values():
            _patches.replace(cls, "__call__", _instead_of(vars(cls).get("__call__")))
            _patches.wrap(cls, "__init__", _constructor(cls))
        packing.start(_pack, _pad)
        loading.start(turn)
        _patches.wrap(torch.jit, "script", packing.suspended)
    except BaseException:
        remove()
        raise
    for probe in probes():
        if probe.start is not None:
            guarded(probe.start)


def renew() -> None:
    """A session that begins beside others sees every call as if it were the first."""
    for record in list(RECORDS.values()):
        record.forget()
        record.probing = True


_turns = 0
_around = 0
"""How many calls are still probed because they stand around the first or last batch of a loader's iteration."""


def turn(is_one: bool) -> None:
    """A loader gives a batch, the first or last of an iteration or not."""
    global _turns, _around
    _around = CALLS if is_one and _turns < TURNS else 0
    if _around:
        _turns += 1
        renew()


def settle() -> None:
    """A session is about to end, and still takes findings."""
    for probe in probes():
        if probe.settle is not None:
            guarded(probe.settle)


def remove() -> None:
    """The last session has ended: leave torch as it was."""
    for probe in probes():
        if probe.stop is not None:
            guarded(probe.stop)
    _patches.undo()
    loading.stop()
    packing.stop()
    steps.stop()
    RECORDS.clear()
    carried.clear()
    origins.clear()


# The way of a call

_MAX_SEEN = 4096
"""How many kinds of right calls are remembered of a module."""
_is_compiling = torch.compiler.is_compiling
# what Dynamo takes for true while it reads a function; asked first, because it costs least
_is_read = getattr(torch.compiler, "is_dynamo_compiling", _is_compiling)
_Module = nn.Module
_torchs = vars(nn.Module).get("_wrapped_call_impl")
"""What torch's `__call__` is, and does no more than `_call` does in its place, where nobody has replaced it."""


# without defaults: Dynamo guards them, and would compile again what was compiled before the trace
def _call(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
    if _is_read():  # pragma: no cover - Dynamo reads it, nothing runs it
        return _Module.__call__(self, *args, **kwargs)
    record = RECORDS.get(id(self))
    count = len(args)
    if record is not None and not kwargs and _Module.__call__ is _torchs and self._compiled_call_impl is None:
        try:
            if count == 1:  # the commonest call, without a further one
                (input,) = args
                known = record.alone == input.shape if type(input) is Tensor else record.packed == keys.packed(input)
            else:
                known = count == 2 and _is_last(record, *args)
        except RuntimeError:  # a tensor without a shape
            known = False
        if known:
            record.tick()
            try:
                return self._call_impl(input) if count == 1 else self._call_impl(*args)  # type: ignore[no-untyped-call]
            except Exception as error:
                guarded(_failed_again, self, args, kwargs, error)
                raise
    return _seen_or_watched(self, record, args, kwargs)


def _is_last(record: Record, input: Any, hx: Any) -> bool:
    """Whether a call with a state is as the latest right one was, and the state not from before a backward pass."""
    if hx is None:
        return bool(record.alone == input.shape if type(input) is Tensor else record.packed == keys.packed(input))
    whole = (input.shape, input.dtype) if type(input) is Tensor else keys.packed(input)
    return bool(record.whole == whole and record.state == keys.state(hx)) and not carried.is_old(hx)


def _seen_or_watched(module: nn.Module, record: Record | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call that is not as the latest one was: of another kind that was seen, or to be looked at."""
    if record is not None and record.seen and (key := keys.key(args, kwargs)) is not None and key in record.seen:
        record.tick()
        _remember(record, args, kwargs)
        hx = args[1] if len(args) > 1 else kwargs.get("hx")
        if hx is not None and carried.is_old(hx):
            guarded(_carried, module, hx)
        try:
            return _Module.__call__(module, *args, **kwargs)
        except Exception as error:
            guarded(_failed_again, module, args, kwargs, error)
            raise
    if not SESSIONS or _is_compiling() or quiet.on():
        return _Module.__call__(module, *args, **kwargs)
    return _watching()(module, args, kwargs)


def _remember(record: Record, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """A right call is the latest of its form. Without a state a tensor's dtype is left out: torch raises for it."""
    if kwargs or not args:
        return
    x, hx = args[0], args[1] if len(args) == 2 else None
    whole = (x.shape, x.dtype) if type(x) is Tensor else keys.packed(x)
    if hx is not None:
        state = keys.state(hx)
        if whole is not None and state is not None:
            record.whole, record.state = whole, state
    elif type(x) is Tensor:
        record.alone = x.shape
    elif whole is not None:
        record.packed = whole


def _failed_again(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], error: BaseException) -> None:
    """Such a call was right: the module is another one now, in its weights' dtype or its options."""
    _failed(module, guarded(_check, module, args, kwargs) or [], error)


def _instead_of(own: Any) -> Any:
    """What takes the place of a class's own `__call__`: torch's classes have none, but somebody may have given one."""
    if own is None or own is _call:
        return _call

    def __call__(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if _is_compiling() or not SESSIONS or quiet.on():
            return own(self, *args, **kwargs)
        record = record_of(self)
        if record.inside:
            return own(self, *args, **kwargs)
        record.inside = record.probing = True
        try:
            return _watching()(self, args, kwargs, own)
        finally:
            record.inside = False

    return __call__


def _watching() -> Callable[..., Any]:
    """What looks at a call. Between two graphs of a compiled program Dynamo would compile the whole tracer with it."""
    return _watched if "torch._dynamo" not in sys.modules else _watched_apart()


@functools.cache
def _watched_apart() -> Callable[..., Any]:
    disabled: Callable[..., Any] = torch.compiler.disable(_watched)  # type: ignore[no-untyped-call]
    return disabled


def _watched(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], own: Any = None) -> Any:
    record = record_of(module)
    if own is None:
        if record.inside:  # what stands around torch's own call has led here
            return _Module.__call__(module, *args, **kwargs)
        own = _Module.__call__
    if record.is_new:
        record.is_new = False
        if record.made is None:
            record.made = guarded(owners.seen_from, module, sys._getframe(2))
    for one in tuple(SESSIONS):
        one.join()
        if one.first is not None:
            guarded(one.first, module, args, kwargs)
    judged = guarded(_check, module, args, kwargs) or []
    call = guarded(_probed_call, module, record, args, kwargs) if record.probing else None
    guarded(_saw, module, record, args, kwargs)
    record.tick()
    if carried.last >= 0:
        guarded(_carried, module, args[1] if len(args) > 1 else kwargs.get("hx"))
    if call is not None:
        for probe in probes():
            if probe.before is not None:
                guarded(probe.before, call)
    if judged:
        error = guarded(_prevented, module, args, kwargs, judged)
        if error is not None:
            raise error
    try:
        result = own(module, *args, **kwargs)
    except Exception as error:
        guarded(_failed, module, judged, error)
        raise
    guarded(_passed, module, record, args, kwargs, judged)
    guarded(_returned, module, result, sys._getframe(2))
    if call is not None:
        guarded(_fill, call, result)
        for probe in probes():
            if probe.after is not None:
                guarded(probe.after, call)
    return result


def _returned(module: nn.Module, result: Any, frame: FrameType) -> None:
    """Remember what a call returned, and whose code made it."""
    layer = layer_of(module)
    own, *outer = sites.user_frames(frame) or (None,)
    if own is not None:
        origins.called(own.f_code, sites.location_in(own), layer, [sites.location_in(one) for one in outer if one])
    origins.returned(layer, *results_of(layer["kind"].endswith("Cell"), result))


def results_of(cell: bool, result: Any) -> tuple[Any, Any, Any]:
    """Output, h_n and c_n of what a module returned; None for what there is not."""
    if cell:
        h_n, c_n = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
        return None, h_n, c_n
    if not isinstance(result, tuple) or len(result) != 2:
        return None, None, None
    output, state = result
    h_n, c_n = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    return output, h_n, c_n


def _saw(module: nn.Module, record: Record, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Tell the sessions of a call whose shapes were not seen before."""
    bound = dict(zip(("input", "hx"), args)) | kwargs
    for one in tuple(SESSIONS):
        one.report.seen.built(module, record).saw(bound.get("input"), bound.get("hx"))


def _own_forward(module: nn.Module) -> bool:
    """Whether torch's own forward runs: with another one the arguments may mean anything."""
    return (
        "forward" not in module.__dict__ and type(module).forward is describe.CLASSES[describe.kind_of(module)].forward
    )


def _check(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[checks.Judged]:
    if not _own_forward(module):
        return []
    kind = describe.kind_of(module)
    misbound = checks.signature(kind, args, kwargs)
    if misbound:
        return misbound
    bound = dict(zip(("input", "hx"), args)) | kwargs
    given = bound["input"]
    broken = packing.parts(given) if isinstance(given, PackedSequence) else []
    if any(checks.fails(one.need) for one in broken):
        return broken
    return [*broken, *checks.call(module, given, bound.get("hx"))]


def _prevented(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], judged: list[checks.Judged]
) -> RuntimeError | None:
    """The error to raise in the place of a crash of the interpreter, reported; None where torch goes on or raises."""
    rows = judged[-1].rows
    if any(row.what.startswith("parts.") for row, _ in rows):  # such packs are refused, or only computed wrongly
        return None
    need = unsafe.need(module, args[0] if args else kwargs.get("input"), rows)
    if need is None:
        return None
    error = RuntimeError(unsafe.words(need, rows))
    note(error, report(_violation(module, checks.Judged(need, rows))))
    return error


def _failed(module: nn.Module, judged: list[checks.Judged], error: BaseException) -> None:
    """torch raised: say what was predicted, and explain it on the exception itself."""
    for one in judged:
        blame(error, _violation(module, checks.as_raised(one, error)))


def _passed(
    module: nn.Module, record: Record, args: tuple[Any, ...], kwargs: dict[str, Any], judged: list[checks.Judged]
) -> None:
    """torch accepted the call: what it is silent about remains."""
    for one in judged:
        if is_silent(one.need):
            report(_violation(module, one))
    if not judged and not record.probing:
        key = keys.key(args, kwargs)
        if key is not None:
            if len(record.seen) >= _MAX_SEEN:
                record.forget()
            record.seen.add(key)
            _remember(record, args, kwargs)
    if record.probing:
        record.probing = _is_probed(record, len(args) > 1 or "hx" in kwargs)


def _is_probed(record: Record, given: bool) -> bool:
    """Whether the next call of a module is probed too; `given` says that this one was given a state."""
    global _around
    if record.first_step is None:
        record.first_step = steps.count()
    if _around:
        _around -= 1
        return True
    return steps.count() - record.first_step < (CARRYING if given else STEPS) and record.calls < CALLS


def _probed_call(module: nn.Module, record: Record, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    """The call as probes see it; None for one of tensors that have no numbers, or no sizes."""
    bound = dict(zip(("input", "hx"), args)) | kwargs
    given = bound.get("input")
    if isinstance(given, Tensor) and (isinstance(given, FakeTensor) or given.is_nested):
        return None
    frame = sites.user_frame(sys._getframe(3))
    place = (frame.f_code, frame.f_lasti, frame.f_lineno) if frame is not None else None
    return Call(
        module=module,
        kind=describe.kind_of(module),
        input=given,
        hx=bound.get("hx"),
        site=lambda: sites.location_of(*place) if place is not None else None,
        report=report,
        made=record.made,
        step=steps.count(),
        number=record.calls,
        layer=lambda: layer_of(module),
    )


def _carried(module: nn.Module, hx: Any) -> None:
    if hx is not None and torch.is_grad_enabled():
        carried.given(hx, lambda: layer_of(module), lambda: sites.here(2))


def _before_backward(roots: Any) -> None:
    guarded(_tell_carried, roots)
    for probe in probes():
        if probe.losing is not None:
            guarded(probe.losing, roots)


_thread = threading.local()
"""What is expected of the backward pass that runs in a thread."""


def _tell_carried(roots: Any) -> None:
    _thread.expected = []
    tensors = (roots,) if isinstance(roots, Tensor) else tuple(roots or ())
    one = carried.reached(tensors)
    if one is None:
        return
    related = [Related(one.site, "the state of an earlier step goes in here")] if one.site is not None else []
    made = one.layer.get("location")
    if isinstance(made, Location):
        related.append(Related(made, f"{one.layer['kind']} made here"))
    where = sites.here(3) or _NOWHERE
    _thread.expected = report(Violation(carried.need(one, steps.count() + 1), where, (), tuple(related), one.layer))


def _backward_failed(roots: Any, error: BaseException) -> None:
    guarded(note, error, getattr(_thread, "expected", []))


def _after_backward(count: int) -> None:
    guarded(carried.passed)
    for probe in probes():
        if probe.stepped is not None:
            guarded(probe.stepped, count)


def _fill(call: Call, result: Any) -> None:
    call.output, call.h_n, call.c_n = results_of(call.is_cell, result)


def died(error: BaseException) -> bool:
    """An exception leaves the program: explain it where that was not done yet. Whether it is explained now."""
    if session.is_explained(error):
        return True
    violation = guarded(explain, error)
    return violation is not None and bool(guarded(blame, error, violation))


def layer_of(module: nn.Module) -> dict[str, Any]:
    """A module in the words of a message, as the engine describes a layer."""
    record = RECORDS.get(id(module))
    found: dict[str, Any] = {
        "kind": describe.kind_of(module),
        "text": sites.text_of(record.made) if record is not None and record.made is not None else "",
        "config": describe.config_of(module),
    }
    if record is not None and record.made is not None:
        found["location"] = record.made
    return found


def _violation(module: nn.Module, one: checks.Judged) -> Violation:
    layer = layer_of(module)
    made: Location | None = layer.get("location")
    related = (Related(made, f"{layer['kind']} made here"),) if made is not None else ()
    return Violation(one.need, sites.here(2) or _NOWHERE, one.rows, related, layer)


_NOWHERE = Location("<unknown>", 1, 1, 1, 1)


def _pack(original: Callable[..., Any], input: Any, lengths: Any, batch_first: Any, enforce_sorted: Any) -> Any:
    if _is_compiling() or not SESSIONS:
        return original(input, lengths, batch_first, enforce_sorted)
    judged = guarded(packing.judged, input, lengths, batch_first, enforce_sorted) or []
    try:
        result = original(input, lengths, batch_first, enforce_sorted)
    except Exception as error:
        guarded(_not_packed, judged, error)
        raise
    guarded(_packed, judged, result)
    guarded(_probe_packing, input, lengths, batch_first, enforce_sorted, result)
    return result


def _packed(judged: list[checks.Judged], result: Any) -> None:
    if judged:
        packing.told(result)
    _accepted(judged)


def _accepted(judged: list[checks.Judged]) -> None:
    """torch accepted what packs or pads: what it is silent about remains."""
    for one in judged:
        if is_silent(one.need):
            report(Violation(one.need, sites.here(3) or _NOWHERE, one.rows))


_packs = itertools.count()


def _probe_packing(input: Any, lengths: Any, batch_first: Any, enforce_sorted: Any, result: Any) -> None:
    if next(_packs) >= PACKS or quiet.on():
        return
    one = Packing(input, lengths, bool(batch_first), bool(enforce_sorted), result, sites.here(3), report)
    for probe in probes():
        if probe.packed is not None:
            guarded(probe.packed, one)


def _not_packed(judged: list[checks.Judged], error: BaseException) -> None:
    for one in judged:
        blame(error, Violation(checks.as_raised(one, error).need, sites.here(3) or _NOWHERE, one.rows))


def _pad(original: Callable[..., Any], sequence: Any, batch_first: Any, padding_value: Any, total_length: Any) -> Any:
    if _is_compiling() or not SESSIONS:
        return original(sequence, batch_first, padding_value, total_length)
    judged = guarded(packing.pad_judged, sequence, total_length) or []
    error = guarded(_not_written, judged) if judged else None
    if error is not None:
        raise error
    try:
        result = original(sequence, batch_first, padding_value, total_length)
    except Exception as error:
        guarded(_not_packed, judged, error)
        raise
    if judged:
        guarded(_accepted, judged)
    return result


def _not_written(judged: list[checks.Judged]) -> RuntimeError | None:
    """The error to raise where torch would write past the end of the padded tensor, reported."""
    need = packing.writes_past(judged)
    if need is None:
        return None
    error = RuntimeError("batch_sizes must be sorted in decreasing order, and not be negative")
    note(error, report(Violation(need, sites.here(3) or _NOWHERE)))
    return error


# The way of a construction


def _constructor(cls: type[nn.Module]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind = next(name for name, known in describe.CLASSES.items() if known is cls)

    def wrapping(original: Callable[..., None]) -> Callable[..., None]:
        def __init__(self: nn.Module, *args: Any, **kwargs: Any) -> None:
            if _is_compiling() or not SESSIONS or quiet.on():
                original(self, *args, **kwargs)
                return
            place = guarded(sites.here, 2)
            judged = guarded(checks.construction, kind, args, kwargs) or []
            try:
                original(self, *args, **kwargs)
            except Exception as error:
                guarded(_not_built, kind, judged, place, error)
                raise
            guarded(_built, self, kind, judged, place)
            guarded(_probe_building, self, kind, args, kwargs, place)

        return __init__

    return wrapping


def _not_built(kind: str, judged: list[checks.Judged], place: Location | None, error: BaseException) -> None:
    for one in judged:
        blame(error, Violation(one.need, place or _NOWHERE, one.rows, (), {"kind": kind, "config": None}))


def _probe_building(
    module: nn.Module, kind: str, args: tuple[Any, ...], kwargs: dict[str, Any], place: Location | None
) -> None:
    frame = sites.user_frame(sys._getframe(2))
    one = Building(module, kind, args, kwargs, place, frame, report, lambda: layer_of(module))
    for probe in probes():
        if probe.built is not None:
            guarded(probe.built, one)


def _built(module: nn.Module, kind: str, judged: list[checks.Judged], place: Location | None) -> None:
    record = record_of(module)
    record.made = place
    for one in tuple(SESSIONS):
        one.join()
        one.report.seen.built(module, record)
    for judgement in judged:
        if is_silent(judgement.need):
            report(Violation(judgement.need, place or _NOWHERE, judgement.rows, (), layer_of(module)))
