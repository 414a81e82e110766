"""Traces that are nested, entered again, left in any order, by threads, tasks, generators and exceptions."""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from runtime.patched import CLASSES, state
from torch import nn

import lstmcheck
from lstmcheck.runtime import session
from lstmcheck.tracing import LSTMCheckError, LSTMCheckWarning, trace


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = state()
    yield
    assert session.SESSIONS == []
    assert state() == before


def codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings]


def wrong() -> None:
    with pytest.raises(RuntimeError, match="input_size"):
        nn.GRU(4, 8)(torch.zeros(3, 2, 5))


def silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        nn.LSTM(3, 4, dropout=0.5)


# Order


def test_nested_traces_all_see_a_call() -> None:
    with lstmcheck.trace() as outer:
        with lstmcheck.trace() as inner:
            wrong()
        silent()
    assert codes(inner) == ["LSTM223"]
    assert sorted(codes(outer)) == ["LSTM108", "LSTM223"]


def test_a_trace_that_begins_later_sees_calls_that_were_checked_before() -> None:
    lstm, x = nn.LSTM(4, 8), torch.zeros(3, 2, 4)
    with lstmcheck.trace() as outer:
        for _ in range(300):
            lstm(x)
        with lstmcheck.trace() as inner:
            lstm(x)
        assert [layer.calls for layer in inner.layers] == [1]
    assert [layer.calls for layer in outer.layers] == [301]


def test_traces_may_end_in_any_order() -> None:
    first, second = lstmcheck.trace(), lstmcheck.trace()
    one, two = first.__enter__(), second.__enter__()
    first.__exit__(None, None, None)
    wrong()
    second.__exit__(None, None, None)
    assert codes(one) == []
    assert codes(two) == ["LSTM223"]


def test_one_trace_may_be_entered_again() -> None:
    tracing = lstmcheck.trace()
    with tracing as outer:
        with tracing as inner:
            wrong()
        silent()
    with tracing:
        wrong()
    assert inner is outer is tracing.report
    assert sorted(codes(outer)) == ["LSTM108", "LSTM223"]
    assert [outer.count(finding) for finding in outer.findings if finding.code == "LSTM223"] == [2]


def test_an_exception_ends_the_trace_and_gets_out() -> None:
    with pytest.raises(KeyError, match="mine"), lstmcheck.trace():
        raise KeyError("mine")


def test_a_trace_that_cannot_begin_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from lstmcheck.runtime import packing

    def fail(*_: object) -> None:
        raise OSError("no way")

    monkeypatch.setattr(packing, "start", fail)
    with pytest.raises(OSError, match="no way"), lstmcheck.trace():
        pass
    monkeypatch.undo()
    with lstmcheck.trace() as report:
        wrong()
    assert codes(report) == ["LSTM223"]


# Other hands on torch


def test_what_was_around_the_call_before_runs_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []

    def around(self: nn.Module, *args: Any) -> Any:
        called.append(1)
        return nn.Module.__call__(self, *args)

    monkeypatch.setattr(nn.LSTM, "__call__", around, raising=False)
    lstm = nn.LSTM(4, 8)
    with lstmcheck.trace() as report:
        lstm(torch.zeros(3, 2, 4))
        with pytest.raises(RuntimeError):
            lstm(torch.zeros(3, 2, 5))
    assert vars(nn.LSTM)["__call__"] is around
    assert len(called) == 2
    assert codes(report) == ["LSTM223"]


def test_what_comes_around_the_call_in_between_stays_and_works() -> None:
    called: list[int] = []
    lstm, x = nn.LSTM(4, 8), torch.zeros(3, 2, 4)
    with lstmcheck.trace():
        ours = nn.LSTM.__call__

        def around(self: nn.Module, *args: Any) -> Any:
            called.append(1)
            return ours(self, *args)

        nn.LSTM.__call__ = around
        lstm(x)
    assert nn.LSTM.__call__ is around
    lstm(x)
    with lstmcheck.trace() as report:
        lstm(x)
    assert len(called) == 3
    assert [layer.calls for layer in report.layers] == [1]
    assert nn.LSTM.__call__ is around
    del nn.LSTM.__call__


def test_what_was_kept_of_ours_passes_calls_on() -> None:
    with lstmcheck.trace():
        call, backward = nn.LSTM.__call__, torch.autograd.backward
    output, _ = call(nn.LSTM(4, 8), torch.zeros(3, 2, 4))
    backward(output.sum())
    assert output.shape == (3, 2, 8)


# Functions


def test_a_function_is_traced_while_it_runs() -> None:
    tracing = lstmcheck.trace()

    @tracing
    def train(times: int, *, last: str) -> str:
        """Trains."""
        for _ in range(times):
            wrong()
        return last

    assert train(2, last="x") == "x"
    wrong()
    assert train(1, last="y") == "y"
    assert (train.__name__, train.__doc__) == ("train", "Trains.")
    assert [tracing.report.count(finding) for finding in tracing.report.findings] == [3]


def test_a_coroutine_is_traced_until_its_end() -> None:
    tracing = lstmcheck.trace()

    @tracing
    async def train() -> int:
        await asyncio.sleep(0)
        wrong()
        return 3

    assert asyncio.run(train()) == 3
    assert codes(tracing.report) == ["LSTM223"]


def test_tasks_are_traced_side_by_side() -> None:
    first, second = lstmcheck.trace(), lstmcheck.trace()

    async def train(tracing: trace, rounds: int) -> None:
        with tracing:
            for _ in range(rounds):
                await asyncio.sleep(0)
            wrong()

    async def both() -> None:
        await asyncio.gather(train(first, 5), train(second, 1), train(first, 2))

    asyncio.run(both())
    assert codes(first.report) == ["LSTM223"]


def test_a_generator_is_traced_until_its_end() -> None:
    tracing = lstmcheck.trace()

    @tracing
    def batches(number: int) -> Any:
        got = yield number
        wrong()
        try:
            yield got
        except ValueError as error:
            yield str(error)
        return "end"

    generator = batches(1)
    assert session.SESSIONS == []
    assert next(generator) == 1
    assert generator.send("sent") == "sent"
    assert generator.throw(ValueError("thrown")) == "thrown"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "end"
    assert codes(tracing.report) == ["LSTM223"]


def test_a_generator_that_is_closed_ends_its_trace() -> None:
    closed: list[int] = []

    @lstmcheck.trace()
    def batches() -> Iterator[int]:
        try:
            yield 1
        finally:
            closed.append(1)

    generator = batches()
    next(generator)
    assert session.SESSIONS
    generator.close()
    assert closed == [1]


def test_an_asynchronous_generator_is_traced_until_its_end() -> None:
    tracing = lstmcheck.trace()
    closed: list[int] = []

    @tracing
    async def batches() -> Any:
        try:
            got = yield 1
            wrong()
            try:
                yield got
            except ValueError as error:
                yield str(error)
            yield "left"
        finally:
            closed.append(1)

    async def use() -> list[Any]:
        generator = batches()
        got = [await generator.asend(None), await generator.asend("sent"), await generator.athrow(ValueError("thrown"))]
        await generator.aclose()
        return got

    async def use_up() -> list[Any]:
        return [value async for value in batches()]

    assert asyncio.run(use()) == [1, "sent", "thrown"]
    assert asyncio.run(use_up()) == [1, None, "left"]
    assert closed == [1, 1]
    assert codes(tracing.report) == ["LSTM223"]


@pytest.mark.parametrize("thing", [nn.LSTM, int])
def test_a_class_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="functions and methods"):
        lstmcheck.trace()(thing)


def test_parentheses_are_asked_for() -> None:
    with pytest.raises(TypeError, match=r"@lstmcheck.trace\(\)"):
        lstmcheck.trace(wrong)  # type: ignore[arg-type]


# Threads


def test_threads_share_a_trace_and_have_their_own() -> None:
    shared = lstmcheck.trace()
    go = threading.Barrier(4)
    own: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            go.wait()
            for _ in range(20):
                with shared, lstmcheck.trace() as mine:
                    wrong()
                own.append(mine)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [shared.report.count(finding) for finding in shared.report.findings] == [80]
    assert all(codes(report) == ["LSTM223"] for report in own)


# Policies


def test_the_policy_warn_warns_once_at_the_place() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with lstmcheck.trace("warn"):
            wrong()
            wrong()
    (ours,) = [one for one in caught if one.category is LSTMCheckWarning]
    assert str(ours.message).startswith("LSTM223 ")
    assert ours.filename.endswith("test_contexts.py")


def test_a_warning_that_is_an_error_gets_out_where_torch_is_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", LSTMCheckWarning)
        with lstmcheck.trace("warn"):
            with pytest.raises(LSTMCheckWarning, match="LSTM108"):
                nn.LSTM(3, 4, dropout=0.5)
            wrong()  # which raises torch's own


def test_the_policy_log_logs_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "lstmcheck"), lstmcheck.trace("log"):
        wrong()
        wrong()
    (record,) = caplog.records
    assert "test_contexts.py:" in record.message
    assert "LSTM223" in record.message


def test_the_policy_raise_raises_where_torch_is_silent() -> None:
    with lstmcheck.trace("raise") as report, lstmcheck.trace() as other:
        with pytest.raises(LSTMCheckError, match="LSTM108") as raised:
            silent()
        wrong()
    assert raised.value.finding in report.findings
    assert sorted(codes(other)) == sorted(codes(report)) == ["LSTM108", "LSTM223"]


@pytest.mark.parametrize("policy", ["collect", "warn", "log", "raise"])
def test_torchs_error_keeps_its_type_and_is_explained(policy: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError) as raised, lstmcheck.trace(policy):
            nn.LSTM(4, 8)(torch.zeros(3, 2, 5))
    assert type(raised.value) is RuntimeError
    (note,) = raised.value.__notes__
    assert note.startswith("lstmcheck: LSTM223 ")
    assert "test_contexts.py:" in note


def test_an_exception_that_takes_no_note_is_left_alone() -> None:
    class Slotted(RuntimeError):
        __slots__ = ()

        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    error = Slotted("mine")
    with lstmcheck.trace() as report:
        wrong()
    session.note(error, report.findings)
    assert not hasattr(error, "__notes__")


def test_notes_are_printed_where_the_interpreter_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    class Older:
        __notes__ = ("lstmcheck: LSTM223 ...",)

    session.tell_notes(Older())  # type: ignore[arg-type]
    session.tell_notes(ValueError())
    assert capsys.readouterr().err == "lstmcheck: LSTM223 ...\n"


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="collect, warn, log, raise"):
        lstmcheck.trace("loud")  # type: ignore[arg-type]


def test_the_environment_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSTMCHECK_DISABLE", "1")
    before = state()
    tracing = lstmcheck.trace("raise")
    with tracing as report:
        assert state() == before
        wrong()
        monkeypatch.setenv("LSTMCHECK_DISABLE", "0")
        with tracing:
            assert state() != before
            wrong()
    assert codes(report) == ["LSTM223"]
    assert [report.count(finding) for finding in report.findings] == [1]
    assert all("__call__" not in vars(cls) for cls in CLASSES)
