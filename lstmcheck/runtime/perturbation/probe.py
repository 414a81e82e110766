"""A probe from the batch to the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from lstmcheck.findings import Location
from lstmcheck.runtime.perturbation import outputs, verdicts
from lstmcheck.runtime.perturbation.batches import (
    Layout,
    Leaf,
    Told,
    Way,
    candidates,
    is_ragged,
    layout,
    leaves,
    named,
    ways,
)
from lstmcheck.runtime.perturbation.copies import CannotCopy
from lstmcheck.runtime.perturbation.replay import Generators, undisturbed
from lstmcheck.runtime.perturbation.result import ProbeResult
from lstmcheck.runtime.perturbation.study import Baseline, Raised, Study, Subject, baseline, study
from lstmcheck.runtime.perturbation.verdicts import Case, Judge
from lstmcheck.runtime.records import RECORDS

Call = Callable[[nn.Module, Any], Any]


class Unprobed(Exception):
    """A model or batch that cannot be probed; the text says why."""


def probe(
    model: nn.Module,
    batch: Any,
    judge: Judge,
    *,
    kwargs: Mapping[str, Any] | None = None,
    call: Call | None = None,
    told: Told | None = None,
) -> ProbeResult:
    """Change samples of a batch one at a time and look at what moves; nothing of the model or batch is touched.

    `kwargs` are further keyword arguments of the model. `call` runs the model where a batch is not simply its
    arguments: it is given (copies of) the model and the batch. `told` is what is known of the batch's samples. Raises
    TypeError when the model is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"probe needs a torch.nn.Module, not {type(model).__name__}")
    inner = unwrapped(model)
    told = told or Told()
    with undisturbed() as generators:
        try:
            if isinstance(batch, torch.utils.data.DataLoader):
                batch, told = _first_batch(batch, told)
            if call is not None:
                own = call
                given = [Way((batch,), {}, "call(model, batch)")]
                return _probed(inner, batch, given, judge, generators, told, lambda m, way: own(m, *way.args))
            return _probed(inner, batch, ways(inner, batch, kwargs or {}), judge, generators, told, _plain)
        except (CannotCopy, Unprobed) as error:
            return ProbeResult("unknown", str(error))


def probe_call(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], judge: Judge, told: Told | None = None
) -> ProbeResult:
    """The same for a call that is about to happen, with its very arguments."""
    inner = unwrapped(model)
    with undisturbed() as generators:
        try:
            given = [Way(args, dict(kwargs), "the call's own arguments")]
            return _probed(inner, (args, dict(kwargs)), given, judge, generators, told or Told(), _plain)
        except (CannotCopy, Unprobed) as error:
            return ProbeResult("unknown", str(error))


def unwrapped(model: nn.Module) -> nn.Module:
    """The user's own module inside DataParallel, DistributedDataParallel and torch.compile."""
    while True:
        wraps = isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel))
        inner = getattr(model, "module" if wraps else "_orig_mod", None)
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def _plain(model: nn.Module, way: Way) -> Any:
    return model(*way.args, **way.kwargs)


def _first_batch(loader: Any, told: Told) -> tuple[Any, Told]:
    """The first batch of a DataLoader, and what the loader says of it."""
    iterator = iter(loader)
    batch = next(iterator, None)
    if batch is None:
        raise Unprobed("the DataLoader is empty")
    from torch.utils.data import RandomSampler, default_collate

    size = getattr(loader, "batch_size", None)
    if size is not None and hasattr(loader.dataset, "__len__"):
        size = min(size, len(loader.dataset))
    return batch, Told(
        axis=told.axis,
        size=told.size,
        loader=size,
        stacked=loader.collate_fn is default_collate,
        shuffled=isinstance(getattr(loader, "sampler", None), RandomSampler),
    )


def _probed(
    model: nn.Module,
    batch: Any,
    given: list[Way],
    judge: Judge,
    generators: Generators,
    told: Told,
    run: Callable[[nn.Module, Way], Any],
) -> ProbeResult:
    _refuse(model)
    subject, base = _started(model, given, generators, run)
    arguments = named(model, subject.way) if run is _plain else list(leaves(batch, "batch"))
    where = layout([*arguments, *_others(batch, arguments)], told)
    if where is None:
        raise Unprobed("the batch holds no tensor with an axis of samples (one of ids or numbers, two axes or more)")
    if where.count < 2:
        raise Unprobed(f"there is one sample in the batch ({where.text}), two are needed")
    found = _studied(subject, base, arguments, where)
    other = _other(subject, base, found, where)
    graded = outputs.is_graded(base.output)
    case = Case(model, where, found, other, graded, judge, _made)
    return verdicts.conclude(case, _changed(found, where), _notes(subject, base))


def _refuse(model: nn.Module) -> None:
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_meta:
            raise Unprobed("the model is on the meta device, where nothing is computed")
        if type(tensor).__name__ == "DTensor" or hasattr(tensor, "_is_sharded"):
            raise Unprobed("the model is sharded over processes: probe it before it is wrapped")


def _started(
    model: nn.Module, given: list[Way], generators: Generators, run: Callable[[nn.Module, Way], Any]
) -> tuple[Subject, Baseline]:
    """The first way to call the model that it takes, with the unchanged runs. Raises Unprobed."""
    told: dict[str, str] = {}
    for way in given:
        subject = Subject(model, way, run, generators)
        try:
            return subject, baseline(subject)
        except Raised as raised:
            error = raised.__cause__
            lines = str(error).strip().splitlines() or [""]
            told[way.text] = f"{way.text} raises {type(error).__name__}: {lines[0][:200]}"
    # a tuple that is given whole where its parts are meant says nothing
    raise Unprobed(next((text for way, text in told.items() if way != "model(batch)"), "".join(told.values())))


def _others(batch: Any, arguments: list[Leaf]) -> Iterator[Leaf]:
    """What stands in the batch and is not given to the model: labels tell how many samples there are."""
    known = {id(leaf.value) for leaf in arguments}
    parts = batch if isinstance(batch, list) and is_ragged(batch) and not _whole(batch, arguments) else [batch]
    for i, part in enumerate(parts):
        label = "batch" if part is batch else f"batch[{i}]"
        yield from (leaf for leaf in leaves(part, label) if id(leaf.value) not in known)


def _whole(batch: Any, arguments: list[Leaf]) -> bool:
    return any(leaf.value is batch for leaf in arguments)


def _studied(subject: Subject, base: Baseline, arguments: list[Leaf], where: Layout) -> Study:
    """What the first leaf shows whose samples reach a result. Raises Unprobed."""
    first: Study | None = None
    raised: BaseException | None = None
    for leaf in candidates(arguments, where):
        axis = where.axis_of(leaf)
        if axis is None:
            continue
        try:
            found = study(subject, base, leaf, axis, where.count)
        except Raised as error:
            raised = error.__cause__
            continue
        if found is not None and found.reached:
            return found
        first = first or found
    if first is not None:
        return first
    if raised is not None:
        raise Unprobed(f"with a changed sample the model raises {type(raised).__name__}: {raised}")
    raise Unprobed("no sample can be changed: the batch holds too few different values")


def _other(subject: Subject, base: Baseline, found: Study, where: Layout) -> Study | None:
    """Where it matters and nothing says which of the first two axes holds the samples: a study along the other."""
    shape = found.leaf.shape
    if found.leaf.is_sequence or found.axis > 1 or len(shape) < 2 or not verdicts.is_disputed(where, found):
        return None
    axis = 1 - found.axis
    if shape[axis] < 2:
        return None
    try:
        return study(subject, base, found.leaf, axis, shape[axis])
    except Raised:
        return None


def _changed(found: Study, where: Layout) -> str:
    samples = ", ".join(map(str, found.samples))
    if found.leaf.is_sequence:
        return f"sample {samples} of {found.leaf.label}, one at a time"
    how = "" if where.how == "given" else f" ({where.text})"
    shape = found.leaf.shape
    return f"sample {samples} of {found.leaf.label} {shape}, one at a time; samples lie along axis {found.axis}{how}"


def _notes(subject: Subject, base: Baseline) -> list[str]:
    notes = [f"called as {subject.way.text}"]
    if any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in subject.model.modules()):
        notes.append("batch normalisation used running statistics")
    if not base.run.seen:
        notes.append("no recurrent layer of torch ran (scripted modules and cells of one's own are not seen)")
    return notes


def _made(module: nn.Module) -> Location | None:
    """Where a module was constructed, if a trace saw it."""
    record = RECORDS.get(id(module))
    return record.made if record is not None else None
