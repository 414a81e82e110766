"""The last step of a sequence: taken from the batch axis, from padding, or from a direction that has just begun."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, axes_of, padding_place, places
from lstmcheck.infer.meaning.items import Part, is_before, is_last, is_number, is_whole, left_of
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Layer, Slice, Tensor, Unknown, Value
from lstmcheck.words import last_name, says_lengths


def item(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> None:
    """Look at one reading `x[...]`."""
    if m.muted:
        return
    sizes = with_rank(x, len(axes))
    told = _indexed_sizes(axes, sizes)
    parts = _with_whole(m, x, parts)
    kinds = [axis.kind if axis is not None else "" for axis in axes]
    for part in parts:
        axis = axes[part.axis] if part.axis is not None else None
        if axis is None or part.axis is None or not is_last(m, part.key, told):
            continue
        size = sizes[part.axis] if sizes is not None else None
        others = [other for other in parts if other.axis not in (None, part.axis)]
        alone = all(is_whole(other.key) or kinds[other.axis or 0] == "features" for other in others)
        if axis.kind == "batch" and alone and axis.layer is not None and ("time" in kinds or "rows" in kinds):
            if size is None or not equal(size, 1, m):
                _sample(m, x, axes, axis, part.axis)
        elif axis.kind == "time" and axis.padded is not None and is_number(part.key) and (alone or part.key == -1):
            _padding(m, axis)
    _first_alone(m, axes, parts, sizes)
    _lengths_as_samples(m, x, axes, parts)
    _backward_part(m, x, axes, parts)


def _with_whole(m: Machine, x: Tensor, parts: Sequence[Part]) -> Sequence[Part]:
    """`x[torch.arange(n), i]` with n the size of its axis and one position i is `x[:, i]`."""
    if len(parts) < 2 or not isinstance(parts[0].key, Tensor) or not is_number(parts[1].key):
        return parts
    rows = parts[0].key
    if rows.shape.rank == 1 and _is_arange(rows) and equal(rows.size(0), x.size(0), m):
        return [Part(parts[0].axis, Slice(None, None, None)), *parts[1:]]
    return parts


def _indexed_sizes(axes: Axes, sizes: Sequence[Dim] | None) -> list[Dim]:
    """The sizes of the batch and of the time: `n - 1` of either is meant as the last one."""
    pairs = zip(axes, sizes or ())
    return [size for axis, size in pairs if axis is not None and axis.kind in ("batch", "time")]


def _first_alone(m: Machine, axes: Axes, parts: Sequence[Part], sizes: Sequence[Dim] | None) -> None:
    """`out[:, 0]` of a one-directional layer of which the program reads nothing else: it has read one step."""
    node = m.node
    if sizes is None or not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return
    for part in parts:
        axis = axes[part.axis] if part.axis is not None else None
        if axis is None or part.axis is None or axis.kind != "time" or axis.layer is None or part.key != 0:
            continue
        size, config = sizes[part.axis], axis.layer.config
        if not isinstance(size, int) or size < 2 or not is_number(part.key) or not _writes_zero(node.slice):
            continue
        if m.facts.simplify(getattr(config, "bidirectional", 1)) != 0:
            continue
        if all(is_whole(other.key) for other in parts if other is not part) and _is_all(m, node.value.id):
            _report(m, "silent.first_step", axis.layer, axis, {"axis": part.axis})


def _writes_zero(key: ast.expr) -> bool:
    written = key.elts if isinstance(key, ast.Tuple) else [key]
    return any(isinstance(one, ast.Constant) and one.value == 0 for one in written)


def _is_all(m: Machine, name: str) -> bool:
    """Whether a layer's output has this name, is read once, and the state beside it never."""
    scope = scopes.scope_of(m)
    named = scopes.named(scope, name)
    bound = [node for node in named if isinstance(node.ctx, ast.Store)]
    parent = scopes.parents(scope).get(bound[0]) if len(bound) == 1 and len(named) == 2 else None
    if not isinstance(parent, ast.Tuple) or len(parent.elts) != 2 or parent.elts[0] is not bound[0]:
        return False
    return scopes.is_unread(scope, parent.elts[1])


def selected(m: Machine, x: Tensor, dim: Value, index: Tensor) -> None:
    """Look at `x.index_select(dim, torch.tensor([n - 1]))` as at the reading `x[:, -1:]`."""
    axes, at = axes_of(x), m.int_of(dim)
    made = index.made.node if index.made is not None else None
    if axes is None or at is None or not -len(axes) <= at < len(axes) or not is_before(_only(made)):
        return
    last, whole = Slice(-1, None, None), Slice(None, None, None)
    item(m, x, axes, [Part(i, last if i == at % len(axes) else whole) for i in range(len(axes))])


def gathered(m: Machine, x: Tensor, dim: Value, index: Tensor) -> None:
    """Look at `x.gather(dim, index)` where one position of the batch axis is taken for each step."""
    axes, at = axes_of(x), m.int_of(dim)
    if axes is None or at is None or len(axes) != 3 or not -3 <= at < 3 or index.shape.rank != 3:
        return
    axis = axes[at % 3]
    if axis is None or axis.kind != "batch" or axis.layer is None or "time" not in [a.kind for a in axes if a]:
        return
    if equal(index.shape.left[at % 3], 1, m) and not equal(x.size(at % 3), 1, m):
        _sample(m, x, axes, axis, at % 3)


def _only(made: ast.AST | None) -> ast.expr | None:
    """The one number of `torch.tensor([n - 1])`."""
    values = made.args[0] if isinstance(made, ast.Call) and made.args else None
    return values.elts[0] if isinstance(values, ast.List) and len(values.elts) == 1 else None


def _lengths_as_samples(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> None:
    """`out[torch.arange(batch), lengths - 1]` of a sequence-first output: the pair is the wrong way round."""
    if len(axes) != 3 or len(parts) != 3 or not is_whole(parts[2].key):
        return
    time, batch = axes[0], axes[1]
    rows, steps = parts[0].key, parts[1].key
    if time is None or time.kind != "time" or batch is None or batch.kind != "batch" or batch.layer is None:
        return
    if not isinstance(rows, Tensor) or not _is_arange(rows) or not _is_last_valid(_second(m.node), steps):
        return
    if not equal(rows.size(0), x.size(0), m):
        _sample(m, x, axes, batch, 1)


def _second(node: ast.AST | None) -> ast.expr | None:
    key = node.slice if isinstance(node, ast.Subscript) else None
    return key.elts[1] if isinstance(key, ast.Tuple) and len(key.elts) > 1 else None


def _is_last_valid(written: ast.AST | None, steps: Value) -> bool:
    """Whether a key is `lengths - 1`, of several lengths."""
    if isinstance(steps, Tensor):
        made = steps.made.node if steps.made is not None else None
        return steps.shape.rank == 1 and (is_before(written) or is_before(made))
    if not isinstance(steps, Unknown):
        return False
    origin = steps.facts.get("origin")
    source = written if is_before(written) else origin.node if origin is not None else None
    return isinstance(source, ast.BinOp) and is_before(source) and says_lengths(last_name(source.left))


def _is_arange(x: Tensor) -> bool:
    made = x.made.node if x.made is not None else None
    return isinstance(made, ast.Call) and last_name(made.func) == "arange" and len(made.args) == 1


_COMPARISONS = frozenset(
    {"assert_close", "allclose", "assert_allclose", "assert_equal", "equal", "assertEqual", "isclose"}
)


def _is_held_against(m: Machine) -> bool:
    """Whether a reading only serves a comparison with another one: a test of the layout itself."""
    site = m.here()
    return site.node in _compared(site.file.tree)


@remembered
def _compared(tree: ast.AST) -> frozenset[ast.AST]:
    """All that stands in comparisons of values, as tests make them."""
    comparisons: list[ast.AST] = [*scopes.of_kind(tree, ast.Assert)]
    comparisons += [node for node in scopes.of_kind(tree, ast.Call) if last_name(node.func) in _COMPARISONS]
    return frozenset(part for node in comparisons for part in ast.walk(node))


def _sample(m: Machine, x: Tensor, axes: Axes, axis: Axis, position: int) -> None:
    """`out[:, -1]` of a sequence-first output: the last sample of the batch, not the last step."""
    if _is_held_against(m):
        return
    time = next((i for i, other in enumerate(axes) if other is not None and other.kind == "time"), None)
    state = any(other is not None and other.kind == "rows" for other in axes)
    detail = {"axis": position, "time": time, "state": state, "text": axis.evidence.text}
    _report(m, "silent.last_sample", axis.layer, axis, detail)


def _padding(m: Machine, axis: Axis) -> None:
    place = padding_place(axis)
    need = Need("silent.last_padded", None, None, "never", "output", detail={"how": "the last step"})
    m.report(need, m.here(), (), axis.layer, [place])


# a direction where it has seen one step of the sequence
_BEGUN = (("backward", "last"), ("forward", "first"))


def _backward_part(m: Machine, x: Tensor, axes: Axes, parts: Sequence[Part]) -> None:
    """`out[:, -1, hidden:]`, by one key or by several: the backward direction where it has seen one step."""
    before = axes[-1] if axes else None
    if before is None or before.kind != "features" or not before.half:
        return
    left = left_of(m, x, axes, parts)
    after = left[-1] if left else None
    if after is None or after.kind != "features" or (before.half, before.step) in _BEGUN:
        return
    if (after.half, after.step) in _BEGUN:
        _report(m, "silent.direction", after.layer, after, {"half": after.half, "step": after.step})


def used(m: Machine, x: Tensor) -> None:
    """Look at a tensor that a linear layer, a product or a loss takes: both directions of one step, as one vector."""
    axes = axes_of(x)
    last = axes[-1] if axes else None
    if m.muted or last is None or last.half not in ("both", "sum") or last.step != "last" or last.taken is None:
        return
    need = Need("silent.direction", None, None, "never", "output", detail={"half": last.half, "step": "last"})
    m.report(need, last.taken, (), last.layer)


def _report(m: Machine, what: str, layer: Layer | None, axis: Axis, detail: dict[str, Any]) -> None:
    m.report(Need(what, None, None, "never", "output", detail=detail), m.here(), (), layer, places(axis))
