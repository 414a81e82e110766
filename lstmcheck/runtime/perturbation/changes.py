"""A batch with one sample changed: other numbers of the same kind in the same places.

What comes in is taken from the other samples, so that ids stay inside the vocabulary, one-hot rows one-hot, and numbers
in their range; what is padding stays padding.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.runtime.perturbation.batches import Leaf

_TRIES = 8


def changed(leaf: Leaf, axis: int, sample: int) -> dict[int, Any]:
    """What stands for which object (by its id) in a copy of the batch in which one sample is changed.

    Empty where nothing could be changed without leaving the values that the batch shows.
    """
    draw = torch.Generator().manual_seed(sample)
    value = leaf.value
    if isinstance(value, PackedSequence):
        data = _packed(value, sample, draw)
        return {id(value): value._replace(data=data)} if data is not None else {}
    if isinstance(value, list):
        rows = _steps(value[sample], [one for i, one in enumerate(value) if i != sample], draw)
        return {id(value[sample]): rows} if rows is not None else {}
    tensor = value.detach() if isinstance(value, Tensor) else torch.from_numpy(value)
    samples = tensor.movedim(axis, 0)
    others = [samples[i] for i in range(len(samples)) if i != sample]
    new = _sample(samples[sample], others, draw)
    if new is None:
        return {}
    out = samples.clone()
    out[sample] = new
    out = out.movedim(0, axis).contiguous()
    if not isinstance(value, Tensor):
        return {id(value): sys.modules["numpy"].array(out)}
    return {id(value): out.requires_grad_(value.requires_grad)}


def _packed(value: PackedSequence, sample: int, draw: torch.Generator) -> Tensor | None:
    column = sample if value.unsorted_indices is None else int(value.unsorted_indices[sample])
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), value.batch_sizes.cumsum(0)[:-1]])
    own = (starts + column)[value.batch_sizes > column].to(value.data.device)
    rest = torch.ones(len(value.data), dtype=torch.bool, device=value.data.device)
    rest[own] = False
    data = value.data.detach()
    new = _steps(data[own], [data[rest]], draw)
    return None if new is None else data.index_copy(0, own, new)


def _sample(old: Tensor, others: list[Tensor], draw: torch.Generator) -> Tensor | None:
    """A new sample (any sizes); None where nothing can be changed."""
    if old.dim() >= 2 and (old.is_floating_point() or old.is_complex()):
        return _steps(old, others, draw)
    if old.is_floating_point() or old.is_complex():
        # one vector a sample: that of another sample
        new = _steps(old.unsqueeze(0), [other.unsqueeze(0) for other in others], draw)
        return None if new is None else new.squeeze(0)
    return _ids(old, others, draw)


def _steps(old: Tensor, others: list[Tensor], draw: torch.Generator) -> Tensor | None:
    """Each step (row of the first axis) becomes one of another sample; steps of zeros are padding and stay."""
    if not old.numel() or not others:
        return None
    if not (old.is_floating_point() or old.is_complex()):
        return _ids(old, others, draw)
    given = torch.cat([other.reshape(-1, *old.shape[1:]) for other in others])
    full = _full(old)
    donors = given[_full(given)]
    if not full.any():
        # nothing but zeros: whatever is put there is new
        return _noisy(old, draw)
    new = old.clone()
    for _ in range(_TRIES if len(donors) else 0):
        same = (full & ~_full(new - old)).nonzero().flatten().cpu()
        if not len(same):
            break
        picked = torch.randint(len(donors), (len(same),), generator=draw)
        new[same.to(old.device)] = donors[picked.to(old.device)]
    if torch.equal(torch.nan_to_num(new), torch.nan_to_num(old)):
        new = torch.where(full.reshape(-1, *(1,) * (old.dim() - 1)), _noisy(old, draw), old)
    return new


def _full(rows: Tensor) -> Tensor:
    return (rows != 0).reshape(len(rows), -1).any(1)


def _noisy(old: Tensor, draw: torch.Generator) -> Tensor:
    noise = torch.randn(old.shape, generator=draw).to(old.device, old.dtype)
    scale = old.abs().mean() if old.abs().sum() > 0 else 1.0
    return old + noise * scale


def _ids(old: Tensor, others: list[Tensor], draw: torch.Generator) -> Tensor | None:
    """Other ids, of those that other samples have; padding and marks that every sample has stay where there is more."""
    if not others:
        return None
    pads = _pads(old, others)
    mine = set(old.flatten().tolist())
    seen = [set(other.flatten().tolist()) for other in others]
    pool = mine.union(*seen) - pads
    marks = mine.intersection(*seen)
    tokens = old.flatten().tolist()
    data = sum(token not in pads for token in tokens)
    for kept in (pads | marks, pads, set[int]()):
        free = sorted((pool if kept else pool | pads) - kept)
        places = [i for i, token in enumerate(tokens) if token not in kept]
        if len(free) > 1 and places and 2 * len(places) >= data:
            return _replaced(old, places, free, draw)
    return None


def _replaced(old: Tensor, places: list[int], free: list[int], draw: torch.Generator) -> Tensor:
    flat = old.flatten().tolist()
    for i in places:
        usable = [token for token in free if token != flat[i]]
        flat[i] = usable[int(torch.randint(len(usable), (1,), generator=draw))]
    return torch.tensor(flat, dtype=old.dtype, device=old.device).reshape(old.shape)


def _pads(old: Tensor, others: list[Tensor]) -> set[int]:
    """The ids at the end (or start) of rows that repeat there: what fills up short samples."""
    found: set[int] = set()
    for sample in (old, *others):
        for row in sample.reshape(-1, sample.shape[-1] if sample.dim() else 1).tolist():
            for first, second in ((row[-1], row[-2:-1]), (row[0], row[1:2])):
                if first == 0 or second == [first]:
                    found.add(int(first))
    return found
