"""A recurrent layer that is built whenever a module runs: its weights are new each time and never trained."""

from __future__ import annotations

import ast

from lstmcheck.contract.needs import Need
from lstmcheck.infer.classes import torch_base
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Class, Layer, Site

_RUNS = ("forward", "__call__")
_LAZY = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.While, ast.With)
# what gives a layer weights of its own choice
_WEIGHTS = frozenset(
    {
        *("load_state_dict", "parameters", "named_parameters", "state_dict", "_flat_weights", "all_weights", "apply"),
        *("functional_call", "setattr", "set_", "copy_", "requires_grad_"),
    }
)


def called(m: Machine, layer: Layer, site: Site) -> None:
    """Look at one call: a layer that a method built on the way, without asking whether it stands already."""
    made = layer.site
    here = scopes.method_of(m)
    if made is None or here is None or made.file is not m.frame.file:
        return
    cls, running = here
    base = torch_base(cls)
    if base is None or not base.startswith("torch.nn.") or not _runs(m, cls, running):
        return
    method = scopes.method_around(made.file, made.node)
    if method is not running or method.decorator_list:
        return
    if any(isinstance(node, _LAZY) for node in scopes.around(method, made.node)):
        return
    if _gives_weights(method):
        return
    sources = [site.related("called here")]
    need = Need("silent.layer_inside", running.name, "__init__", "never", running.name, detail={"class": cls.name})
    m.report(need, made, (), layer, sources)


def _runs(m: Machine, cls: Class, method: ast.FunctionDef) -> bool:
    """Whether a method is `forward`, or one that `forward` calls at every run."""
    if method.name in _RUNS:
        return True
    forward = next((node for node in m.active if node in cls.node.body and getattr(node, "name", "") in _RUNS), None)
    if forward is None:
        return False
    return method.name in _always_called(forward)


@remembered
def _always_called(forward: ast.AST) -> frozenset[str]:
    """The methods that a method calls wherever it gets to, under no condition."""
    return frozenset(
        node.func.attr
        for node in scopes.of_kind(forward, ast.Call)
        if isinstance(node.func, ast.Attribute)
        and not any(isinstance(outer, _LAZY) for outer in scopes.around(forward, node))
    )


@remembered
def _gives_weights(method: ast.FunctionDef) -> bool:
    return any(_sets_weights(node.attr) for node in scopes.of_kind(method, ast.Attribute))


def _sets_weights(name: str) -> bool:
    return name in _WEIGHTS or name.startswith(("weight_", "bias_"))
