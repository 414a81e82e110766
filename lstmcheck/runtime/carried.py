"""States that are handed on with the graph of steps whose backward pass is over.

Autograd numbers its nodes in the order in which they are made. A state whose node is older than the last backward pass
is a candidate; it is one in earnest when a buffer behind it has been freed, and it is reported when the next backward
pass reaches it, just before torch raises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.findings import Location

_MAX_NODES = 20_000
_MAX_LOOK = 500
_TWICE = Raises("RuntimeError", "Trying to backward through the graph a second time", exact=False)

last = -1
"""The number of the next node when the last backward pass ended; -1 before the first."""


class Candidate(NamedTuple):
    """A state given to a call: the number of its node, and what to say when a backward pass reaches it."""

    number: int
    subject: str
    layer: dict[str, Any]
    site: Location | None


_candidates: dict[tuple[str, str, Location | None], Candidate] = {}


def clear() -> None:
    """Forget everything: a trace begins or ends."""
    global last
    last = -1
    _candidates.clear()


def parts(hx: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a state by name."""
    if isinstance(hx, Tensor):
        yield "h_0", hx
    elif isinstance(hx, (tuple, list)):
        for name, part in zip(("h_0", "c_0"), hx):
            if isinstance(part, Tensor):
                yield name, part


def is_old(hx: Any) -> bool:
    """Whether a part of a state was made before the last backward pass ended. Called at every call with a state."""
    if type(hx) is tuple:
        for part in hx:  # anything, where a class has a forward of its own
            node = getattr(part, "grad_fn", None)
            if node is not None and node._sequence_nr() < last:
                return True
        return False
    node = getattr(hx, "grad_fn", None)
    return node is not None and node._sequence_nr() < last


def given(hx: Any, layer: Callable[[], dict[str, Any]], site: Callable[[], Location | None]) -> None:
    """Remember the parts of an old state whose graph has been freed."""
    for name, part in parts(hx):
        node = part.grad_fn
        if node is not None and node._sequence_nr() < last and _is_freed(node):
            one = Candidate(node._sequence_nr(), name, layer(), site())
            _candidates[one.layer["kind"], name, one.site] = one


def reached(roots: Iterable[Tensor]) -> Candidate | None:
    """The candidate that a backward pass from these tensors would go through again."""
    if not _candidates:
        return None
    numbers = {one.number: one for one in _candidates.values()}
    oldest = min(numbers)
    seen: set[Any] = set()
    waiting: list[Any] = [root.grad_fn for root in roots if isinstance(root, Tensor)]
    while waiting and len(seen) < _MAX_NODES:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        number = node._sequence_nr()
        if number in numbers and _is_freed(node):
            return numbers[number]
        if number >= oldest:
            waiting += [following for following, _ in node.next_functions]
    return None


def need(one: Candidate, step: int) -> Need:
    """The violated need; `step` is the number of the backward pass that is about to fail."""
    return Need("graph.detach", None, None, "never", one.subject, raises=_TWICE, detail={"step": step})


def passed() -> None:
    """A backward pass has ended."""
    global last
    last = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
    _candidates.clear()


def _is_freed(node: Any) -> bool:
    """Whether a backward pass has freed a buffer at or shortly behind a node."""
    seen: set[Any] = set()
    waiting: deque[Any] = deque([node])
    while waiting and len(seen) < _MAX_LOOK:
        one = waiting.popleft()
        if one is None or one in seen:
            continue
        seen.add(one)
        cls: Any = type(one)
        for name in _saved(cls):
            try:
                getattr(one, name)
            except RuntimeError as error:
                if "second time" in str(error):
                    return True
        waiting += [following for following, _ in one.next_functions]
    return False


@cache
def _saved(cls: Any) -> tuple[str, ...]:
    return tuple(name for name in dir(cls) if name.startswith("_saved_"))
