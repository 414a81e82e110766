"""Runs that can be repeated: the state of every global random generator, taken once and put back at will."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from lstmcheck.runtime.quiet import quiet


class Generators:
    """The states of the generators of python, numpy, torch and its devices, as they are now."""

    def __init__(self) -> None:
        self._python = random.getstate()
        numpy = sys.modules.get("numpy")
        self._numpy = numpy.random.get_state() if numpy is not None else None
        self._torch = torch.get_rng_state()
        self._devices = {name: _module(name).get_rng_state_all() for name in ("cuda", "xpu") if _in_use(name)}
        self._mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None

    def restore(self) -> None:
        """Put the states back."""
        random.setstate(self._python)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)
        torch.set_rng_state(self._torch)
        for name, states in self._devices.items():
            _module(name).set_rng_state_all(states)
        if self._mps is not None:
            torch.mps.set_rng_state(self._mps)


def _module(name: str) -> Any:
    return getattr(torch, name)


def _in_use(name: str) -> bool:
    module = getattr(torch, name, None)
    return module is not None and hasattr(module, "get_rng_state_all") and bool(module.is_initialized())


@contextmanager
def undisturbed() -> Iterator[Generators]:
    """Generators, gradient mode and warnings are afterwards what they were.

    Meanwhile compiled code runs eagerly, and a trace sees nothing.
    """
    generators = Generators()
    grad = torch.is_grad_enabled()
    stance = getattr(torch.compiler, "set_stance", None)
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if stance is None or "torch._dynamo" not in sys.modules:
                yield generators
            else:
                with stance("force_eager"):
                    yield generators
    finally:
        torch.set_grad_enabled(grad)
        generators.restore()
