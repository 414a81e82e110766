"""What nn.LSTM, nn.GRU and nn.RNN require of a call with a PackedSequence.

Shapes: data (S, input_size), states (num_layers * num_directions, batch_sizes[0], ...) in the caller's order. GRU and
RNN validate, after permuting hx by sorted_indices; LSTM has validated nothing since torch 2.1 (pytorch#195803). Held
against torch by tests/contract/test_recurrent.py, and in children by tests/contract/test_isolated.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lstmcheck.contract import versions
from lstmcheck.contract.checks import (
    AXES,
    NAMES,
    call_need,
    feature_need,
    input_dtype_need,
    no_attribute,
    projection_need,
    shape_needs,
    size_error,
    state_dtypes,
    subscripted,
    tensor_given,
)
from lstmcheck.contract.config import (
    FLOATING,
    RecurrentConfig,
    Result,
    packed_result,
)
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.values import (
    OtherLike,
    PackedLike,
    State,
    States,
    TensorLike,
)
from lstmcheck.contract.versions import Version
from lstmcheck.dims import Dim


def forward_packed(
    config: RecurrentConfig, input: PackedLike, hx: State, version: Version, autocast: bool
) -> Requirements[Result]:
    unchecked = config.kind == "LSTM" and version >= versions.LSTM_PACKED_UNCHECKED
    if unchecked:
        return (yield from _packed_unchecked(config, input, hx))
    result = packed_result(config, input)
    late = config.kind != "LSTM" and input.sorted is not False
    states = () if late else (yield from _packed_states(config, input, hx))
    if not autocast and version >= versions.INPUT_DTYPE_CHECKED:
        yield input_dtype_need(config, input.dtype, version)
    yield _data_rank(
        input,
        Raises("RuntimeError", "input must have 2 dimensions, got {got}", {"got": input.data_rank}),
    )
    if input.data_rank > 1:
        yield feature_need(config, input.features, input.data_rank)
    if late:
        states = yield from _packed_states(config, input, hx)
    if hx is None and config.kind != "LSTM":
        states = (TensorLike((*result.h_n[:-1], config.hidden_size), input.dtype, input.device),)
    for index, (state, want) in enumerate(zip(states, result.states)):
        yield Need(
            "state.rank",
            subject=NAMES[index],
            got=state.rank,
            want=3,
            raises=size_error(config, index, state.shape, want, 3),
        )
        yield from shape_needs(config, index, state, want, 3, made=hx is None)
    if config.call_raises:
        yield call_need(config)
    yield from _packed_devices(config, input, states if hx is not None else ())
    if config.kind != "LSTM":
        yield projection_need(config)
    if hx is not None:
        yield from state_dtypes(config, TensorLike((), input.dtype, input.device), states)
    return result


def _data_rank(input: PackedLike, raises: Raises | None) -> Need:
    return Need(
        "input.rank",
        subject="input",
        got=input.data_rank,
        want=2,
        raises=raises,
        detail={"packed": True},
    )


def _packed_states(config: RecurrentConfig, input: PackedLike, hx: State) -> Requirements[tuple[TensorLike, ...]]:
    """hx as torch takes it apart, permuted by sorted_indices if there are any: that cuts or refuses another batch.

    With sorted_indices this comes before the input's checks, without after them.
    """
    if hx is None:
        return ()
    if config.kind == "LSTM":
        states = yield from _packed_pair(input, hx)
    elif isinstance(hx, TensorLike):
        states = (hx,)
    else:
        type_name = hx.container if isinstance(hx, States) else hx.type_name
        yield Need(
            "state.type",
            subject="hx",
            got=type_name,
            want=("Tensor",),
            relation="one of",
            raises=no_attribute(type_name, "size" if input.sorted else "index_select"),
        )
        return ()
    if input.sorted is not False:
        return states
    permuted = []
    for index, state in enumerate(states):
        permuted.append((yield from _permuted(input, index, state)))
    return tuple(permuted)


def _packed_pair(input: PackedLike, hx: State) -> Requirements[tuple[TensorLike, ...]]:
    if isinstance(hx, States) and len(hx.items) == 2 and all(isinstance(item, TensorLike) for item in hx.items):
        return tuple(item for item in hx.items if isinstance(item, TensorLike))
    return (yield from _packed_pair_refused(input, hx))


def _packed_pair_refused(input: PackedLike, hx: State) -> Requirements[tuple[TensorLike, ...]]:
    """hx of a packed LSTM that is not a pair of tensors."""
    permuted = input.sorted is False
    if isinstance(hx, States):
        for index, item in enumerate(hx.items[:2] if permuted else hx.items):
            if isinstance(item, OtherLike):
                yield Need(
                    "state.type",
                    subject=NAMES[index] if index < 2 else "hx",
                    got=item.type_name,
                    want=("Tensor",),
                    relation="one of",
                    raises=no_attribute(item.type_name, "index_select")
                    if permuted
                    else Raises("TypeError", "", exact=False),
                )
        few = len(hx.items) < 2
        raises: Raises | None = Raises("RuntimeError", "lstm expects two hidden states")
        if permuted:
            text = "{container} index out of range"
            raises = Raises("IndexError", text, {"container": hx.container}) if few else None
        yield Need(
            "state.count",
            subject="hx",
            got=len(hx.items),
            want=2,
            raises=raises,
            detail={} if raises else {"outcome": "accepted"},
        )
        items = hx.items[:2]
        states = tuple(item for item in items if isinstance(item, TensorLike))
        return states if len(states) == 2 else ()
    if isinstance(hx, TensorLike):
        text = "lstm() received an invalid combination of arguments"
        need = tensor_given(None if permuted else Raises("TypeError", text, exact=False))
        # with sorted_indices torch takes hx[0] and hx[1] for the states, whatever they are
        yield replace(need, detail={"packed": True, **({"outcome": "undefined"} if permuted else {})})
        return ()
    type_name = hx.type_name if hx is not None else None
    yield Need(
        "state.type",
        subject="hx",
        got=type_name,
        want=("tuple", "list"),
        relation="one of",
        raises=subscripted(type_name, "index_select")
        if permuted
        else Raises("TypeError", "lstm() received an invalid combination of arguments", exact=False),
    )
    return ()


def _permuted(input: PackedLike, index: int, state: TensorLike) -> Requirements[TensorLike]:
    """index_select(1, sorted_indices): fewer batch rows raise, more are cut in silence."""
    name = NAMES[index]
    rank = state.rank
    if rank is None:
        return state
    if rank < 2:
        yield Need(
            "state.rank",
            subject=name,
            got=rank,
            want=3,
            raises=Raises("IndexError", "Dimension out of range", exact=False),
        )
        return state
    what = "state.batch" if rank == 3 else "state.rank"
    got, want = (state.shape[1], input.batch)
    yield Need(
        "state.batch",
        subject=name,
        axis=1,
        axis_name="batch",
        got=got,
        want=want,
        relation="at least",
        raises=_bad_index(got),
    )
    if what == "state.batch":
        yield Need(
            "state.batch",
            subject=name,
            axis=1,
            axis_name="batch",
            got=got,
            want=want,
            detail={"outcome": "accepted", "packed": True},
        )
    return replace(state, shape=(state.shape[0], input.batch, *state.shape[2:]))


def _bad_index(rows: Dim) -> Raises:
    if isinstance(rows, int) and rows == 0:
        return Raises("RuntimeError", "index_select(): self indexing axis dim should be positive")
    return Raises("RuntimeError", "INDICES element is out of DATA bounds", exact=False)


def _packed_devices(config: RecurrentConfig, input: PackedLike, states: Sequence[TensorLike]) -> Requirements[None]:
    for need_subject, what, got in (
        ("input", "input.device", input.device),
        *((name, "state.device", state.device) for name, state in zip(NAMES, states)),
    ):
        yield Need(
            what,
            subject=need_subject,
            got=got,
            want=config.device if need_subject == "input" else input.device,
            raises=Raises("RuntimeError", "", exact=False),
        )


def _packed_unchecked(config: RecurrentConfig, input: PackedLike, hx: State) -> Requirements[Result]:
    """A packed LSTM: torch validates nothing, so what a mistake does is read off the kernels.

    Needs without `raises` have the outcome "accepted" (silence) or "undefined": silence, an unrelated error, or a
    read past the end of a buffer, which crashes the process or spoils its memory.
    """
    result = packed_result(config, input)
    states = (yield from _packed_states(config, input, hx)) if hx is not None else ()
    if config.call_raises:
        yield call_need(config)
    yield from _packed_devices(config, input, states)
    for index, state in enumerate(states):
        if state.rank is None:
            continue
        raises = Raises("IndexError", "Dimension ", exact=False) if state.rank < 3 else None
        yield _packed_need("state.rank", index, state.rank, 3, raises)
    good = [state for state in states if state.rank == 3]
    if len(good) == 2:
        for index, (state, want) in enumerate(zip(states, result.states)):
            names = ("num_layers * num_directions", "batch", config.hidden_name if index == 0 else "hidden_size")
            for axis, (what, name) in enumerate(zip(AXES[3], names)):
                yield _packed_need(what, index, state.shape[axis], want[axis], None, axis, name)
    # when all lengths are equal oneDNN runs the pack as one batch and reads the weights with the input's own size
    undefined = {"packed": True, "outcome": "undefined"}
    yield replace(_data_rank(input, None), detail=undefined)
    if input.data_rank > 1:
        yield replace(feature_need(config, input.features, input.data_rank), raises=None, detail=undefined)
    yield Need(
        "input.dtype",
        subject="input",
        got=input.dtype,
        want=config.dtype or FLOATING,
        relation="equal" if config.dtype else "one of",
        raises=Raises("RuntimeError", "", exact=False),
        detail={"packed": True},
    )
    for index, state in enumerate(states):
        yield _packed_need("state.dtype", index, state.dtype, config.dtype or input.dtype, None)
    return result


def _packed_need(
    what: str, index: int, got: Any, want: Any, raises: Raises | None, axis: int | None = None, name: str = ""
) -> Need:
    return Need(
        what,
        subject=NAMES[index],
        axis=axis,
        axis_name=name,
        got=got,
        want=want,
        raises=raises,
        detail={"packed": True} if raises else {"packed": True, "outcome": "undefined"},
    )
