"""Sessions, and the way of every recurrent call while one is active.

`__call__` of torch's six classes is replaced while at least one session is active. A call whose shapes and dtypes were
seen before goes the short way: one look into a set. The first of its kind is judged by the contract before the kernel
runs; what torch does then decides whether a predicted error is reported.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Finding, Location, Related, Violation
from lstmcheck.runtime import carried, checks, describe, origins, packing, patches, quiet, sites, steps, unsafe
from lstmcheck.runtime.explain import explain
from lstmcheck.runtime.model import Call, Judge
from lstmcheck.runtime.probing import CALLS, STEPS, probes
from lstmcheck.runtime.records import RECORDS, Record, record_of
from lstmcheck.runtime.report import Report

Policy = Literal["collect", "warn", "log", "raise"]
POLICIES: tuple[Policy, ...] = ("collect", "warn", "log", "raise")

logger = logging.getLogger("lstmcheck")


class LSTMCheckWarning(UserWarning):
    """What the policy "warn" warns with."""


class LSTMCheckError(RuntimeError):
    """What the policy "raise" raises for a mistake about which torch is silent; `finding` says more."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.code} {finding.message}")
        self.finding = finding


class Session:
    """One active trace: where its findings go."""

    def __init__(self, judge: Judge, policy: Policy = "collect", told: Callable[[Finding], None] | None = None) -> None:
        self.judge = judge
        self.policy = policy
        self.report = Report()
        self._told = told
        self.entered = 0
        self.first: Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None] | None = None

    def start(self) -> None:
        """Begin to see calls; may be nested."""
        with _lock:
            self.entered += 1
            if self.entered > 1:
                return
            if not _sessions:
                _install()
            else:
                for record in list(RECORDS.values()):
                    record.seen.clear()
                    record.probing = True
            _sessions.append(self)

    def stop(self) -> None:
        """Take back `start`; the last session leaves torch as it was. What probes still wait for is judged first."""
        with _lock:
            try:
                if self.entered == 1:
                    _settle()
            finally:
                self._leave()

    def _leave(self) -> None:
        with _lock:
            self.entered -= 1
            if self.entered:
                return
            _sessions.remove(self)
            self.report.seen.close()
            if not _sessions:
                _remove()

    def take(self, violation: Violation) -> Finding | None:
        """Record a violation, and tell as the policy says when it is the first of its kind. Raises LSTMCheckError."""
        finding = self.judge(violation)
        if finding is not None:
            self.add(finding, silent=_is_silent(violation.need))
        return finding

    def add(self, finding: Finding, silent: bool = False) -> None:
        """Record a finding; `silent` says that torch goes on. Raises LSTMCheckError."""
        if self.report.add(finding):
            if self._told is not None:
                self._told(finding)
            _tell(self.policy, finding, silent)


_sessions: list[Session] = []
_lock = threading.RLock()
_patches = patches.Patches()


def active() -> tuple[Session, ...]:
    """The sessions that see calls now."""
    return tuple(_sessions)


def _install() -> None:
    RECORDS.clear()
    carried.clear()
    origins.clear()
    steps.start(_before_backward, _after_backward, _backward_failed)
    for cls in describe.CLASSES.values():
        _patches.replace(cls, "__call__", _call)
        _patches.wrap(cls, "__init__", _constructor(cls))
    packing.start(_pack)
    _patches.wrap(torch.jit, "script", packing.suspended)
    for probe in probes():
        if probe.start is not None:
            guarded(probe.start)


def _settle() -> None:
    for probe in probes():
        if probe.settle is not None:
            guarded(probe.settle)


def _remove() -> None:
    for probe in probes():
        if probe.stop is not None:
            guarded(probe.stop)
    _patches.undo()
    packing.stop()
    steps.stop()
    RECORDS.clear()
    carried.clear()
    origins.clear()


_told_errors: set[str] = set()


def guarded(function: Callable[..., Any], *args: Any) -> Any:
    """Run a part of the tracer: its own errors are logged once each and never reach the user's program."""
    try:
        return function(*args)
    except (LSTMCheckError, RecursionError, MemoryError):
        raise
    except describe.Indescribable:
        return None
    except Exception as error:
        key = f"{getattr(function, '__qualname__', function)}: {type(error).__name__}: {error}"
        if key not in _told_errors:
            _told_errors.add(key)
            logger.error("internal error in the tracer, %s", key, exc_info=True)
        return None


# The way of a call

_is_compiling = torch.compiler.is_compiling
_Module = nn.Module


def _call(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
    if _is_compiling():
        return _Module.__call__(self, *args, **kwargs)
    record = RECORDS.get(id(self))
    if record is not None and not kwargs and not record.probing and _key(self, args) in record.seen:
        record.calls += 1
        if len(args) == 2 and carried.is_old(args[1]):
            guarded(_carried, self, args[1])
        try:
            return _Module.__call__(self, *args)
        except Exception as error:
            # the module is another than when such a call was judged: its weights' dtype, its options
            guarded(_failed, self, guarded(_check, self, args, kwargs) or [], error)
            raise
    if not _sessions or quiet.on():
        return _Module.__call__(self, *args, **kwargs)
    return _watched(self, args, kwargs)


def _key(module: nn.Module, args: tuple[Any, ...]) -> Any:
    """What decides whether a call is right: None where that is too much to say quickly."""
    x = args[0] if args else None
    if len(args) > 2:
        return None
    hx = args[1] if len(args) == 2 else None
    if type(x) is not Tensor:
        return _packed_key(x, hx) if type(x) is PackedSequence else None
    if hx is None:
        return x.shape, x.dtype
    if type(hx) is tuple and len(hx) == 2:
        h, c = hx
        if type(h) is Tensor and type(c) is Tensor:
            return x.shape, x.dtype, h.shape, h.dtype, c.shape, c.dtype
    elif type(hx) is Tensor:
        return x.shape, x.dtype, hx.shape, hx.dtype
    return None


def _packed_key(x: PackedSequence, hx: Any) -> Any:
    sizes = x.batch_sizes.tolist()
    parts = hx if type(hx) is tuple else (hx,)
    if not all(part is None or type(part) is Tensor for part in parts):
        return None
    state = tuple((part.shape, part.dtype) for part in parts if part is not None)
    ends = (len(sizes), sizes[0], sizes[-1], sum(sizes)) if sizes else ()
    return x.data.shape, x.data.dtype, x.sorted_indices is None, ends, len(parts), state


def _watched(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    for session in tuple(_sessions):
        if session.first is not None:
            guarded(session.first, module, args, kwargs)
    record = record_of(module)
    judged = guarded(_check, module, args, kwargs) or []
    call = guarded(_probed_call, module, record, args, kwargs) if record.probing else None
    guarded(_saw, module, record, args, kwargs)
    record.calls += 1
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
        result = _Module.__call__(module, *args, **kwargs)
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
    for session in tuple(_sessions):
        session.report.seen.built(module, record).saw(bound.get("input"), bound.get("hx"))


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
    return checks.call(module, bound["input"], bound.get("hx"))


def _prevented(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], judged: list[checks.Judged]
) -> RuntimeError | None:
    """The error to raise in the place of a crash of the interpreter, reported; None where torch goes on or raises."""
    rows = judged[-1].rows
    need = unsafe.need(module, args[0] if args else kwargs.get("input"), rows)
    if need is None:
        return None
    error = RuntimeError(unsafe.words(need, rows))
    note(error, report(_violation(module, checks.Judged(need, rows))))
    return error


def _failed(module: nn.Module, judged: list[checks.Judged], error: BaseException) -> None:
    """torch raised: say what was predicted, and explain it on the exception itself."""
    for one in judged:
        note(error, report(_violation(module, one)))


def _passed(
    module: nn.Module, record: Record, args: tuple[Any, ...], kwargs: dict[str, Any], judged: list[checks.Judged]
) -> None:
    """torch accepted the call: what it is silent about remains."""
    silent = [one for one in judged if _is_silent(one.need)]
    for one in silent:
        report(_violation(module, one))
    if not judged and not kwargs:
        key = _key(module, args)
        if key is not None:
            record.seen.add(key)
    if record.probing:
        if record.first_step is None:
            record.first_step = steps.count()
        record.probing = steps.count() - record.first_step < STEPS and record.calls < CALLS


def _probed_call(module: nn.Module, record: Record, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    bound = dict(zip(("input", "hx"), args)) | kwargs
    frame = sites.user_frame(sys._getframe(3))
    place = (frame.f_code, frame.f_lasti, frame.f_lineno) if frame is not None else None
    return Call(
        module=module,
        kind=describe.kind_of(module),
        input=bound.get("input"),
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
        carried.given(hx, layer_of(module), sites.here(3))


def _before_backward(roots: Any) -> None:
    guarded(_tell_carried, roots)


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
    one: BaseException | None = error
    while one is not None:
        if getattr(one, _EXPLAINED, False):
            return True
        one = one.__cause__
    violation = guarded(explain, error)
    found = report(violation) if violation is not None else []
    note(error, found)
    return bool(found)


_EXPLAINED = "__lstmcheck_explained__"


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


def report(violation: Violation) -> list[Finding]:
    """Hand a violation to every active session; the findings that came of it, known ones too."""
    if quiet.on():
        return []
    found = (session.take(violation) for session in tuple(_sessions))
    return [finding for finding in found if finding is not None]


def tell(finding: Finding) -> None:
    """Hand a finding that is judged already to every active session."""
    for session in tuple(_sessions):
        session.add(finding)


def saw_layers() -> bool:
    """Whether a recurrent layer was built or called in an active session."""
    return any(session.report.layers for session in _sessions)


def _is_silent(need: Need) -> bool:
    """Whether torch goes on: it says nothing, or only warns."""
    return need.raises is None or need.warns


def _tell(policy: Policy, finding: Finding, silent: bool) -> None:
    where = finding.location
    if policy == "warn":
        warnings.warn_explicit(f"{finding.code} {finding.message}", LSTMCheckWarning, where.path, where.line)
    elif policy == "log":
        logger.warning("%s:%d: %s %s", where.path, where.line, finding.code, finding.message)
    elif policy == "raise" and finding.severity != "info" and silent:
        raise LSTMCheckError(finding)


def note(error: BaseException, findings: list[Finding]) -> None:
    """Explain an exception by findings, once each."""
    if findings:
        setattr(error, _EXPLAINED, True)
    add = getattr(error, "add_note", None)
    for finding in findings:
        where = finding.location
        text = f"lstmcheck: {finding.code} {finding.message} ({where.path}:{where.line})"
        if finding.help:
            text += f"\n  help: {finding.help}"
        if add is not None and text not in getattr(error, "__notes__", ()):
            add(text)


def _pack(original: Callable[..., Any], input: Any, lengths: Any, batch_first: Any, enforce_sorted: Any) -> Any:
    if _is_compiling() or not _sessions:
        return original(input, lengths, batch_first, enforce_sorted)
    judged = guarded(packing.judged, input, lengths, batch_first, enforce_sorted) or []
    try:
        result = original(input, lengths, batch_first, enforce_sorted)
    except Exception as error:
        guarded(_not_packed, judged, error)
        raise
    guarded(_packed, judged)
    return result


def _packed(judged: list[checks.Judged]) -> None:
    for one in judged:
        if _is_silent(one.need):
            report(Violation(one.need, sites.here(3) or _NOWHERE, one.rows))


def _not_packed(judged: list[checks.Judged], error: BaseException) -> None:
    for one in judged:
        note(error, report(Violation(one.need, sites.here(3) or _NOWHERE, one.rows)))


# The way of a construction


def _constructor(cls: type[nn.Module]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind = next(name for name, known in describe.CLASSES.items() if known is cls)

    def wrapping(original: Callable[..., None]) -> Callable[..., None]:
        def __init__(self: nn.Module, *args: Any, **kwargs: Any) -> None:
            if _is_compiling() or not _sessions or quiet.on():
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

        return __init__

    return wrapping


def _not_built(kind: str, judged: list[checks.Judged], place: Location | None, error: BaseException) -> None:
    for one in judged:
        note(error, report(Violation(one.need, place or _NOWHERE, one.rows, (), {"kind": kind, "config": None})))


def _built(module: nn.Module, kind: str, judged: list[checks.Judged], place: Location | None) -> None:
    record = record_of(module)
    record.made = place
    for session in tuple(_sessions):
        session.report.seen.built(module, record)
    for one in judged:
        if _is_silent(one.need):
            report(Violation(one.need, place or _NOWHERE, one.rows, (), layer_of(module)))
