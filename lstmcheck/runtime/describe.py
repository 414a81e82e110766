"""From the real thing to the contract's descriptions: modules, tensors, packed sequences, states."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.pack_parts import Parts
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import Input, OtherLike, PackedLike, State, States, TensorLike
from lstmcheck.contract.versions import LATEST, OLDEST, Version

CLASSES: dict[str, type[nn.Module]] = {
    "LSTM": nn.LSTM,
    "GRU": nn.GRU,
    "RNN": nn.RNN,
    "LSTMCell": nn.LSTMCell,
    "GRUCell": nn.GRUCell,
    "RNNCell": nn.RNNCell,
}


class Indescribable(Exception):
    """A value whose sizes are not plain ints (traced, nested): the contract cannot judge it here."""


def kind_of(module: nn.Module) -> str:
    """Which of torch's six classes a module is or inherits from."""
    cls: Any = type(module)
    return _kind(cls)


@lru_cache(maxsize=1024)
def _kind(cls: Any) -> str:
    return next((name for name, base in CLASSES.items() if issubclass(cls, base)), cls.__name__)


def is_recurrent(module: nn.Module) -> bool:
    """Whether a module is one of torch's six classes or inherits from one."""
    return isinstance(module, tuple(CLASSES.values()))


def weight_of(module: nn.Module) -> Tensor | None:
    """The first weight: every other has its dtype and device."""
    known = module.__dict__.get("_flat_weights")
    weight = known[0] if known else getattr(module, "weight_ih", None)
    return weight if isinstance(weight, Tensor) else None


def config_of(module: nn.Module) -> RecurrentConfig | CellConfig:
    """The configuration of a constructed module, as it is now."""
    kind, weight, own = kind_of(module), weight_of(module), module.__dict__
    dtype, device = (str(weight.dtype), str(weight.device)) if weight is not None else (None, None)
    if kind.endswith("Cell"):
        return CellConfig(
            kind,
            _int(own["input_size"]),
            _int(own["hidden_size"]),
            int(bool(own["bias"])),
            str(own.get("nonlinearity", "tanh")),
            dtype,
            device,
        )
    flags = (own["batch_first"], own["bidirectional"])
    return RecurrentConfig(
        kind,
        _int(own["input_size"]),
        _int(own["hidden_size"]),
        _int(own["num_layers"]),
        int(bool(own["bias"])),
        int(bool(own["batch_first"])),
        float(own["dropout"]),
        int(bool(own["bidirectional"])),
        _int(own.get("proj_size", 0)),
        str(own.get("nonlinearity", "tanh")) if kind == "RNN" else "tanh",
        dtype,
        device,
        call_raises=isinstance(own["num_layers"], bool) or any(not isinstance(flag, bool) for flag in flags),
    )


def _int(value: Any) -> int:
    return int(value)


def tensor_like(tensor: Tensor) -> TensorLike:
    """Raises Indescribable for sizes that are not ints."""
    return TensorLike(shape_of(tensor), str(tensor.dtype), str(tensor.device))


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    """Raises Indescribable for sizes that are not ints."""
    if tensor.is_nested:
        raise Indescribable
    shape = tuple(tensor.shape)
    if any(type(size) is not int for size in shape):
        raise Indescribable
    return shape


def input_like(value: Any) -> Input:
    """The input of a call."""
    if isinstance(value, PackedSequence):
        return _packed(value)
    return tensor_like(value) if isinstance(value, Tensor) else OtherLike(type(value).__name__)


def _packed(value: PackedSequence) -> Input:
    data, sizes = value.data, value.batch_sizes
    if not isinstance(data, Tensor) or not isinstance(sizes, Tensor) or sizes.dim() != 1 or not len(sizes):
        raise Indescribable
    if sizes.device.type != "cpu":
        raise Indescribable
    shape = shape_of(data)
    return PackedLike(
        features=shape[-1] if shape else 1,
        batch=int(sizes[0]),
        rows=shape[0] if shape else 0,
        seq_len=len(sizes),
        dtype=str(data.dtype),
        device=str(data.device),
        sorted=value.sorted_indices is None,
        data_rank=len(shape),
        inner=shape[1:-1],
    )


def lengths_like(lengths: Any) -> Lengths:
    """The lengths as the contract sees them. Those on another device than the CPU are not read."""
    if not isinstance(lengths, Tensor):
        if any(isinstance(value, Tensor) and value.device.type != "cpu" for value in lengths):
            return Lengths(None, len(lengths))
        values = tuple(int(value) for value in lengths)
        floats = any(isinstance(value, float) for value in lengths)
        return Lengths(values, rank=1, dtype="float" if floats else None)
    rank, device, dtype = lengths.dim(), str(lengths.device), str(lengths.dtype)
    if rank != 1 or lengths.device.type != "cpu" or torch.is_complex(lengths) or type(lengths) is not Tensor:
        return Lengths(None, lengths.shape[0] if rank else None, rank, device, dtype)
    return Lengths(tuple(int(value) for value in lengths.tolist()), None, 1, device, dtype)


def parts_of(value: Sequence[Any]) -> Parts:
    """The four parts of a packed sequence, as the contract holds them against each other."""
    data, sizes, *indices = value
    first, second = (lengths_like(one) if isinstance(one, Tensor) else None for one in indices)
    given = lengths_like(sizes) if isinstance(sizes, Tensor) else OtherLike(type(sizes).__name__)
    return Parts(data.shape[0] if isinstance(data, Tensor) and data.dim() else None, given, first, second)


def state_like(value: Any) -> State:
    """The state given to a call."""
    if value is None:
        return None
    if isinstance(value, Tensor):
        return tensor_like(value)
    if isinstance(value, (tuple, list)) and not isinstance(value, PackedSequence):
        items = tuple(
            tensor_like(item) if isinstance(item, Tensor) else OtherLike(type(item).__name__) for item in value
        )
        return States(items, "list" if isinstance(value, list) else "tuple")
    return OtherLike(type(value).__name__)


def _torch_version() -> Version:
    major, minor = torch.__version__.split(".")[:2]
    return min(max((int(major), int(minor)), OLDEST), LATEST)


TORCH: Version = _torch_version()
"""The release whose facts hold here, as far as the contract knows releases."""
