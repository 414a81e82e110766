"""Calls that would not raise but end the interpreter: torch reads past the end of a state or of the weights.

Read off torch 2.13 on a CPU, in children (tests/runtime/test_crashes.py). With a packed input of equal lengths oneDNN
takes the sizes of the states from the input; without, the rows of c_0 are counted by those of h_0; LSTMCell takes the
batch of a 1-D input from the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import describe

_FUSED = ("torch.float32", "torch.bfloat16")


def need(module: nn.Module, input: Any, rows: Sequence[tuple[Need, str]]) -> Need | None:
    """The need whose violation lets torch read memory that is not its own; None where it would only raise or go on."""
    kind, weight = describe.kind_of(module), describe.weight_of(module)
    if weight is None or weight.device.type != "cpu":
        return None
    unmet = [row for row, verdict in rows if verdict == "never" and row.detail.get("outcome") == "undefined"]
    if kind == "LSTMCell":
        return next((one for one in unmet if one.what == "state.rank"), None)
    if kind != "LSTM" or not isinstance(input, PackedSequence) or not unmet:
        return None
    sizes = input.batch_sizes
    equal = bool(sizes[0] == sizes[-1])
    if equal and str(weight.dtype) in _FUSED and not module.__dict__.get("proj_size"):
        return next((one for one in unmet if _read_past(one)), None)
    counts = {row.subject: row for row, _ in rows if row.what == "state.layers"}
    h_0, c_0 = counts.get("h_0"), counts.get("c_0")
    if h_0 is not None and c_0 is not None and h_0.got > c_0.got:
        return c_0 if c_0 in unmet else h_0
    return None


def _read_past(one: Need) -> bool:
    if one.what == "state.batch":
        return bool(one.got < one.want)
    return one.what == "input.features" and bool(one.got > one.want)


def words(one: Need, rows: Sequence[tuple[Need, str]]) -> str:
    """What torch says of such a mistake where it looks."""
    if one.what == "input.features":
        return f"input.size(-1) must be equal to input_size. Expected {one.want}, got {one.got}"
    if one.what == "state.rank":
        return f"Expected {one.subject} to be {one.want}D for a {one.want}D input, got {one.got}D"
    axes = {row.axis: row for row, _ in rows if row.subject == one.subject and row.axis is not None}
    want, got = (tuple(getattr(axes[axis], side) for axis in sorted(axes)) for side in ("want", "got"))
    return f"Expected hidden[{('h_0', 'c_0').index(one.subject)}] size {want}, got {list(got)}"
