"""The biases of an LSTM at its first call: whether what was set by hand is the forget gate's.

Weights are drawn or learned: a gate whose biases are all one number was set. Read once a module, on the CPU only.
"""

from __future__ import annotations

import ast
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import Tensor, nn

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Location
from lstmcheck.runtime import graph_lines, sites
from lstmcheck.runtime.history import Caller
from lstmcheck.runtime.model import Call
from lstmcheck.runtime.probing import Probe

GATES = ("input", "forget", "cell", "output")

_read: weakref.WeakSet[nn.Module] = weakref.WeakSet()


class _Bias(NamedTuple):
    """A bias by name: what number each quarter of it is throughout, None for a quarter of several."""

    name: str
    quarters: tuple[float | None, ...]


def _before(call: Call) -> None:
    module = call.module
    if module in _read or not call.kind.startswith(("LSTM", "GRU")):
        return
    _read.add(module)
    biases = [_Bias(name, _quarters(bias)) for name, bias in _biases(module)]
    if call.kind.startswith("GRU"):
        for bias, tensor in _biases(module):
            if _cuts_across(tensor):
                _tell(call, bias, None)
                return
        return
    opened = [bias for bias in biases if bias.quarters[1:2] and _is_open(bias.quarters[1])]
    for one in biases:
        wrong = _alone(one)
        if wrong is not None and not any(_row(other.name) == _row(one.name) for other in opened):
            _tell(call, one.name, GATES[wrong])
            return
    rows = sorted({_row(bias.name) for bias in biases} - {_row(bias.name) for bias in opened})
    if opened and rows and all(_is_alone(bias) for bias in opened):
        _tell(call, opened[0].name, "forget", tuple(f"bias_hh{row}" for row in rows))


def _biases(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for name, parameter in module.named_parameters(recurse=False):
        if name.startswith("bias_") and parameter.device.type == "cpu" and parameter.numel():
            yield name, parameter.detach()


def _row(name: str) -> str:
    """`_l0_reverse` of `bias_hh_l0_reverse`."""
    return name[len("bias_ih") :]


def _quarters(bias: Tensor) -> tuple[float | None, ...]:
    size = bias.numel() // 4
    if size * 4 != bias.numel() or size < 2:
        return ()
    return tuple(_number(bias[i * size : (i + 1) * size]) for i in range(4))


def _number(part: Tensor) -> float | None:
    first = float(part[0])
    return first if bool((part == first).all()) else None


def _is_open(number: float | None) -> bool:
    return number is not None and number > 0


def _alone(bias: _Bias) -> int | None:
    """The one gate other than the forget gate that was opened, while the others were not."""
    if not bias.quarters:
        return None
    found = [i for i, number in enumerate(bias.quarters) if _is_open(number)]
    if len(found) != 1 or found == [1] or bias.quarters[found[0]] != 1:
        return None
    return found[0]


def _is_alone(bias: _Bias) -> bool:
    return [i for i, number in enumerate(bias.quarters) if _is_open(number)] == [1]


def _cuts_across(bias: Tensor) -> bool:
    """Whether the second of four quarters of three gates is set, from gate to gate, and nothing else."""
    n = bias.numel()
    if n % 3 or n // 4 < 2:
        return False
    part, rest = bias[n // 4 : n // 2], (*bias[: n // 4].tolist(), *bias[n // 2 :].tolist())
    number = _number(part)
    return _is_open(number) and number not in rest


def _tell(call: Call, bias: str, gate: str | None, missing: tuple[str, ...] = ()) -> None:
    detail: dict[str, Any] = {"gate": gate, "kind": call.kind, "bias": bias, "missing": missing}
    need = Need("silent.forget_bias", gate, "forget", "never", bias, detail=detail)
    Caller.of(call).tell(need, where=_written(call.made) or call.made)


def _written(made: Location | None) -> Location | None:
    """Where a part of a tensor is filled with a number, in the file that makes the layer: the nearest such place."""
    path = sites.path_of(made) if made is not None else None
    tree = graph_lines.tree(path) if path is not None else None
    if made is None or path is None or tree is None:
        return None
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.Assign)) and _fills(node)]
    named = [node for node in found if "bias" in ast.unparse(node)] or found
    node = min(named, key=lambda one: (one.lineno < made.line, abs(one.lineno - made.line)), default=None)
    return graph_lines.place(path, node) if node is not None else None


_FILLS = frozenset({"fill_", "constant_", "ones_", "add_", "copy_", "uniform_"})


def _fills(node: ast.Call | ast.Assign) -> bool:
    if isinstance(node, ast.Assign):
        return any(_is_part(target) for target in node.targets) and _is_plain_number(node.value)
    name = graph_lines.dotted(node.func).rpartition(".")[2] or getattr(node.func, "attr", "")
    if name not in _FILLS:
        return False
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return any(_is_part(part) for part in (owner, *node.args[:1]) if part is not None)


def _is_part(node: ast.AST) -> bool:
    """Whether an expression is `x[a:b]`, or `.data` of one."""
    if isinstance(node, ast.Attribute) and node.attr == "data":
        node = node.value
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)


def _is_plain_number(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Name))


PROBE = Probe(name="gates", before=_before, start=_read.clear, stop=_read.clear)
