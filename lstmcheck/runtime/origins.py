"""Which values come from recurrent calls: the latest results, held weakly, and the code that made the calls."""

from __future__ import annotations

import sys
import weakref
from collections import deque
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.findings import Location

_KEPT = 96
_MAX_NODES = 400


class Origin(NamedTuple):
    """Where a value comes from: a part of a recurrent layer's result ("output", "h_n", "c_n", "state", "result").

    `exact` says that it is that part itself, not something computed from it.
    """

    part: str
    layer: dict[str, Any]
    exact: bool


class _Kept(NamedTuple):
    tensor: weakref.ref[Tensor]
    number: int
    origin: Origin


_kept: deque[_Kept] = deque(maxlen=_KEPT)
_callers: dict[CodeType, dict[str, Any]] = {}
_sites: dict[Location, dict[str, Any]] = {}
_through: dict[Location, dict[str, Any]] = {}


def clear() -> None:
    """Forget everything."""
    _kept.clear()
    _callers.clear()
    _sites.clear()
    _through.clear()


def called(code: CodeType, site: Location, layer: dict[str, Any], through: list[Location]) -> None:
    """A piece of the user's code calls a recurrent layer; `through` are the calls that led there."""
    _callers[code] = layer
    _sites[site] = layer
    for place in through:
        _through[place] = layer


def returned(layer: dict[str, Any], output: Any, h_n: Any, c_n: Any) -> None:
    """A recurrent layer has returned these."""
    if isinstance(output, PackedSequence):
        output = output.data
    for part, value in (("output", output), ("h_n", h_n), ("c_n", c_n)):
        if isinstance(value, Tensor):
            node = value.grad_fn
            number = node._sequence_nr() if node is not None else -1
            _kept.append(_Kept(weakref.ref(value), number, Origin(part, layer, True)))


def caller(code: CodeType) -> dict[str, Any] | None:
    """The layer that a function last called, None where it called none."""
    return _callers.get(code)


def at(path: str, line: int, end_line: int, column: int) -> dict[str, Any] | None:
    """The layer that was called at a place."""
    return _at(_sites, path, line, end_line, column)


def inside(path: str, line: int, end_line: int, column: int) -> dict[str, Any] | None:
    """The layer that was called by what was called at a place."""
    return _at(_through, path, line, end_line, column)


def _at(
    known: dict[Location, dict[str, Any]], path: str, line: int, end_line: int, column: int
) -> dict[str, Any] | None:
    for site, layer in known.items():
        if site.path == path and site.line == line and (site.end_line, site.column) == (end_line, column):
            return layer
        if sys.version_info < (3, 11) and site.path == path and site.line == line:  # the interpreter keeps no columns
            return layer
    return None


def last(layer: dict[str, Any], part: str) -> Tensor | None:
    """A part of what a layer last returned, where it still lives."""
    for one in reversed(_kept):
        if one.origin.layer is layer and one.origin.part == part:
            tensor: Tensor | None = one.tensor()
            return tensor
    return None


def find(value: Any) -> Origin | None:
    """Where a tensor, a packed sequence or a tuple of such comes from."""
    if isinstance(value, PackedSequence):
        return find(value.data)
    if isinstance(value, (tuple, list)):
        return _of_tuple(value)
    if not isinstance(value, Tensor):
        return None
    for one in reversed(_kept):
        if one.tensor() is value:
            return Origin(*one.origin)
    for one in reversed(_kept):
        known = one.tensor()
        if known is not None and _shares(known, value):
            return Origin(one.origin.part, one.origin.layer, False)
    numbers = {one.number: one.origin for one in _kept if one.number >= 0}
    for number in _numbers(value):
        if number in numbers:
            return numbers[number]._replace(exact=False)
    return None


def _of_tuple(value: tuple[Any, ...] | list[Any]) -> Origin | None:
    found = [find(item) for item in value[:4]]
    parts = [one.part if one is not None and one.exact else None for one in found]
    first = next((one for one in found if one is not None), None)
    if first is None:
        return None
    if parts[:2] == ["h_n", "c_n"] and len(value) == 2:
        return Origin("result" if first.layer["kind"].endswith("Cell") else "state", first.layer, True)
    if parts[:1] == ["output"] and len(value) == 2 and parts[1] in ("h_n", "state"):
        return Origin("result", first.layer, True)
    return Origin("tuple", first.layer, False)


def _shares(known: Tensor, value: Tensor) -> bool:
    try:
        there = known.untyped_storage().data_ptr()
        return there != 0 and there == value.untyped_storage().data_ptr()
    except (RuntimeError, NotImplementedError):  # a tensor without storage
        return False


def _numbers(value: Tensor) -> Iterator[int]:
    seen: set[Any] = set()
    waiting: deque[Any] = deque([value.grad_fn])
    while waiting and len(seen) < _MAX_NODES:
        node = waiting.popleft()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node._sequence_nr()
        waiting += [following for following, _ in node.next_functions]
