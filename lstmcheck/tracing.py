"""The facade of the run-time agent: sessions of the tracer that the rules judge."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar, cast

from lstmcheck import postmortem
from lstmcheck.rules import judge
from lstmcheck.runtime.guard import guarded
from lstmcheck.runtime.perturbation import probe as perturbation
from lstmcheck.runtime.perturbation.batches import Told
from lstmcheck.runtime.perturbation.first import First
from lstmcheck.runtime.perturbation.result import ProbeResult
from lstmcheck.runtime.policies import MEANT, POLICIES, LSTMCheckError, LSTMCheckWarning, Policy
from lstmcheck.runtime.session import Session, tell_notes
from lstmcheck.traced.report import Report

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

    `report` holds what was found in all blocks and calls that this object traced. It may be entered again, by other
    threads and tasks too, while it is active. Where several processes train together (torch.distributed), rank 0 takes
    over what the others have found when its trace ends.

    With `probe`, the first batch that goes into a model is probed as `lstmcheck.probe` does, before the model goes on
    with it; the results are `report.probes`. `model` says which module that is; by default it is whatever module is
    called first and has a recurrent layer inside.
    """

    def __init__(self, policy: Policy = "collect", *, model: Any = None, probe: bool = False) -> None:
        if callable(policy):
            raise TypeError("write @lstmcheck.trace() with parentheses")
        if policy not in POLICIES:
            raise ValueError(f"policy is one of {', '.join(POLICIES)}, not {policy!r}")
        self.policy = policy
        self.model = model
        self.probe = probe
        self.report = Report()
        self.session = Session(judge, policy, self.report, announce=self._announce)
        if probe:
            self.session.first = First(judge, self.session.take, self.report.probes.append, model)
        self._started: list[bool] = []

    def __enter__(self) -> Report:
        on = not disabled()
        if on:
            self.session.start()
        self._started.append(on)
        return self.report

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._started.pop():
            return
        if error is None:
            self.session.stop()
            return
        guarded(_explain, error)
        with suppress(*MEANT):  # the program's own error goes on its way
            self.session.stop(hasty=True)
        tell_notes(error)

    def __call__(self, function: F) -> F:
        """Trace every call of a function; coroutines and generators from their first step to their end."""
        if inspect.isclass(function):
            raise TypeError("lstmcheck.trace() decorates functions and methods, not classes")
        if inspect.isasyncgenfunction(function):
            return cast(F, _async_generator(self, function))
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return cast(F, run_coroutine)
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def run_generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                with self:
                    return (yield from function(*args, **kwargs))

            return cast(F, run_generator)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast(F, run)

    def _announce(self, missing: tuple[int, ...]) -> None:
        if sys.stderr is not None:
            print(self.report.to_text(), file=sys.stderr)
            for rank in missing:
                print(f"lstmcheck: rank {rank} ended without handing over what it found", file=sys.stderr)


def _explain(error: BaseException) -> None:
    with suppress(*MEANT):
        postmortem.explain(error)


def _async_generator(
    tracing: trace, function: Callable[..., AsyncGenerator[Any, Any]]
) -> Callable[..., AsyncGenerator[Any, Any]]:
    @functools.wraps(function)
    async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with tracing:
            inner = function(*args, **kwargs)
            try:
                value = await inner.__anext__()
                while True:
                    try:
                        sent = yield value
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        value = await inner.athrow(error)
                    else:
                        value = await inner.asend(sent)
            except StopAsyncIteration:
                return
            finally:
                await inner.aclose()

    return run


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
