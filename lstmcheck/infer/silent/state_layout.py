"""A state that the program makes (batch, layers, hidden), told by what it is made of."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import kind_at
from lstmcheck.infer.meaning.names import described
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Tensor

_MAKERS = frozenset({"zeros", "randn", "rand", "ones", "empty", "new_zeros"})


def is_batch_first(m: Machine, state: Tensor) -> bool:
    """Whether the first axis is said to be the batch, and the second not."""
    axes = described(m, state, 3)
    if axes is not None and kind_at(axes, 0) == "batch":
        return kind_at(axes, 1) in ("", "new")
    call = state.made.node if state.made is not None else None
    if not isinstance(call, ast.Call) or words.last_name(call.func) not in _MAKERS:
        return False
    sizes = list(call.args)
    if len(sizes) == 1 and isinstance(sizes[0], ast.Name) and state.made is not None:
        # `shape = (batch, layers, hidden)` before
        sizes = scopes.bound_to(state.made.file.tree, sizes[0].id)
    if len(sizes) == 1 and isinstance(sizes[0], (ast.Tuple, ast.List)):
        sizes = sizes[0].elts
    return len(sizes) == 3 and _is_batch(sizes[0]) and _is_layers(sizes[1])


def _is_batch(node: ast.expr) -> bool:
    meant = words.axis_kind(words.last_name(node))
    if meant is not None:
        return meant[0] == "batch"
    return _is_size(node)


def _is_size(node: ast.expr) -> bool:
    """Whether an expression asks for a size: `x.size(0)`, `x.shape[0]`, `len(x)`."""
    if isinstance(node, ast.Call):
        return words.last_name(node.func) in ("size", "len")
    return isinstance(node, ast.Subscript) and words.last_name(node.value) == "shape"


def _is_layers(node: ast.expr) -> bool:
    return any(
        words.counts_layers(words.last_name(part))
        for part in ast.walk(node)
        if isinstance(part, (ast.Name, ast.Attribute))
    )
