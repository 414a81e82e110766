"""Fixes of states where they are made: the calls that make them, and the sizes that these name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Applicability, Edit, Fix, Violation
from lstmcheck.rules.mending import Code, Place, fix
from lstmcheck.rules.mending.arguments import argument, without
from lstmcheck.rules.mending.sizes import NewSize, layer_text, same, times
from lstmcheck.rules.wording import is_given, option, rows_of
from lstmcheck.source.edit import keyword_of

# Functions of torch and methods of a tensor that make one of the sizes that they are given.
_ZEROS = ("zeros", "new_zeros")
_BY_SIZES = (*_ZEROS, "ones", "new_ones", "empty", "new_empty", "rand", "randn")
_BY_ONE_SIZE = ("full", "new_full")


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
    # fewer are one tuple that is made elsewhere
    return None if len(found) < 2 or any(isinstance(size, ast.Starred) for size in found) else found


def makers(violation: Violation, code: Code) -> Iterator[tuple[str, Place]]:
    """The calls that make the states of a call by their sizes, each once, the one that is wrong first."""
    seen = []
    for name in dict.fromkeys((violation.need.subject, "h_0", "c_0")):
        place = code.made(violation, name)
        if place is not None and place.call is not None and creation(place.call) and place.node not in seen:
            seen.append(place.node)
            yield name, place


def drawn(place: Place) -> list[tuple[ast.expr, str]] | None:
    """The function of a call that draws numbers of given sizes, and the one that makes zeros of them."""
    func = place.call.func if place.call is not None else None
    text = place.text(func) if func is not None else ""
    if func is None or not re.fullmatch(r"(?:\w+\.)*(?:rand|randn)", text):
        return None
    return [(func, re.sub(r"\w+$", "zeros", text))]


def is_zeros(violation: Violation, code: Code) -> bool:
    """Whether all states of the call are made as zeros."""
    found = [place for _, place in makers(violation, code)]
    return bool(found) and all(place.call is not None and creation(place.call) in _ZEROS for place in found)


def left_out(violation: Violation, code: Code) -> Fix | None:
    """The call without its state, where that is made on the spot and is zeros: so is the one that torch makes."""
    place = code.at(violation)
    state = argument(place.call, 1, "hx") if place is not None and place.call is not None else None
    if place is None or place.call is None or not isinstance(state, ast.Call) or not is_zeros(violation, code):
        return None
    written = next((one for one in place.call.keywords if one.value is state), state)
    return fix("unsafe", "leave the state out: zeros are the default", without(place, written))


def safety(violation: Violation, code: Code) -> Applicability:
    """Zeros of another size are what no state would be; other values might have been meant for something else."""
    return "safe" if is_zeros(violation, code) else "unsafe"


def resized(violation: Violation, code: Code, axis: int, new_size: NewSize) -> list[Edit | None]:
    """The edits that give one axis of the states another size, wherever it is wrong."""
    edits: list[Edit | None] = []
    for name, place in makers(violation, code):
        need = rows_of(violation, name).get(axis)
        if need is None or not _is_wrong(violation, need):
            continue
        found = sizes(place.call) if place.call is not None else None
        if found is None or axis >= len(found):
            return []
        text = new_size(place, found[axis], need)
        edits.append(place.editing.replace(found[axis], text) if text is not None else None)
    return edits


def _is_wrong(violation: Violation, need: Need) -> bool:
    """Whether a size is wrong as the one is that the violation is about, or in its own way."""
    verdict = next((verdict for row, verdict in violation.rows if row is need), "never")
    wrong = violation.need
    return verdict == "never" or (verdict != "ok" and same(need.got, wrong.got) and same(need.want, wrong.want))


def with_features(violation: Violation, code: Code) -> Fix | None:
    """The states with the features that the layer needs: hidden_size, for h_0 proj_size where that is used."""

    def text(place: Place, node: ast.expr, need: Need) -> str | None:
        got: Any = need.got
        layer = layer_text(violation, code, place)
        if isinstance(need.want, int) and isinstance(node, ast.Constant):
            return str(need.want)
        if layer is None:
            return times(place, node, got, need.want, None)
        projected = need.subject == "h_0" and is_given(option(violation, "proj_size"))
        return f"{layer}.{'proj_size' if projected else 'hidden_size'}"

    made, axis = violation.facts.get("made", {}), violation.need.axis
    if is_given(option(violation, "proj_size")) and made.get("h_0") == made.get("c_0"):
        return None  # one tensor cannot have both sizes
    edits = resized(violation, code, axis, text) if axis is not None else []
    return fix(safety(violation, code), "make the state as wide as the layer", *edits)
