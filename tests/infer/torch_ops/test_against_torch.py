"""Every registered operation and module, held against torch: concrete, symbolic, with hidden axes or a hidden value."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from ops_bench import (
    Bench,
    N,
    Outcome,
    Reading,
    T,
    check,
    count,
    observe,
    resolve,
    run_layer,
    run_op,
    symbolic,
    to_torch,
)
from ops_table import LAYERS_NOT_DRAWN, LAYERS_TABLE, NOT_DRAWN, OPS_TABLE, with_another

from lstmcheck.infer.torch_ops import LAYERS, OPS

torch.set_num_threads(1)
EXAMPLES = max(40, settings().max_examples // 40)
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

# Names that torch has not in every version, or that are attributes of a class.
NOT_IN_TORCH = {
    "Tensor.data",
}
# Symbols are never 1 here: an axis that is squeezed away when it is 1 is taken to be longer (see views.squeeze).
NEVER_ONE = {"torch.squeeze"}
# The numbers of values that the engine has to see: what an item is taken of is a tensor by then, an unknown key is
# taken to be one index, and lengths that are not seen are taken to be one for each sample.
SEEN = {"getitem": {0, 1}, "torch.nn.utils.rnn.pack_padded_sequence": {1}}
# Operations that say nothing in most cases.
QUIET = {
    "torch.is_tensor",
    "torch.equal",
    "torch.allclose",
    "Tensor.tolist",
    "torch.nn.LazyLinear",
}


def sizes_in(value: Any) -> set[int]:
    if isinstance(value, T):
        return set(value.shape)
    if isinstance(value, N):
        return {value.value}
    if isinstance(value, slice):
        return sizes_in(value.start) | sizes_in(value.stop)
    if isinstance(value, dict):
        return sizes_in(list(value.values()))
    if isinstance(value, (list, tuple)):
        return {size for one in value for size in sizes_in(one)}
    return set()


def values_of(drawn: Any) -> int:
    """How many values a drawn call shows to the engine: those of (args, keywords), of a module's two calls."""
    first, second = drawn
    if isinstance(first, tuple) and len(first) == 2 and isinstance(first[1], dict):
        return values_of(first) + values_of(second)
    return sum(count(value) for value in (*first, *second.values()))


def readings(data: st.DataObject, drawn: Any, name: str) -> list[tuple[str, Reading]]:
    found = sorted(sizes_in(drawn) - ({1} if name in NEVER_ONE else set()))
    chosen = data.draw(st.sets(st.sampled_from(found))) if found else set()
    hidden = data.draw(st.tuples(st.integers(0, 1), st.integers(0, 2)), label="hidden")
    unseen = data.draw(
        st.sampled_from([n for n in range(max(3, values_of(drawn))) if n not in SEEN.get(name, ())]), label="unseen"
    )
    return [
        ("concrete", Reading()),
        ("symbolic", symbolic(set(found))),
        ("partly symbolic", symbolic(chosen)),
        ("open", Reading(hidden=hidden)),
        ("without one value", Reading(unseen=unseen)),
    ]


SAID: Counter[str] = Counter()


def compare_all(data: st.DataObject, name: str, drawn: Any, outcome: Any, run: Any) -> None:
    for label, reading in readings(data, drawn, name):
        claimed, m = run(reading)
        assert isinstance(m, Bench)
        try:
            SAID[name] += check(outcome, claimed, m, reading, label == "concrete") if label == "concrete" else 0
            if label != "concrete":
                check(outcome, claimed, m, reading, False)
        except AssertionError as error:
            got = (
                tuple(outcome.value.shape) if isinstance(outcome.value, torch.Tensor) else type(outcome.value).__name__
            )
            said = outcome.error or got
            raise AssertionError(f"{name} {label} {drawn}: {error}\ntorch: {said}\nengine: {claimed!r}") from None


def _entry_paths(name: str) -> tuple[str, ...]:
    return (name,) if name == "getitem" else OPS[name].paths


@pytest.mark.parametrize("name", sorted(OPS_TABLE))
def test_operation(name: str) -> None:
    """What the engine says of an operation is what torch does."""

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([p for p in _entry_paths(name) if p not in NOT_IN_TORCH]), label="path")
        drawn = data.draw(OPS_TABLE[name], label="arguments")
        arguments, keywords = drawn
        if path == "getitem":
            outcome = observe(lambda: to_torch(arguments[0])[to_torch(arguments[1])])
        else:
            function = resolve(path)
            assert function is not None, path
            named = {key: to_torch(value) for key, value in keywords.items()}
            given_ = [to_torch(value) for value in arguments]
            if path.startswith("Tensor.") and not (given_ and isinstance(given_[0], torch.Tensor)):
                return
            outcome = observe(lambda: function(*given_, **named))
        compare_all(data, name, drawn, outcome, lambda reading: run_op(path, arguments, keywords, reading))

    SAID[name] = 0
    run()
    assert SAID[name] or name in QUIET, f"{name}: nothing was ever said"


@pytest.mark.parametrize("name", sorted(set(OPS_TABLE) - {"getitem"}))
def test_operation_with_another_argument(name: str) -> None:
    """What torch takes of a wrong kind is not reported, and nothing wrong is said of its result."""

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([p for p in _entry_paths(name) if p not in NOT_IN_TORCH]), label="path")
        arguments, keywords = with_another(data, *data.draw(OPS_TABLE[name], label="arguments"))
        function = resolve(path)
        assert function is not None, path
        named = {key: to_torch(value) for key, value in keywords.items()}
        given_ = [to_torch(value) for value in arguments]
        if path.startswith("Tensor.") and not (given_ and isinstance(given_[0], torch.Tensor)):
            outcome = Outcome(error=AttributeError(name))
        else:
            outcome = observe(lambda: function(*given_, **named))
        hidden = data.draw(st.tuples(st.integers(0, 1), st.integers(0, 2)), label="hidden")
        for reading in (Reading(), Reading(hidden=hidden)):
            claimed, m = run_op(path, arguments, keywords, reading)
            check(outcome, claimed, m, reading, False)

    run()


def _module_paths(name: str) -> list[str]:
    paths = LAYERS[name].paths
    return [path for path in paths if path not in LAYERS_TABLE] + [name] if name == paths[0] else [name]


@pytest.mark.parametrize("name", sorted(LAYERS_TABLE))
def test_module(name: str) -> None:
    """What the engine says of a module's call is what torch does."""

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(_module_paths(name)), label="path")
        if path == "torch.nn.SyncBatchNorm":
            return
        drawn = data.draw(LAYERS_TABLE[name], label="arguments")
        (built, options), (called, extra) = drawn
        try:
            made = resolve(path)(*to_torch(built), **{k: to_torch(v) for k, v in options.items()})  # type: ignore[misc]
        except Exception:
            return
        inputs = [to_torch(value) for value in called]
        outcome = observe(lambda: made(*inputs, **extra))
        compare_all(
            data, name, drawn, outcome, lambda reading: run_layer(path, (built, options), (called, extra), reading)
        )

    SAID[name] = 0
    run()
    assert SAID[name] or name in QUIET, f"{name}: nothing was ever said"


@pytest.mark.parametrize("name", sorted(LAYERS_TABLE))
def test_module_with_another_argument(name: str) -> None:
    """The same of what a module is made with and called with."""

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        built, called = data.draw(LAYERS_TABLE[name], label="arguments")
        if data.draw(st.booleans(), label="called so"):
            called = with_another(data, *called)
        else:
            built = with_another(data, *built)
        try:
            made = resolve(name)(*to_torch(built[0]), **{k: to_torch(v) for k, v in built[1].items()})  # type: ignore[misc]
        except Exception:
            made = None
        inputs = [to_torch(value) for value in called[0]]
        options = {key: to_torch(value) for key, value in called[1].items()}
        outcome = Outcome(error=TypeError(name)) if made is None else observe(lambda: made(*inputs, **options))
        hidden = data.draw(st.tuples(st.integers(0, 1), st.integers(0, 2)), label="hidden")
        for reading in (Reading(), Reading(hidden=hidden)):
            claimed, m = run_layer(name, built, called, reading)
            check(outcome, claimed, m, reading, False)

    run()


def test_every_operation_is_drawn_or_listed() -> None:
    """A new operation needs a line in the table, or a reason."""
    firsts = {entry.paths[0] for entry in OPS.values()} | {"getitem"}
    assert firsts == set(OPS_TABLE) | set(NOT_DRAWN)
    assert not set(OPS_TABLE) & set(NOT_DRAWN)
    modules = {entry.paths[0] for entry in LAYERS.values()}
    assert modules <= set(LAYERS_TABLE) | set(LAYERS_NOT_DRAWN)
    assert set(LAYERS) >= set(LAYERS_TABLE) | set(LAYERS_NOT_DRAWN)


def test_every_path_is_torchs() -> None:
    """A path that torch has not would never be asked for."""
    missing = [path for path in (*OPS, *LAYERS) if resolve(path) is None and path not in NOT_IN_TORCH]
    assert not missing
