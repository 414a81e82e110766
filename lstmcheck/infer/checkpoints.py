"""Weights that move between models of one program: `state_dict`, `torch.save`, `torch.load`, `load_state_dict`."""

from __future__ import annotations

import ast
from typing import Any

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.dims import Verdict
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import NOTHING, Instance, Items, Itself, Layer, Mapping, Unknown, Value


class Weights:
    """What `state_dict()` returns: the recurrent layers of a model by their path, as they were configured."""

    __slots__ = ("layers",)

    def __init__(self, layers: dict[str, Any]) -> None:
        self.layers = layers


class Weight:
    """One entry of `state_dict()`: it stands for all the weights of a recurrent layer."""

    __slots__ = ("layer",)

    def __init__(self, layer: Layer) -> None:
        self.layer = layer


_FIRST = "weight_ih_l0"


def entries_of(m: Machine, weights: Weights) -> list[tuple[str, Weight]]:
    """A name and an entry for each recurrent layer, of the many that `state_dict()` has."""
    known = [(path, layer) for path, layer in weights.layers.items() if isinstance(layer, Layer)]
    return [(_joined(path, _FIRST), Weight(layer)) for path, layer in known]


def _renamed(mapping: Mapping) -> Weights:
    """The recurrent layers whose weights went into a dictionary of the program."""
    found: dict[str, Any] = {}
    for key, entry in mapping.entries.items():
        if isinstance(entry, Weight) and isinstance(key, str) and key.endswith(_FIRST):
            found[key.removesuffix(_FIRST).removesuffix(".")] = entry.layer
    return Weights(found)


def weights_of(m: Machine, model: Value) -> Weights:
    """`model.state_dict()`."""
    found: dict[str, Layer] = {}
    _collect(m, model, "", found, set())
    return Weights(found)


def _collect(m: Machine, value: Value, prefix: str, found: dict[str, Layer], seen: set[int]) -> None:
    value = settle(value, m.facts)
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Layer) and value.config is not None:
        found[prefix] = value
    elif isinstance(value, Layer) and isinstance(value.children, Items):
        for i, child in enumerate(value.children.head):
            _collect(m, child, _joined(prefix, str(i)), found, seen)
    elif isinstance(value, Layer) and isinstance(value.children, Mapping):
        for name, child in value.children.entries.items():
            _collect(m, child, _joined(prefix, str(name)), found, seen)
    elif isinstance(value, Instance):
        for name, child in value.fields.items():
            if isinstance(child, (Layer, Instance)):
                _collect(m, child, prefix if name == "*layer*" else _joined(prefix, name), found, seen)


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


_SIZES = ("hidden_size", "input_size")
_ARGUMENTS = ("num_layers", "bidirectional", "hidden_size", "input_size", "proj_size", "bias")


def load_into(m: Machine, model: Value, state: Value, strict: Value) -> Value:
    """`model.load_state_dict(state, strict)`: weights of another configuration are refused."""
    state = settle(state, m.facts)
    whole = strict is True and isinstance(state, Weights)
    if isinstance(state, Mapping):
        state = _renamed(state)
    if isinstance(state, Weights):
        layers = weights_of(m, model).layers
        for path, layer in layers.items():
            trained = state.layers.get(path)
            if trained is None and whole and _elsewhere(m, state, layers, path, layer):
                break
            if not isinstance(trained, Layer) or trained is layer:
                continue
            if _refused(m, trained, layer, path, whole):
                break
            if strict is False and not _is_looked_at(m) and _untrained(m, trained, layer, path):
                break
    return m.fresh("keys", free=True)


def _raises(path: str, layer: Layer) -> Raises:
    return Raises(
        "RuntimeError",
        "Error(s) in loading state_dict: the weights of {path} are missing, unexpected, or of another size",
        {"path": path or layer.kind.rpartition(".")[2]},
        exact=False,
    )


def _elsewhere(m: Machine, state: Weights, layers: dict[str, Layer], path: str, layer: Layer) -> bool:
    """Report weights that are there under a name with more, or less, in front of it."""
    for other in state.layers:
        if other in layers or not isinstance(state.layers[other], Layer):
            continue
        longer, shorter = (other, path) if len(other) > len(path) else (path, other)
        if longer.endswith(f".{shorter}" if shorter else ""):
            need = Need(
                "state_dict.keys",
                other,
                path,
                "never",
                path,
                raises=_raises(path, layer),
                detail={"saved as": _joined(other, _FIRST), "wanted as": _joined(path, _FIRST)},
            )
            return m.need(need, layer=layer) is Verdict.NE
    return False


def _refused(m: Machine, trained: Layer, layer: Layer, path: str, whole: bool) -> bool:
    """Report weights of another configuration. Where not every key must be there, only sizes count."""
    raises = _raises(path, layer)
    if trained.kind != layer.kind:
        pairs: list[tuple[str, Any, Any]] = [("class", trained.kind.rpartition(".")[2], layer.kind.rpartition(".")[2])]
    else:
        names = _ARGUMENTS if whole else _SIZES
        pairs = [(name, getattr(trained.config, name, 0), getattr(layer.config, name, 0)) for name in names]
    for name, got, want in pairs:
        detail = {"argument": name, "path": path}
        need = Need("state_dict.keys", got, want, subject=path, raises=raises, detail=detail)
        if m.need(need, layer=layer) is Verdict.NE:
            return True
    return False


_MORE = ("num_layers", "bidirectional", "bias")


def _is_looked_at(m: Machine) -> bool:
    """Whether the program asks which keys were missing: it then knows that some were."""
    scope = scopes.scope_of(m)
    parent = scopes.parents(scope).get(m.node) if m.node is not None else None
    if not isinstance(parent, ast.Assign):
        return isinstance(parent, (ast.Attribute, ast.Call))
    return not all(scopes.is_unread(scope, target) for target in parent.targets)


def _untrained(m: Machine, trained: Layer, layer: Layer, path: str) -> bool:
    """Report a layer of which `strict=False` loads some rows and leaves the others as they were drawn."""
    for name in _MORE:
        got, want = (m.facts.simplify(getattr(one.config, name, 0)) for one in (trained, layer))
        if trained.kind == layer.kind and isinstance(got, int) and isinstance(want, int) and got < want:
            detail = {"argument": name, "path": path, "untrained": True}
            need = Need("state_dict.keys", got, want, "never", path, detail=detail)
            m.report(need, m.here(), (), layer)
            return True
    return False


def forget(m: Machine, weights: Weights) -> None:
    """Entries are removed or replaced one by one: what is left is not followed."""
    for path in list(weights.layers):
        m.put(weights.layers, path, Unknown("weights", "entries were changed"))


def save(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`torch.save(obj, f)`: what is saved under a constant name or into a buffer can be loaded again."""
    given = {**dict(zip(("obj", "f"), args)), **keywords}
    if "obj" in given and "f" in given:
        m.put(m.saved, _place(given["f"]), given["obj"])
    return None


def load(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`torch.load(f)`."""
    place = args[0] if args else keywords.get("f")
    value = m.saved.get(_place(place), NOTHING)
    return m.fresh("torch.load()", "a file", free=True) if value is NOTHING else value


def _place(value: Value) -> Any:
    # a number may come again where an object has gone: the object itself is the key
    return value if isinstance(value, (str, int, float, bytes, type(None))) else Itself(value)
