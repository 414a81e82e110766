"""Fixes of states where they are made: the sizes that a creation call names, and what they should be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim, Poly, Verdict, compare
from lstmcheck.findings import Applicability, Edit, Violation
from lstmcheck.rules.mending import Code, Place
from lstmcheck.rules.wording import option, rows_of
from lstmcheck.source.edit import Function, keyword_of

# Functions of torch and methods of a tensor that make one of the sizes that they are given.
_ZEROS = ("zeros", "new_zeros")
_BY_SIZES = (*_ZEROS, "ones", "new_ones", "empty", "new_empty", "rand", "randn", "normal")
_BY_ONE_SIZE = ("full", "new_full")

# The text of a size: where it is made, what is written there, and the need that it does not meet.
NewSize = Callable[[Place, ast.expr, Need], "str | None"]


def creation(call: ast.Call) -> str | None:
    """The name of the function that makes a tensor of given sizes, None for any other call."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    return name if name in _BY_SIZES or name in _BY_ONE_SIZE else None


def sizes(call: ast.Call) -> list[ast.expr] | None:
    """The sizes that a creation call names, one by one; None where they are not all written there."""
    name = creation(call)
    keyword = keyword_of(call, "size")
    first = keyword.value if keyword is not None else call.args[0] if call.args else None
    if name is None or first is None:
        return None
    found = list(first.elts) if isinstance(first, (ast.Tuple, ast.List)) else list(call.args)
    if not isinstance(first, (ast.Tuple, ast.List)) and (name in _BY_ONE_SIZE or keyword is not None):
        return None
    return None if any(isinstance(size, ast.Starred) for size in found) else found


def makers(violation: Violation, code: Code) -> Iterator[tuple[str, Place]]:
    """The calls that make the states of a call by their sizes, each once, the one that is wrong first."""
    seen = []
    for name in dict.fromkeys((violation.need.subject, "h_0", "c_0")):
        place = code.made(violation, name)
        if place is not None and place.call is not None and creation(place.call) and place.node not in seen:
            seen.append(place.node)
            yield name, place


def is_zeros(violation: Violation, code: Code) -> bool:
    """Whether all states of the call are made as zeros."""
    found = [place for _, place in makers(violation, code)]
    return bool(found) and all(place.call is not None and creation(place.call) in _ZEROS for place in found)


def safety(violation: Violation, code: Code) -> Applicability:
    """Zeros of another size are what no state would be; other values might have been meant for something else."""
    return "safe" if is_zeros(violation, code) else "unsafe"


def resized(violation: Violation, code: Code, axis: int, new_size: NewSize) -> list[Edit | None]:
    """The edits that give one axis of the states another size, wherever it is wrong."""
    edits: list[Edit | None] = []
    for name, place in makers(violation, code):
        need = rows_of(violation, name).get(axis)
        if need is None or not _is_wrong(need):
            continue
        found = sizes(place.call) if place.call is not None else None
        if found is None or axis >= len(found):
            return []
        text = new_size(place, found[axis], need)
        edits.append(place.editing.replace(found[axis], text) if text is not None else None)
    return edits


def _is_wrong(need: Need) -> bool:
    return need.got is not None and compare(need.got, need.want).verdict is not Verdict.EQ


def times(place: Place, node: ast.expr, got: Dim, want: Dim, flag: str | None) -> str | None:
    """A size brought from `got` to `want`, in the program's own words; `flag` is how the program asks for a second

    direction where that is an option.
    """
    if isinstance(want, int) and isinstance(node, ast.Constant):
        return str(want)
    if _same(want, 2 * got):
        return f"2 * {place.editing.operand(node)}"
    if flag is not None and isinstance(want, Poly) and not _same(want, got):
        return f"{place.editing.operand(node)} * (2 if {flag} else 1)"
    return None


def _same(a: Dim, b: Dim) -> bool:
    return compare(a, b).verdict is Verdict.EQ


def rows(violation: Violation, code: Code) -> NewSize:
    """The number of layer rows, from what is written; else from the layer itself."""
    both = option(violation, "bidirectional")

    def text(place: Place, node: ast.expr, need: Need) -> str | None:
        layer = layer_text(violation, code, place)
        flag = f"{layer}.bidirectional" if layer is not None and not isinstance(both, int) else None
        got: Any = need.got
        if _is_rows_of(violation, got):
            return times(place, node, got, need.want, flag)
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
    return isinstance(layers, (int, Poly)) and _same(got, layers)


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
