"""The recurrent kernels of one run: what each was given, by which module, from where.

Seen is what reaches `torch.lstm`, `torch.gru_cell` and so on, so that subclasses, direct `.forward()` and layers whose
weights are replaced are seen alike, with the axes as the kernel reads them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lstmcheck.findings import Location
from lstmcheck.runtime import sites

_LAYERS = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN", "rnn_relu": "RNN"}
_CELLS = {"lstm_cell": "LSTMCell", "gru_cell": "GRUCell", "rnn_tanh_cell": "RNNCell", "rnn_relu_cell": "RNNCell"}
_NAMES = frozenset({*_LAYERS, *_CELLS, "_pack_padded_sequence"})
MAX_CALLS = 4096
"""How many kernels of one run are compared."""


@dataclass(slots=True)
class Seen:
    """One kernel: `x` as (time, batch, features), `states` as (rows, batch, features) each.

    `batch_axis` is that of the input as it was given; `form` is "padded", "packed", "unbatched" or "cell". For packed
    input `x` is the data (rows, features), and `sizes` the number of samples at each step.
    """

    path: str
    kind: str
    form: str
    x: Tensor
    states: tuple[Tensor, ...]
    batch_axis: int
    sizes: tuple[int, ...] = ()
    site: Location | None = None
    pack: tuple[Location | None, bool] | None = None

    @property
    def steps(self) -> int:
        """The length of the time axis."""
        return len(self.sizes) or self.x.shape[0]

    @property
    def samples(self) -> int:
        """The length of the batch axis."""
        return self.sizes[0] if self.sizes else self.x.shape[1]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the input as the layer was given it."""
        if self.form == "packed":
            return tuple(self.x.shape)
        steps, samples, *rest = self.x.shape
        if self.form == "unbatched":
            return (steps, *rest)
        if self.form == "cell":
            return (samples, *rest)
        return (samples, steps, *rest) if self.batch_axis == 0 else (steps, samples, *rest)

    def same_form(self, other: Seen) -> bool:
        """Whether two runs gave a kernel values of the same sizes, so that they can be compared."""
        return (
            (self.path, self.form, self.sizes, self.x.shape) == (other.path, other.form, other.sizes, other.x.shape)
            and [state.shape for state in self.states] == [state.shape for state in other.states]
        )  # fmt: skip


@dataclass
class Run:
    """What one run gave: its result, and the kernels in order."""

    output: Any = None
    seen: list[Seen] = field(default_factory=list)


class Watching(TorchFunctionMode):
    """Records the recurrent kernels that run in this thread while it is active, through `keep`."""

    def __init__(self, model: nn.Module, keep: Callable[[Seen], None], places: bool = False) -> None:
        super().__init__()
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._keep = keep
        self._places = places
        self._packs: dict[int, tuple[Location | None, bool]] = {}
        self._alive: list[Tensor] = []
        self._count = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in _NAMES and not kwargs:
            frame = sys._getframe(1)
            if name == "_pack_padded_sequence":
                self._packed(args, result, frame)
            elif self._count < MAX_CALLS:
                self._count += 1
                with torch.no_grad():
                    self._keep(self._seen(name, args, frame))
        return result

    def _packed(self, args: tuple[Any, ...], result: Any, frame: FrameType) -> None:
        if self._places and len(args) == 3:
            data = result[0]
            self._alive.append(data)
            self._packs[id(data)] = (_site(frame), bool(args[2]))

    def _seen(self, name: str, args: tuple[Any, ...], frame: FrameType) -> Seen:
        path, unbatched = self._caller(frame)
        site = _site(frame) if self._places else None
        if name in _CELLS:
            x, hx = args[0], args[1]
            return Seen(path, _CELLS[name], "cell", _row(x), tuple(_row(state) for state in _states(hx)), 0, (), site)
        if isinstance(args[1], Tensor) and args[1].dim() == 1 and not args[1].is_floating_point():
            data, sizes, hx = args[:3]
            kept = tuple(int(size) for size in sizes)
            pack = self._packs.get(id(data))
            return Seen(path, _LAYERS[name], "packed", _copy(data), _states(hx), 1, kept, site, pack)
        x, hx, batch_first = args[0], args[1], bool(args[-1])
        x = x.transpose(0, 1) if batch_first else x
        form = "unbatched" if unbatched else "padded"
        return Seen(path, _LAYERS[name], form, _copy(x), _states(hx), 0 if batch_first else 1, (), site)

    def _caller(self, frame: FrameType | None) -> tuple[str, bool]:
        """The path of the module that runs, and whether it was given one sequence without a batch."""
        while frame is not None:
            module = frame.f_locals.get("self")
            path = self._paths.get(id(module))
            if path is not None:
                return path, frame.f_locals.get("is_batched") is False
            frame = frame.f_back
        return "", False


def _site(frame: FrameType) -> Location | None:
    found = sites.user_frame(frame)
    return sites.location_of(found.f_code, found.f_lasti, found.f_lineno) if found is not None else None


def _copy(value: Tensor) -> Tensor:
    return value.detach().clone()


def _row(value: Tensor) -> Tensor:
    return _copy(value if value.dim() == 2 else value.unsqueeze(0)).unsqueeze(0)


def _states(hx: Any) -> tuple[Tensor, ...]:
    return tuple(_copy(state) for state in (hx if isinstance(hx, (tuple, list)) else (hx,)))
