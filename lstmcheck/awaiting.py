"""Waiting for a module: torch is loaded by the program that needs it, never by us."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


def when_imported(name: str, done: Callable[[], None]) -> Callable[[], None]:
    """Call `done` as soon as a module has been imported: now, where it is there already.

    Returns a function that gives up waiting.
    """
    if name in sys.modules:
        done()
        return lambda: None
    finder = _Finder(name, done)
    sys.meta_path.insert(0, finder)
    return finder.leave


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, done: Callable[[], None]) -> None:
        self.name = name
        self.done = done

    def leave(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        self.leave()
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        loader = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            self.done()

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
