"""Traces, calls, threads, exceptions and modules in any order: torch is as it was whenever no trace is active."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from runtime.patched import state
from torch import nn

import lstmcheck
from lstmcheck.runtime import session
from lstmcheck.tracing import trace

KINDS = (nn.LSTM, nn.GRU, nn.RNN, nn.LSTMCell, nn.GRUCell, nn.RNNCell)
BEFORE = state()


def elsewhere(run: Callable[[], None]) -> None:
    """Run in a thread of its own; what it raises gets out."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            run()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


class Traces(RuleBasedStateMachine):
    """`expected` counts the wrong calls that each trace must have seen."""

    modules: Bundle[nn.Module] = Bundle("modules")
    open: Bundle[trace] = Bundle("open")
    generators: Bundle[Iterator[int]] = Bundle("generators")

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[trace, int] = {}
        self.depth: dict[trace, int] = {}
        self.running: list[Iterator[int]] = []
        self.dropped: list[weakref.ref[nn.Module]] = []

    def count(self) -> None:
        for tracing, depth in self.depth.items():
            if depth:
                self.expected[tracing] += 1

    def enter_now(self, tracing: trace) -> None:
        tracing.__enter__()
        self.depth[tracing] += 1

    @rule(target=open, policy=st.sampled_from(("collect", "raise", "log")), thread=st.booleans())
    def enter(self, policy: Any, thread: bool) -> trace:
        tracing = lstmcheck.trace(policy)
        self.expected[tracing] = self.depth[tracing] = 0
        elsewhere(lambda: self.enter_now(tracing)) if thread else self.enter_now(tracing)
        return tracing

    @rule(target=open, tracing=open)
    def enter_again(self, tracing: trace) -> trace:
        self.enter_now(tracing)
        return tracing

    @rule(tracing=consumes(open), error=st.sampled_from((None, KeyError("x"), RuntimeError("y"))), thread=st.booleans())
    def leave(self, tracing: trace, error: BaseException | None, thread: bool) -> None:
        def run() -> None:
            tracing.__exit__(None if error is None else type(error), error, None)

        elsewhere(run) if thread else run()
        self.depth[tracing] -= 1

    @rule(target=modules, cls=st.sampled_from(KINDS))
    def build(self, cls: type[nn.Module]) -> nn.Module:
        return cls(4, 8)  # type: ignore[call-arg]

    @rule(module=consumes(modules))
    def drop(self, module: nn.Module) -> None:
        self.dropped.append(weakref.ref(module))

    @rule(module=modules, batch=st.integers(1, 3), thread=st.booleans())
    def call_right(self, module: nn.Module, batch: int, thread: bool) -> None:
        cell = isinstance(module, nn.RNNCellBase)
        x = torch.zeros(batch, 4) if cell else torch.zeros(3, batch, 4)
        elsewhere(lambda: module(x)) if thread else module(x)

    @rule(module=modules)
    def call_wrong(self, module: nn.Module) -> None:
        try:
            module(torch.zeros(2, 5) if isinstance(module, nn.RNNCellBase) else torch.zeros(3, 2, 5))
        except RuntimeError as error:
            notes = getattr(error, "__notes__", [])
            assert bool(notes) == any(self.depth.values())
        else:
            raise AssertionError("torch took it")
        self.count()

    @rule(module=modules)
    def train(self, module: nn.Module) -> None:
        result = module(torch.zeros(2, 4) if isinstance(module, nn.RNNCellBase) else torch.zeros(3, 2, 4))
        (result[0] if isinstance(result, tuple) else result).sum().backward()

    @rule(target=generators)
    def begin_generator(self) -> Iterator[int]:
        @lstmcheck.trace()
        def numbers() -> Iterator[int]:
            yield 1
            yield 2

        generator = numbers()
        next(generator)
        self.running.append(generator)
        return generator

    @rule(generator=consumes(generators), use_up=st.booleans())
    def end_generator(self, generator: Any, use_up: bool) -> None:
        list(generator) if use_up else generator.close()
        self.running.remove(generator)

    @invariant()
    def torch_is_as_it_was_without_traces(self) -> None:
        active = sum(self.depth.values()) + len(self.running)
        assert bool(session.SESSIONS) == bool(active)
        if not active:
            assert state() == BEFORE

    @invariant()
    def every_wrong_call_was_counted(self) -> None:
        for tracing, number in self.expected.items():
            report = tracing.report
            assert sum(report.count(finding) for finding in report.findings) == number

    def teardown(self) -> None:
        for generator in self.running:
            generator.close()  # type: ignore[attr-defined]
        for tracing, depth in self.depth.items():
            for _ in range(depth):
                tracing.__exit__(None, None, None)
        assert session.SESSIONS == []
        assert state() == BEFORE


TestTraces = Traces.TestCase
TestTraces.settings = settings(max_examples=25, stateful_step_count=25)
