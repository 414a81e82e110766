"""Calls of pack_padded_sequence: its body is exchanged, so that every call is seen however the name was imported."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import rnn

from lstmcheck.contract import packed as contract
from lstmcheck.contract.values import OtherLike, TensorLike
from lstmcheck.runtime import checks, describe

_HOOK = "_lstmcheck_pack_padded_sequence"

Watch = Callable[[Callable[..., Any], Any, Any, Any, Any], Any]


def _hooked(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> Any:
    return _lstmcheck_pack_padded_sequence(input, lengths, batch_first, enforce_sorted)  # type: ignore[name-defined]  # noqa: F821


_own: list[CodeType] = []


def start(watch: Watch) -> None:
    """Have every call go through `watch(original, input, lengths, batch_first, enforce_sorted)`."""
    function = rnn.pack_padded_sequence
    original = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)

    def hook(*arguments: Any) -> Any:
        return watch(original, *arguments)

    function.__globals__[_HOOK] = hook
    _own.append(function.__code__)
    function.__code__ = _hooked.__code__


def stop() -> None:
    """Leave torch as it was."""
    if _own:
        rnn.pack_padded_sequence.__code__ = _own.pop()
        rnn.pack_padded_sequence.__globals__.pop(_HOOK, None)


def suspended(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function that reads torch's sources (torch.jit.script), run with the original body in place."""

    def reading(*args: Any, **kwargs: Any) -> Any:
        if not _own:
            return original(*args, **kwargs)
        ours = rnn.pack_padded_sequence.__code__
        rnn.pack_padded_sequence.__code__ = _own[-1]
        try:
            return original(*args, **kwargs)
        finally:
            if _own:
                rnn.pack_padded_sequence.__code__ = ours

    return reading


def judged(input: Any, lengths: Any, batch_first: Any, enforce_sorted: Any) -> list[checks.Judged]:
    """What a call violates. Raises Indescribable."""
    given = describe.tensor_like(input) if isinstance(input, Tensor) else OtherLike(type(input).__name__)
    found = checks.judged(
        contract.pack_padded_sequence(given, lengths_like(lengths), int(bool(batch_first)), bool(enforce_sorted))
    )
    if isinstance(given, TensorLike):
        return [one.with_detail(batch_first=bool(batch_first)) for one in found]
    return found


def lengths_like(lengths: Any) -> contract.Lengths:
    """The lengths as the contract sees them. Those on another device than the CPU are not read."""
    if not isinstance(lengths, Tensor):
        if any(isinstance(value, Tensor) and value.device.type != "cpu" for value in lengths):
            return contract.Lengths(None, len(lengths))
        values = tuple(int(value) for value in lengths)
        floats = any(isinstance(value, float) for value in lengths)
        return contract.Lengths(values, rank=1, dtype="float" if floats else None)
    rank, device, dtype = lengths.dim(), str(lengths.device), str(lengths.dtype)
    if rank != 1 or lengths.device.type != "cpu" or torch.is_complex(lengths):
        return contract.Lengths(None, lengths.shape[0] if rank else None, rank, device, dtype)
    return contract.Lengths(tuple(int(value) for value in lengths.tolist()), None, 1, device, dtype)
