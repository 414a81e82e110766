"""Where a sample lies in what a recurrent kernel was given: read from what moved when the sample was changed.

A mask is (time, batch) of booleans. Sound are samples that have columns (batch entries) of their own. Samples that have
steps of their own instead lie along time: the recurrence runs over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from lstmcheck.runtime.perturbation.watching import Seen

Verdict = Literal["ok", "swapped", "sequence", "scrambled", "scrambled state", "mixed", "untouched", "unknown"]
Masks = dict[int, Tensor]  # by the number of the sample that was changed


@dataclass(slots=True)
class Moved:
    """What moved in one kernel's input and state, by the sample that was changed. Tensors on the CPU."""

    seen: Seen
    x: Masks = field(default_factory=dict)  # (time, batch)
    states: Masks = field(default_factory=dict)  # (rows, batch)
    noise: bool = False  # moves though nothing was changed
    diverged: bool = False  # other calls ran when a sample was changed


def differs(a: Tensor, b: Tensor) -> Tensor:
    """Elementwise: whether two tensors differ; NaN is equal to NaN."""
    unequal = a != b
    if a.is_floating_point() or a.is_complex():
        unequal &= ~(torch.isnan(a) & torch.isnan(b))
    return unequal


def moved_steps(before: Seen, after: Seen) -> Tensor:
    """Which (time, batch) entries of a kernel's input differ."""
    rows = differs(before.x, after.x).flatten(2 if not before.sizes else 1).any(-1).cpu()
    if not before.sizes:
        return rows
    out = torch.zeros(before.steps, before.samples, dtype=torch.bool)
    start = 0
    for step, size in enumerate(before.sizes):
        out[step, :size] = rows[start : start + size]
        start += size
    return out


def moved_states(before: Seen, after: Seen) -> Tensor:
    """Which (rows, batch) entries of a kernel's states differ, of h or of c."""
    found = [differs(a, b).flatten(2).any(-1).cpu() for a, b in zip(before.states, after.states)]
    return torch.stack(found).any(0)


@dataclass(frozen=True)
class Pattern:
    """How samples lie in the calls of one kernel. `block` are the steps (or rows) of `sample`, where the verdict
    names one."""

    verdict: Verdict
    sample: int = -1
    block: tuple[int, ...] = ()


def of_call(moved: Moved, count: int, length: int = 0) -> Pattern:
    """The pattern of one call; `count` is the number of samples in the batch, `length` that of its other first axis."""
    if moved.noise or moved.diverged:
        return Pattern("unknown")
    x = {j: mask for j, mask in moved.x.items() if mask.any()}
    states = {j: mask for j, mask in moved.states.items() if mask.any()}
    if not x and not states:
        return Pattern("untouched")
    if not _apart(_columns(x)):
        return _of_input(x, moved, count, length)
    both = {j: _columns(x).get(j, set()) | _columns(states).get(j, set()) for j in {*x, *states}}
    if _apart(both):
        return Pattern("ok")
    if moved.seen.form != "cell" and _is_cut(states, count):
        j = next(iter(states))
        return Pattern("scrambled state", j, _flat(states[j]))
    return Pattern("mixed")


def _of_input(masks: Masks, moved: Moved, count: int, length: int) -> Pattern:
    """The pattern of an input whose samples have no columns of their own."""
    steps, samples = moved.seen.steps, moved.seen.samples
    rows = {j: set(mask.any(1).nonzero().flatten().tolist()) for j, mask in masks.items()}
    j = next(iter(rows))
    viewed = samples == count != steps == length  # the sizes are swapped, which a transpose was meant to do
    if _apart(rows) and _in_order(rows, steps, count) and not viewed:
        return Pattern("sequence" if samples == 1 else "swapped", j, tuple(sorted(rows[j])))
    # a view keeps the order of the elements in memory: that of the input as it was given
    given = {j: mask.T if moved.seen.batch_axis == 0 else mask for j, mask in masks.items()}
    if samples == count and moved.seen.form == "padded" and _is_cut(given, count):
        return Pattern("scrambled", j)
    return Pattern("mixed")


def _in_order(rows: Mapping[int, set[int]], steps: int, count: int) -> bool:
    """Whether every sample has just the steps that are its own when samples follow each other along time."""
    if steps % count:
        return False
    each = steps // count
    blocks = all(found <= set(range(j * each, (j + 1) * each)) for j, found in rows.items())
    strides = all(found <= set(range(j, steps, count)) for j, found in rows.items())
    return blocks or strides


def _is_cut(masks: Masks, count: int) -> bool:
    """Whether the samples lie one after the other in memory, across the axes: only a view leaves them so."""
    if len(masks) < 2 or any(mask.numel() % count for mask in masks.values()):
        return False
    each = next(iter(masks.values())).numel() // count
    return each > 1 and all(set(_flat(mask)) <= set(range(j * each, (j + 1) * each)) for j, mask in masks.items())


def _flat(mask: Tensor) -> tuple[int, ...]:
    return tuple(mask.flatten().nonzero().flatten().tolist())


def _columns(masks: Masks) -> dict[int, set[int]]:
    return {j: set(mask.any(0).nonzero().flatten().tolist()) for j, mask in masks.items()}


def _apart(sets: Mapping[int, set[int]]) -> bool:
    seen: set[int] = set()
    for one in sets.values():
        if one & seen:
            return False
        seen |= one
    return True


def of_loop(calls: Sequence[Moved], count: int) -> Pattern | None:
    """The pattern of a cell's calls taken together: whether it is carried over the samples; None where it is not.

    Call i is given nothing but (a part of) sample i, and its state comes from the samples before.
    """
    if len(calls) != count or calls[0].seen.samples < 2 or any(call.noise or call.diverged for call in calls):
        return None
    probed = sorted({j for call in calls for j in call.x})
    for j in probed:
        own = [i for i, call in enumerate(calls) if j in call.x and call.x[j].any()]
        if own != [j] or int(calls[j].x[j].sum()) < 2:
            return None
    carried = [(j, i) for j in probed for i in range(j + 1, count) if _state_moves(calls[i], j)]
    return Pattern("swapped", probed[0], (probed[0],)) if carried else None


def _state_moves(call: Moved, j: int) -> bool:
    mask = call.states.get(j)
    return mask is not None and bool(mask.any())


_ORDER: tuple[Verdict, ...] = (
    "swapped", "scrambled", "scrambled state", "sequence", "mixed", "unknown", "ok", "untouched",
)  # fmt: skip


def worst(patterns: Iterable[Pattern]) -> Pattern:
    """Of the patterns of a layer's calls, the one that says most."""
    return min(patterns, key=lambda pattern: _ORDER.index(pattern.verdict))
