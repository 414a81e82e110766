"""What moved in a model's result when a sample was changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.runtime.perturbation.patterns import differs

Verdict = Literal["ok", "mixed", "not moved", "no sample axis", "scalar", "unknown"]


@dataclass(frozen=True)
class Output:
    """One tensor of the result.

    `axis` is the one along which the samples lie, where there is one; `moved` says which of its entries (of the first
    axis, where there is none) moved with each sample that was changed.
    """

    path: str
    shape: tuple[int, ...]
    verdict: Verdict
    axis: int | None = None
    moved: Mapping[int, tuple[int, ...]] | None = None

    @property
    def text(self) -> str:
        """The verdict in words."""
        if self.verdict == "ok":
            return f"ok: samples apart along axis {self.axis}"
        if self.verdict == "mixed" and self.moved:
            told = "; ".join(f"sample {j} moves {_ranges(rows)}" for j, rows in self.moved.items() if rows)
            return f"mixed: {told} of axis {self.axis}"
        return self.verdict


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers as a reader writes them: "3", "2 to 5", "0, 3, 4"."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    shown = ", ".join(map(str, numbers[:8]))
    return f"{shown}, ..." if len(numbers) > 8 else shown


def tensors(value: Any, path: str = "output", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """The tensors in a result, each with the way to it."""
    if isinstance(value, Tensor):
        if not value.is_sparse and not value.is_nested:
            yield path, value
    elif isinstance(value, PackedSequence):
        yield f"{path}.data", value.data
    elif depth > 8:
        return
    elif isinstance(value, Mapping):
        for key in list(value):
            yield from tensors(value[key], f"{path}[{key!r}]", depth + 1)
    elif isinstance(value, (tuple, list)):
        names = getattr(value, "_fields", None)
        for i, one in enumerate(value):
            yield from tensors(one, f"{path}.{names[i]}" if names else f"{path}[{i}]", depth + 1)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from tensors(getattr(value, one.name, None), f"{path}.{one.name}", depth + 1)


Values = dict[str, Tensor]


def values(result: Any) -> Values:
    """The tensors of a result by path, cut from their graph."""
    return {path: tensor.detach() for path, tensor in tensors(result)}


def compared(before: Values, again: Values, after: Mapping[int, Values], count: int) -> list[Output]:
    """A verdict on every tensor of the result.

    `before` and `again` come from two equal runs, `after` from one with a changed sample each; `count` is the number of
    samples.
    """
    return [_verdict(path, value, again.get(path), after, count) for path, value in before.items()]


def _verdict(path: str, value: Tensor, again: Tensor | None, after: Mapping[int, Values], count: int) -> Output:
    shape = tuple(value.shape)
    others = {j: run.get(path) for j, run in after.items()}
    if again is None or again.shape != value.shape or differs(value, again).any():
        return Output(path, shape, "unknown")
    masks: dict[int, Tensor] = {}
    for j, other in others.items():
        if other is None or other.shape != value.shape or other.dtype != value.dtype:
            return Output(path, shape, "unknown")
        masks[j] = differs(value, other).cpu()
    moving = {j: mask for j, mask in masks.items() if mask.any()}
    if not moving:
        return Output(path, shape, "not moved")
    if value.dim() == 0 or value.numel() == 1:
        return Output(path, shape, "scalar")
    rows = {axis: {j: _entries(mask, axis) for j, mask in masks.items()} for axis in range(value.dim())}
    wide = [axis for axis in rows if shape[axis] >= count and shape[axis] % count == 0]
    for axis in sorted(wide, key=lambda axis: shape[axis] != count):
        if _apart(rows[axis]) and len(moving) > 1:
            return Output(path, shape, "ok", axis, rows[axis])
    if path.endswith(".data") and _apart(rows[0]) and len(moving) > 1:
        return Output(path, shape, "ok", 0, rows[0])
    if not wide:
        return Output(path, shape, "no sample axis", None, rows[0])
    exact = [axis for axis in wide if shape[axis] == count]
    axis = (exact or wide)[0]
    if len(moving) == 1:
        ((_, only),) = moving.items()
        alone = [axis for axis in wide if len(_entries(only, axis)) == shape[axis] // count]
        if alone:
            return Output(path, shape, "ok", alone[0], rows[alone[0]])
    return Output(path, shape, "mixed", axis, rows[axis])


def _entries(mask: Tensor, axis: int) -> tuple[int, ...]:
    found: list[int] = mask.movedim(axis, 0).reshape(mask.shape[axis], -1).any(1).nonzero().flatten().tolist()
    return tuple(found)


def _apart(rows: Mapping[int, tuple[int, ...]]) -> bool:
    total = [index for entries in rows.values() for index in entries]
    return len(total) == len(set(total))


def is_graded(values: Values) -> bool:
    """Whether a result has numbers in which every change would show, not only choices."""
    return any(value.is_floating_point() or value.is_complex() for value in values.values())


__all__ = ["Output", "Values", "compared", "is_graded", "tensors", "values"]
