"""A constructed nn.LSTM, nn.GRU or nn.RNN, its gates, and the shapes that a right call returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lstmcheck.contract.values import (
    PackedLike,
    Shape,
    TensorLike,
)
from lstmcheck.dims import Dim, greater, select
from lstmcheck.frozen import frozen

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


FLOATING = (
    "torch.float16",
    "torch.bfloat16",
    "torch.float32",
    "torch.float64",
    "torch.complex32",
    "torch.complex64",
    "torch.complex128",
)
"""The dtypes that weights may have."""


@frozen
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
        if isinstance(self.proj_size, int):
            return self.proj_size if self.proj_size > 0 else self.hidden_size
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


@frozen
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

    @property
    def states(self) -> tuple[Shape, ...]:
        """The shapes of the states: of h_n, and of c_n where there is one."""
        return (self.h_n,) if self.c_n is None else (self.h_n, self.c_n)


def open_result(config: RecurrentConfig) -> Result:
    cell = (config.hidden_size,) if config.kind == "LSTM" else None
    return Result((config.output_size,), (config.real_hidden,), cell, open=True)


def result_shapes(config: RecurrentConfig, input: TensorLike) -> Result:
    """The shapes that a right call with an unpacked input of known rank returns."""
    rows, hidden = config.state_rows, config.hidden_size
    if input.open or len(input.shape) not in (2, 3):
        return open_result(config)
    batch = () if len(input.shape) == 2 else (select(config.batch_first, input.shape[0], input.shape[1]),)
    cell = (rows, *batch, hidden) if config.kind == "LSTM" else None
    return Result((*input.shape[:-1], config.output_size), (rows, *batch, config.real_hidden), cell)


def packed_result(config: RecurrentConfig, input: PackedLike) -> Result:
    """The shapes that a right call with a packed input returns."""
    rows, hidden = config.state_rows, config.hidden_size
    packed = replace(input, features=config.output_size, data_rank=2, inner=())
    cell = (rows, input.batch, hidden) if config.kind == "LSTM" else None
    return Result((input.rows, config.output_size), (rows, input.batch, config.real_hidden), cell, packed)
