"""Where numbers come from: the second places of a finding, labelled with names and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lstmcheck.dims import Dim, Poly, Verdict, compare, show
from lstmcheck.findings import Related
from lstmcheck.infer.joins import is_dim
from lstmcheck.infer.values import Layer, Role, Truth, Value

# The arguments of a recurrent layer that decide about the size of its output's, or its states', last axis.
_SIZE_OF_RESULT = ("hidden_size", "proj_size", "bidirectional")


def of_options(layer: Layer, names: Sequence[str]) -> Iterator[Related]:
    """Where the options of a recurrent layer were written; the layer with their values where none was."""
    given = [name for name in names if name in layer.sites]
    for name in given:
        yield layer.sites[name].related(labelled(name, getattr(layer.config, name, None)))
    if not given and layer.site is not None:
        values = [labelled(name, getattr(layer.config, name, None)) for name in names]
        told = [text for text in values if text not in names]
        yield layer.site.related(": ".join([f"{_kind(layer)} made here", *([", ".join(told)] if told else [])]))


def labelled(name: str, value: Value) -> str:
    """An option and its value, as far as it is known: "hidden_size = 20", "batch_first=True"."""
    if isinstance(value, bool):
        return f"{name}={value}"
    if isinstance(value, Truth) or (isinstance(value, Poly) and name in ("bidirectional", "batch_first")):
        return name
    if name in ("bidirectional", "batch_first") and isinstance(value, int):
        return f"{name}={bool(value)}"
    return f"{name} = {show(value)}" if is_dim(value) else name


def of_features(built: Layer, wanted: Value, role: Role | None) -> Iterator[Related]:
    """What decides about the features that a layer takes, and about those of the recurrent result that it gets."""
    for name, value in built.args.items():
        if value is wanted and name in built.sites:
            yield built.sites[name].related(labelled(name, value))
            break
    else:
        if built.site is not None:
            yield built.site.related(f"{_kind(built)} made here")
    if role is not None and role.layer.config is not None:
        yield from of_options(role.layer, [name for name in _SIZE_OF_RESULT if _counts(role.layer, name)])


def _counts(layer: Layer, name: str) -> bool:
    """Whether an option plays a part: no projection and no second direction are not worth telling."""
    value: Any = getattr(layer.config, name, None)
    if isinstance(value, (int, Poly)) and not isinstance(value, bool):
        zero: Dim = 0
        return compare(value, zero).verdict is not Verdict.EQ
    return value is not None and value is not False


def _kind(layer: Layer) -> str:
    return layer.kind.rpartition(".")[2]
