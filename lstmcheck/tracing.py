"""The facade of the run-time agent: sessions of the tracer that the rules judge."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar, cast

from lstmcheck import postmortem
from lstmcheck.rules import judge
from lstmcheck.runtime.perturbation import probe as perturbation
from lstmcheck.runtime.perturbation.batches import Told
from lstmcheck.runtime.perturbation.first import First
from lstmcheck.runtime.perturbation.result import ProbeResult
from lstmcheck.runtime.report import Report
from lstmcheck.runtime.trace import POLICIES, LSTMCheckError, LSTMCheckWarning, Policy, Session

__all__ = ["LSTMCheckError", "LSTMCheckWarning", "ProbeResult", "Report", "probe", "trace"]

F = TypeVar("F", bound=Callable[..., Any])


def disabled() -> bool:
    """Whether LSTMCHECK_DISABLE says that nothing is to be traced."""
    return os.environ.get("LSTMCHECK_DISABLE", "") not in ("", "0")


class trace:
    """Check the recurrent calls that really happen: `with lstmcheck.trace() as report:`, or as a decorator.

    `policy` says what happens with a finding beside its place in the report: nothing ("collect"), a warning ("warn"),
    a record of the logger "lstmcheck" ("log"), or, where torch is silent, LSTMCheckError ("raise"). What torch itself
    raises keeps its type and gets the explanation as a note.

    With `probe`, the first batch that goes into a model is probed as `lstmcheck.probe` does, before the model goes on
    with it; the results are `report.probes`. `model` says which module that is; by default it is whatever module is
    called first and has a recurrent layer inside.
    """

    def __init__(self, policy: Policy = "collect", *, model: Any = None, probe: bool = False) -> None:
        if policy not in POLICIES:
            raise ValueError(f"policy is one of {', '.join(POLICIES)}, not {policy!r}")
        self.policy = policy
        self.model = model
        self.probe = probe
        self._sessions: list[Session] = []

    def __enter__(self) -> Report:
        session = Session(judge, self.policy)
        if self.probe:
            session.first = First(judge, session.take, session.report.probes.append, self.model)
        self._sessions.append(session)
        if not disabled():
            session.start()
        return session.report

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        session = self._sessions.pop()
        if not session.entered:
            return
        if error is not None:
            postmortem.explain(error)
        session.stop()

    def __call__(self, function: F) -> F:
        """Trace every call of a function; a coroutine function while it runs."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self._another():
                    return await function(*args, **kwargs)

            return cast(F, run_coroutine)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self._another():
                return function(*args, **kwargs)

        return cast(F, run)

    def _another(self) -> trace:
        return trace(self.policy, model=self.model, probe=self.probe)


def probe(
    model: Any,
    batch: Any,
    *,
    batch_dim: int | None = None,
    batch_size: int | None = None,
    kwargs: Mapping[str, Any] | None = None,
    call: Callable[[Any, Any], Any] | None = None,
) -> ProbeResult:
    """Change one sample of a batch at a time and see which results of other samples move, and from which layer on.

    The batch is given to the model as its arguments: a mapping as keywords, a tuple or list as positional arguments (of
    which those at the end that the model does not take, such as labels, are left out), all else as one argument. A
    DataLoader stands for its first batch. `kwargs` are keyword arguments beside it; `call(model, batch)` runs models
    that take a batch in another way. The samples lie along axis `batch_dim` of the batch's tensors, or along the axis
    of `batch_size` entries; by default that is read from the sizes, and axis 0 where they do not tell.

    Nothing of the model is touched: it runs a few times on copies, with the same random numbers, which are put back.
    What the model does outside of itself (printing, writing files) it does as often. What cannot be probed gets the
    verdict "unknown" with the reason. Raises TypeError when the model is no `torch.nn.Module`.
    """
    told = Told(axis=batch_dim, size=batch_size)
    return perturbation.probe(model, batch, judge, kwargs=kwargs, call=call, told=told)
