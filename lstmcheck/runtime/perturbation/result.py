"""What a probe tells: a verdict, findings, and what moved where."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Literal

from lstmcheck.findings import Finding, Location
from lstmcheck.runtime.perturbation.outputs import Output
from lstmcheck.runtime.perturbation.patterns import Verdict as LayerVerdict

Verdict = Literal["ok", "mixed", "swapped", "dead", "unknown"]


@dataclass(frozen=True)
class ProbedLayer:
    """One recurrent layer: how samples lie in what it was given.

    `shape` is the input's as the layer was given it, `made` the place of the construction, `called` that of the call.
    """

    path: str
    text: str
    verdict: LayerVerdict
    told: str
    calls: int = 0
    shape: tuple[int, ...] = ()
    made: Location | None = None
    called: Location | None = None


@dataclass(frozen=True)
class ProbeResult:
    """The result of `lstmcheck.probe`.

    `verdict` is "ok", "mixed" (results of one sample depend on another), "swapped" (proved: samples lie along the time
    axis of a recurrent layer), "dead" (a changed sample moves nothing) or "unknown"; `reason` says why in one sentence.
    Only what a recurrent layer does is a finding. A model may mix samples on purpose: attention over the batch, a loss
    that contrasts samples.
    """

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    layers: tuple[ProbedLayer, ...] = ()
    outputs: tuple[Output, ...] = ()
    samples: tuple[int, ...] = ()
    changed: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether nothing is proved to be wrong: there is no finding."""
        return not self.findings

    def assert_ok(self) -> None:
        """Raise AssertionError that says what was found, when there is a finding."""
        if self.findings:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        lines = [f"{self.verdict}: {self.reason}"]
        if self.changed:
            lines.append(f"  changed  {self.changed}")
        for layer in self.layers:
            places = "; ".join(f"{word} {_place(at)}" for word, at in _places(layer) if at)
            lines.append(f"  layer    {layer.path or '(model)'} = {layer.text}: {layer.told}")
            if places:
                lines.append(f"           {places}")
        lines += [f"  result   {output.path} {output.shape}: {output.text}" for output in self.outputs]
        lines += [f"  note     {note}" for note in self.notes]
        for finding in self.findings:
            lines.append(f"{_place(finding.location)}:{finding.location.column}: {finding.code} {finding.message}")
            if finding.help:
                lines.append(f"  help: {finding.help}")
        return lines

    def _repr_html_(self) -> str:
        rows = [
            (
                "layer",
                layer.path,
                f"{layer.text} {'; '.join(f'{word} {_place(at)}' for word, at in _places(layer) if at)}",
                layer.told,
            )
            for layer in self.layers
        ]
        rows += [("result", output.path, str(output.shape), output.text) for output in self.outputs]
        table = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        found = "".join(
            f"<p><b>{escape(finding.code)}</b> {escape(_place(finding.location))}: {escape(finding.message)}</p>"
            for finding in self.findings
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in (self.changed, *self.notes) if note)
        head = f"<p><b>lstmcheck.probe: {escape(self.verdict)}</b>: {escape(self.reason)}</p>"
        return f"<div>{head}{found}<table>{table}</table>{notes}</div>"


def _places(layer: ProbedLayer) -> tuple[tuple[str, Location | None], ...]:
    return ("made", layer.made), ("called", layer.called)


def _place(where: Location | None) -> str:
    return f"{where.path}:{where.line}" if where is not None else ""
