"""Runs of a model with one sample changed each, and what they say of every recurrent layer and result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import torch
from torch import nn

from lstmcheck.runtime.perturbation import outputs, patterns
from lstmcheck.runtime.perturbation.batches import Leaf, Way
from lstmcheck.runtime.perturbation.changes import changed
from lstmcheck.runtime.perturbation.copies import CannotCopy, Copier, calm, reachable, tensor_copy
from lstmcheck.runtime.perturbation.patterns import Moved, Pattern
from lstmcheck.runtime.perturbation.replay import Generators
from lstmcheck.runtime.perturbation.watching import Run, Seen, Watching

Caller = Callable[[nn.Module, Way], Any]


class Raised(Exception):
    """The model's forward raised on a copy; the cause is its error."""


@dataclass
class Subject:
    """A model and its arguments, run as often as needed on copies of both, always with the same random numbers."""

    model: nn.Module
    way: Way
    call: Caller
    generators: Generators
    grad: bool = field(default_factory=torch.is_grad_enabled)

    def __post_init__(self) -> None:
        self._copy = Copier(self.model)
        self._arguments = Copier((self.way.args, self.way.kwargs))
        self._tensors = [one for one in reachable((self.way.args, self.way.kwargs)) if isinstance(one, torch.Tensor)]

    def run(self, keep: Callable[[Seen], None], others: Mapping[int, Any] | None = None, places: bool = False) -> Any:
        """The result of one run, in which `others` stand for objects in the batch; `keep` is given every kernel.

        Raises CannotCopy, and Raised with the model's own error as its cause.
        """
        model: nn.Module = self._copy()
        calm(model)
        memo = {id(one): tensor_copy(one) for one in self._tensors} | dict(others or {})
        args, kwargs = self._arguments(memo)
        self.generators.restore()
        torch.set_grad_enabled(self.grad)
        try:
            with Watching(model, keep, places):
                return self.call(model, Way(args, kwargs, self.way.text))
        except CannotCopy:
            raise
        except Exception as error:
            raise Raised from error


@dataclass
class Baseline:
    """What the unchanged batch gives: results and kernels, and whether a second run gives the same."""

    run: Run
    output: outputs.Values
    again: outputs.Values
    noisy: frozenset[int]  # kernels whose input is another in an equal run


def baseline(subject: Subject) -> Baseline:
    """Run twice without a change. Raises CannotCopy and Raised."""
    run = Run()
    first = outputs.values(subject.run(run.seen.append, places=True))
    second = Comparison(run)
    again = outputs.values(subject.run(second.take))
    noisy = {i for i, (x, states) in enumerate(second.masks) if x is None or states is None or x.any() or states.any()}
    noisy |= set(range(len(second.masks), len(run.seen)))
    return Baseline(run, first, again, frozenset(noisy))


class Comparison:
    """Holds the kernels of a run against those of another; a pair of None where they are not the same calls."""

    def __init__(self, reference: Run) -> None:
        self._reference = reference.seen
        self.masks: list[tuple[torch.Tensor | None, torch.Tensor | None]] = []
        self._astray = False

    def take(self, after: Seen) -> None:
        """The next kernel."""
        i = len(self.masks)
        if i >= len(self._reference) or not self._reference[i].same_form(after):
            self._astray = True
        if self._astray:
            self.masks.append((None, None))
            return
        before = self._reference[i]
        self.masks.append((patterns.moved_steps(before, after), patterns.moved_states(before, after)))


@dataclass
class Layer:
    """One kernel of one module at one place of the program: how samples lie in its calls."""

    seen: Seen
    calls: int
    pattern: Pattern


@dataclass
class Study:
    """What changing samples along one axis of one leaf shows."""

    leaf: Leaf
    axis: int
    count: int
    samples: tuple[int, ...]
    layers: list[Layer]
    results: list[outputs.Output]
    dead: tuple[int, ...]  # samples that moved no result

    @property
    def reached(self) -> bool:
        """Whether anything moved at all."""
        return len(self.dead) < len(self.samples)

    @property
    def sound(self) -> bool:
        """Whether everything agrees that samples lie along this axis: layers and results keep them apart, none dead."""
        layers = all(layer.pattern.verdict in ("ok", "untouched") for layer in self.layers)
        results = all(result.verdict in ("ok", "scalar", "not moved", "unknown") for result in self.results)
        told = any(result.verdict in ("ok", "scalar") for result in self.results)
        seen = any(layer.pattern.verdict == "ok" for layer in self.layers)
        return layers and results and told and seen and not self.dead


def study(subject: Subject, base: Baseline, leaf: Leaf, axis: int, count: int) -> Study | None:
    """Change some samples, one at a time; None where they cannot be changed. Raises CannotCopy and Raised."""
    runs: dict[int, outputs.Values] = {}
    compared: dict[int, Comparison] = {}
    for sample in dict.fromkeys((count // 2, count - 1, 0)):
        others = changed(leaf, axis, sample)
        if not others:
            continue
        comparison = Comparison(base.run)
        runs[sample] = outputs.values(subject.run(comparison.take, others))
        compared[sample] = comparison
    if len(runs) < 2:
        return None
    results = outputs.compared(base.output, base.again, runs, count)
    moving = {j for result in results if result.moved for j, rows in result.moved.items() if rows}
    moving |= {j for j, run in runs.items() for result in results if result.moved is None and _moved(base, run, result)}
    dead = tuple(j for j in runs if j not in moving)
    return Study(leaf, axis, count, tuple(runs), _layers(base, compared, count, _length(leaf, axis)), results, dead)


def _moved(base: Baseline, run: outputs.Values, result: outputs.Output) -> bool:
    before, after = base.output[result.path], run.get(result.path)
    if after is None or after.shape != before.shape:
        return True
    return bool(patterns.differs(before, after).any())


def _length(leaf: Leaf, axis: int) -> int:
    """How long the other of the first two axes is; 0 where there is none."""
    shape = leaf.shape
    return shape[1 - axis] if axis < 2 <= len(shape) and not leaf.is_sequence else 0


def _layers(base: Baseline, compared: Mapping[int, Comparison], count: int, length: int) -> list[Layer]:
    moved = []
    for i, seen in enumerate(base.run.seen):
        one = Moved(seen, noise=i in base.noisy)
        for sample, comparison in compared.items():
            x, states = comparison.masks[i] if i < len(comparison.masks) else (None, None)
            if x is None or states is None:
                one.diverged = True
            else:
                one.x[sample], one.states[sample] = x, states
        moved.append(one)
    found = []
    key = _group
    order = {group: i for i, group in reversed(list(enumerate(key(one) for one in moved)))}
    for _, calls in groupby(sorted(moved, key=lambda one: order[key(one)]), key=key):
        found.append(_layer(list(calls), count, length))
    return found


def _group(moved: Moved) -> tuple[Any, ...]:
    return moved.seen.path, moved.seen.kind, moved.seen.form == "cell", moved.seen.site


def _layer(calls: list[Moved], count: int, length: int) -> Layer:
    loop = patterns.of_loop(calls, count) if calls[0].seen.form == "cell" else None
    each = [(patterns.of_call(call, count, length), call.seen) for call in calls]
    pattern = loop or patterns.worst(pattern for pattern, _ in each)
    seen = next((seen for one, seen in each if one is pattern), calls[0].seen)
    return Layer(seen, len(calls), pattern)
