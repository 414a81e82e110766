"""What torch's operations do to shapes: one small function an operation, in tables by family.

An operation is registered under its canonical paths with the parameters it takes:

    @op("torch.transpose", "Tensor.transpose", takes="input, dim0, dim1")
    def transpose(m: Machine, input: Value, dim0: Value, dim1: Value) -> Value | None: ...

It gets abstract values, returns one, or None for "not known". It states what torch requires through `m.need`, and never
decides by comparing symbolic sizes. A module of torch is registered with `layer`; its function gets the `Layer` and the
call's values. Families are the modules of this folder; they are found by themselves.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lstmcheck.infer.values import Value

OpFunction = Callable[..., Value]


class Parameter(NamedTuple):
    """One parameter of an operation: its name, its default when it has one, and whether it is given by name only.

    A `rest` takes all further keywords, as one `Mapping`.
    """

    name: str
    default: Any = None
    required: bool = True
    variadic: bool = False
    keyword: bool = False
    rest: bool = False


@dataclass(frozen=True)
class Op:
    """An operation or module: its paths, parameters, and shape function."""

    paths: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    function: OpFunction


OPS: dict[str, Op] = {}
LAYERS: dict[str, Op] = {}


_SINGLE = {"None": None, "False": False, "True": True}


@functools.cache
def parameters(takes: str) -> tuple[Parameter, ...]:
    """Read a parameter list such as "input, dim=0, *sizes" or "input, pattern, **lengths"; no default holds a comma."""
    found: list[Parameter] = []
    by_name = False
    for part in takes.split(", ") if takes else ():
        name, has_default, default = part.partition("=")
        if name.startswith("**"):
            found.append(Parameter(name[2:], required=False, rest=True))
        elif name.startswith("*"):
            by_name = True
            if name != "*":
                found.append(Parameter(name[1:], required=False, variadic=True))
        else:
            value = _constant(default) if has_default else None
            found.append(Parameter(name, value, not has_default, keyword=by_name))
    return tuple(found)


@functools.cache
def _constant(text: str) -> Any:
    return _SINGLE[text] if text in _SINGLE else ast.literal_eval(text)


def op(*paths: str, takes: str, like: str = "") -> Callable[[OpFunction], OpFunction]:
    """Register a function under canonical paths: "torch.cat", "Tensor.view", "torch.nn.functional.relu".

    `like` is the path of an operation that gives the same values: who looks at an operation takes them for one.
    """

    def register(function: OpFunction) -> OpFunction:
        entry = Op((like, *paths) if like else paths, parameters(takes), function)
        for path in paths:
            OPS[path] = entry
        return function

    return register


def layer(*paths: str, takes: str = "") -> Callable[[OpFunction], OpFunction]:
    """Register the forward of a torch module, `takes` being its constructor's parameters: "torch.nn.Linear"."""

    def register(function: OpFunction) -> OpFunction:
        entry = Op(paths, parameters(takes), function)
        for path in paths:
            LAYERS[path] = entry
        return function

    return register


@functools.cache
def load() -> None:
    """Import every family once."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
