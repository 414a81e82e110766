"""Layers, calls and counts in words."""

from __future__ import annotations

from typing import Any

from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.report import counted
from lstmcheck.runtime.collected import Collected, Row
from lstmcheck.runtime.layers import Layer
from lstmcheck.runtime.policies import on_ranks


def constructor(layer: Layer) -> str:
    """A layer by its constructor, with what differs from the defaults."""
    config = layer.config
    said = [str(config.input_size), str(config.hidden_size)]
    options: dict[str, tuple[Any, Any]] = {"bias": (bool(config.bias), True)}
    if isinstance(config, RecurrentConfig):
        options = {
            "num_layers": (config.num_layers, 1),
            **options,
            "batch_first": (bool(config.batch_first), False),
            "dropout": (config.dropout, 0.0),
            "bidirectional": (bool(config.bidirectional), False),
            "proj_size": (config.proj_size, 0),
        }
    if layer.kind.startswith("RNN"):
        options["nonlinearity"] = (repr(config.nonlinearity), repr("tanh"))
    said += [f"{name}={value}" for name, (value, default) in options.items() if value != default]
    return f"{layer.kind}({', '.join(said)})"


def made(layer: Layer) -> str:
    """Where a layer was made."""
    return layer.made.place if layer.made is not None else "before the trace"


def shape(layer: Layer, name: str, sizes: tuple[int, ...]) -> str:
    """One tensor with the meaning of its axes: "input (batch 8, seq_len 20, input_size 32)"."""
    axes = layer.axes_of(name, len(sizes)) or ("",) * len(sizes)
    said = ", ".join(f"{axis} {size}".strip() for axis, size in zip(axes, sizes))
    return f"{name} ({said})"


def calls(layer: Layer) -> list[str]:
    """The distinct calls, one text each."""
    found = [", ".join(shape(layer, *item) for item in one.items()) for one in layer.shapes]
    return [*found, "..."] if layer.more_shapes else found


def many(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def seen(row: Row) -> str:
    """How often a finding was made, and by whom; empty where once by the only process."""
    times = f"{row.times:,} times" if row.times > 1 else "once" if row.ranks else ""
    return f"{times}{on_ranks(row.ranks)}"


def summary(report: Collected) -> str:
    """One sentence about the whole."""
    calls = sum(layer.calls for layer in report.layers)
    layers = f"{many(len(report.layers), 'recurrent layer')}, {many(calls, 'call')}"
    return f"{counted(report.findings) or 'nothing found'}: {layers}"
