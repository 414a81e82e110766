"""What the DataLoader last gave in this thread: how many samples, along which axis, and whether in random order."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import RandomSampler, SubsetRandomSampler, WeightedRandomSampler, dataloader

from lstmcheck.runtime.graph import tensors_in
from lstmcheck.runtime.guard import guarded
from lstmcheck.runtime.model import Batch
from lstmcheck.runtime.patches import Patches

COPIED = 4096
"""Tensors of a batch on the CPU with at most so many numbers are copied, to be held against targets."""
BATCHES = 8
"""Of how many batches of an iteration copies are made."""

_RANDOM = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)

_patches = Patches()
_thread = threading.local()
_turning: Callable[[bool], None]


def start(turning: Callable[[bool], None]) -> None:
    """Begin to see what loaders give; `turning` hears with each batch whether its iteration begins or ends with it."""
    global _turning
    _turning = turning
    _patches.wrap(dataloader._BaseDataLoaderIter, "__next__", _noting)


def stop() -> None:
    """Leave torch as it was."""
    _patches.undo()
    _thread.batch = None


def last() -> Batch | None:
    """What a loader last gave in this thread."""
    batch: Batch | None = getattr(_thread, "batch", None)
    return batch


def _noting(original: Callable[..., Any]) -> Callable[..., Any]:
    def __next__(self: Any) -> Any:
        given = original(self)
        _thread.batch = guarded(_batch, self, given)
        guarded(_turn, self)
        return given

    return __next__


def _batch(iterator: Any, given: Any) -> Batch | None:
    tensors = list(tensors_in(given))
    number = int(iterator._num_yielded)
    size = _size(iterator, number, tensors)
    collated = iterator._collate_fn is torch.utils.data.default_collate
    copies = tuple(_copy(tensor) for tensor in tensors) if number <= BATCHES else ()
    return Batch(
        size=size,
        shapes=tuple(tuple(tensor.shape) for tensor in tensors),
        index=number - 1,
        shuffled=_is_random(iterator),
        tensors=tuple(weakref.ref(tensor) for tensor in tensors),
        axes=tuple(_axis(tensor, size, collated) for tensor in tensors),
        copies=copies,
        epoch=_epoch(iterator, number),
        data=id(iterator._dataset) if iterator._dataset_kind == dataloader._DatasetKind.Map else None,
    )


_epochs: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_numbers = itertools.count()


def _epoch(iterator: Any, number: int) -> int:
    """A number of one pass over the data: an iterator may be used for several, and its identity again for another."""
    if number == 1 or iterator not in _epochs:
        _epochs[iterator] = next(_numbers)
    return _epochs[iterator]


def _turn(iterator: Any) -> None:
    number = int(iterator._num_yielded)
    try:
        last = len(iterator._index_sampler)
    except TypeError:  # of a stream
        last = 0
    _turning(number in (1, last))


def _copy(tensor: Tensor) -> Tensor | None:
    plain = tensor.device.type == "cpu" and type(tensor) is Tensor and not tensor.is_sparse and not tensor.is_nested
    return tensor.detach().clone() if plain and tensor.numel() <= COPIED else None


def _size(iterator: Any, number: int, tensors: list[Tensor]) -> int | None:
    """How many samples the sampler drew for a batch; None where it does not say."""
    if iterator._dataset_kind != dataloader._DatasetKind.Map:
        wanted = getattr(iterator._index_sampler, "batch_size", None)
        sizes = {tensor.shape[0] for tensor in tensors if tensor.dim()}
        return wanted if wanted in sizes else None
    sampler = iterator._index_sampler
    wanted, drawn = getattr(sampler, "batch_size", None), getattr(sampler, "sampler", None)
    if not isinstance(wanted, int):
        return None
    try:
        left = len(drawn) - (number - 1) * wanted  # type: ignore[arg-type]
    except TypeError:
        return None
    return min(wanted, left) if left > 0 else None


def _axis(tensor: Tensor, size: int | None, collated: bool) -> int | None:
    """Along which axis the samples of a batch lie; None where the sizes do not tell."""
    if size is None or not tensor.dim():
        return None
    if collated:
        return 0 if tensor.shape[0] == size else None
    found = [i for i in range(min(tensor.dim(), 2)) if tensor.shape[i] == size]
    return found[0] if len(found) == 1 else None


def _is_random(iterator: Any) -> bool:
    sampler = getattr(iterator._index_sampler, "sampler", None)
    return isinstance(sampler, _RANDOM) or bool(getattr(sampler, "shuffle", False) is True)
