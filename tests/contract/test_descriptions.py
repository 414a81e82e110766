"""Descriptions of values and weights. Needs no torch."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from lstmcheck import dims
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Need, Unmet
from lstmcheck.contract.pack_parts import Parts
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.signatures import signature
from lstmcheck.contract.values import PackedLike, printed_type, scalar_name
from lstmcheck.contract.weights import MAX_LAYERS, OpenStructure, weights

CELLS = ("LSTMCell", "GRUCell", "RNNCell")
FLOAT = "torch.float32"


def config_of(kind: str) -> RecurrentConfig | CellConfig:
    return CellConfig(kind, 3, 4) if kind in CELLS else RecurrentConfig(kind, 3, 4)


def test_more_layers_than_anybody_stacks_are_not_listed() -> None:
    assert MAX_LAYERS == 1_000
    assert len(weights(RecurrentConfig("RNN", 3, 4, num_layers=1_000, bias=0))) == 2_000
    with pytest.raises(OpenStructure):
        weights(RecurrentConfig("RNN", 3, 4, num_layers=1_001))


def test_what_describes_is_not_changed() -> None:
    values: list[tuple[Any, str]] = [
        (weights(config_of("RNN"))[0], "name"),
        (dims.compare(1, 1), "verdict"),
        (signature("LSTM"), "names"),
        (Parts(3, Lengths((2, 1))), "rows"),
        (Unmet(Need("x", 1, 2)), "need"),
    ]
    for value, name in values:
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, None)


def test_names_of_types() -> None:
    assert (printed_type("ndarray"), printed_type("list"), printed_type(None)) == ("numpy.ndarray", "list", "")
    assert (scalar_name(FLOAT), scalar_name("torch.quint8"), scalar_name(None)) == ("Float", "torch.quint8", "?")


def test_a_pack_of_which_nothing_is_known_has_rows() -> None:
    pack = PackedLike(3, 2)
    assert dims.bounds(pack.rows) == dims.bounds(pack.seq_len) == (1, None)
    assert pack.data_shape == (pack.rows, 3)
    assert replace(pack, data_rank=1).data_shape == (pack.rows,)
    assert replace(pack, data_rank=3, inner=(2,)).data_shape == (pack.rows, 2, 3)
