"""What the names of sizes tell of axes: `batch, steps, _ = x.shape`, `torch.randn(batch_size, seq_len, 8)`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from lstmcheck import words
from lstmcheck.dims import Dim, Poly, single_atom
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, Evidence, axes_of, learn, mean
from lstmcheck.infer.torch_ops.common import with_rank
from lstmcheck.infer.values import Site, Tensor, Value


def note(m: Machine, name: str, value: Poly) -> None:
    """Remember by which name the program calls a size."""
    atom = single_atom(value)
    if atom is None or atom.is_guard or atom.args or words.axis_kind(name) is None or m.node is None:
        return
    m.size_names.setdefault(atom, (name, m.here()))


def _by_size(m: Machine, size: Dim) -> Axis | None:
    atom = single_atom(size) if isinstance(size, Poly) else None
    if atom is None or atom.is_guard:
        return None
    name, site = m.size_names.get(atom, (atom.name, None))
    return named(name, site)


def named(name: str, site: Site | None) -> Axis | None:
    """The axis that a size of this name means."""
    meant = words.axis_kind(name)
    if meant is None:
        return None
    kind, alone = meant
    # a name such as `n` or `t` speaks only beside its counterpart
    return Axis("batch" if kind == "batch" else "time", Evidence("name" if alone else "short name", f"`{name}`", site))


def described(m: Machine, x: Tensor, rank: int) -> Axes | None:
    """The meanings of a tensor's axes if it has this rank, with what the names of its sizes tell of the others."""
    sizes = with_rank(x, rank)
    if sizes is None:
        return None
    axes = axes_of(x) or (None,) * rank
    if len(axes) != rank:
        return None
    return paired(tuple(axis if axis is not None else _by_size(m, size) for axis, size in zip(axes, sizes)))


def paired(axes: Axes) -> Axes:
    """Without the short names that stand alone, and without names that mean two axes at once."""
    kinds = [axis.kind for axis in axes if axis is not None]
    both = "batch" in kinds and "time" in kinds
    return tuple(
        None
        if axis is not None
        and axis.kind in ("batch", "time")
        and axis.evidence.how.endswith("name")
        and (kinds.count(axis.kind) > 1 or (axis.evidence.how == "short name" and not both))
        else axis
        for axis in axes
    )


def unpacked(m: Machine, x: Tensor, target: ast.Tuple | ast.List) -> None:
    """Note what `batch, steps, _ = x.shape` tells of the axes of x."""
    if "axes" in x.state or x.shape.rank not in (None, len(target.elts)):
        return
    axes = tuple(_at_target(m, element) for element in target.elts)
    told = paired(axes)
    if any(axis is not None for axis in told):
        learn(m, x, told)


def sized(m: Machine, name: str, source: ast.expr) -> None:
    """Note what `batch_size = x.size(0)`, `x.shape[0]` or `len(x)` tells of an axis of x."""
    asked = _asked(source)
    # helpers that only look at sizes are careless with names
    if asked is None or not (m.frame.function is None or m.frame.function.name == "forward"):
        return
    axis = named(name, Site(m.frame.file, source))
    if axis is None or axis.evidence.how != "name":
        return
    owner, position = asked
    x = m.frame.names.get(owner)
    if not isinstance(x, Tensor) or x.shape.rank is None or not 0 <= position < x.shape.rank:
        return
    axes = axes_of(x) or (None,) * x.shape.rank
    if axes[position] is None:
        told = replace(axis, evidence=replace(axis.evidence, text=f"`{name} = {ast.unparse(source)}`"))
        learn(m, x, (*axes[:position], told, *axes[position + 1 :]))


def _asked(source: ast.expr) -> tuple[str, int] | None:
    """The name and the axis of which an expression is the size."""
    owner: ast.expr | None = None
    position: ast.expr | None = None
    if isinstance(source, ast.Subscript) and isinstance(source.value, ast.Attribute) and source.value.attr == "shape":
        owner, position = source.value.value, source.slice
    elif isinstance(source, ast.Call) and len(source.args) == 1 and not source.keywords:
        if isinstance(source.func, ast.Attribute) and source.func.attr == "size":
            owner, position = source.func.value, source.args[0]
        elif isinstance(source.func, ast.Name) and source.func.id == "len":
            owner, position = source.args[0], ast.Constant(0)
    if isinstance(owner, ast.Name) and isinstance(position, ast.Constant) and isinstance(position.value, int):
        return owner.id, position.value
    return None


def _at_target(m: Machine, node: ast.expr) -> Axis | None:
    name = words.last_name(node)
    return named(name, Site(m.frame.file, node)) if name else None


def made_of(m: Machine, result: Value, nodes: Sequence[ast.expr]) -> None:
    """Note what the names in `torch.randn(batch, steps, 8)` or `x.view(batch, -1, 8)` tell of the new axes."""
    if not isinstance(result, Tensor) or "axes" in result.state or result.shape.rank != len(nodes):
        return
    found = tuple(named(words.last_name(node), None) for node in nodes)
    if not any(found):
        return
    site = m.here()
    text = site.file.segment(site.node)
    told = tuple(
        None if axis is None else Axis(axis.kind, Evidence(axis.evidence.how, f"`{text}`", site)) for axis in found
    )
    mean(result, paired(told))
