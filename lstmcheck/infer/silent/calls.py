"""Every call of a recurrent layer, as the modules of this package want to see it."""

from __future__ import annotations

from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import (
    inside_forward,
    layout,
    random_state,
    shared,
    shuffled,
    steps,
    truncated,
    unpacking,
    unused,
)
from lstmcheck.infer.values import Layer, Site, Value


def called(m: Machine, layer: Layer, value: Value, hx: Value, result: Value, site: Site) -> None:
    """Look at one call `result = layer(value, hx)`."""
    layout.called(m, layer, value, hx, result)
    if m.muted:
        return
    unpacking.crossed(m, layer, hx, site)
    unpacking.fed(m, layer, value, site)
    random_state.called(m, layer, hx, site)
    inside_forward.called(m, layer, site)
    steps.called(m, layer, value, hx, result, site)
    shared.called(m, layer, value, hx, result, site)
    shuffled.called(m, layer, hx, site)
    truncated.called(m, layer, hx, site)
    unused.called(m, layer, hx, site)
