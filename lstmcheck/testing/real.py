"""From descriptions to the real thing: modules, tensors, packed sequences; back again; and real calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from lstmcheck.contract.arguments import Config
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import Input, OtherLike, PackedLike, Shape, State, States, TensorLike
from lstmcheck.testing.verdicts import Observed, observe

SAMPLES: Mapping[str, Any] = {
    "NoneType": None,
    "int": 3,
    "float": 1.5,
    "bool": True,
    "str": "ab",
    "tuple": (torch.zeros(2), torch.zeros(2)),
    "list": [torch.zeros(2)],
    "dict": {"h": torch.zeros(2)},
}
"""One value of each type that an OtherLike may name."""


def torch_dtype(name: str | None) -> torch.dtype | None:
    """The dtype that "torch.float32" names."""
    return None if name is None else getattr(torch, name.removeprefix("torch."))


def build(config: Config) -> nn.Module:
    """The module that a configuration of ints describes. Modules are shared: do not train them."""
    return _built(config)


@lru_cache(maxsize=4096)
def _built(config: Config) -> nn.Module:
    keywords: dict[str, Any] = {
        "bias": bool(config.bias),
        "dtype": torch_dtype(config.dtype),
        "device": config.device,
    }
    if isinstance(config, RecurrentConfig):
        keywords |= {
            "num_layers": config.num_layers,
            "batch_first": bool(config.batch_first),
            "dropout": config.dropout,
            "bidirectional": bool(config.bidirectional),
        }
        if config.kind == "LSTM":
            keywords["proj_size"] = config.proj_size
    if config.kind in ("RNN", "RNNCell"):
        keywords["nonlinearity"] = config.nonlinearity
    module: nn.Module = getattr(nn, config.kind)(config.input_size, config.hidden_size, **keywords)
    return module


def tensor(description: TensorLike) -> Tensor:
    """Zeros of the shape, dtype and device."""
    return torch.zeros(_ints(description.shape), dtype=torch_dtype(description.dtype), device=description.device)


def packed(description: PackedLike) -> PackedSequence:
    """A packed sequence of zeros with the described lengths (the caller's order)."""
    lengths = _ints(description.lengths or ())
    inner = () if description.data_rank == 1 else (*_ints(description.inner), *_ints((description.features,)))
    padded = torch.zeros(
        (max(lengths), len(lengths), *inner),
        dtype=torch_dtype(description.dtype),
        device=description.device,
    )
    return pack_padded_sequence(padded, torch.tensor(lengths), enforce_sorted=description.sorted is not False)


def real(description: Input | State) -> Any:
    """The value that a description stands for."""
    if isinstance(description, TensorLike):
        return tensor(description)
    if isinstance(description, PackedLike):
        return packed(description)
    if isinstance(description, States):
        items = [real(item) for item in description.items]
        return items if description.container == "list" else tuple(items)
    if isinstance(description, OtherLike):
        return SAMPLES[description.type_name or "NoneType"]
    return None


def _ints(shape: Shape) -> tuple[int, ...]:
    if not all(isinstance(dim, int) for dim in shape):
        raise TypeError(f"{shape} is symbolic")
    return tuple(int(dim) for dim in shape if isinstance(dim, int))


def shape_of(value: Any) -> Any:
    """The shapes of a result: a tensor's, a packed sequence's data's, a tuple of those."""
    if isinstance(value, PackedSequence):
        return tuple(value.data.shape)
    if isinstance(value, Tensor):
        return tuple(value.shape)
    return tuple(shape_of(item) for item in value)


def observe_call(config: Config, input: Input, hx: State) -> Observed:
    """Torch's verdict on the same call; the value as nested shapes."""
    module, values = build(config), (real(input), *(() if hx is None else (real(hx),)))
    with torch.no_grad():
        return observe(lambda: shape_of(module(*values)))
