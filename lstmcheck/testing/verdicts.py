"""What the contract expects of a call, what came of one, and whether the two agree. Needs no torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lstmcheck.contract import cells, recurrent
from lstmcheck.contract.arguments import Config
from lstmcheck.contract.cells import CellResult
from lstmcheck.contract.needs import Need, Requirements, holds
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import Input, State


@dataclass(frozen=True)
class Observed:
    """What torch did: the result's value, or the exception's type and text, or the signal that killed the process."""

    value: Any = None
    raised: str = ""
    text: str = ""
    warned: tuple[str, ...] = ()
    signal: int = 0

    def __str__(self) -> str:
        if self.signal:
            return f"killed by signal {self.signal}"
        return f"{self.raised}: {self.text}" if self.raised else f"accepted, {self.value}"


@dataclass(frozen=True)
class Expected:
    """What the contract says: the need at which torch raises, if any, else the result; and the needs unmet before."""

    refused: Need | None = None
    result: Any = None
    unmet: tuple[Need, ...] = field(default=())

    @property
    def complaints(self) -> list[Need]:
        """Every need that is not met, up to the one at which torch raises."""
        return [*self.unmet, *([self.refused] if self.refused is not None else [])]

    @property
    def undefined(self) -> bool:
        """Whether torch may do anything: a need is unmet whose outcome is undefined."""
        return any(need.detail.get("outcome") == "undefined" for need in self.unmet)

    @property
    def warned(self) -> tuple[str, ...]:
        """The texts of the warnings."""
        return tuple(need.raises.text for need in self.unmet if need.warns and need.raises)

    def __str__(self) -> str:
        if self.refused is not None and self.refused.raises is not None:
            return f"{self.refused.what}: {self.refused.raises.type}: {self.refused.raises.text}"
        return f"accepted, {self.result}"


def expect(requirements: Requirements[Any]) -> Expected:
    """Drive a contract function over plain ints to its end, or to the first need at which torch raises."""
    unmet: list[Need] = []
    while True:
        try:
            need = next(requirements)
        except StopIteration as stop:
            return Expected(None, stop.value, tuple(unmet))
        if holds(need):
            continue
        if need.raises is not None and not need.warns:
            return Expected(need, None, tuple(unmet))
        unmet.append(need)


def drive(requirements: Requirements[Any]) -> tuple[list[Need], Any]:
    """All needs of a contract function, none judged, and its result."""
    needs: list[Need] = []
    while True:
        try:
            needs.append(next(requirements))
        except StopIteration as stop:
            return needs, stop.value


def observe(call: Callable[[], Any]) -> Observed:
    """Call, and record what happened. The value is kept as it is."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = call()
        except Exception as error:
            return Observed(None, type(error).__name__, str(error), _texts(caught))
    return Observed(value, warned=_texts(caught))


def _texts(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    return tuple(str(warning.message) for warning in caught)


def expect_call(config: Config, input: Input, hx: State) -> Expected:
    """The contract's verdict on `module(input, hx)`; the result as nested shapes, as torch nests them."""
    if isinstance(config, RecurrentConfig):
        expected = expect(recurrent.forward(config, input, hx))
    else:
        expected = expect(cells.forward(config, input, hx))
    return Expected(expected.refused, nested(expected.result), expected.unmet)


def nested(result: recurrent.Result | CellResult | None) -> Any:
    """The shapes of a result, nested as torch nests them: (output, (h_n, c_n)), (output, h_n), (h, c) or h."""
    if isinstance(result, CellResult):
        return result.h if result.c is None else (result.h, result.c)
    if result is None:
        return None
    return result.output, (result.h_n if result.c_n is None else (result.h_n, result.c_n))


def disagreement(expected: Expected, observed: Observed) -> str:
    """Why the two verdicts differ, empty when they agree or the contract calls what happens undefined."""
    if expected.undefined:
        agree = True
    elif expected.refused is not None:
        raises = expected.refused.raises
        agree = raises is not None and raises.matches(observed.raised, observed.text)
    else:
        agree = not observed.raised and not observed.signal and observed.value == expected.result
    return "" if agree else f"contract: {expected}\ntorch:    {observed}"
