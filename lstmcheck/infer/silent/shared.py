"""Two stacked layers that hand one state to each other."""

from __future__ import annotations

import ast

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import LoopRun, Machine
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Function, Items, Layer, Role, Site, Tensor, Value


def called(m: Machine, layer: Layer, value: Value, hx: Value, result: Value, site: Site) -> None:
    """Look at one call: its input and state both come from another layer, and its own state goes back to that one."""
    before = _role(hx)
    if before is None:
        if not m.loops:
            return
    elif before.layer is not layer:
        for run in m.loops:
            _in_loop(m, run, layer, before.layer, site)
        if _feeds(before.layer, value):
            _no_state_of_its_own(m, layer, before.layer, site)
            for run in m.loops:
                run.seen[("shared", id(layer))] = (before.layer, site, run.round)
            _through_parameter(m, layer, before.layer, site)


def _role(hx: Value) -> Role | None:
    """Which layer's state this is, as it came out of it."""
    first = hx.head[0] if isinstance(hx, Items) and hx.head else hx
    role = first.role if isinstance(first, Tensor) else None
    return role if role is not None and role.exact and role.part in ("h_n", "c_n") else None


def _feeds(source: Layer, value: Value) -> bool:
    """Whether an input is what a layer returned, itself or after an activation, a dropout or the like."""
    role = value.role if isinstance(value, Tensor) else None
    return role is not None and role.layer is source


def _in_loop(m: Machine, run: LoopRun, layer: Layer, source: Layer, site: Site) -> None:
    """`layer` starts from the state that `source` left in the round before, and had given its own to it (by others)."""
    chain: list[Site] = []
    current: Layer = source
    while current is not layer:
        link = run.seen.get(("shared", id(current)))
        if link is None or link[2] >= run.round or len(chain) > 16:
            return
        current, where, _ = link
        chain.append(where)
    for place in chain:
        _report(m, source, layer, place, [site.related("the state of the one goes to the other")])


def _no_state_of_its_own(m: Machine, layer: Layer, source: Layer, site: Site) -> None:
    """`h2 = cell2(h1, h1)` in every round: the upper cell never gets what it returned in the round before."""
    if not layer.kind.endswith("Cell"):
        return
    scope = scopes.scope_of(m)
    target = scopes.state_target(scope, site.node, layer.kind)
    for run in m.loops:
        if run.frame is not m.frame or run.loader is not None or target is None:
            continue
        key = ("alone", site.node, id(layer))
        before = run.seen.setdefault(key, run.round)
        last = target.elts[-1] if isinstance(target, ast.Tuple) else target
        if before < run.round and not _given_in(run.node, scopes.names_in(last)):
            _report(m, layer, source, site, [Related(run.file.location(run.node), "the loop")])


def _given_in(loop: ast.AST, names: frozenset[str]) -> bool:
    """Whether a call in a loop takes one of some names as its second argument: that state goes on."""
    return any(
        isinstance(node, ast.Call)
        and any(names & scopes.names_in(given) for given in (*node.args[1:], *(word.value for word in node.keywords)))
        for node in ast.walk(loop)
    )


def _report(m: Machine, layer: Layer, other: Layer, site: Site, sources: list[Related]) -> None:
    text = site.file.segment(_callee(site.node))
    detail = {"layer": text, "of": other.kind.rpartition(".")[2]}
    m.report(Need("silent.state_shared", None, None, "never", "state", detail=detail), site, (), layer, sources)


def _callee(node: ast.AST) -> ast.AST:
    return node.func if isinstance(node, ast.Call) else node


def _through_parameter(m: Machine, layer: Layer, source: Layer, site: Site) -> None:
    """One parameter goes through both layers and back to the caller: `x, h = a(x, h); x, h = b(x, h); return x, h`."""
    function: Function | None = m.frame.function
    if function is None or not isinstance(function.node, ast.FunctionDef):
        return
    name = _passed(site.node)
    parameters = {argument.arg for argument in (*function.node.args.args, *function.node.args.kwonlyargs)}
    if name is None or name not in parameters or name != _bound_to(function.node, site.node):
        return
    returned = any(
        node.value is not None and name in scopes.names_in(node.value)
        for node in scopes.of_kind(function.node, ast.Return)
    )
    calls = [node for node in scopes.of_kind(function.node, ast.Call) if _passed(node) == name]
    others = [node for node in calls if node is not site.node and _bound_to(function.node, node) == name]
    loops = [node for node in scopes.around(function.node, site.node) if isinstance(node, (ast.For, ast.While))]
    if not returned or len(loops) + len(others) != 1:
        return
    sources = [Related(site.file.location(node), "the same state goes in here") for node in others]
    _report(m, layer, source, site, sources)


def _passed(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or len(node.args) != 2 or node.keywords:
        return None
    return node.args[1].id if isinstance(node.args[1], ast.Name) else None


def _bound_to(scope: ast.AST, call: ast.AST) -> str | None:
    target = scopes.state_target(scope, call, "")
    return target.id if isinstance(target, ast.Name) else None
