"""Copies of models and batches on which a run leaves its traces, so that it leaves none on the originals."""

from __future__ import annotations

import _thread
import copy
import logging
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")
_MAX_OBJECTS = 200_000
_SHARED: tuple[type, ...] = (types.ModuleType, _thread.LockType, type(threading.RLock()), logging.Logger)


class CannotCopy(Exception):
    """A model or batch that cannot be copied; the text says why."""


class Copier:
    """Copies one value as often as needed. Raises CannotCopy where that is impossible.

    Tensors that carry a graph (a state left from the step before) are copied without it; locks and modules of Python
    are shared.
    """

    def __init__(self, value: Any) -> None:
        self._value = value
        self._substitutes: list[tuple[Any, Callable[[Any], Any]]] | None = None

    def __call__(self, others: Mapping[int, Any] | None = None) -> Any:
        """A copy, in which `others` stand in the place of the objects with these ids."""
        try:
            if self._substitutes is None:
                try:
                    return copy.deepcopy(self._value, dict(others or {}))
                except Exception:
                    self._substitutes = list(_substitutes(self._value))
            memo = {id(value): make(value) for value, make in self._substitutes}
            return copy.deepcopy(self._value, memo | dict(others or {}))
        except Exception as error:
            raise CannotCopy(f"{type(error).__name__}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:200]


def _substitutes(value: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """What deepcopy cannot copy by itself, each with the way to do it."""
    for one in reachable(value):
        if isinstance(one, Tensor):
            if not one.is_leaf:
                yield one, tensor_copy
        elif isinstance(one, torch.Generator):
            yield one, _generator_copy
        elif isinstance(one, _SHARED):
            yield one, _same


def tensor_copy(tensor: Tensor) -> Tensor:
    """The same values without the graph."""
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def _generator_copy(generator: torch.Generator) -> torch.Generator:
    made = torch.Generator(device=generator.device)
    made.set_state(generator.get_state())
    return made


def _same(value: T) -> T:
    return value


def reachable(value: Any) -> Iterator[Any]:
    """Every object that a copy of a value would copy, as far as it can be seen, each once."""
    waiting, seen = [value], set[int]()
    while waiting and len(seen) < _MAX_OBJECTS:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (type, str, bytes, int, float, types.FunctionType)):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, (Tensor, types.ModuleType)):
            continue
        if isinstance(one, types.MethodType):
            waiting.append(one.__self__)
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple, set, frozenset)):
            waiting.extend(one)
        waiting.extend(getattr(one, "__dict__", {}).values())
        slots = getattr(type(one), "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if isinstance(getattr(type(one), name, None), types.MemberDescriptorType) and hasattr(one, name):
                waiting.append(getattr(one, name))


_BATCH_NORM = nn.modules.batchnorm._BatchNorm


def calm(model: nn.Module) -> None:
    """Make a copy's batch normalisation use running statistics: with those of the batch samples mix on purpose."""
    for module in model.modules():
        if isinstance(module, _BATCH_NORM):
            module.training = False
            if module.running_mean is None and isinstance(getattr(module, "num_features", None), int):
                like: Tensor = next(iter((*module.parameters(), *model.parameters())), torch.empty(0))
                module.running_mean = like.new_zeros(module.num_features)
                module.running_var = like.new_ones(module.num_features)
