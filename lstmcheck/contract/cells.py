"""What nn.LSTMCell, nn.GRUCell and nn.RNNCell require of a call, and the shapes that come out.

Shapes: input (N, input_size) or (input_size,); every state (N, hidden_size) or (hidden_size,), of the input's rank.
Source of fact: RNNCellBase's classes in torch 2.13 and the cell checks of ATen/native/RNN.cpp, held against torch by
tests/contract/test_cells.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lstmcheck.contract import versions
from lstmcheck.contract.checks import mismatched_dtypes, no_attribute
from lstmcheck.contract.config import FLOATING, GATES
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.values import Input, OtherLike, PackedLike, Shape, State, States, TensorLike
from lstmcheck.contract.versions import LATEST, Version
from lstmcheck.dims import Dim
from lstmcheck.frozen import frozen

CELL_KINDS = ("LSTMCell", "GRUCell", "RNNCell")
_NAMES = ("h_0", "c_0")


@frozen
class CellConfig:
    """A constructed cell. Sizes are Dims (0 is legal here), `bias` a 0/1 Dim; dtype and device are the weights'."""

    kind: str
    input_size: Dim
    hidden_size: Dim
    bias: Dim = 1
    nonlinearity: str | None = "tanh"
    dtype: str | None = None
    device: str | None = None

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates in storage order."""
        return GATES[self.kind.removesuffix("Cell")]


@frozen
class CellResult:
    """What a cell returns: the shape of h, and of c for LSTMCell. `open`: only the last axis is known."""

    h: Shape
    c: Shape | None = None
    open: bool = False


def forward(
    config: CellConfig, input: Input, hx: State = None, *, version: Version = LATEST, autocast: bool = False
) -> Requirements[CellResult]:
    """What `cell(input, hx)` requires, in torch's order; returns the shapes of the result."""
    if isinstance(hx, OtherLike) and hx.type_name == "NoneType":
        hx = None
    if not isinstance(input, TensorLike):
        type_name = "PackedSequence" if isinstance(input, PackedLike) else input.type_name
        yield Need(
            "input.type",
            subject="input",
            got=type_name,
            want=("Tensor",),
            relation="one of",
            raises=no_attribute(type_name, "dim"),
        )
        return _result(config, None)
    rank = input.rank
    yield Need(
        "input.rank", subject="input", got=rank, want=(1, 2), relation="one of", raises=_rank(config, "input", rank)
    )
    if rank not in (1, 2, None):
        return _result(config, None)
    result = _result(config, input if rank is not None else None)
    states = yield from _states(config, hx, rank, version)
    if config.kind == "RNNCell":
        yield Need(
            "call.nonlinearity",
            subject="module",
            got=config.nonlinearity,
            want=("tanh", "relu"),
            relation="one of",
            raises=Raises("RuntimeError", "Unknown nonlinearity: {got}", {"got": config.nonlinearity}),
        )
    if input.shape:
        yield Need(
            "input.features",
            subject="input",
            axis=-1 if rank is None else rank - 1,
            axis_name="input_size",
            got=input.shape[-1],
            want=config.input_size,
            raises=Raises(
                "RuntimeError",
                "input has inconsistent input_size: got {got} expected {want}",
                {"got": input.shape[-1], "want": config.input_size},
            ),
        )
    for index, state in enumerate(states):
        yield from _state_sizes(config, input, index, state)
    yield from _devices(config, input, states)
    if not autocast:
        yield from _dtypes(config, input, states)
    return result


def _result(config: CellConfig, input: TensorLike | None) -> CellResult:
    batch = input.shape[:-1] if input is not None else ()
    shape = (*batch, config.hidden_size)
    return CellResult(shape, shape if config.kind == "LSTMCell" else None, open=input is None)


def _rank(config: CellConfig, what: str, rank: int | None) -> Raises:
    return Raises(
        "ValueError",
        "{kind}: Expected {what} to be 1D or 2D, got {rank}D instead",
        {"kind": config.kind, "what": what, "rank": rank},
    )


def _states(config: CellConfig, hx: State, rank: int | None, version: Version) -> Requirements[tuple[TensorLike, ...]]:
    if hx is None:
        return ()
    if config.kind == "LSTMCell":
        return (yield from _two_states(config, hx, rank, version))
    if not isinstance(hx, TensorLike):
        type_name = hx.container if isinstance(hx, States) else hx.type_name
        yield Need(
            "state.type",
            subject="hx",
            got=type_name,
            want=("Tensor",),
            relation="one of",
            raises=no_attribute(type_name, "dim"),
        )
        return ()
    if version >= versions.CELL_STATE_RANK_CHECKED:
        yield _state_rank(config, 0, "hidden", hx)
    return (hx,)


def _state_rank(config: CellConfig, index: int, what: str, state: TensorLike) -> Need:
    return Need(
        "state.rank",
        subject=_NAMES[index] if index < 2 else "hx",
        got=state.rank,
        want=(1, 2),
        relation="one of",
        raises=_rank(config, what, state.rank),
    )


def _two_states(
    config: CellConfig, hx: TensorLike | States | OtherLike, rank: int | None, version: Version
) -> Requirements[tuple[TensorLike, ...]]:
    if isinstance(hx, OtherLike):
        yield Need(
            "state.type",
            subject="hx",
            got=hx.type_name,
            want=("tuple", "list"),
            relation="one of",
            raises=_iterated(hx.type_name),
        )
        return ()
    if isinstance(hx, TensorLike):
        return (yield from _stacked(config, hx, rank))
    for index, item in enumerate(hx.items):
        if isinstance(item, OtherLike):
            yield Need(
                "state.type",
                subject=_NAMES[index] if index < 2 else "hx",
                got=item.type_name,
                want=("Tensor",),
                relation="one of",
                raises=no_attribute(item.type_name, "dim"),
                detail={"position": index},
            )
        elif version >= versions.CELL_STATE_RANK_CHECKED:
            yield _state_rank(config, index, f"hx[{index}]", item)
    yield _count(hx, rank)
    states = tuple(item for item in hx.items[:2] if isinstance(item, TensorLike))
    return states if len(states) == 2 else ()


def _count(hx: States, rank: int | None) -> Need:
    raises: Raises | None = Raises("RuntimeError", "lstm_cell expects two hidden states")
    if rank == 1:
        few = Raises("IndexError", "{container} index out of range", {"container": hx.container})
        raises = few if len(hx.items) < 2 else None
    detail = {} if raises else {"outcome": "accepted"}
    return Need("state.count", subject="hx", got=len(hx.items), want=2, raises=raises, detail=detail)


def _iterated(type_name: str | None) -> Raises:
    """What `for value in hx: value.dim()` raises; of a dict, that its keys are strings."""
    if type_name in ("dict", "str"):
        return no_attribute("str", "dim")
    if type_name == "ndarray":
        return no_attribute(type_name, "dim")
    return Raises("TypeError", "'{got}' object is not iterable", {"got": type_name})


def _stacked(config: CellConfig, hx: TensorLike, rank: int | None) -> Requirements[tuple[TensorLike, ...]]:
    """LSTMCell given one tensor: torch iterates over its rows, and takes two of them when the input is 1-D."""
    raises: Raises | None = Raises(
        "TypeError", "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor"
    )
    rows = hx.shape[0] if hx.shape else 1
    if hx.rank is None:
        raises = None
    elif hx.rank == 0:
        raises = Raises("TypeError", "iteration over a 0-d tensor")
    elif hx.rank not in (2, 3) and not (isinstance(rows, int) and rows == 0):
        raises = _rank(config, "hx[0]", hx.rank - 1)
    elif rank == 1:
        few = isinstance(rows, int) and rows < 2
        text = "index {index} is out of bounds for dimension 0 with size {index}"
        raises = Raises("IndexError", text, {"index": rows}) if few else None
    yield Need(
        "state.type",
        subject="hx",
        got="Tensor",
        want=("tuple", "list"),
        relation="one of",
        raises=raises,
        detail={} if raises else {"outcome": "accepted"},
    )
    if raises is not None or hx.rank is None:
        return ()
    row = replace(hx, shape=hx.shape[1:])
    return (row, row)


def _state_sizes(config: CellConfig, input: TensorLike, index: int, state: TensorLike) -> Requirements[None]:
    if input.rank is None or state.rank is None or state.rank not in (1, 2):
        if state.shape and state.rank in (1, 2, None):
            yield _hidden(config, index, state.shape[-1], -1)
        return
    if input.rank != state.rank:
        yield _mixed_ranks(config, input, index, state)
        return
    if state.rank == 2:
        yield Need(
            "state.batch",
            subject=_NAMES[index],
            axis=0,
            axis_name="batch",
            got=state.shape[0],
            want=input.shape[0],
            raises=_batch_error(input.shape[0], index, state.shape[0]),
        )
    yield _hidden(config, index, state.shape[-1], state.rank - 1)


def _batch_error(batch: Dim, index: int, got: Dim) -> Raises:
    return Raises(
        "RuntimeError",
        "Input batch size {batch} doesn't match hidden{index} batch size {got}",
        {"batch": batch, "index": index, "got": got},
    )


def _hidden_error(config: CellConfig, index: int, got: Dim) -> Raises:
    return Raises(
        "RuntimeError",
        "hidden{index} has inconsistent hidden_size: got {got}, expected {want}",
        {"index": index, "got": got, "want": config.hidden_size},
    )


def _hidden(config: CellConfig, index: int, got: Dim, axis: int) -> Need:
    return Need(
        "state.hidden",
        subject=_NAMES[index],
        axis=axis,
        axis_name="hidden_size",
        got=got,
        want=config.hidden_size,
        raises=_hidden_error(config, index, got),
    )


def _mixed_ranks(config: CellConfig, input: TensorLike, index: int, state: TensorLike) -> Need:
    """A state of the other rank is never right; torch words it as a wrong size, and misses it when sizes agree.

    Then LSTMCell reads past the end of a buffer (pytorch#175978), and RNNCell can return a (hidden, hidden) tensor.
    """
    batched = input.rank == 2
    first = state.shape[0]
    agrees = first == (input.shape[0] if batched else config.hidden_size)
    raises: Raises | None
    if batched:
        raises = _batch_error(input.shape[0], index, first)
        if agrees:
            raises = Raises("IndexError", "Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    else:
        raises = None if agrees else _hidden_error(config, index, first)
    return Need(
        "state.rank",
        subject=_NAMES[index],
        got=state.rank,
        want=input.rank,
        raises=raises,
        detail={} if raises else {"outcome": "undefined"},
    )


def _devices(config: CellConfig, input: TensorLike, states: Sequence[TensorLike]) -> Requirements[None]:
    raises = Raises("RuntimeError", "", exact=False)
    yield Need("input.device", subject="input", got=input.device, want=config.device, raises=raises)
    for name, state in zip(_NAMES, states):
        yield Need("state.device", subject=name, got=state.device, want=input.device, raises=raises)


def _dtypes(config: CellConfig, input: TensorLike, states: Sequence[TensorLike]) -> Requirements[None]:
    weight = config.dtype or input.dtype
    # both products are made before either is used: but for GRUCell the recurrent one comes first
    first = [state.dtype for state in states[:1] if config.kind in ("LSTMCell", "RNNCell") and state.dtype != weight]
    worded = next((dtype for dtype in first if dtype), input.dtype)
    yield Need(
        "input.dtype",
        subject="input",
        got=input.dtype,
        want=config.dtype or FLOATING,
        relation="equal" if config.dtype else "one of",
        raises=mismatched_dtypes(worded, config.dtype or "torch.float32", config.bias),
    )
    for index, state in enumerate(states):
        # c_0 only takes part in element-wise products, which promote
        raises = mismatched_dtypes(state.dtype, weight, config.bias) if index == 0 else None
        yield Need(
            "state.dtype",
            subject=_NAMES[index],
            got=state.dtype,
            want=weight,
            raises=raises,
            detail={} if raises else {"outcome": "accepted"},
        )
