"""Fixes where a layer is built, or a batch is packed."""

from __future__ import annotations

import ast

from lstmcheck.contract.signatures import signature
from lstmcheck.dims import Dim, Verdict, compare
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, Place, fix
from lstmcheck.rules.mending.arguments import argument, with_keyword
from lstmcheck.rules.mending.sizes import times
from lstmcheck.rules.wording import kind, option
from lstmcheck.source.edit import keyword_of


def features(violation: Violation, code: Code) -> tuple[Place, ast.expr] | None:
    """Where the features of a layer that follows are written: its argument, or the first one of its call."""
    where = violation.sources[0].location if violation.sources else None
    place = code.place(where)
    if place is None or where is None:
        return None
    above = place.editing.parent(place.node)
    if isinstance(above, ast.keyword) or (isinstance(above, ast.Call) and place.node in above.args):
        return place, place.node
    call = place.call
    plain = call is not None and bool(call.args) and not isinstance(call.args[0], ast.Starred)
    return (place, call.args[0]) if call is not None and plain else None


def new_features(violation: Violation, code: Code, place: Place, node: ast.expr) -> str | None:
    """The number of features that a layer gets, in the words of the place where it is built."""
    want, given = violation.need.want, violation.need.got
    if isinstance(given, int) and isinstance(node, ast.Constant):
        return str(given)
    layer, both = code.layer(violation), option(violation, "bidirectional")
    if layer is None or layer.call is None or not place.near(layer):
        return times(place, node, want, given, None)
    flag = keyword_of(layer.call, "bidirectional")
    asked = place.text(flag.value) if flag is not None and not isinstance(both, int) else None
    projected = keyword_of(layer.call, "proj_size")
    if projected is not None and compare(given, option(violation, "proj_size")).verdict is Verdict.EQ:
        return place.text(projected.value)
    hidden = argument(layer.call, 1, "hidden_size")
    if hidden is not None and compare(given, option(violation, "hidden_size")).verdict is Verdict.EQ:
        return place.text(hidden)
    return times(place, node, want, given, (asked, both) if asked is not None else None)


def batch_first_of_pack(violation: Violation, code: Code) -> Fix | None:
    """batch_first=True for a pack whose lengths fit the padded batch only that way."""
    place, lengths = code.at(violation), violation.need.got
    sizes: tuple[Dim, ...] = violation.need.detail.get("sizes") or ()
    if place is None or violation.need.detail.get("batch_first") is not False or len(sizes) < 2:
        return None
    # as many lengths as the first axis has entries, or one as long as the second axis
    other = sizes[1] if violation.need.what == "pack.lengths.within" else sizes[0]
    if lengths is None or compare(lengths, other).verdict is not Verdict.EQ:
        return None
    edit = with_keyword(place, "batch_first", "True", position=2)
    return fix("safe", "pack the batch as batch-first, which it is", edit)


def position_of(violation: Violation, option: str) -> int:
    """Where the constructor of the layer takes an option by its place."""
    return signature(kind(violation)).names.index(option)


def other_batch_first(violation: Violation, code: Code) -> Fix | None:
    """The layer with the batch_first that its data has."""
    layer, first = code.layer(violation), option(violation, "batch_first")
    if layer is None or layer.call is None or first not in (0, 1):
        return None
    at = position_of(violation, "batch_first")
    if not isinstance(argument(layer.call, at, "batch_first"), (ast.Constant, type(None))):
        return None
    edit = with_keyword(layer, "batch_first", str(first == 0), at)
    return fix("unsafe", "build the layer with the batch_first that the data has", edit)
