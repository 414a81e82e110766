"""Padding by hand: a tensor of zeros whose rows are filled one by one, each as far as it goes."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.dims import Poly
from lstmcheck.infer.joins import is_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axis, Evidence, axes_of, learn
from lstmcheck.infer.meaning.carry import unpadded
from lstmcheck.infer.torch_ops.common import equal
from lstmcheck.infer.values import Array, Items, Site, Slice, Tensor, Unknown, Value

_MAKERS = {"zeros": 0, "new_zeros": 0, "full": None, "new_full": None}


def written(m: Machine, target: ast.Subscript, owner: Value, key: Value) -> None:
    """Look at `x[key] = ...`: a mask over padding, or a row that is filled from the start."""
    x = owner.data if isinstance(owner, Array) else owner
    if not isinstance(x, Tensor):
        return
    axes = axes_of(x)
    if axes is not None:
        # several places at once may be the padding
        if not _is_row(key) and any(axis is not None and axis.padded for axis in axes):
            learn(m, x, unpadded(axes) or axes)
        return
    rank = x.shape.rank
    made = x.made.node if x.made is not None else None
    if "axes" in x.state or rank is None or not 2 <= rank <= 3 or not _is_row(key) or not m.loops:
        return
    if not isinstance(made, ast.Call) or words.last_name(made.func) not in _MAKERS:
        return
    assert isinstance(key, Items)
    part = key.head[1]
    stop = part.upper if isinstance(part, Slice) else None
    if not _varies(target) or (isinstance(stop, (int, Poly)) and equal(stop, x.shape.left[1], m)):
        return
    site = Site(m.frame.file, target)
    evidence = Evidence("data", "the rows are filled one by one", site)
    time = Axis("time", evidence, padded=site, fill=_MAKERS[words.last_name(made.func)])
    learn(m, x, (Axis("batch", evidence), time, *(None,) * (rank - 2)))


def _is_row(key: Value) -> bool:
    """Whether a key is `i, :n`."""
    if not isinstance(key, Items) or key.kind != "tuple" or len(key.head) < 2:
        return False
    row, part = key.head[0], key.head[1]
    if not is_dim(row) and not (isinstance(row, Unknown) and row.kind in (None, "int")):
        return False
    return isinstance(part, Slice) and part.lower in (None, 0) and part.upper is not None and part.step is None


def _varies(target: ast.Subscript) -> bool:
    """Whether the end of a row is a length that is asked for: `len(s)`, or a name that says so."""
    key = target.slice
    part = key.elts[1] if isinstance(key, ast.Tuple) and len(key.elts) > 1 else None
    stop = part.upper if isinstance(part, ast.Slice) else None
    if isinstance(stop, ast.Call):
        return words.last_name(stop.func) in ("len", "size")
    name = words.last_name(stop)
    return words.says_lengths(name) or name in ("n", "l", "end")
