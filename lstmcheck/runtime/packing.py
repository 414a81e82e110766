"""Calls of pack_padded_sequence and pad_packed_sequence.

Their bodies are exchanged, so that every call is seen however the name was imported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any
from weakref import ref

from torch import Tensor
from torch.nn.utils import rnn

from lstmcheck.contract import packed as contract
from lstmcheck.contract.needs import Need
from lstmcheck.contract.values import OtherLike, TensorLike
from lstmcheck.runtime import checks, describe

_HOOKS = ("_lstmcheck_pack_padded_sequence", "_lstmcheck_pad_packed_sequence")

Watch = Callable[..., Any]


def _packing(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> Any:
    return _lstmcheck_pack_padded_sequence(input, lengths, batch_first, enforce_sorted)  # type: ignore[name-defined]  # noqa: F821


def _padding(sequence: Any, batch_first: bool = False, padding_value: float = 0.0, total_length: Any = None) -> Any:
    return _lstmcheck_pad_packed_sequence(sequence, batch_first, padding_value, total_length)  # type: ignore[name-defined]  # noqa: F821


_FUNCTIONS: tuple[tuple[Any, CodeType, str], ...] = (
    (rnn.pack_padded_sequence, _packing.__code__, _HOOKS[0]),
    (rnn.pad_packed_sequence, _padding.__code__, _HOOKS[1]),
)
_own: list[CodeType] = []
"""The bodies of torch's own, while ours are in their place."""
_told: deque[ref[Tensor]] = deque(maxlen=64)
"""The batch_sizes of packs that were reported when they were made."""


def start(pack: Watch, pad: Watch) -> None:
    """Have every call go through `pack` or `pad`, which get torch's own function and all its arguments by position."""
    for (function, ours, name), watch in zip(_FUNCTIONS, (pack, pad)):
        own = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
        function.__globals__[name] = _handing(watch, own)
        _own.append(function.__code__)
        function.__code__ = ours


def _handing(watch: Watch, own: FunctionType) -> Callable[..., Any]:
    def hook(*arguments: Any) -> Any:
        return watch(own, *arguments)

    return hook


def stop() -> None:
    """Leave torch as it was."""
    for (function, _, name), own in zip(_FUNCTIONS, _own):
        function.__code__ = own
        function.__globals__.pop(name, None)
    _own.clear()
    _told.clear()


def suspended(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function that reads torch's sources (torch.jit.script), run with the original bodies in place."""

    def reading(*args: Any, **kwargs: Any) -> Any:
        if not _own:
            return original(*args, **kwargs)
        for (function, _, _), own in zip(_FUNCTIONS, _own):
            function.__code__ = own
        try:
            return original(*args, **kwargs)
        finally:
            if _own:
                for function, ours, _ in _FUNCTIONS:
                    function.__code__ = ours

    return reading


def judged(input: Any, lengths: Any, batch_first: Any, enforce_sorted: Any) -> list[checks.Judged]:
    """What a call violates. Raises Indescribable."""
    given = describe.tensor_like(input) if isinstance(input, Tensor) else OtherLike(type(input).__name__)
    known = describe.lengths_like(lengths)
    found = checks.judged(contract.pack_padded_sequence(given, known, int(bool(batch_first)), bool(enforce_sorted)))
    if isinstance(given, TensorLike):
        return [one.with_detail(batch_first=bool(batch_first)) for one in found]
    return found


def told(result: rnn.PackedSequence) -> None:
    """A pack was reported when it was made: what comes of that at a layer is not told again."""
    _told.append(ref(result.batch_sizes))


def parts(value: rnn.PackedSequence) -> list[checks.Judged]:
    """How the parts of a pack do not fit each other, unless it was told of before. Raises Indescribable."""
    if any(one() is value.batch_sizes for one in _told):
        return []
    return checks.parts(value)


def pad_judged(sequence: Any, total_length: Any) -> list[checks.Judged]:
    """What a call of pad_packed_sequence violates. Raises Indescribable."""
    if not isinstance(sequence, rnn.PackedSequence):
        given = describe.tensor_like(sequence) if isinstance(sequence, Tensor) else OtherLike(type(sequence).__name__)
        return checks.judged(contract.pad_packed_sequence(given))
    broken = parts(sequence)
    if any(checks.fails(one.need) for one in broken):
        return broken
    total = total_length if isinstance(total_length, int) else None
    packed = describe.input_like(sequence)
    assert not isinstance(packed, TensorLike)
    return [*broken, *checks.judged(contract.pad_packed_sequence(packed, 0, total))]


def writes_past(judged: list[checks.Judged]) -> Need | None:
    """The need whose violation lets pad_packed_sequence write memory that is not its own."""
    return next((one.need for one in judged if one.need.what in ("parts.sizes.sorted", "parts.sizes.negative")), None)
