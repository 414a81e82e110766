"""What a class shows as a whole: states kept and never used, layers that torch does not see, unread options."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.classes import linear_bases, torch_base
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import scopes, words
from lstmcheck.infer.values import Choice, Class, External, Instance, Items, Layer, Mapping, Site, Value


def built(m: Machine, instance: Instance) -> None:
    """Look at a module as its constructor leaves it."""
    cls = instance.cls
    if cls is None:
        return
    base = torch_base(cls)
    if base is None or not base.startswith("torch.nn."):
        return
    _unseen_layers(m, cls, instance)
    named = {name: found for name, value in instance.fields.items() if (found := _recurrent(value))}
    _repeated(m, cls, instance)
    _unread_results(m, cls, instance, named)
    if not named:
        return
    _unread_options(m, cls, named)
    for method in cls.node.body:
        if isinstance(method, ast.FunctionDef) and method.name != "__init__" and not _is_static(method):
            _unused_states(m, cls, method, named)


def _recurrent(value: Value) -> list[Layer]:
    """The recurrent layers that a field may hold; empty where it may hold anything else."""
    options = [option for _, option in value.options] if isinstance(value, Choice) else [value]
    layers = [option for option in options if isinstance(option, Layer) and option.config is not None]
    return layers if len(layers) == len(options) else []


def _is_static(method: ast.FunctionDef) -> bool:
    return any(words.last_name(decorator) in ("staticmethod", "classmethod") for decorator in method.decorator_list)


# Layers that torch does not see

_REGISTERS = frozenset({"add_module", "register_module", "setattr", "__setattr__", "_modules", "parameters", "modules"})


def _unseen_layers(m: Machine, cls: Class, instance: Instance) -> None:
    """Recurrent layers in a plain list or dict of a module: `parameters()` and `to()` pass them by."""
    own = {id(layer) for value in instance.fields.values() for layer in _registered(value)}
    for name, value in instance.fields.items():
        if not isinstance(value, (Items, Mapping)):
            continue
        elements = (*value.head, value.rest) if isinstance(value, Items) else tuple(value.entries.values())
        held = [(element, layer) for element in (*elements, value.state.get("layers")) for layer in _inside(element)]
        if not held or any(id(element) in own for element, _ in held):
            continue
        place = _assigned(cls, name)
        if place is None or _hides_one(place) or not _built_here(cls, held[0][0]) or _registers(m, cls, name):
            continue
        element, layer = held[0]
        kind = value.kind if isinstance(value, Items) else "dict"
        wrapper = element.cls.name if isinstance(element, Instance) and element.cls is not None else None
        detail = {"attribute": name, "container": kind, "class": cls.name, "wrapper": wrapper}
        sources = [Related(layer.site.file.location(layer.site.node), "made here")] if layer.site is not None else []
        need = Need("silent.layers_unseen", kind, "ModuleList", "never", name, detail=detail)
        m.report(need, Site(cls.frame.file, place), (), layer, sources)


def _inside(element: Value) -> list[Layer]:
    """A recurrent layer, or those of a module of the program that has some."""
    if isinstance(element, Layer):
        return [element] if element.config is not None else []
    if isinstance(element, Instance) and element.cls is not None and torch_base(element.cls) is not None:
        return [field for field in element.fields.values() if isinstance(field, Layer) and field.config is not None][:1]
    return []


def _assigned(cls: Class, name: str) -> ast.AST | None:
    """What the class first assigns to an attribute."""
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Assign) and any(name in _own_attributes(target) for target in node.targets):
            return node.value
        if isinstance(node, ast.AnnAssign) and node.value is not None and name in _own_attributes(node.target):
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
        return _is_inside(cls, element)
    made = element.cls.name if isinstance(element, Instance) and element.cls is not None else ""
    return any(isinstance(node, ast.Call) and words.last_name(node.func) == made for node in ast.walk(cls.node))


def _is_inside(cls: Class, layer: Layer) -> bool:
    return layer.site is not None and layer.site.file is cls.frame.file and layer.site.node in scopes.parents(cls.node)


def _registers(m: Machine, cls: Class, name: str) -> bool:
    """Whether the class, or code that reads the attribute, registers layers or collects their parameters by hand."""
    for base in linear_bases(cls):
        if isinstance(base, Class) and _mentions(base.node, _REGISTERS):
            return True
        if not isinstance(base, (Class, External)):
            return True
        if isinstance(base, Class) and _given_to_container(base.node, name):
            return True
    for file in m.project.given.values():
        for node in ast.walk(file.tree):
            if isinstance(node, scopes.FUNCTIONS) and _reads(node, name) and _mentions(node, _REGISTERS):
                return True
    return False


def _mentions(node: ast.AST, names: frozenset[str]) -> bool:
    return any(
        (isinstance(inner, ast.Attribute) and inner.attr in names)
        or (isinstance(inner, ast.Name) and inner.id in names)
        for inner in ast.walk(node)
    )


def _reads(node: ast.AST, name: str) -> bool:
    return any(isinstance(inner, ast.Attribute) and inner.attr == name for inner in ast.walk(node))


_CONTAINERS = frozenset({"ModuleList", "ModuleDict", "Sequential"})


def _given_to_container(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(inner, ast.Call) and words.last_name(inner.func) in _CONTAINERS and _reads(inner, name)
        for inner in ast.walk(node)
    )


def _repeated(m: Machine, cls: Class, instance: Instance) -> None:
    """`nn.ModuleList([nn.GRU(h, h)] * n)`: one layer, n times."""
    modules = [module for value in instance.fields.values() for module in (*_registered(value), *_elements(value))]
    sites = {
        id(layer.site.node): layer for layer in modules if _inside(layer) and isinstance(layer, Layer) and layer.site
    }
    for node in ast.walk(cls.node):
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
            continue
        for held in (node.left, node.right):
            if isinstance(held, ast.List) and len(held.elts) == 1 and id(held.elts[0]) in sites:
                layer = sites[id(held.elts[0])]
                need = Need("silent.layer_repeated", None, None, "never", "layer", detail={"class": cls.name})
                m.report(need, Site(cls.frame.file, node), (), layer)


def _elements(value: Value) -> tuple[Value, ...]:
    return value.head if isinstance(value, Items) else ()


# States that are kept, or given, and never used


def _unused_states(m: Machine, cls: Class, method: ast.FunctionDef, named: dict[str, list[Layer]]) -> None:
    calls = [node for node in ast.walk(method) if isinstance(node, ast.Call) and _field_called(node) in named]
    without = [call for call in calls if not _has_state(call)]
    for call in without:
        layer = named[_field_called(call)][0]
        kind = layer.kind.rpartition(".")[2]
        target = scopes.state_target(method, call, kind)
        if target is not None:
            _overwritten(m, cls, method, call, target, layer)
            _kept(m, cls, method, call, target, layer)
    if calls and len(without) == len(calls) and method.name == "forward":
        _never_passed(m, cls, calls[0], named[_field_called(calls[0])][0])
    if calls and len(without) == len(calls):
        _ignored(m, cls, method, calls[0], named[_field_called(calls[0])][0])


def _unread_results(m: Machine, cls: Class, instance: Instance, named: dict[str, list[Layer]]) -> None:
    """`_, hidden = self.encoder(x)` of which nothing is read, beside another layer that starts from zeros."""
    within = {name: _inside(value) for name, value in instance.fields.items()}
    recurrent = {**{name: layers for name, layers in within.items() if layers}, **named}
    for method in cls.node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "forward":
            continue
        calls = [node for node in ast.walk(method) if isinstance(node, ast.Call) and _field_called(node) in recurrent]
        for call in calls:
            parent = scopes.parents(method).get(call)
            if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or len(calls) < 2:
                continue
            target = parent.targets[0]
            states = [name for name in sorted(scopes.names_in(target)) if _hidden(name)]
            if not isinstance(target, ast.Tuple) or not states or not scopes.is_unread(method, target):
                continue
            if _overwrites(method, parent, states):
                continue
            layer = recurrent[_field_called(call)][0]
            need = Need("silent.state_unused", None, states[0], "never", states[0], detail={"how": "unread"})
            m.report(need, Site(cls.frame.file, call), (), layer)


def _overwrites(method: ast.FunctionDef, here: ast.Assign, names: list[str]) -> bool:
    """Whether a name is bound in another place too: then this is not all that there is to it."""
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names
        for statement in ast.walk(method)
        if isinstance(statement, ast.Assign) and statement is not here
        for target in statement.targets
        for node in ast.walk(target)
    )


def _never_passed(m: Machine, cls: Class, call: ast.Call, layer: Layer) -> None:
    """A state that the module makes and renews, or learns, in an attribute that nothing reads."""
    for name, places in _own_states(m, cls).items():
        learned = any(_is_learned(place.node) for place in places)
        if len(places) < 2 and not learned:
            continue
        if any(name in scopes.attribute_loads(file.tree) for file in m.project.given.values()):
            continue
        sources = [Related(place.file.location(place.node), "it is made here") for place in places[:2]]
        need = Need("silent.state_unused", None, name, "never", f"self.{name}", detail={"how": "made"})
        m.report(need, Site(cls.frame.file, call), (), layer, sources)
        return


def _own_states(m: Machine, cls: Class) -> dict[str, list[Site]]:
    """The attributes that are named like a hidden state, with what is assigned to them: calls and tuples of calls."""
    found: dict[str, list[Site]] = {}
    own = set().union(*(_own_attributes(t) for node in _assigns(cls.node) for t in node.targets))
    for file in m.project.given.values():
        for node in _assigns(file.tree):
            attributes = {t.attr for target in node.targets for t in ast.walk(target) if isinstance(t, ast.Attribute)}
            for name in sorted(attributes & own):
                if _hidden(name) and _makes_state(node.value):
                    found.setdefault(name, []).append(Site(file, node.value))
    return found


def _assigns(tree: ast.AST) -> list[ast.Assign]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]


_MAKERS = frozenset({"zeros", "randn", "rand", "new_zeros", "Parameter", "Variable", "zeros_like"})


def _makes_state(value: ast.expr) -> bool:
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    return bool(parts) and all(isinstance(part, ast.Call) and _is_maker(words.last_name(part.func)) for part in parts)


def _is_maker(name: str) -> bool:
    return name in _MAKERS or words.is_hidden(name.removeprefix("init").removeprefix("_init"))


def _is_learned(value: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and words.last_name(node.func) == "Parameter" for node in ast.walk(value))


def _field_called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "self":
        return function.attr
    return ""


def _has_state(call: ast.Call) -> bool:
    """Whether a call of a layer gives it a state, or may do so."""
    if any(isinstance(argument, ast.Starred) for argument in call.args) or len(call.args) > 1:
        return True
    return any(keyword.arg != "input" for keyword in call.keywords)


def _parameters(method: ast.FunctionDef) -> dict[str, ast.arg]:
    arguments = method.args
    return {argument.arg: argument for argument in (*arguments.posonlyargs, *arguments.args[1:], *arguments.kwonlyargs)}


def _required(method: ast.FunctionDef) -> set[str]:
    """The parameters that a caller must give."""
    arguments = method.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    required = set(positional[: len(positional) - len(arguments.defaults)])
    return required | {a.arg for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default is None}


def _overwritten(
    m: Machine, cls: Class, method: ast.FunctionDef, call: ast.Call, target: ast.expr, layer: Layer
) -> None:
    """`def forward(self, x, hidden): out, hidden = self.gru(x)`: the parameter is lost before anything reads it."""
    parameters = _parameters(method)
    lost = [name for name in scopes.names_in(target) if name in parameters and not name.startswith("_")]
    if not lost or any(isinstance(node, (ast.For, ast.While)) for node in scopes.around(method, call)):
        return
    if any(not words.is_state(name) for name in lost):
        return
    before = {
        node.id
        for node in ast.walk(method)
        if isinstance(node, ast.Name) and (node.lineno, node.col_offset) < (target.lineno, target.col_offset)
    }
    inside = scopes.names_in(call)
    if before & set(lost) or inside & set(lost):
        return
    if not _returned(method) & set(lost) and not _required(method) & set(lost):
        # one that may be left out, and that is a name for something of this method's own
        return
    _report_parameter(m, cls, call, layer, parameters[sorted(lost)[0]], "overwritten")


def _returned(method: ast.FunctionDef) -> set[str]:
    returns = [node for node in ast.walk(method) if isinstance(node, ast.Return) and node.value is not None]
    return set().union(*(scopes.names_in(node) for node in returns))


def _ignored(m: Machine, cls: Class, method: ast.FunctionDef, call: ast.Call, layer: Layer) -> None:
    """A state that every caller must give, and that the method never reads."""
    if method.name != "forward" or not _plain(cls):
        return
    mentioned = scopes.names_in(ast.Module(method.body, []))
    for name, parameter in _parameters(method).items():
        if name in _required(method) and name not in mentioned and not name.startswith("_") and _hidden(name):
            _report_parameter(m, cls, call, layer, parameter, "ignored")
            return


def _hidden(name: str) -> bool:
    return words.is_hidden(name) or name in ("state", "rnn_state", "lstm_state")


def _plain(cls: Class) -> bool:
    """Whether the class derives from torch's Module and from nothing that may ask for its signature."""
    return all(isinstance(base, External) and base.path == "torch.nn.Module" for base in cls.bases)


def _report_parameter(m: Machine, cls: Class, call: ast.Call, layer: Layer, parameter: ast.arg, how: str) -> None:
    file = cls.frame.file
    sources = [Related(file.location(parameter), "the parameter")]
    need = Need("silent.state_unused", None, parameter.arg, "never", parameter.arg, detail={"how": how})
    m.report(need, Site(file, call), (), layer, sources)


def _kept(m: Machine, cls: Class, method: ast.FunctionDef, call: ast.Call, target: ast.expr, layer: Layer) -> None:
    """`out, self.hidden = self.lstm(x)` where other code starts `self.hidden` and nothing ever reads it."""
    stored = _own_attributes(target)
    where: ast.AST = call
    if not stored and isinstance(target, (ast.Name, ast.Tuple)):
        stored, where = _stored_later(method, target, call)
    if not stored:
        return
    name = sorted(stored)[0]
    if any(name in scopes.attribute_loads(file.tree) for file in m.project.given.values()):
        return
    start = _started(m, cls, name, where)
    if start is None:
        return
    sources = [Related(start.file.location(start.node), "it is started here")]
    need = Need("silent.state_unused", None, name, "never", f"self.{name}", detail={"how": "kept"})
    m.report(need, Site(cls.frame.file, call), (), layer, sources)


def _own_attributes(target: ast.AST) -> set[str]:
    return {
        node.attr
        for node in ast.walk(target)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


def _stored_later(method: ast.FunctionDef, target: ast.expr, call: ast.Call) -> tuple[set[str], ast.AST]:
    """`self.hidden = hidden.detach()` after `out, hidden = self.lstm(x)`."""
    state = scopes.names_in(target)
    for node in ast.walk(method):
        if isinstance(node, ast.Assign) and scopes.names_in(node.value) & state and node.lineno > call.lineno:
            stored = set().union(*map(_own_attributes, node.targets))
            if any(words.is_state(name) for name in stored):
                return stored, node
    return set(), call


def _started(m: Machine, cls: Class, name: str, stored: ast.AST) -> Site | None:
    """Where an attribute is given a state to start from: not only None in the constructor."""
    above = scopes.parents(cls.frame.file.tree)
    storing = next((node for node in (stored, *scopes.around(cls.frame.file.tree, stored)) if node in above), stored)
    while not isinstance(storing, (ast.Assign, ast.Module)):
        storing = above.get(storing, cls.frame.file.tree)
    for file in m.project.given.values():
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.Assign) or node is storing:
                continue
            if not any(
                isinstance(t, ast.Attribute) and t.attr == name for target in node.targets for t in ast.walk(target)
            ):
                continue
            nothing = isinstance(node.value, ast.Constant) and node.value.value is None
            method = scopes.method_around(file, node)
            if not nothing or method is None or method.name != "__init__":
                return Site(file, node)
    return None


# Options that are never read

_OPTIONS = {
    "num_layers": ("num_layers", "n_layers", "nlayers", "layers", "num_rnn_layers"),
    "bidirectional": ("bidirectional", "bidir", "is_bidirectional"),
    "batch_first": ("batch_first",),
}


def _unread_options(m: Machine, cls: Class, named: dict[str, list[Layer]]) -> None:
    """A parameter `num_layers` or `bidirectional` of the constructor that goes nowhere, and a layer without it."""
    layers = [layer for found in named.values() for layer in found]
    constructor = next(
        (node for node in cls.node.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None
    )
    if constructor is None or len(layers) != 1 or not _plain(cls) or not _is_inside(cls, layers[0]):
        return
    layer = layers[0]
    assert layer.site is not None
    if layer.kind.endswith("Cell") or _spreads(layer.site.node):
        return
    read = scopes.loads(constructor)
    if {"locals", "vars"} & read or "save_hyperparameters" in scopes.attribute_loads(cls.node):
        return
    for option, names in _OPTIONS.items():
        for name, parameter in _parameters(constructor).items():
            file = cls.frame.file
            if name in names and option not in layer.sites and (name not in read or _only_kept(m, constructor, name)):
                detail = {"option": option, "parameter": name, "class": cls.name}
                need = Need("silent.option_unread", None, name, "never", name, detail=detail)
                m.report(need, layer.site, (), layer, [Related(file.location(parameter), "the parameter")])


def _only_kept(m: Machine, constructor: ast.FunctionDef, name: str) -> bool:
    """Whether a parameter goes into attributes that nothing reads, and nowhere else."""
    above = scopes.parents(constructor)
    for node in ast.walk(constructor):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = above.get(node)
            kept = set().union(*map(_own_attributes, parent.targets)) if isinstance(parent, ast.Assign) else set()
            if len(kept) != 1 or any(kept & scopes.attribute_loads(f.tree) for f in m.project.given.values()):
                return False
    return True


def _spreads(node: ast.AST) -> bool:
    """Whether a call takes `*args` or `**kwargs`."""
    return isinstance(node, ast.Call) and (
        any(isinstance(argument, ast.Starred) for argument in node.args)
        or any(keyword.arg is None for keyword in node.keywords)
    )


def hold_layer(items: Items, value: Value) -> None:
    """Note that a layer was put into a list: a list that grows in a loop forgets what its elements are."""
    if _inside(value):
        items.state["layers"] = value
