"""What decides whether a call is right, as a key: shapes, dtypes and types of its arguments; no values."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence


def key(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The key of a call; None where one cannot be had. Two calls of a module with equal keys are judged alike."""
    count = len(args)
    x = args[0] if count and not kwargs else None
    if count == 2 and type(x) is Tensor:
        hx = args[1]
        if type(hx) is tuple and len(hx) == 2:
            h, c = hx
            if type(h) is Tensor and type(c) is Tensor:
                return x.shape, x.dtype, h.shape, h.dtype, c.shape, c.dtype
        elif type(hx) is Tensor:
            return x.shape, x.dtype, hx.shape, hx.dtype
    elif count == 1 and type(x) is Tensor:
        return x.shape, x.dtype
    try:
        if count == 1 and type(x) is PackedSequence:
            known = _packed(x)
        else:
            known = tuple(map(_one, args)), tuple((name, _one(value)) for name, value in kwargs.items())
        hash(known)
    except (TypeError, RuntimeError, NotImplementedError):  # sizes that are no numbers, tensors without a shape
        return None
    return known


def _one(value: Any) -> Any:
    cls = type(value)
    if isinstance(value, Tensor):
        return cls, value.shape, value.dtype
    if cls is PackedSequence:
        return _packed(value)
    if cls is tuple or cls is list:
        return cls, tuple(map(_one, value))
    return cls


def _packed(value: PackedSequence) -> Any:
    """What decides of a packed sequence: with the lengths themselves, nearly every batch would be a new one."""
    data, sizes, sorted_indices, _ = value
    if not sizes.is_cpu:
        raise TypeError("batch sizes that would have to be waited for")
    read, shape = sizes.tolist(), data.shape
    inner = shape[1] if len(shape) == 2 else tuple(shape[1:])
    ends = (read[0], read[0] == read[-1], sum(read) == shape[0]) if read else ()
    return inner, data.dtype, sorted_indices is None, ends
