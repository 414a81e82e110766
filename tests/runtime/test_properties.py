"""Drawn calls of real modules: a trace changes nothing, right calls are silent, wrong ones have the right code."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

import lstmcheck
from lstmcheck.contract import cells, recurrent
from lstmcheck.contract.arguments import Config
from lstmcheck.contract.needs import Need, holds
from lstmcheck.contract.recurrent import LAYER_KINDS, RecurrentConfig
from lstmcheck.contract.values import Input, State, States
from lstmcheck.findings import Location, Violation
from lstmcheck.rules import judge
from lstmcheck.testing import strategies
from lstmcheck.testing.real import build, observe_call, real
from lstmcheck.testing.strategies import KINDS
from lstmcheck.testing.verdicts import Expected, expect_call

DEVICES = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]
HERE = Location("here.py", 1, 1, 1, 2)
ROUNDS = 3


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> None:
    torch.set_num_threads(1)


# Nothing changes


def filled(value: Any) -> Any:
    """The value with random numbers where it had zeros; floating tensors want gradients."""
    if isinstance(value, PackedSequence):
        return value._replace(data=filled(value.data))
    if isinstance(value, Tensor):
        return torch.randn_like(value).requires_grad_()
    if isinstance(value, (tuple, list)):
        return type(value)(map(filled, value))
    return value


def tensors(value: Any) -> list[Tensor]:
    """The tensors in a result, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [one for item in value for one in tensors(item)]
    return []


def run(module: nn.Module, x: Any, hx: Any) -> list[Tensor]:
    """Everything that some training steps leave: results, gradients, the state of the random generator."""
    torch.manual_seed(7)
    left: list[Tensor] = []
    for _ in range(ROUNDS):
        module.zero_grad(set_to_none=True)
        leaves = [one for one in tensors((x, hx)) if one.requires_grad]
        for leaf in leaves:
            leaf.grad = None
        results = tensors(module(x, hx) if hx is not None else module(x))
        sum((one * torch.randn_like(one)).sum() for one in results if one.requires_grad).backward()  # type: ignore[union-attr]
        grads = [one.grad for one in (*module.parameters(), *leaves) if one.grad is not None]
        left += [*(one.detach().clone() for one in results), *(one.clone() for one in grads), torch.get_rng_state()]
    return left


@st.composite
def right_calls(draw: st.DrawFn, kind: str, device: str) -> tuple[Config, Input, State]:
    """A call that torch takes, packed now and then."""
    config: Any = draw(strategies.configs(kind, device))
    if kind == "RNNCell":
        config = replace(config, nonlinearity=draw(st.sampled_from(("tanh", "relu"))))
    packed = kind in LAYER_KINDS and draw(st.booleans())
    input: Any = draw(strategies.packed_inputs(config) if packed else strategies.right_inputs(config))
    state = strategies.right_state(config, input) if draw(st.booleans()) else ()
    return config, input, (None if not state else state[0] if len(state) == 1 else States(state))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(st.data())
def test_results_gradients_and_random_numbers_are_bitwise_equal(kind: str, device: str, data: st.DataObject) -> None:
    config, input, hx = data.draw(right_calls(kind, device))
    module = copy.deepcopy(build(config))
    torch.manual_seed(1)
    values = filled(real(input)), filled(real(hx))
    bare = run(module, *values)
    with lstmcheck.trace("raise") as report:
        traced = run(module, *values)
    assert len(bare) == len(traced)
    assert all(torch.equal(one, other) for one, other in zip(bare, traced))
    assert report.findings == []
    assert [layer.calls for layer in report.layers] == [ROUNDS]


# Verdicts are the contract's


def rows_of(config: Any, input: Input, hx: State) -> tuple[tuple[Need, str], ...]:
    """Every need about a call, with its verdict."""
    rows: list[tuple[Need, str]] = []
    with suppress(TypeError, ValueError):  # a contract function may stumble over what is wrong, after it said so
        for need in (recurrent if isinstance(config, RecurrentConfig) else cells).forward(config, input, hx):
            rows.append((need, "ok" if holds(need) else "never"))
    return tuple(rows)


def told(config: Config, expected: Expected, rows: tuple[tuple[Need, str], ...]) -> dict[str, str | None]:
    """The codes that the contract's verdict allows, by need."""
    needs = [need for need in expected.unmet if need.detail.get("outcome") != "accepted"]
    if expected.refused is not None:
        needs.append(expected.refused)
    layer = {"kind": config.kind, "text": "", "config": config}
    found = {need.what: judge(Violation(need, HERE, rows, (), layer)) for need in needs}
    return {what: finding.code if finding is not None else None for what, finding in found.items()}


def check(config: Config, input: Input, hx: State) -> None:
    expected = expect_call(config, input, hx)
    if expected.undefined:
        return  # torch may do anything
    bare = observe_call(config, input, hx)
    with lstmcheck.trace() as report:
        traced = observe_call(config, input, hx)
    assert traced == bare
    codes = {finding.code for finding in report.findings}
    allowed = told(config, expected, rows_of(config, input, hx))
    assert codes <= set(allowed.values())
    if expected.refused is not None:
        assert allowed[expected.refused.what] in {*codes, None}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(st.data())
def test_a_call_is_judged_by_the_contract(kind: str, device: str, data: st.DataObject) -> None:
    check(*data.draw(strategies.calls(kind, device)))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", LAYER_KINDS)
@settings(max_examples=80)
@given(st.data())
def test_a_packed_call_is_judged_by_the_contract(kind: str, device: str, data: st.DataObject) -> None:
    check(*data.draw(strategies.packed_calls(kind, device)))
