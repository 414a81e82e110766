"""The probe of a trace: the first batch that goes into a model, seen at the first recurrent call inside it."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from torch import nn

from lstmcheck.findings import Finding, Violation
from lstmcheck.runtime.perturbation.batches import Told
from lstmcheck.runtime.perturbation.probe import probe_call, unwrapped
from lstmcheck.runtime.perturbation.result import ProbeResult

Judge = Callable[[Violation], "Finding | None"]
_CALLS = {nn.Module._call_impl.__code__, nn.Module._wrapped_call_impl.__code__}


class First:
    """Probes each outermost module once, with the arguments of its first call that comes to a recurrent layer.

    With `model`, that module only, wherever it stands. `judge` makes findings, `report` is given their violations
    and `done` the result.
    """

    def __init__(
        self,
        judge: Judge,
        report: Callable[[Violation], object],
        done: Callable[[ProbeResult], None],
        model: nn.Module | None = None,
    ) -> None:
        self._judge = judge
        self._report = report
        self._done = done
        self._model = weakref.ref(model) if model is not None else None
        self._probed: weakref.WeakSet[nn.Module] = weakref.WeakSet()

    def __call__(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], told: Told | None = None
    ) -> None:
        """A recurrent module is about to be called with these arguments, in this thread."""
        outermost, given, named = self._outermost(sys._getframe(1)) or (module, args, kwargs)
        if outermost in self._probed:
            return
        wanted = self._model() if self._model is not None else None
        if self._model is not None and (wanted is None or outermost not in (wanted, unwrapped(wanted))):
            return
        self._probed.add(outermost)
        violations: list[Violation] = []

        def judge(violation: Violation) -> Finding | None:
            violations.append(violation)
            return self._judge(violation)

        result = probe_call(outermost, given, named, judge, told)
        self._done(result)
        for violation in violations:
            self._report(violation)

    def _outermost(self, frame: FrameType | None) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]] | None:
        """The outermost module that is being called (or the model asked for), and its arguments."""
        wanted = self._model() if self._model is not None else None
        inner = unwrapped(wanted) if wanted is not None else None
        found = None
        while frame is not None:
            if frame.f_code in _CALLS:
                module = frame.f_locals.get("self")
                if isinstance(module, nn.Module):
                    found = module, tuple(frame.f_locals.get("args", ())), dict(frame.f_locals.get("kwargs", {}))
                    if wanted is not None and module in (wanted, inner):
                        return found
            frame = frame.f_back
        return found
