"""Attributes of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lstmcheck.infer.numpy_ops import OPS, call_method, load
from lstmcheck.infer.torch_ops.common import numel
from lstmcheck.infer.values import Array, External, Items, Method, ShapeOf, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def _shape(m: Machine, x: Array) -> Value:
    return ShapeOf(x.data) if x.shape.open else Items("tuple", x.shape.left)


def _ndim(m: Machine, x: Array) -> Value:
    return m.fresh("ndim", kind="int", free=True) if x.shape.rank is None else x.shape.rank


def _size(m: Machine, x: Array) -> Value:
    size = numel(x.shape)
    return m.fresh("size", kind="int", free=True) if size is None else size


def _dtype(m: Machine, x: Array) -> Value:
    return m.fresh("dtype", free=True) if x.dtype is None else External(f"numpy.{x.dtype}")


def _transposed(m: Machine, x: Array) -> Value:
    return call_method(m, x, "transpose", [], {}, False)


_READERS: dict[str, Callable[[Machine, Array], Value]] = {
    "shape": _shape,
    "ndim": _ndim,
    "size": _size,
    "dtype": _dtype,
    "T": _transposed,
    "real": lambda m, x: x,
}


def read(m: Machine, x: Array, name: str) -> Value:
    """`array.name`."""
    reader = _READERS.get(name)
    if reader is not None:
        return reader(m, x)
    load()
    return Method(x, name) if f"ndarray.{name}" in OPS else m.fresh(name, free=True)
