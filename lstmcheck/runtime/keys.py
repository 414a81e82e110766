"""What decides whether a call is right, as a key: shapes, dtypes and types of its arguments; no values."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

_UNKNOWN = (TypeError, AttributeError, IndexError, RuntimeError)
"""What is raised for sizes that are no numbers, tensors without a shape, and what is no tensor."""


def key(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The key of a call; None where one cannot be had. Two calls of a module with equal keys are judged alike."""
    known: Any
    count = len(args)
    x = args[0] if count and not kwargs else None
    try:
        if type(x) is Tensor and count == 1:
            return x.shape, x.dtype
        if type(x) is Tensor and count == 2 and (parts := state(args[1])) is not None:
            return x.shape, x.dtype, parts
        if type(x) is PackedSequence:
            known = _packed(x) if count == 1 else (_packed(x), state(args[1]) or _one(args[1]))
        else:
            known = tuple([_one(value) for value in args]), tuple([(name, _one(kwargs[name])) for name in kwargs])
        hash(known)
    except _UNKNOWN:
        return None
    return known


def state(hx: Any) -> Any:
    """What decides of a state of plain tensors; None of any other."""
    if type(hx) is tuple and len(hx) == 2:
        h, c = hx
        if type(h) is Tensor and type(c) is Tensor:
            return h.shape, c.shape, h.dtype, c.dtype
    elif type(hx) is Tensor:
        return hx.shape, hx.dtype
    return None


def _one(value: Any) -> Any:
    cls = type(value)
    if cls is Tensor or isinstance(value, Tensor):
        return cls, value.shape, value.dtype
    if cls is PackedSequence:
        return _packed(value)
    if cls is tuple or cls is list:
        return cls, tuple([_one(one) for one in value])
    return cls


def packed(value: Any) -> Any:
    """What decides of a packed sequence; None where that cannot be had, or where it is none."""
    if type(value) is not PackedSequence:
        return None
    try:
        return _packed(value)
    except _UNKNOWN:
        return None


def _packed(value: PackedSequence) -> Any:
    """With the lengths themselves, nearly every batch would be a new one."""
    data, sizes, sorted_indices, _ = value
    if not sizes.is_cpu:
        raise TypeError("batch sizes that would have to be waited for")
    read, shape = sizes.tolist(), data.shape
    rows = shape[0]
    inner = shape[1] if len(shape) == 2 else shape[1:]
    if not read:
        return inner, data.dtype, sorted_indices is None
    first = read[0]
    return inner, data.dtype, sorted_indices is None, first, first == read[-1], sum(read) == rows
