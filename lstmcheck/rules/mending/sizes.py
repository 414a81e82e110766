"""Sizes in the words of the program, at the place where they are to be written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim, Poly, Verdict, compare
from lstmcheck.findings import Violation
from lstmcheck.rules.mending import Code, Place
from lstmcheck.rules.wording import option
from lstmcheck.source.edit import Function

# The text of a size: where it is made, what is written there, and the need that it does not meet.
NewSize = Callable[[Place, ast.expr, Need], "str | None"]


def times(place: Place, node: ast.expr, got: Dim, want: Dim, flag: tuple[str, Any] | None) -> str | None:
    """A size brought from `got` to `want`, in the program's own words.

    `flag` is how the program asks for a second direction where that is an option, and its value.
    """
    if isinstance(node, ast.Constant):
        return str(want) if isinstance(want, int) else None
    twice = same(want, 2 * got)
    if flag is not None and isinstance(flag[1], Poly) and (twice or same(want, got * (1 + flag[1]))):
        # twice as many by default, too
        return f"{place.editing.operand(node)} * (2 if {flag[0]} else 1)"
    return f"2 * {place.editing.operand(node)}" if twice else None


def same(a: Dim, b: Dim) -> bool:
    return compare(a, b).verdict is Verdict.EQ


def rows(violation: Violation, code: Code) -> NewSize:
    """The number of layer rows, from what is written; else from the layer itself."""
    both = option(violation, "bidirectional")

    def text(place: Place, node: ast.expr, need: Need) -> str | None:
        layer = layer_text(violation, code, place)
        flag = f"{layer}.bidirectional" if layer is not None and not isinstance(both, int) else None
        got: Any = need.got
        if _is_rows_of(violation, got):
            return times(place, node, got, need.want, (flag, both) if flag is not None else None)
        if isinstance(need.want, int) and isinstance(node, ast.Constant):
            return str(need.want)
        if layer is None:
            return None
        directions = f" * (2 if {flag} else 1)" if flag is not None else ""
        return f"{'2 * ' if both == 1 and not flag else ''}{layer}.num_layers{directions}"

    return text


def _is_rows_of(violation: Violation, got: Dim) -> bool:
    """Whether a size is the number of layers, so that the directions are all that is missing."""
    layers = option(violation, "num_layers")
    return isinstance(layers, (int, Poly)) and same(got, layers)


def all_rows(violation: Violation, code: Code, place: Place) -> str | None:
    """The number of layer rows as it can be written where a state is made."""
    layers, both = option(violation, "num_layers"), option(violation, "bidirectional")
    if isinstance(layers, int) and isinstance(both, int):
        return str(layers * (2 if both else 1))
    layer = layer_text(violation, code, place)
    if layer is None:
        return None
    if isinstance(both, int):
        return f"2 * {layer}.num_layers" if both else f"{layer}.num_layers"
    return f"{layer}.num_layers * (2 if {layer}.bidirectional else 1)"


def layer_text(violation: Violation, code: Code, place: Place) -> str | None:
    """How the layer of the call is written where a state is made; None where it may not be known there."""
    called = code.at(violation)
    if called is None or called.call is None or called.editing is not place.editing:
        return None
    func = called.call.func
    root = func
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    here, there = place.editing.scope(place.node), place.editing.scope(called.node)
    if here is there:
        return place.text(func) if is_bound(place, root.id) else None
    methods = isinstance(here, Function) and isinstance(there, Function)
    same = methods and place.editing.parent(here) is place.editing.parent(there)
    if same and isinstance(place.editing.parent(here), ast.ClassDef) and _self(here) == _self(there) == root.id:
        return place.text(func)
    return None


def _self(function: ast.AST) -> str | None:
    arguments = function.args.args if isinstance(function, Function) else []
    return arguments[0].arg if arguments else None


def is_bound(place: Place, name: str) -> bool:
    """Whether a name has a value where an expression stands: a parameter, or bound on a line before."""
    scope = place.editing.scope(place.node)
    for node in ast.walk(scope):
        bound = node.arg if isinstance(node, ast.arg) else None
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound = node.id
        if bound == name and node.lineno <= place.node.lineno and node is not place.node:  # type: ignore[attr-defined]
            return isinstance(node, ast.arg) or node.lineno < place.node.lineno  # type: ignore[attr-defined]
    return False
