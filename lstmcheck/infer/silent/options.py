"""Options of a model's constructor that never reach its recurrent layer."""

from __future__ import annotations

import ast

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import index, scopes
from lstmcheck.infer.silent.modules import is_built_inside, is_plain, own_attributes, parameters_of
from lstmcheck.infer.values import Class, Layer

_OPTIONS = {
    "num_layers": ("num_layers", "n_layers", "nlayers", "layers", "num_rnn_layers"),
    "bidirectional": ("bidirectional", "bidir", "is_bidirectional"),
    "batch_first": ("batch_first",),
}


def unread_options(m: Machine, cls: Class, named: dict[str, list[Layer]]) -> None:
    """A parameter `num_layers` or `bidirectional` of the constructor that goes nowhere, and a layer without it."""
    layers = [layer for found in named.values() for layer in found]
    constructor = next(
        (node for node in cls.node.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None
    )
    if constructor is None or len(layers) != 1 or not is_plain(cls) or not is_built_inside(cls, layers[0]):
        return
    layer = layers[0]
    assert layer.site is not None
    if layer.kind.endswith("Cell") or _spreads(layer.site.node):
        return
    read = scopes.loads(constructor)
    if {"locals", "vars"} & read or "save_hyperparameters" in scopes.attribute_loads(cls.node):
        return
    for option, names in _OPTIONS.items():
        for name, parameter in parameters_of(constructor).items():
            file = cls.frame.file
            if name in names and option not in layer.sites and (name not in read or _only_kept(m, constructor, name)):
                detail = {"option": option, "parameter": name, "class": cls.name}
                need = Need("silent.option_unread", None, name, "never", name, detail=detail)
                m.report(need, layer.site, (), layer, [Related(file.location(parameter), "the parameter")])


def _only_kept(m: Machine, constructor: ast.FunctionDef, name: str) -> bool:
    """Whether a parameter goes into attributes that nothing reads, and nowhere else."""
    above = scopes.parents(constructor)
    for node in scopes.of_kind(constructor, ast.Name):
        if node.id == name and isinstance(node.ctx, ast.Load):
            parent = above.get(node)
            kept = set().union(*map(own_attributes, parent.targets)) if isinstance(parent, ast.Assign) else set()
            if len(kept) != 1 or kept & index.of(m).read:
                return False
    return True


def _spreads(node: ast.AST) -> bool:
    """Whether a call takes `*args` or `**kwargs`."""
    return isinstance(node, ast.Call) and (
        any(isinstance(argument, ast.Starred) for argument in node.args)
        or any(keyword.arg is None for keyword in node.keywords)
    )
