"""Fixes of what is done with a layer's result: a tuple is unpacked, or its part is taken."""

from __future__ import annotations

import ast
from typing import NamedTuple

from lstmcheck.findings import Edit
from lstmcheck.rules.mending import Place
from lstmcheck.source.edit import Editing, assignments


def output_of(place: Place, node: ast.expr | None) -> Edit | None:
    """The edit after which `node`, a layer's result, is the output alone.

    A name that is used nowhere else is unpacked where it is bound, `x, _ = layer(x)`; anything else gets `[0]`.
    """
    if node is None:
        return None
    bound = _binding(place.editing, node) if isinstance(node, ast.Name) else None
    if bound is not None:
        target = place.editing.file.location(bound.targets[0])
        return Edit(target, f"{place.text(bound.targets[0])}, _")
    return place.editing.replace(node, f"{place.editing.operand(node)}[0]")


def _binding(editing: Editing, name: ast.Name) -> ast.Assign | None:
    """The assignment of a call's result to a name that is read nowhere but here before it is bound again."""
    named = editing.names(editing.scope(name))
    if any(isinstance(node.ctx, ast.Load) for node in named.get("_", ())):
        return None
    same = sorted(named[name.id], key=_place)
    before = [node for node in same if not isinstance(node.ctx, ast.Load) and node.lineno < name.lineno]
    statement = editing.parent(before[-1]) if before else None
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or statement.targets[0] is not before[-1]:
        return None
    after = same[same.index(before[-1]) + 1 :]
    rebound = next((_place(node) for node in after if not isinstance(node.ctx, ast.Load)), None)
    read = [node for node in after if isinstance(node.ctx, ast.Load) and _is_after(node, statement)]
    read = [node for node in read if rebound is None or node is name or _place(node) < rebound]
    return statement if isinstance(statement.value, ast.Call) and read == [name] else None


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _is_after(node: ast.expr, statement: ast.stmt) -> bool:
    return _place(node) > (statement.end_lineno or 0, statement.end_col_offset or 0)


class Unpacked(NamedTuple):
    """A statement `output, state = layer(...)`."""

    statement: ast.Assign
    output: ast.expr
    state: ast.expr


def unpacking(editing: Editing, name: ast.Name) -> Unpacked | None:
    """Where a name is bound, for the only time in its function, as the first part of a call's result."""
    named = editing.names(editing.scope(name))
    bound = [node for node in named[name.id] if not isinstance(node.ctx, ast.Load)]
    pair = editing.parent(bound[0]) if len(bound) == 1 else None
    statement = editing.parent(pair) if isinstance(pair, ast.Tuple) else None
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return None
    if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2 or pair.elts[0] is not bound[0]:
        return None
    return Unpacked(statement, *pair.elts)


def final_states(place: Place, output: ast.Name, pair: bool) -> tuple[str, list[Edit]] | None:
    """How h_n is written that belongs to an output, and the edits that give it a name where it has none.

    `pair` says whether the layer is an LSTM, whose state is (h_n, c_n).
    """
    found = unpacking(place.editing, output)
    if found is None:
        return None
    state, editing = found.state, place.editing
    scope = editing.scope(output)
    bound = {*assignments(scope), *editing.names(scope)}
    if isinstance(state, ast.Tuple) and pair and len(state.elts) == 2:
        hidden = state.elts[0]
        if isinstance(hidden, ast.Name) and hidden.id != "_":
            return hidden.id, []
        edit = Edit(editing.file.location(hidden), "h_n")
        return ("h_n", [edit]) if "h_n" not in bound else None
    if not isinstance(state, ast.Name):
        return None
    if state.id != "_":
        return (f"{state.id}[0]" if pair else state.id), []
    edit = Edit(editing.file.location(state), "(h_n, _)" if pair else "h_n")
    return ("h_n", [edit]) if "h_n" not in bound else None
