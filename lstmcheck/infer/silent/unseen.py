"""Recurrent layers that torch does not see: in plain lists and dicts; and one layer that a list names several times."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.infer.classes import linear_bases
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import index, scopes
from lstmcheck.infer.silent.modules import is_built_inside, own_attributes, reads_attribute, recurrent_inside
from lstmcheck.infer.values import Choice, Class, External, Instance, Items, Layer, Mapping, Site, Value


def unseen_layers(m: Machine, cls: Class, instance: Instance) -> None:
    """Recurrent layers in a plain list or dict of a module: `parameters()` and `to()` pass them by."""
    own = {id(layer) for value in instance.fields.values() for layer in _registered(value)}
    for name, value in instance.fields.items():
        if not isinstance(value, (Items, Mapping)):
            continue
        elements = (*value.head, value.rest) if isinstance(value, Items) else tuple(value.entries.values())
        held = [
            (element, layer)
            for element in (*elements, value.state.get("layers"))
            for layer in recurrent_inside(element)
        ]
        if not held or any(id(element) in own for element, _ in held):
            continue
        place = _assigned(cls, name)
        if place is None or _hides_one(place) or not _built_here(cls, held[0][0]) or _registers(m, cls, name):
            continue
        element, layer = held[0]
        kind = value.kind if isinstance(value, Items) else "dict"
        wrapper = element.cls.name if isinstance(element, Instance) and element.cls is not None else None
        detail = {"attribute": name, "container": kind, "class": cls.name, "wrapper": wrapper}
        sources = [layer.site.related("made here")] if layer.site is not None else []
        need = Need("silent.layers_unseen", kind, "ModuleList", "never", name, detail=detail)
        m.report(need, Site(cls.frame.file, place), (), layer, sources)


def _assigned(cls: Class, name: str) -> ast.AST | None:
    """What the class first assigns to an attribute."""
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Assign) and any(name in own_attributes(target) for target in node.targets):
            return node.value
        if isinstance(node, ast.AnnAssign) and node.value is not None and name in own_attributes(node.target):
            return node.value
    return None


def _registered(value: Value) -> Iterator[Value]:
    """The modules of a field that torch registers: itself, and what a container of torch's holds."""
    if isinstance(value, Choice):
        for _, option in value.options:
            yield from _registered(option)
    elif isinstance(value, Instance):
        yield value
    elif isinstance(value, Layer):
        yield value
        children = value.children
        if isinstance(children, Items):
            for element in (*children.head, children.rest):
                yield from _registered(element)
        elif isinstance(children, Mapping):
            for element in children.entries.values():
                yield from _registered(element)


def _hides_one(place: ast.AST) -> bool:
    """Whether a list holds one module that stands elsewhere too: so people keep it out of the parameters."""
    if not isinstance(place, (ast.List, ast.Tuple)) or len(place.elts) != 1:
        return False
    (element,) = place.elts
    copied = isinstance(element, ast.Call) and words.last_name(element.func) in ("copy", "deepcopy")
    return copied or isinstance(element, (ast.Name, ast.Attribute))


def _built_here(cls: Class, element: Value) -> bool:
    """Whether the class itself makes what it keeps: another's module may be hidden on purpose."""
    if isinstance(element, Layer):
        return is_built_inside(cls, element)
    made = element.cls.name if isinstance(element, Instance) and element.cls is not None else ""
    return any(words.last_name(node.func) == made for node in scopes.of_kind(cls.node, ast.Call))


def _registers(m: Machine, cls: Class, name: str) -> bool:
    """Whether the class, or code that reads the attribute, registers layers or collects their parameters by hand."""
    for base in linear_bases(cls):
        if isinstance(base, Class):
            if index.mentions(base.node, index.REGISTERS) or _given_to_container(base.node, name):
                return True
        elif not isinstance(base, External):
            return True
    return name in index.of(m).registered


_CONTAINERS = frozenset({"ModuleList", "ModuleDict", "Sequential"})


def _given_to_container(node: ast.AST, name: str) -> bool:
    return any(
        words.last_name(inner.func) in _CONTAINERS and reads_attribute(inner, name)
        for inner in scopes.of_kind(node, ast.Call)
    )


def repeated(m: Machine, cls: Class, instance: Instance) -> None:
    """`nn.ModuleList([nn.GRU(h, h)] * n)`: one layer, n times."""
    modules = [module for value in instance.fields.values() for module in (*_registered(value), *_elements(value))]
    sites = {
        id(layer.site.node): layer
        for layer in modules
        if recurrent_inside(layer) and isinstance(layer, Layer) and layer.site
    }
    for node in scopes.of_kind(cls.node, ast.BinOp) if sites else ():
        if not isinstance(node.op, ast.Mult):
            continue
        for held in (node.left, node.right):
            if isinstance(held, ast.List) and len(held.elts) == 1 and id(held.elts[0]) in sites:
                layer = sites[id(held.elts[0])]
                need = Need("silent.layer_repeated", None, None, "never", "layer", detail={"class": cls.name})
                m.report(need, Site(cls.frame.file, node), (), layer)


def _elements(value: Value) -> tuple[Value, ...]:
    return value.head if isinstance(value, Items) else ()


def hold_layer(items: Items | Mapping, value: Value) -> None:
    """Note that a layer was put into a list or dict: one that grows in a loop forgets what its elements are."""
    if recurrent_inside(value):
        items.state["layers"] = value
