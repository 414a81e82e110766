"""A difference of predictions (N, 1) and targets (N,): each prediction meets every target."""

from __future__ import annotations

from lstmcheck.contract.needs import Need
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.torch_ops.common import equal
from lstmcheck.infer.values import Layer, Tensor, Value


def predicted(layer: Layer, result: Value) -> None:
    """Note that a linear layer of one output made this."""
    if isinstance(result, Tensor) and result.shape.rank == 2 and result.shape.left[1] == 1:
        result.state["column"] = layer


def subtracted(m: Machine, a: Value, b: Value) -> None:
    """Look at `a - b`: one of them as a linear layer left it, the other a vector of as many numbers."""
    if m.muted or not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return
    column, row = (a, b) if "column" in a.state else (b, a)
    if "column" not in column.state or column.shape.rank != 2 or row.shape.rank != 1:
        return
    count = column.shape.left[0]
    if equal(count, row.shape.left[0], m) and not equal(count, 1, m):
        need = Need("silent.difference", column.shape.left, row.shape.left, "never", "the difference")
        m.report(need, m.here(), (), None)
