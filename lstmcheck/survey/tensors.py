"""What a configured layer takes and gives, axis by axis, in the words of torch's documentation."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.config import RecurrentConfig
from lstmcheck.dims import Dim, TooComplex
from lstmcheck.survey.naming import Names


def tensors(config: RecurrentConfig | CellConfig, names: Names, scope: str) -> dict[str, tuple[str, ...]]:
    """The axes of input, states and output of a batched call; empty where a size is too long a formula to read."""
    try:
        rows = list(_cell(config) if isinstance(config, CellConfig) else _layer(config))
    except TooComplex:
        return {}
    return {
        name: tuple(axis if isinstance(axis, str) else names.size(axis, scope) for axis in axes) for name, axes in rows
    }


def _cell(config: CellConfig) -> Iterator[tuple[str, tuple[Dim | str, ...]]]:
    state = ("batch", config.hidden_size)
    yield "input", ("batch", config.input_size)
    yield "h_0, h_1", state
    if config.kind == "LSTMCell":
        yield "c_0, c_1", state


def _layer(config: RecurrentConfig) -> Iterator[tuple[str, tuple[Dim | str, ...]]]:
    first = ("batch", "seq_len") if config.batch_first == 1 else ("seq_len", "batch")
    if not isinstance(config.batch_first, int):
        first = ("batch or seq_len", "seq_len or batch")
    yield "input", (*first, config.input_size)
    yield "h_0, h_n", (config.state_rows, "batch", config.real_hidden)
    if config.kind == "LSTM":
        yield "c_0, c_n", (config.state_rows, "batch", config.hidden_size)
    yield "output", (*first, config.output_size)
