"""Everything of torch that a trace replaces, to be compared before and after."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.nn.utils import rnn
from torch.utils.data import dataloader

CLASSES = (nn.LSTM, nn.GRU, nn.RNN, nn.LSTMCell, nn.GRUCell, nn.RNNCell)


def _own(cls: type) -> dict[str, Any]:
    """The attributes of a class; Python makes `__annotations__` when torch.jit.script asks for them."""
    return {name: value for name, value in vars(cls).items() if name != "__annotations__"}


def state() -> list[Any]:
    """What must be the same once no trace is active."""
    packing = (rnn.pack_padded_sequence, rnn.pad_packed_sequence)
    return [
        *(_own(cls) for cls in (*CLASSES, nn.RNNBase, nn.RNNCellBase, nn.Module)),
        dict(vars(torch.autograd)),
        dict(vars(torch.jit)),
        dict(vars(torch._VF)),
        dict(vars(rnn)),
        *((function.__code__, function.__defaults__, dict(vars(function))) for function in packing),
        dict(vars(dataloader._BaseDataLoaderIter)),
        dict(modules._global_forward_hooks),
        dict(modules._global_forward_pre_hooks),
        dict(modules._global_forward_hooks_always_called),
    ]
