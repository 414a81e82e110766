"""A state that goes from one batch to the next although the batches are drawn at random."""

from __future__ import annotations

import ast

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import Items, Layer, Role, Site, Tensor, Value

_RESETS = frozenset({"zero_", "fill_", "zeros_like", "zeros", "new_zeros"})


def called(m: Machine, layer: Layer, hx: Value, site: Site) -> None:
    """Look at the state of a call inside a loop over a loader that shuffles."""
    role = _role(hx)
    if role is None or role.layer is not layer:
        return
    for run in m.loops:
        loader = run.loader
        if loader is None or loader.shuffle is not True:
            continue
        born = dict(role.born).get(run)
        if born is None or born >= run.round or _resets(run.node):
            continue
        sources = [Related(run.file.location(getattr(run.node, "iter", run.node)), "the loop over the batches")]
        if loader.site is not None:
            sources.append(loader.site.related("shuffle=True here"))
        m.report(Need("silent.state_shuffled", None, None, "never", "the state"), site, (), layer, sources)
        return


def _role(hx: Value) -> Role | None:
    first = hx.head[0] if isinstance(hx, Items) and hx.head else hx
    role = first.role if isinstance(first, Tensor) else None
    return role if role is not None and role.exact else None


def _resets(loop: ast.AST) -> bool:
    """Whether a loop's body makes zeros, perhaps in place."""
    return any(isinstance(node, ast.Attribute) and node.attr in _RESETS for node in ast.walk(loop))
