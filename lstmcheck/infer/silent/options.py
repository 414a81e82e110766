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

_DEFAULTS = {"num_layers": 1, "bidirectional": False, "batch_first": False}


def unread_options(m: Machine, cls: Class, named: dict[str, list[Layer]]) -> None:
    """A parameter `num_layers` or `bidirectional` of the constructor that goes nowhere, and a layer without it."""
    constructor = next(
        (node for node in cls.node.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None
    )
    if constructor is None or not is_plain(cls):
        return
    read = scopes.loads(constructor)
    if {"locals", "vars"} & read or "save_hyperparameters" in scopes.attribute_loads(cls.node):
        return
    for name, parameter in parameters_of(constructor).items():
        option, layer = _meant(name, named)
        if option is None or layer is None or not is_built_inside(cls, layer):
            continue
        counted = name in read and option == "bidirectional" and _only_counted(constructor, name)
        if name in read and not counted and not _only_kept(m, constructor, name):
            continue
        assert layer.site is not None
        other = option in layer.sites and not _is_default(layer, option)
        if layer.kind.endswith("Cell") or _spreads(layer.site.node) or (other and not _side(name)):
            continue
        detail = {"option": option, "parameter": name, "class": cls.name, "given": option in layer.sites}
        detail["counted"] = counted
        need = Need("silent.option_unread", None, name, "never", name, detail=detail)
        m.report(need, layer.site, (), layer, [Related(cls.frame.file.location(parameter), "the parameter")])


_SIDES = {"enc": "enc", "encoder": "enc", "dec": "dec", "decoder": "dec"}


def _side(name: str) -> set[str]:
    """The encoder or the decoder that a name speaks of."""
    return {_SIDES[word] for word in name.lower().split("_") if word in _SIDES}


def _meant(name: str, named: dict[str, list[Layer]]) -> tuple[str | None, Layer | None]:
    """The option that a parameter is named after, and the one layer of a class that it must be for."""
    plain = "_".join(word for word in name.split("_") if word.lower() not in _SIDES)
    option = next((option for option, names in _OPTIONS.items() if plain in names), None)
    side = _side(name)
    fields = {field: found for field, found in named.items() if not side or _side_of(field) == side}
    layers = [layer for found in (fields or named).values() for layer in found]
    return option, layers[0] if len(layers) == 1 and (fields or not side) else None


def _side_of(field: str) -> set[str]:
    return {side for side in _SIDES.values() if side in field.lower()}


def _is_default(layer: Layer, option: str) -> bool:
    """Whether a call writes an option out as what it is by default."""
    call = layer.site.node if layer.site is not None else None
    given = [word.value for word in call.keywords if word.arg == option] if isinstance(call, ast.Call) else []
    return len(given) == 1 and isinstance(given[0], ast.Constant) and given[0].value == _DEFAULTS[option]


def _only_kept(m: Machine, constructor: ast.FunctionDef, name: str) -> bool:
    """Whether a parameter goes into attributes that nothing reads, and nowhere else."""
    above = scopes.parents(constructor)
    for node in scopes.reads(constructor, name):
        parent = above.get(node)
        kept = set().union(*map(own_attributes, parent.targets)) if isinstance(parent, ast.Assign) else set()
        if len(kept) != 1 or kept & index.of(m).read:
            return False
    return True


def _only_counted(constructor: ast.FunctionDef, name: str) -> bool:
    """Whether a flag only decides between numbers: `2 if bidirectional else 1`, `1 + bidirectional`, `int(...)`."""
    above = scopes.parents(constructor)
    reads = scopes.reads(constructor, name)
    return bool(reads) and all(_is_count(above[node], node) for node in reads)


def _is_count(around: ast.AST, node: ast.Name) -> bool:
    if isinstance(around, ast.IfExp):
        branches = (around.body, around.orelse)
        return around.test is node and all(
            isinstance(one, ast.BinOp) or (isinstance(one, ast.Constant) and type(one.value) is int) for one in branches
        )
    if isinstance(around, ast.BinOp):
        return True
    return isinstance(around, ast.Call) and isinstance(around.func, ast.Name) and around.func.id == "int"


def _spreads(node: ast.AST) -> bool:
    """Whether a call takes `*args` or `**kwargs`."""
    return isinstance(node, ast.Call) and (
        any(isinstance(argument, ast.Starred) for argument in node.args)
        or any(keyword.arg is None for keyword in node.keywords)
    )
