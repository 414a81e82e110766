"""What nn.LSTM, nn.GRU and nn.RNN require of a call, and the shapes that come out.

Shapes: input (L, I), (L, N, I), or (N, L, I) with batch_first; h_0 (num_layers * num_directions, [N,] proj_size or
hidden_size), c_0 the same with hidden_size; states never follow batch_first. Source of fact: RNNBase.forward of torch
2.13 and ATen/native/RNN.cpp, held against torch by tests/contract/test_recurrent.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lstmcheck.contract import versions
from lstmcheck.contract.checks import (
    NAMES,
    call_need,
    feature_need,
    input_dtype_need,
    no_attribute,
    projection_need,
    shape_needs,
    state_dtypes,
    subscripted,
    tensor_given,
)
from lstmcheck.contract.config import (
    FLOATING,
    GATE_MEANINGS,
    GATES,
    LAYER_KINDS,
    RecurrentConfig,
    Result,
    open_result,
    packed_result,
    result_shapes,
)
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.recurrent_packed import forward_packed
from lstmcheck.contract.values import (
    Input,
    OtherLike,
    PackedLike,
    State,
    States,
    TensorLike,
)
from lstmcheck.contract.versions import LATEST, Version
from lstmcheck.dims import select

__all__ = [
    "FLOATING",
    "GATES",
    "GATE_MEANINGS",
    "LAYER_KINDS",
    "RecurrentConfig",
    "Result",
    "forward",
    "packed_result",
    "result_shapes",
]


def forward(
    config: RecurrentConfig,
    input: Input,
    hx: State = None,
    *,
    version: Version = LATEST,
    autocast: bool = False,
) -> Requirements[Result]:
    """What `module(input, hx)` requires, in torch's order; returns the shapes of the result.

    Under autocast the input's dtype is not checked. An input of unknown kind (OtherLike) gives an open result.
    """
    if isinstance(hx, OtherLike) and hx.type_name == "NoneType":
        hx = None
    if isinstance(input, PackedLike):
        return (yield from forward_packed(config, input, hx, version, autocast))
    if isinstance(input, OtherLike):
        yield Need(
            "input.type",
            subject="input",
            got=input.type_name,
            want=("Tensor", "PackedSequence"),
            relation="one of",
            raises=no_attribute(input.type_name, "dim"),
        )
        return open_result(config)
    return (yield from _unpacked(config, input, hx, version, autocast))


def _unpacked(
    config: RecurrentConfig, input: TensorLike, hx: State, version: Version, autocast: bool
) -> Requirements[Result]:
    kind, rank = config.kind, input.rank
    yield Need(
        "input.rank",
        subject="input",
        got=rank,
        want=(2, 3),
        relation="one of",
        raises=_rank_error(kind, rank, version),
    )
    result = result_shapes(config, input)
    two = kind == "LSTM"
    known_rank = rank if rank in (2, 3) else None
    if rank is not None and known_rank is None:
        return result
    stacked = two and isinstance(hx, TensorLike)
    if two:
        states = yield from _two_states(hx, known_rank)
    else:
        states = yield from _one_state(hx, known_rank)
    yield from _input_needs(config, input, version, autocast)
    if hx is None and not two:
        # torch makes zeros of hidden_size and then demands proj_size of them: a GRU or RNN with a projection
        states = (replace(input, shape=(*result.h_n[:-1], config.hidden_size), open=result.open),)
    for index, (state, want) in enumerate(zip(states, result.states)):
        yield from shape_needs(config, index, state, want, known_rank, made=hx is None)
    if config.call_raises:
        yield call_need(config)
    if stacked:
        yield _stacked(known_rank)
    elif two and isinstance(hx, States):
        yield _count(hx, known_rank)
    if hx is not None or two:
        yield from _devices(config, input, states if hx is not None else ())
    else:
        yield from _devices(config, input, ())
    if not two:
        yield projection_need(config)
    if known_rank is not None:
        length = input.shape[0] if known_rank == 2 else select(config.batch_first, input.shape[1], input.shape[0])
        yield Need(
            "input.length",
            subject="input",
            got=length,
            want=1,
            relation="at least",
            axis=0 if known_rank == 2 or not isinstance(config.batch_first, int) else int(bool(config.batch_first)),
            axis_name="seq_len",
            raises=Raises("RuntimeError", "Expected sequence length to be larger than 0 in RNN"),
        )
    if hx is not None:
        yield from state_dtypes(config, input, states)
    return result


def _rank_error(kind: str, rank: int | None, version: Version) -> Raises:
    if version < versions.RANK_IS_VALUE_ERROR:
        return Raises(
            "AssertionError",
            "{kind}: Expected input to be 2-D or 3-D but received {rank}-D tensor",
            {"kind": kind, "rank": rank},
        )
    tail = " tensor instead" if kind == "RNN" else " instead"
    return Raises(
        "ValueError", "{kind}: Expected input to be 2D or 3D, got {rank}D" + tail, {"kind": kind, "rank": rank}
    )


def _one_state(hx: State, rank: int | None) -> Requirements[tuple[TensorLike, ...]]:
    """GRU and RNN before the input's checks: hx is one tensor, of the input's rank."""
    if hx is None:
        return ()
    if not isinstance(hx, TensorLike):
        type_name = hx.container if isinstance(hx, States) else hx.type_name
        yield Need(
            "state.type",
            subject="hx",
            got=type_name,
            want=("Tensor",),
            relation="one of",
            raises=no_attribute(type_name, "dim"),
            detail={"count": len(hx.items)} if isinstance(hx, States) else {},
        )
        return ()
    yield Need(
        "state.rank",
        subject="h_0",
        got=hx.rank,
        want=rank,
        raises=Raises(
            "RuntimeError",
            "For {batched} {rank}-D input, hx should also be {rank}-D but got {got}-D tensor",
            {"batched": _batched(rank), "rank": rank, "got": hx.rank},
        ),
    )
    return (hx,)


def _batched(rank: int | None) -> str:
    return "batched" if rank == 3 else "unbatched"


def _two_states(hx: State, rank: int | None) -> Requirements[tuple[TensorLike, ...]]:
    """LSTM before the input's checks: hx is subscripted, and both elements have the input's rank."""
    if hx is None:
        return ()
    if isinstance(hx, OtherLike):
        yield Need(
            "state.type",
            subject="hx",
            got=hx.type_name,
            want=("tuple", "list"),
            relation="one of",
            raises=subscripted(hx.type_name, "dim"),
        )
        return ()
    if isinstance(hx, TensorLike):
        return (yield from _unstacked(hx, rank))
    for index in (0, 1):
        if index >= len(hx.items):
            yield Need(
                "state.count",
                subject="hx",
                got=len(hx.items),
                want=2,
                raises=Raises("IndexError", "{container} index out of range", {"container": hx.container}),
            )
            return ()
        item = hx.items[index]
        if isinstance(item, OtherLike):
            yield Need(
                "state.type",
                subject=NAMES[index],
                got=item.type_name,
                want=("Tensor",),
                relation="one of",
                raises=no_attribute(item.type_name, "dim"),
                detail={"position": index},
            )
    states = tuple(item for item in hx.items[:2] if isinstance(item, TensorLike))
    if len(states) < 2:
        return ()
    raises = _ranks_error(rank, states[0].rank, states[1].rank)
    for name, state in zip(NAMES, states):
        yield Need("state.rank", subject=name, got=state.rank, want=rank, raises=raises)
    return states


def _ranks_error(rank: int | None, h: int | None, c: int | None) -> Raises:
    return Raises(
        "RuntimeError",
        "For {batched} {rank}-D input, hx and cx should also be {rank}-D but got ({h}-D, {c}-D) tensors",
        {"batched": _batched(rank), "rank": rank, "h": h, "c": c},
    )


def _unstacked(hx: TensorLike, rank: int | None) -> Requirements[tuple[TensorLike, ...]]:
    """LSTM given one tensor: torch takes hx[0] and hx[1] of it."""
    if hx.rank is None or rank is None:
        yield Need("state.type", subject="hx", got="Tensor", want=("tuple", "list"), relation="one of")
        return ()
    if not hx.shape:
        yield tensor_given(Raises("IndexError", "invalid index of a 0-dim tensor.", exact=False))
        return ()
    count = hx.shape[0]
    if isinstance(count, int) and count < 2:
        text = "index {index} is out of bounds for dimension 0 with size {index}"
        yield tensor_given(Raises("IndexError", text, {"index": count}))
        return ()
    if hx.rank != rank + 1:
        yield tensor_given(_ranks_error(rank, hx.rank - 1, hx.rank - 1))
        return ()
    row = replace(hx, shape=hx.shape[1:])
    return (row, row)


def _stacked(rank: int | None) -> Need:
    """A stacked (2, ...) tensor that got this far: refused when batched, silently taken apart when not."""
    text = "lstm() received an invalid combination of arguments"
    return tensor_given(Raises("TypeError", text, exact=False) if rank == 3 else None)


def _count(hx: States, rank: int | None) -> Need:
    third = hx.items[2] if len(hx.items) > 2 else None
    raises = Raises("RuntimeError", "lstm expects two hidden states")
    if isinstance(third, OtherLike):
        raises = Raises(
            "TypeError", "expected Tensor as element 2 in argument 1, but got {got}", {"got": third.type_name}
        )
    silent = rank != 3
    return Need(
        "state.count",
        subject="hx",
        got=len(hx.items),
        want=2,
        raises=None if silent else raises,
        detail={"outcome": "accepted"} if silent else {},
    )


def _input_needs(config: RecurrentConfig, input: TensorLike, version: Version, autocast: bool) -> Requirements[None]:
    if not autocast and version >= versions.INPUT_DTYPE_CHECKED:
        yield input_dtype_need(config, input.dtype, version)
    if input.shape:
        yield feature_need(config, input.shape[-1], input.rank)


def _devices(config: RecurrentConfig, input: TensorLike, states: Sequence[TensorLike]) -> Requirements[None]:
    text = "Input and {what} tensors are not at the same device, found input tensor at {input} and {what} tensor at "
    for name, state in zip(NAMES, states):
        yield Need(
            "state.device",
            subject=name if config.kind == "LSTM" else "h_0",
            got=state.device,
            want=input.device,
            raises=Raises(
                "RuntimeError", text + "{other}", {"what": "hidden", "input": input.device, "other": state.device}
            ),
        )
    yield Need(
        "input.device",
        subject="input",
        got=input.device,
        want=config.device,
        raises=Raises(
            "RuntimeError",
            text + "{other}",
            {"what": "parameter", "input": input.device, "other": config.device},
        ),
    )
