"""A state that is cut from its graph after every step of a sequence, so that no gradient goes back in time."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Items, Layer, Role, Site, Tensor, Value


def called(m: Machine, layer: Layer, hx: Value, site: Site) -> None:
    """Look at a call inside a loop of `forward` whose state was cut in the round before."""
    here = scopes.method_of(m)
    if here is None or here[1].name != "forward" or m.no_grad or not m.loops:
        return
    run = m.loops[-1]
    call = site.node
    if run.frame is not m.frame or run.loader is not None or not isinstance(call, ast.Call):
        return
    if len(call.args) < 2 or not _own(layer, hx) or call not in scopes.parents(run.node):
        return
    names = scopes.names_in(call.args[1])
    cuts = {name: place for name in names if (place := _cut(run.node, name)) is not None}
    if not names or set(cuts) != set(names):
        return
    place = next(iter(cuts.values()))
    source = Related(site.file.location(place), "cut here, in every round")
    need = Need("silent.state_cut", None, None, "never", "the state", detail={"names": tuple(sorted(names))})
    m.report(need, site, (), layer, [source])


def _own(layer: Layer, hx: Value) -> bool:
    """Whether every part of a state is what this layer returned."""
    parts = hx.head if isinstance(hx, Items) else (hx,)
    roles = [part.role if isinstance(part, Tensor) else None for part in parts]
    return bool(roles) and all(isinstance(role, Role) and role.layer is layer and role.exact for role in roles)


@remembered
def _cut(loop: ast.AST, name: str) -> ast.AST | None:
    """A statement of the loop's own body, not under a condition, that binds a name to a detached version of itself."""
    for statement in getattr(loop, "body", ()):
        if not isinstance(statement, ast.Assign) or name not in scopes.names_in(statement.targets[0]):
            continue
        detaches = [
            node
            for node in ast.walk(statement.value)
            if isinstance(node, ast.Attribute) and node.attr in ("detach", "data") and words.last_name(node.value)
        ]
        if detaches and name in scopes.names_in(statement.value):
            return statement
    return None
