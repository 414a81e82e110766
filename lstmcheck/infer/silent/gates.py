"""Gate biases that are set by hand: which part of which bias a program writes to.

A bias of an LSTM is (4 * hidden,), its gates in the order i, f, g, o. A view of one carries where it starts and ends.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lstmcheck import words
from lstmcheck.contract import weights
from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim, Poly, Verdict, bounds, compare, floordiv
from lstmcheck.frozen import identified
from lstmcheck.infer.joins import is_dim, settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.torch_ops.common import equal
from lstmcheck.infer.values import Layer, Site, Slice, Tensor, Unknown, Value
from lstmcheck.source.parse import SourceFile

GATES = {"LSTM": ("input", "forget", "cell", "output"), "GRU": ("reset", "update", "new")}


@identified
class View:
    """A part of a layer's bias."""

    layer: Layer
    name: str
    start: Dim
    stop: Dim

    @property
    def kind(self) -> str:
        return self.layer.kind.rpartition(".")[2].removesuffix("Cell")


def of_bias(layer: Layer, name: str, tensor: Tensor) -> Tensor:
    """Mark a tensor as the bias of a layer."""
    if name.startswith("bias_") and tensor.shape.rank == 1:
        tensor.state["view"] = View(layer, name, 0, tensor.shape.left[0])
    return tensor


def view_of(value: Value) -> View | None:
    """The part of a bias that a value is."""
    return value.state.get("view") if isinstance(value, Tensor) else None


def narrowed(m: Machine, whole: Value, key: Value, part: Value) -> None:
    """Mark `whole[start:stop]` as the part of the bias that it is."""
    view = view_of(whole)
    if view is None or not isinstance(part, Tensor) or not isinstance(key, Slice) or key.step is not None:
        return
    size = view.stop - view.start
    start = 0 if key.lower is None else m.dim(key.lower)
    stop = size if key.upper is None else m.dim(key.upper)
    if start is None or stop is None:
        return
    start, stop = _from_end(start, size), _from_end(stop, size)
    part.state["view"] = View(view.layer, view.name, view.start + start, view.start + stop)


def _from_end(bound: Dim, size: Dim) -> Dim:
    negative = isinstance(bound, int) and bound < 0
    if isinstance(bound, Poly):
        return bound if compare(bound, 0).verdict is not Verdict.NE or _positive(bound) else size + bound
    return size + bound if negative else bound


def _positive(bound: Poly) -> bool:
    low, _ = bounds(bound)
    return low is not None and low >= 0


def split(whole: Value, parts: Sequence[Tensor], sizes: Sequence[Dim]) -> None:
    """Mark the parts of `bias.chunk(4)` or `bias.split(hidden)`."""
    view = view_of(whole)
    if view is None:
        return
    start = view.start
    for part, size in zip(parts, sizes):
        part.state["view"] = View(view.layer, view.name, start, start + size)
        start = start + size


# functions of torch.nn.init that write one number, with the number that each writes by itself
INITS: dict[str, Value] = {"torch.nn.init.constant_": None, "torch.nn.init.ones_": 1.0}


@identified
class Write:
    """One number written to a part of a bias; `heard` where findings count.

    `counted` says that it stands in a loop of its function all of whose rounds are known.
    """

    view: View
    gate: str | None
    value: Value
    site: Site
    heard: bool
    counted: bool


def written(m: Machine, target: Value, value: Value, site: Site) -> None:
    """Note a write of one number to a part of a bias."""
    view = view_of(target)
    if view is None or view.kind not in GATES or _is_whole(m, view):
        return
    around = [run.whole for run in m.loops if run.frame is m.frame]
    counted = bool(around) and all(around)
    write = Write(view, _gate(m, view), settle(value, m.facts), site, not m.muted, counted)
    m.gate_writes.setdefault(scopes.scope_of(m), []).append(write)


def initialised(m: Machine, path: str, given: list[Value]) -> None:
    """`torch.nn.init.constant_(tensor, value)` and the like."""
    if 0 < len(given) <= 2 and m.node is not None:
        written(m, given[0], given[1] if len(given) == 2 else INITS[path], m.here())


def finish(m: Machine, scope: ast.AST) -> None:
    """Judge what a function has written, when it ends: gates that open together are set in any order."""
    writes: list[Write] = m.gate_writes.pop(scope, [])
    forget = [write for write in writes if write.gate == "forget"]
    told: set[tuple[int, str | None]] = set()
    for write in writes:
        # one place may write to the biases of several layers
        place = (id(write.site.node), write.gate)
        if not write.heard or not _means_one(write.value) or place in told:
            continue
        if write.view.kind == "LSTM":
            beside = [other for other in forget if _same_bias(write, other)]
            wrong = write.gate not in (None, "forget") and not any(_means_one(other.value) for other in beside)
            wrong = wrong and ((not beside and _is_one(write.value)) or _speaks_of_forget(scope, write.site))
        else:
            wrong = _is_quarter(m, write.view)
        if wrong:
            told.add(place)
            detail = {"gate": write.gate, "kind": write.view.kind, "bias": write.view.name}
            m.report(_need(detail), write.site, (), write.view.layer)
    _partial(m, scope, [write for write in forget if write.heard and _means_one(write.value)])


def _same_bias(a: Write, b: Write) -> bool:
    return a.view.name == b.view.name and a.view.layer is b.view.layer


def _partial(m: Machine, scope: ast.AST, forget: list[Write]) -> None:
    """The forget gate of the first row of layers alone, where the file names no other one."""
    if not forget or any(write.view.layer is not forget[0].view.layer for write in forget):
        return
    layer = forget[0].view.layer
    try:
        names = [weight.name for weight in weights.weights(layer.config)]  # type: ignore[arg-type]
    except weights.OpenStructure:
        return
    rows = {name.removeprefix("bias_ih").removeprefix("bias_hh") for name in names if name.startswith("bias_")}
    covered = {write.view.name[len("bias_ih") :] for write in forget}
    missing = sorted(rows - covered)
    site = forget[0].site
    if not missing or b"_all_weights" in site.file.data or _walks_biases(site.file):
        return
    text = site.file.segment(scope) if not isinstance(scope, ast.Module) else "\n".join(site.file.lines)
    if ("getattr" in text and not all(write.counted for write in forget)) or any(
        row.removeprefix("_") in text for row in missing
    ):
        return
    detail = {"missing": tuple(f"bias_hh{row}" for row in missing), "bias": forget[0].view.name, "gate": "forget"}
    m.report(_need(detail), site, (), layer)


def _walks_biases(file: SourceFile) -> bool:
    """Whether a file says `named_parameters`, other than in a loop that has nothing to do with biases."""
    count = file.data.count(b"named_parameters")
    if not count:
        return False
    texts = [file.segment(loop) for loop in scopes.of_kind(file.tree, ast.For)]
    return sum("named_parameters" in text and "bias" not in text for text in texts) < count


def _need(detail: dict[str, Any]) -> Need:
    return Need("silent.forget_bias", detail["gate"], "forget", "never", detail["bias"], detail=detail)


def _gate(m: Machine, view: View) -> str | None:
    """The gate that a view is exactly."""
    hidden: Any = view.layer.config.hidden_size  # type: ignore[union-attr]
    for i, name in enumerate(GATES[view.kind]):
        if equal(view.start, hidden * i, m) and equal(view.stop, hidden * (i + 1), m):
            return name
    return None


def _is_whole(m: Machine, view: View) -> bool:
    gates = len(GATES[view.kind])
    hidden: Any = view.layer.config.hidden_size  # type: ignore[union-attr]
    return equal(view.start, 0, m) and equal(view.stop, hidden * gates, m)


def _is_quarter(m: Machine, view: View) -> bool:
    """Whether a view of a GRU's bias is the second quarter of it: what the forget gate is in an LSTM."""
    hidden: Any = view.layer.config.hidden_size  # type: ignore[union-attr]
    size = hidden * 3
    return equal(view.start, floordiv(size, 4), m) and equal(view.stop, floordiv(size, 2), m)


def _is_one(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value in (1, 1.0)


def _means_one(value: Value) -> bool:
    """Whether a written number may be the positive one with which a forget gate starts: no zero, no negative."""
    if isinstance(value, (int, float)):
        return value > 0
    return is_dim(value) or isinstance(value, Unknown)


def _speaks_of_forget(scope: ast.AST, site: Site) -> bool:
    """Whether the function's source says "forget": its name, a comment, a name in it."""
    return words.says_forget(site.file.segment(scope)) if not isinstance(scope, ast.Module) else _near(site)


def _near(site: Site) -> bool:
    line = getattr(site.node, "lineno", 1)
    return words.says_forget("\n".join(site.file.lines[max(line - 4, 0) : line]))
