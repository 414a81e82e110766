"""The layers that a session saw: one row for all modules of one configuration made at one place."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.findings import Location
from lstmcheck.runtime import describe, sites
from lstmcheck.runtime.records import Record

MAX_SHAPES = 32
_FOLD = 64

Key = tuple[str, "Location | None", str]


class Layer:
    """One row: what was made where, with how many parameters, how often it was called and with which shapes.

    `axes` names the axes of a batched input in its order. `shapes` are the distinct calls, at most MAX_SHAPES of them,
    `more_shapes` says that there were others.
    """

    def __init__(self, kind: str, text: str, config: Any, made: Location | None, parameters: int) -> None:
        self.kind = kind
        self.text = text
        self.config = config
        self.made = made
        self.parameters = parameters
        self.modules = 0
        self.shapes: list[dict[str, tuple[int, ...]]] = []
        self.more_shapes = False
        self._calls = 0
        self._open: list[tuple[Record, int]] = []
        self._modules: dict[int, weakref.ref[nn.Module]] = {}
        self._room = _FOLD

    @property
    def calls(self) -> int:
        """How often modules of this row were called."""
        return self._calls + sum(record.calls - before for record, before in self._open)

    @property
    def axes(self) -> tuple[str, ...]:
        """What the axes of a batched input mean."""
        if not isinstance(self.config, RecurrentConfig):
            return ("batch", "input_size")
        return ("batch", "seq_len", "input_size") if self.config.batch_first else ("seq_len", "batch", "input_size")

    def axes_of(self, name: str, rank: int) -> tuple[str, ...]:
        """What the axes of one tensor of `shapes` mean; empty where the rank is one that the layer does not take."""
        config: Any = self.config
        if name == "packed":
            named: tuple[str, ...] = ("sum of lengths", "input_size")
        elif name == "batch_sizes":
            named = ("seq_len",)
        elif name == "input":
            named = self.axes if rank == len(self.axes) else tuple(axis for axis in self.axes if axis != "batch")
        else:
            width = "proj_size" if name[0] == "h" and getattr(config, "proj_size", 0) != 0 else "hidden_size"
            rows = ("num_layers * num_directions",) if isinstance(config, RecurrentConfig) else ()
            named = (*rows, "batch", width) if rank == len(rows) + 2 else (*rows, width)
        return named if len(named) == rank else ()

    def add(self, module: nn.Module, record: Record, calls: int) -> None:
        """Count a module, once, and its calls from the `calls`-th on."""
        known = self._modules.get(id(module))
        if known is None or known() is not module:
            self.modules += 1
            if len(self._modules) >= self._room:
                self._modules = {key: ref for key, ref in self._modules.items() if ref() is not None}
                self._room = max(_FOLD, 2 * len(self._modules))
            self._modules[id(module)] = weakref.ref(module)
        if len(self._open) >= _FOLD:
            for one, before in self._open:
                if one.ref() is None:
                    self._calls += one.calls - before
            self._open = [(one, before) for one, before in self._open if one.ref() is not None]
        self._open.append((record, calls))

    def close(self) -> None:
        """Count no more."""
        self._calls, self._open = self.calls, []

    def saw(self, input: Any, hx: Any) -> None:
        """Remember the shapes of a call."""
        shapes = shapes_of(input, hx)
        if shapes in self.shapes:
            return
        if len(self.shapes) < MAX_SHAPES:
            self.shapes.append(shapes)
        else:
            self.more_shapes = True


class Layers:
    """The rows of a session."""

    def __init__(self) -> None:
        self.rows: dict[Key, Layer] = {}
        self._of: dict[Record, Layer] = {}
        self._lock = threading.Lock()

    def built(self, module: nn.Module, record: Record) -> Layer:
        """The row of a module, made at its first sight."""
        with self._lock:
            row = self._of.get(record)
            if row is None:
                row = self._row(module, record)
                row.add(module, record, record.calls)
                self._forget_dead()
                self._of[record] = row
            return row

    def _row(self, module: nn.Module, record: Record) -> Layer:
        kind, config = describe.kind_of(module), describe.config_of(module)
        key = (kind, record.made, repr(config))
        if key not in self.rows:
            parameters = sum(parameter.numel() for parameter in module.parameters())
            text = sites.text_of(record.made) if record.made is not None else ""
            self.rows[key] = Layer(kind, text, config, record.made, parameters)
        return self.rows[key]

    def _forget_dead(self) -> None:
        if len(self._of) >= _FOLD:
            self._of = {record: row for record, row in self._of.items() if record.ref() is not None}

    def close(self) -> None:
        """The session ends."""
        with self._lock:
            self._of.clear()
            for row in self.rows.values():
                row.close()


def shapes_of(input: Any, hx: Any) -> dict[str, tuple[int, ...]]:
    """The shapes of a call by name; of a packed input (sum of lengths, features). Raises Indescribable."""
    shapes: dict[str, tuple[int, ...]] = {}
    is_packed = isinstance(input, PackedSequence)
    whole = {"packed": input.data, "batch_sizes": input.batch_sizes} if is_packed else {"input": input}
    parts = (hx,) if isinstance(hx, Tensor) else hx if isinstance(hx, (tuple, list)) else ()
    named = (*whole.items(), *zip(("h_0", "c_0"), parts))
    shapes.update((name, describe.shape_of(part)) for name, part in named if isinstance(part, Tensor))
    return shapes
