"""What numpy's functions do to the shapes and dtypes of arrays, in the same form as `torch_ops`.

    @op("numpy.swapaxes", "ndarray.swapaxes", takes="a, axis1, axis2")
    def swapaxes(m: Machine, a: Value, axis1: Value, axis2: Value) -> Value | None: ...

An array is an `Array`; where torch and numpy agree on a shape, torch's shape function is asked about the array's data.
Nothing is reported here: numpy complains for itself, and long before a recurrent layer does.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from lstmcheck.infer.torch_ops import Op, OpFunction, parameters

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine
    from lstmcheck.infer.values import Array, Unknown, Value

OPS: dict[str, Op] = {}


def op(*paths: str, takes: str) -> Callable[[OpFunction], OpFunction]:
    """Register a function under canonical paths: "numpy.zeros", "ndarray.astype"."""

    def register(function: OpFunction) -> OpFunction:
        entry = Op(paths, parameters(takes), function)
        for path in paths:
            OPS[path] = entry
        return function

    return register


def both(*names: str) -> list[str]:
    """The paths of functions that are methods too."""
    return [f"{owner}.{name}" for name in names for owner in ("numpy", "ndarray")]


@functools.cache
def load() -> None:
    """Import every family once."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def call(m: Machine, path: str, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call a function by its path."""
    from lstmcheck.infer.calls import call_op

    return call_op(m, OPS[path], args, keywords, open_, kind=None)


def call_method(
    m: Machine, receiver: Array | Unknown, name: str, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Value:
    """Call a method of an array, or of a value that this method shows to be one."""
    load()
    path = f"ndarray.{name}"
    if path not in OPS:
        return m.fresh(name, f"ndarray.{name} is not modelled", free=True)
    return call(m, path, [receiver, *args], keywords, open_)
