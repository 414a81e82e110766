"""An initial state that is drawn anew whenever a module runs."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.infer.classes import torch_base
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Class, Items, Layer, Site, Tensor, Value

_DRAWS = frozenset({"randn", "rand", "randn_like", "rand_like", "normal"})


def called(m: Machine, layer: Layer, hx: Value, site: Site) -> None:
    """Look at the state of one call: random numbers that a method of the module draws on the way to it."""
    for name, tensor in zip(("h_0", "c_0"), hx.head if isinstance(hx, Items) else (hx,)):
        if not isinstance(tensor, Tensor) or tensor.role is not None or tensor.made is None:
            continue
        draw = _drawn(tensor.made.node)
        if draw is None or words.is_noise(tensor.name) or not _on_the_way(m, tensor.made):
            continue
        source = tensor.made.related(f"{name} is drawn here")
        need = Need("silent.state_random", draw, "zeros", "never", name, detail={"draw": draw})
        m.report(need, site, (), layer, [source])
        return


def _drawn(node: ast.AST) -> str | None:
    """The function of random numbers that a call is: `torch.randn`; None for any other."""
    if not isinstance(node, ast.Call):
        return None
    name = words.last_name(node.func)
    return name if name in _DRAWS else None


def _on_the_way(m: Machine, made: Site) -> bool:
    """Whether a method of a module made it, other than the constructor, and that method runs whenever this one does."""
    method = scopes.method_around(made.file, made.node)
    here = scopes.method_of(m)
    if method is None or method.name == "__init__" or here is None or not _is_module(here[0]):
        return False
    if words.is_noise(method.name):
        return False
    running = [here[1], *(node for node in m.active if isinstance(node, ast.FunctionDef))]
    return any(node is method or _calls(node, method.name) for node in running if node.name != "__init__")


def _is_module(cls: Class) -> bool:
    base = torch_base(cls)
    return base is not None and base.startswith("torch.nn.")


def _calls(function: ast.FunctionDef, name: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
        for node in ast.walk(function)
    )
