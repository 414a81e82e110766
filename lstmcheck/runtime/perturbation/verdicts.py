"""From what moved to a verdict and findings: only what a recurrent layer is proved to do is a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Finding, Location, Related, Violation
from lstmcheck.runtime import describe, owners
from lstmcheck.runtime.perturbation.batches import Layout
from lstmcheck.runtime.perturbation.result import ProbedLayer, ProbeResult, Verdict
from lstmcheck.runtime.perturbation.study import Layer, Study

Judge = Callable[[Violation], "Finding | None"]
_NOWHERE = Location("<unknown>", 1, 1, 1, 1)
_PROVED = ("swapped", "scrambled", "scrambled state")


@dataclass
class Case:
    """Everything a verdict rests on. `other` is the study along the other axis that may hold the samples, if made."""

    model: nn.Module
    layout: Layout
    study: Study
    other: Study | None
    graded: bool
    judge: Judge
    made: Callable[[nn.Module], Location | None]


def is_disputed(layout: Layout, study: Study) -> bool:
    """Whether the verdict hangs on which axis holds the samples, and nothing said so."""
    return layout.how == "assumed" and any(layer.pattern.verdict in _PROVED for layer in study.layers)


def conclude(case: Case, changed: str, notes: Sequence[str]) -> ProbeResult:
    """The result of a probe."""
    study = case.study
    doubt = _doubt(case)
    reported = [] if doubt else [layer for layer in study.layers if _is_reported(case, layer)]
    findings = tuple(dict.fromkeys(found for layer in reported if (found := _finding(case, layer)) is not None))
    verdict, reason = _verdict(case, reported, doubt)
    return ProbeResult(
        verdict=verdict,
        reason=reason,
        findings=findings,
        layers=tuple(_probed(case, layer) for layer in study.layers),
        outputs=tuple(study.results),
        samples=study.samples,
        changed=changed,
        notes=tuple(notes),
    )


# What is proved


def _doubt(case: Case) -> str:
    """Why what looks like swapped axes is none for sure; empty where it is sure."""
    study, layout = case.study, case.layout
    if not is_disputed(layout, study):
        return ""
    sizes = study.leaf.shape
    first, second = sizes[study.axis], sizes[1 - study.axis]
    if first != second:
        leading = {size for result in study.results for size in result.shape[: max(1, len(result.shape) - 1)]}
        if first in leading and second not in leading:
            return ""
        against = second in leading and first not in leading
    else:
        against = False
    if not against and (case.other is None or not case.other.sound):
        return ""
    return (
        f"samples are kept apart along axis {1 - study.axis} of {study.leaf.label}, not along axis {study.axis}: right "
        f"if they lie along axis {1 - study.axis}, else the layer reads the axes the wrong way round; "
        f"batch_dim={study.axis} or batch_dim={1 - study.axis} says which"
    )


def _is_reported(case: Case, layer: Layer) -> bool:
    verdict, layout = layer.pattern.verdict, case.layout
    if verdict in ("scrambled", "scrambled state"):
        return True
    # what a loader gives without shuffling may be a stream, whose state is carried on
    streams = layout.loader and not layout.shuffled and any(bool(state.any()) for state in layer.seen.states)
    if verdict == "swapped":
        return not streams
    return verdict == "sequence" and (layout.how == "given" or (layout.loader and layout.shuffled))


def _finding(case: Case, layer: Layer) -> Finding | None:
    seen = layer.seen
    need = _need(case, layer)
    site = seen.pack[0] if need.what == "silent.pack_layout" and seen.pack is not None else seen.site
    made = _made(case, seen.path)
    sources = (Related(made, f"{seen.kind} made here"),) if made is not None else ()
    return case.judge(Violation(need, site or made or _NOWHERE, (), sources, _described(case, layer)))


def _need(case: Case, layer: Layer) -> Need:
    seen, pattern, count = layer.seen, layer.pattern, case.study.count
    detail: dict[str, Any]
    if pattern.verdict == "scrambled":
        shape = seen.shape
        steps = shape[0] * shape[1] // count
        detail = _view((count, steps, *shape[2:]), shape, "time")
        return Need("silent.scrambled", None, None, "never", "view", detail=detail)
    if pattern.verdict == "scrambled state":
        rows, samples, *rest = seen.states[0].shape
        detail = _view((samples, rows, *rest), (rows, samples, *rest), "rows")
        return Need("silent.scrambled", None, None, "never", "view", detail=detail)
    text = f"when sample {pattern.sample} of {case.study.leaf.label} is changed, {_only(pattern.block)}"
    if seen.form == "cell":
        detail = {"is": "batch", "text": f"{text}, and its state goes on to sample {pattern.sample + 1}"}
        return Need("silent.cell_axis", None, None, "never", "input", detail={**detail, "picked": True})
    if seen.form == "unbatched":
        detail = {"text": text, "merged": len(pattern.block) > 1}
        return Need("silent.no_time_axis", None, None, "never", "input", detail=detail)
    batch_first = seen.pack[1] if seen.pack is not None else seen.batch_axis == 0
    detail = {"is": "batch", "text": text, "batch_first": batch_first}
    if seen.form == "packed":
        return Need("silent.pack_layout", None, None, "never", "input", detail=detail)
    detail |= {"axis": 1 - seen.batch_axis, "read": "time"}
    return Need("silent.layout", None, None, "never", "input", detail=detail)


def _only(block: tuple[int, ...]) -> str:
    if len(block) == 1:
        return f"only index {block[0]} of it moves"
    listed = ", ".join(map(str, block[:6]))
    return f"only indices {listed}{', ...' if len(block) > 6 else ''} of it move"


def _view(before: tuple[int, ...], after: tuple[int, ...], other: str) -> dict[str, Any]:
    return {
        "from": before,
        "to": after,
        "kinds": ("batch", other, "features"),
        "blocking": 0,
        "wanted": 1,
        "target": 0,
        "rows": False,
    }


# What is told


def _verdict(case: Case, reported: Sequence[Layer], doubt: str) -> tuple[Verdict, str]:
    study = case.study
    label = study.leaf.label
    if reported:
        layer = reported[0]
        name = layer.seen.path or layer.seen.kind
        if layer.pattern.verdict.startswith("scrambled"):
            return "mixed", f"a view mixes samples up before {name}"
        return "swapped", f"samples lie along the time axis of {name}"
    if doubt:
        return "unknown", doubt
    proved = [layer for layer in study.layers if layer.pattern.verdict in ("swapped", "sequence")]
    if proved:
        name, axis = proved[0].seen.path or proved[0].seen.kind, case.layout.axis
        return "unknown", (
            f"{name} takes axis {axis} of {label} as the steps of one sequence or stream: wrong if samples lie along "
            f"it, which batch_dim={axis} says"
        )
    if not study.reached and not case.graded:
        return "unknown", "no result moved, and results are choices, in which a small change need not show"
    if study.dead:
        dead = ", ".join(map(str, study.dead))
        alive = [str(j) for j in study.samples if j not in study.dead]
        rest = f"; sample {', '.join(alive)} does" if alive else ""
        return "dead", f"no result moves when sample {dead} of {label} is changed{rest}"
    return _mixed(study) or _unclear(study) or ("ok", "samples are kept apart")


def _mixed(study: Study) -> tuple[Verdict, str] | None:
    layer = next((layer for layer in study.layers if layer.pattern.verdict == "mixed"), None)
    if layer is not None:
        name = layer.seen.path or layer.seen.kind
        return "mixed", f"what {name} is given already mixes samples; that may be meant, and no finding says otherwise"
    results = [result for result in study.results if result.verdict in ("mixed", "no sample axis")]
    if results:
        first = results[0]
        how = "mixes samples" if first.verdict == "mixed" else f"has no axis of {study.count} samples"
        return "mixed", f"{first.path} {how}, after layers that keep them apart; that may be meant"
    return None


def _unclear(study: Study) -> tuple[Verdict, str] | None:
    if any(layer.pattern.verdict == "unknown" for layer in study.layers):
        return "unknown", "which layers are called, or with which sizes, depends on the data or is not repeatable"
    if any(result.verdict == "unknown" for result in study.results):
        return "unknown", "the sizes of results depend on the data, or equal runs differ"
    return None


_TOLD = {
    "ok": "ok: each sample has a batch entry of its own",
    "swapped": "swapped: samples are the steps",
    "sequence": "reads the samples as the steps of one sequence",
    "scrambled": "scrambled: samples are cut up over batch and time",
    "scrambled state": "its state is scrambled: samples are cut up over rows and batch",
    "mixed": "its input or state mixes samples",
    "untouched": "nothing that was changed comes here",
    "unknown": "unknown: other calls in equal or changed runs",
}


def _probed(case: Case, layer: Layer) -> ProbedLayer:
    seen = layer.seen
    return ProbedLayer(
        path=seen.path,
        text=_described(case, layer)["text"],
        verdict=layer.pattern.verdict,
        told=_TOLD[layer.pattern.verdict],
        calls=layer.calls,
        shape=seen.shape,
        made=_made(case, seen.path),
        called=seen.site,
    )


def _module(case: Case, path: str) -> nn.Module | None:
    try:
        return case.model.get_submodule(path)
    except AttributeError:  # a module that forward makes
        return None


def _made(case: Case, path: str) -> Location | None:
    module = _module(case, path)
    if module is None:
        return None
    return case.made(module) or owners.assigned(case.model, path)


def _described(case: Case, layer: Layer) -> dict[str, Any]:
    """The layer in the words of a message."""
    module = _module(case, layer.seen.path)
    kind = layer.seen.kind
    if module is None or describe.kind_of(module) not in describe.CLASSES:
        return {"kind": kind, "text": kind if module is None else type(module).__name__, "config": None}
    return {"kind": kind, "text": repr(module), "config": describe.config_of(module)}
