"""What nn.LSTM, nn.GRU and nn.RNN require of a call, and the shapes that come out.

Shapes: input (L, I), (L, N, I), or (N, L, I) with batch_first; h_0 (num_layers * num_directions, [N,] proj_size or
hidden_size), c_0 the same with hidden_size; states never follow batch_first. Source of fact: RNNBase.forward of torch
2.13 and ATen/native/RNN.cpp, held against torch by tests/contract/test_recurrent.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lstmcheck.contract import versions
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.values import (
    Input,
    OtherLike,
    PackedLike,
    Shape,
    State,
    States,
    TensorLike,
    printed_type,
    scalar_name,
)
from lstmcheck.contract.versions import LATEST, Version
from lstmcheck.dims import Dim, Poly, greater, select

LAYER_KINDS = ("LSTM", "GRU", "RNN")

GATES: Mapping[str, tuple[str, ...]] = {
    "LSTM": ("i", "f", "g", "o"),
    "GRU": ("r", "z", "n"),
    "RNN": ("h",),
}
"""The blocks of hidden_size rows in every weight_ih, weight_hh and bias, in storage order."""

GATE_MEANINGS: Mapping[str, str] = {
    "i": "input gate",
    "f": "forget gate",
    "g": "cell candidate",
    "o": "output gate",
    "r": "reset gate",
    "z": "update gate",
    "n": "new candidate",
    "h": "hidden",
}

FLOATING = ("torch.float16", "torch.bfloat16", "torch.float32", "torch.float64", "torch.complex64", "torch.complex128")


@dataclass(frozen=True)
class RecurrentConfig:
    """A constructed nn.LSTM, nn.GRU or nn.RNN. Sizes are Dims; bias, batch_first and bidirectional 0/1 Dims.

    `dtype` and `device` are the weights', None when unknown. `proj_size` is 0 but for LSTM (and for GRU and RNN that
    were given one as a positional argument, whose every call raises). `call_raises` says that an argument's type
    (num_layers=True, bidirectional=1) passed the constructor and makes every call raise.
    """

    kind: str
    input_size: Dim
    hidden_size: Dim
    num_layers: Dim = 1
    bias: Dim = 1
    batch_first: Dim = 0
    dropout: Dim | float | None = 0.0
    bidirectional: Dim = 0
    proj_size: Dim = 0
    nonlinearity: str | None = "tanh"
    dtype: str | None = None
    device: str | None = None
    call_raises: bool = False

    @property
    def num_directions(self) -> Dim:
        """2 if bidirectional else 1."""
        return 1 + self.bidirectional

    @property
    def state_rows(self) -> Dim:
        """The first axis of every state: num_layers * num_directions."""
        return self.num_layers * self.num_directions

    @property
    def real_hidden(self) -> Dim:
        """The last axis of h: proj_size if there is one, else hidden_size."""
        return select(greater(self.proj_size, 0), self.proj_size, self.hidden_size)

    @property
    def output_size(self) -> Dim:
        """The last axis of output: num_directions * real_hidden."""
        return self.num_directions * self.real_hidden

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates in storage order."""
        return GATES[self.kind]

    @property
    def hidden_name(self) -> str:
        """What the last axis of h is called."""
        if isinstance(self.proj_size, int):
            return "proj_size" if self.proj_size else "hidden_size"
        return "proj_size or hidden_size"


@dataclass(frozen=True)
class Result:
    """What a call returns: shapes of output, h_n and c_n (None but for LSTM).

    `packed` is the packed output, whose data has the shape `output`. `open` says that the input's rank is unknown:
    the shapes are then only the last axis of each.
    """

    output: Shape
    h_n: Shape
    c_n: Shape | None = None
    packed: PackedLike | None = None
    open: bool = False


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
        return (yield from _packed(config, input, hx, version, autocast))
    if isinstance(input, OtherLike):
        yield Need(
            "input.type",
            subject="input",
            got=input.type_name,
            want=("Tensor", "PackedSequence"),
            relation="one of",
            raises=_no_attribute(input.type_name, "dim"),
        )
        return _open_result(config)
    return (yield from _unpacked(config, input, hx, version, autocast))


def _open_result(config: RecurrentConfig) -> Result:
    cell = (config.hidden_size,) if config.kind == "LSTM" else None
    return Result((config.output_size,), (config.real_hidden,), cell, open=True)


def result_shapes(config: RecurrentConfig, input: TensorLike) -> Result:
    """The shapes that a right call with an unpacked input of known rank returns."""
    rows, hidden = config.state_rows, config.hidden_size
    if input.open or len(input.shape) not in (2, 3):
        return _open_result(config)
    batch = () if len(input.shape) == 2 else (select(config.batch_first, input.shape[0], input.shape[1]),)
    cell = (rows, *batch, hidden) if config.kind == "LSTM" else None
    return Result((*input.shape[:-1], config.output_size), (rows, *batch, config.real_hidden), cell)


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
    wanted = (result.h_n, result.c_n) if two else (result.h_n,)
    if hx is None and not two:
        # torch makes zeros of hidden_size and then demands proj_size of them: a GRU or RNN with a projection
        states = (replace(input, shape=(*result.h_n[:-1], config.hidden_size), open=result.open),)
    for index, (state, want) in enumerate(zip(states, wanted)):
        if want is not None:
            yield from _shape_needs(config, index, state, want, known_rank, made=hx is None)
    if config.call_raises:
        yield _call_raises(config)
    if stacked:
        yield _stacked(known_rank)
    elif two and isinstance(hx, States):
        yield _count(hx, known_rank)
    if hx is not None or two:
        yield from _devices(config, input, states if hx is not None else ())
    else:
        yield from _devices(config, input, ())
    if not two:
        yield _projection(config)
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
        yield from _state_dtypes(config, input, states)
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


def _no_attribute(type_name: str | None, attribute: str) -> Raises:
    return Raises(
        "AttributeError",
        "'{got}' object has no attribute '{attribute}'",
        {"got": printed_type(type_name), "attribute": attribute},
    )


_NAMES = ("h_0", "c_0")


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
            raises=_no_attribute(type_name, "dim"),
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
            raises=_subscripted(hx.type_name, "dim"),
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
                subject=_NAMES[index],
                got=item.type_name,
                want=("Tensor",),
                relation="one of",
                raises=_no_attribute(item.type_name, "dim"),
                detail={"position": index},
            )
    states = tuple(item for item in hx.items[:2] if isinstance(item, TensorLike))
    if len(states) < 2:
        return ()
    raises = _ranks_error(rank, states[0].rank, states[1].rank)
    for name, state in zip(_NAMES, states):
        yield Need("state.rank", subject=name, got=state.rank, want=rank, raises=raises)
    return states


def _ranks_error(rank: int | None, h: int | None, c: int | None) -> Raises:
    return Raises(
        "RuntimeError",
        "For {batched} {rank}-D input, hx and cx should also be {rank}-D but got ({h}-D, {c}-D) tensors",
        {"batched": _batched(rank), "rank": rank, "h": h, "c": c},
    )


def _subscripted(type_name: str | None, attribute: str) -> Raises:
    """What `hx[0].dim()` raises for a value that is no tuple, list or tensor."""
    if type_name == "dict":
        return Raises("KeyError", "0")
    if type_name in ("str", "ndarray"):
        return _no_attribute(type_name, attribute)
    return Raises("TypeError", "'{got}' object is not subscriptable", {"got": type_name})


def _unstacked(hx: TensorLike, rank: int | None) -> Requirements[tuple[TensorLike, ...]]:
    """LSTM given one tensor: torch takes hx[0] and hx[1] of it."""
    if hx.rank is None or rank is None:
        yield Need("state.type", subject="hx", got="Tensor", want=("tuple", "list"), relation="one of")
        return ()
    if hx.rank == 0:
        yield _tensor_given(Raises("IndexError", "invalid index of a 0-dim tensor.", exact=False))
        return ()
    count = hx.shape[0]
    if isinstance(count, int) and count < 2:
        text = "index {index} is out of bounds for dimension 0 with size {index}"
        yield _tensor_given(Raises("IndexError", text, {"index": count}))
        return ()
    if hx.rank != rank + 1:
        yield _tensor_given(_ranks_error(rank, hx.rank - 1, hx.rank - 1))
        return ()
    row = replace(hx, shape=hx.shape[1:])
    return (row, row)


def _tensor_given(raises: Raises | None) -> Need:
    return Need(
        "state.type",
        subject="hx",
        got="Tensor",
        want=("tuple", "list"),
        relation="one of",
        raises=raises,
        detail={} if raises else {"outcome": "accepted"},
    )


def _stacked(rank: int | None) -> Need:
    """A stacked (2, ...) tensor that got this far: refused when batched, silently taken apart when not."""
    text = "lstm() received an invalid combination of arguments"
    return _tensor_given(Raises("TypeError", text, exact=False) if rank == 3 else None)


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
        yield _input_dtype(config, input.dtype, version)
    if input.shape:
        yield _features(config, input.shape[-1], input.rank)


def _input_dtype(config: RecurrentConfig, dtype: str | None, version: Version) -> Need:
    weight = config.dtype or "torch.float32"
    template = (
        "RNN input dtype ({got}) does not match weight dtype ({want}). "
        "Convert input: input.to({want}), or convert model: model.to({got})"
        if version >= versions.INPUT_DTYPE_REWORDED
        else "input must have the type {want}, got type {got}"
    )
    return Need(
        "input.dtype",
        subject="input",
        got=dtype,
        want=config.dtype or FLOATING,
        relation="equal" if config.dtype else "one of",
        raises=Raises("ValueError", template, {"got": dtype, "want": weight}),
    )


def _features(config: RecurrentConfig, got: Dim, rank: int | None) -> Need:
    return Need(
        "input.features",
        subject="input",
        got=got,
        want=config.input_size,
        axis=-1 if rank is None else rank - 1,
        axis_name="input_size",
        raises=Raises(
            "RuntimeError",
            "input.size(-1) must be equal to input_size. Expected {want}, got {got}",
            {"want": config.input_size, "got": got},
        ),
    )


_AXES = {2: ("state.layers", "state.hidden"), 3: ("state.layers", "state.batch", "state.hidden")}


def _shape_needs(
    config: RecurrentConfig, index: int, state: TensorLike, want: Shape, rank: int | None, made: bool = False
) -> Requirements[None]:
    """One need per axis of a state, all with the text of the whole shapes."""
    raises = _size_error(config, index, state.shape, want, rank)
    last = config.hidden_name if index == 0 else "hidden_size"
    if rank is None or state.rank is None or len(want) != state.rank:
        if state.shape and not made:
            yield _axis_need("state.hidden", index, -1, last, state.shape[-1], want[-1], raises)
        return
    names = ("num_layers * num_directions", *(("batch",) if rank == 3 else ()), last)
    for axis, (what, name) in enumerate(zip(_AXES[rank], names)):
        yield _axis_need(what, index, axis, name, state.shape[axis], want[axis], raises)


def _axis_need(what: str, index: int, axis: int, name: str, got: Dim, want: Dim, raises: Raises) -> Need:
    return Need(what, subject=_NAMES[index], axis=axis, axis_name=name, got=got, want=want, raises=raises)


def _size_error(config: RecurrentConfig, index: int, got: Shape, want: Shape, rank: int | None) -> Raises:
    which = f"hidden[{index}]" if config.kind == "LSTM" else "hidden"
    if rank is None:
        return Raises("RuntimeError", f"Expected {which} size ", exact=False)
    if rank == 2:
        got, want = ((*shape[:1], 1, *shape[1:]) for shape in (got, want))
    return Raises("RuntimeError", f"Expected {which} size " + "{want}, got {got}", {"want": want, "got": list(got)})


def _call_raises(config: RecurrentConfig) -> Need:
    return Need(
        "call.arguments",
        subject="module",
        got=config.kind,
        want=(),
        relation="never",
        raises=Raises("TypeError", _native(config) + "() received an invalid combination of arguments", exact=False),
    )


def _native(config: RecurrentConfig) -> str:
    return f"rnn_{config.nonlinearity}" if config.kind == "RNN" else config.kind.lower()


def _projection(config: RecurrentConfig) -> Need:
    return Need(
        "call.projection",
        subject="module",
        got=config.proj_size,
        want=0,
        raises=Raises("RuntimeError", "", exact=False),
    )


def _devices(config: RecurrentConfig, input: TensorLike, states: Sequence[TensorLike]) -> Requirements[None]:
    text = "Input and {what} tensors are not at the same device, found input tensor at {input} and {what} tensor at "
    for name, state in zip(_NAMES, states):
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


def _state_dtypes(config: RecurrentConfig, input: TensorLike, states: Sequence[TensorLike]) -> Requirements[None]:
    weight = config.dtype or input.dtype
    for index, state in enumerate(states):
        fused = _fused(config, input, weight)
        raises: Raises | None = _state_dtype_error(config, weight, state.dtype, fused)
        if index == 1 and not fused:
            # the element-wise cell update promotes, so that c_0 alone may differ; later steps may then refuse
            raises = None
        yield Need(
            "state.dtype",
            subject=_NAMES[index],
            got=state.dtype,
            want=weight,
            raises=raises,
            detail={} if raises else {"outcome": "undefined"},
        )


def _fused(config: RecurrentConfig, input: TensorLike, weight: str | None) -> bool:
    """Whether oneDNN runs the LSTM: float32 on a CPU, no projection, not empty. Decides what a wrong dtype does."""
    unprojected = isinstance(config.proj_size, int) and not config.proj_size
    empty = any(isinstance(dim, int) and dim == 0 for dim in input.shape)
    on_cpu = config.device in (None, "cpu")
    return config.kind == "LSTM" and weight == "torch.float32" and unprojected and on_cpu and not empty


_ONEDNN_REFUSES = "could not create a primitive descriptor for the LSTM forward propagation primitive"


def _state_dtype_error(config: RecurrentConfig, weight: str | None, dtype: str | None, fused: bool) -> Raises:
    if fused:
        if dtype in ("torch.float16", "torch.bfloat16"):
            return Raises("RuntimeError", _ONEDNN_REFUSES, exact=False)
        return Raises("RuntimeError", "get_mkldnn_dtype: unsupported data type")
    if config.kind == "LSTM":
        return Raises("RuntimeError", "", exact=False)
    return mismatched_dtypes(dtype, weight, config.bias)


def mismatched_dtypes(got: str | None, want: str | None, bias: Dim) -> Raises:
    """What a matrix product of two dtypes raises; without a bias another operator words it."""
    if isinstance(bias, Poly):
        return Raises("RuntimeError", "", exact=False)
    if bias:
        return Raises(
            "RuntimeError",
            "mat1 and mat2 must have the same dtype, but got {got} and {want}",
            {"got": scalar_name(got), "want": scalar_name(want)},
        )
    return Raises("RuntimeError", "expected m1 and m2 to have the same dtype, but got: ", exact=False)


def packed_result(config: RecurrentConfig, input: PackedLike) -> Result:
    """The shapes that a right call with a packed input returns."""
    rows, hidden = config.state_rows, config.hidden_size
    packed = replace(input, features=config.output_size, data_rank=2, inner=())
    cell = (rows, input.batch, hidden) if config.kind == "LSTM" else None
    return Result((input.rows, config.output_size), (rows, input.batch, config.real_hidden), cell, packed)


def _packed(
    config: RecurrentConfig, input: PackedLike, hx: State, version: Version, autocast: bool
) -> Requirements[Result]:
    unchecked = config.kind == "LSTM" and version >= versions.LSTM_PACKED_UNCHECKED
    if unchecked:
        return (yield from _packed_unchecked(config, input, hx))
    result = packed_result(config, input)
    wanted: tuple[Shape | None, ...] = (result.h_n,) if config.kind != "LSTM" else (result.h_n, result.c_n)
    late = config.kind != "LSTM" and input.sorted is not False
    states = () if late else (yield from _packed_states(config, input, hx))
    if not autocast and version >= versions.INPUT_DTYPE_CHECKED:
        yield _input_dtype(config, input.dtype, version)
    yield _data_rank(
        input,
        Raises("RuntimeError", "input must have 2 dimensions, got {got}", {"got": input.data_rank}),
    )
    if input.data_rank > 1:
        yield _features(config, input.features, input.data_rank)
    if late:
        states = yield from _packed_states(config, input, hx)
    if hx is None and config.kind != "LSTM":
        states = (TensorLike((*result.h_n[:-1], config.hidden_size), input.dtype, input.device),)
    for index, (state, want) in enumerate(zip(states, wanted)):
        if want is None:
            continue
        yield Need(
            "state.rank",
            subject=_NAMES[index],
            got=state.rank,
            want=3,
            raises=_size_error(config, index, state.shape, want, 3),
        )
        yield from _shape_needs(config, index, state, want, 3, made=hx is None)
    if config.call_raises:
        yield _call_raises(config)
    yield from _packed_devices(config, input, states if hx is not None else ())
    if config.kind != "LSTM":
        yield _projection(config)
    if hx is not None:
        yield from _state_dtypes(config, TensorLike((), input.dtype, input.device), states)
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
            raises=_no_attribute(type_name, "size" if input.sorted else "index_select"),
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
                    subject=_NAMES[index] if index < 2 else "hx",
                    got=item.type_name,
                    want=("Tensor",),
                    relation="one of",
                    raises=_no_attribute(item.type_name, "index_select")
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
        need = _tensor_given(None if permuted else Raises("TypeError", text, exact=False))
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
        raises=_subscripted(type_name, "index_select")
        if permuted
        else Raises("TypeError", "lstm() received an invalid combination of arguments", exact=False),
    )
    return ()


def _permuted(input: PackedLike, index: int, state: TensorLike) -> Requirements[TensorLike]:
    """index_select(1, sorted_indices): fewer batch rows raise, more are cut in silence."""
    name = _NAMES[index]
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
        *((name, "state.device", state.device) for name, state in zip(_NAMES, states)),
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
        yield _call_raises(config)
    yield from _packed_devices(config, input, states)
    for index, state in enumerate(states):
        if state.rank is None:
            continue
        raises = Raises("IndexError", "Dimension ", exact=False) if state.rank < 3 else None
        yield _packed_need("state.rank", index, state.rank, 3, raises)
    good = [state for state in states if state.rank == 3]
    if len(good) == 2:
        for index, (state, want) in enumerate(zip(states, (result.h_n, result.c_n))):
            names = ("num_layers * num_directions", "batch", config.hidden_name if index == 0 else "hidden_size")
            for axis, (what, name) in enumerate(zip(_AXES[3], names)):
                if want is not None:
                    yield _packed_need(what, index, state.shape[axis], want[axis], None, axis, name)
    # when all lengths are equal oneDNN runs the pack as one batch and reads the weights with the input's own size
    undefined = {"packed": True, "outcome": "undefined"}
    yield replace(_data_rank(input, None), detail=undefined)
    if input.data_rank > 1:
        yield replace(_features(config, input.features, input.data_rank), raises=None, detail=undefined)
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
        subject=_NAMES[index],
        axis=axis,
        axis_name=name,
        got=got,
        want=want,
        raises=raises,
        detail={"packed": True} if raises else {"packed": True, "outcome": "undefined"},
    )
