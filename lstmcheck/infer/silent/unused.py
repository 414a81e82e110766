"""States that are given, kept or made, and that the layer never gets."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import index, scopes
from lstmcheck.infer.silent.modules import (
    assignments_in,
    field_called,
    is_plain,
    own_attributes,
    parameters_of,
    recurrent_inside,
)
from lstmcheck.infer.values import Class, Instance, Layer, Site, Value


def unused_states(m: Machine, cls: Class, method: ast.FunctionDef, named: dict[str, list[Layer]]) -> None:
    calls = [node for node in scopes.of_kind(method, ast.Call) if field_called(node) in named]
    without = [call for call in calls if not _has_state(call)]
    for call in without:
        layer = named[field_called(call)][0]
        kind = layer.kind.rpartition(".")[2]
        target = scopes.state_target(method, call, kind)
        if target is not None:
            _overwritten(m, cls, method, call, target, layer)
            _kept(m, cls, method, call, target, layer)
    if calls and len(without) == len(calls) and method.name == "forward":
        _never_passed(m, cls, calls[0], named[field_called(calls[0])][0])
    if calls and len(without) == len(calls):
        _ignored(m, cls, method, calls[0], named[field_called(calls[0])][0])


def unread_results(m: Machine, cls: Class, instance: Instance, named: dict[str, list[Layer]]) -> None:
    """`_, hidden = self.encoder(x)` of which nothing is read, beside another layer that starts from zeros."""
    within = {name: recurrent_inside(value) for name, value in instance.fields.items()}
    recurrent = {**{name: layers for name, layers in within.items() if layers}, **named}
    for method in cls.node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "forward":
            continue
        calls = [node for node in scopes.of_kind(method, ast.Call) if field_called(node) in recurrent]
        for call in calls:
            parent = scopes.parents(method).get(call)
            if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or len(calls) < 2:
                continue
            target = parent.targets[0]
            if not isinstance(target, ast.Tuple) or not scopes.is_unread(method, target):
                continue
            states = _states_bound(target)
            if not states or _overwrites(method, parent, states):
                continue
            layer = recurrent[field_called(call)][0]
            need = Need("silent.state_unused", None, states[0], "never", states[0], detail={"how": "unread"})
            m.report(need, Site(cls.frame.file, call), (), layer)


def _states_bound(target: ast.Tuple) -> list[str]:
    """The names in a call's target that say a state, or the second of two names that are both meant to be read."""
    states = [name for name in sorted(scopes.names_in(target)) if _hidden(name)]
    if states or len(target.elts) != 2:
        return states
    plain = [part.id for part in target.elts if isinstance(part, ast.Name) and not part.id.startswith("_")]
    return plain[1:] if len(plain) == 2 else []


def _overwrites(method: ast.FunctionDef, here: ast.Assign, names: list[str]) -> bool:
    """Whether a name is assigned in another place too: then this is not all that there is to it."""
    above = scopes.parents(method)
    for bound in (node for name in names for node in scopes.named(method, name) if isinstance(node.ctx, ast.Store)):
        parent = above.get(bound)
        while isinstance(parent, (ast.Tuple, ast.List, ast.Starred)):
            parent = above.get(parent)
        if isinstance(parent, ast.Assign) and parent is not here:
            return True
    return False


def _never_passed(m: Machine, cls: Class, call: ast.Call, layer: Layer) -> None:
    """A state that the module makes and renews, or learns, in an attribute that nothing reads."""
    for name, places in _own_states(m, cls).items():
        learned = any(_is_learned(place.node) for place in places)
        if len(places) < 2 and not learned:
            continue
        if name in index.of(m).read:
            continue
        sources = [place.related("it is made here") for place in places[:2]]
        need = Need("silent.state_unused", None, name, "never", f"self.{name}", detail={"how": "made"})
        m.report(need, Site(cls.frame.file, call), (), layer, sources)
        return


def _own_states(m: Machine, cls: Class) -> dict[str, list[Site]]:
    """The attributes that are named like a hidden state, with what is assigned to them: calls and tuples of calls."""
    found: dict[str, list[Site]] = {}
    for name in _states_made(cls.node):
        every = _assignments(m, cls, name)
        found[name] = [Site(site.file, node.value) for site, node in every if _makes_state(node.value)]
    return found


@remembered
def _states_made(cls: ast.ClassDef) -> list[str]:
    made = [node for node in assignments_in(cls) if _makes_state(node.value)]
    return sorted(filter(_hidden, {name for node in made for each in node.targets for name in own_attributes(each)}))


@remembered
def _assignments(m: Machine, cls: Class, name: str) -> list[tuple[Site, ast.Assign]]:
    """Every assignment to an attribute of a class: by its methods, and by other code where no other class has one."""
    inside = scopes.parents(cls.node)
    every = index.of(m).assigned.get(name, [])
    own = [(site, node) for site, node in every if node in inside and _assigns_own(node, name)]
    others = any(node not in inside and _assigns_own(node, name) for _, node in every)
    return own if others else own + [(site, node) for site, node in every if not _assigns_own(node, name)]


def _assigns_own(node: ast.Assign, name: str) -> bool:
    return any(name in own_attributes(target) for target in node.targets)


_MAKERS = frozenset({"zeros", "randn", "rand", "new_zeros", "Parameter", "Variable", "zeros_like"})


def _makes_state(value: ast.expr) -> bool:
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    return bool(parts) and all(isinstance(part, ast.Call) and _is_maker(words.last_name(part.func)) for part in parts)


def _is_maker(name: str) -> bool:
    return name in _MAKERS or words.is_hidden(name.removeprefix("init").removeprefix("_init"))


def _is_learned(value: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and words.last_name(node.func) == "Parameter" for node in ast.walk(value))


def _has_state(call: ast.Call) -> bool:
    """Whether a call of a layer gives it a state, or may do so."""
    if any(isinstance(argument, ast.Starred) for argument in call.args) or len(call.args) > 1:
        return True
    return any(keyword.arg != "input" for keyword in call.keywords)


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
    parameters = parameters_of(method)
    lost = [name for name in scopes.names_in(target) if name in parameters and not name.startswith("_")]
    if not lost or any(isinstance(node, (ast.For, ast.While)) for node in scopes.around(method, call)):
        return
    if any(not words.is_state(name) for name in lost):
        return
    start = target.lineno, target.col_offset
    if any((node.lineno, node.col_offset) < start for name in lost for node in scopes.named(method, name)):
        return
    if scopes.names_in(call) & set(lost):
        return
    if not _returned(method) & set(lost) and not _required(method) & set(lost):
        # one that may be left out, and that is a name for something of this method's own
        return
    _report_parameter(m, cls, call, layer, parameters[sorted(lost)[0]], "overwritten")


@remembered
def _returned(method: ast.FunctionDef) -> set[str]:
    returns = [node for node in scopes.of_kind(method, ast.Return) if node.value is not None]
    return set().union(*(scopes.names_in(node) for node in returns))


def _ignored(m: Machine, cls: Class, method: ast.FunctionDef, call: ast.Call, layer: Layer) -> None:
    """A state that every caller must give, and that the method never reads."""
    if method.name != "forward" or not is_plain(cls):
        return
    mentioned = frozenset[str]().union(*map(scopes.names_in, method.body))
    for name, parameter in parameters_of(method).items():
        if name in _required(method) and name not in mentioned and not name.startswith("_") and _hidden(name):
            _report_parameter(m, cls, call, layer, parameter, "ignored")
            return


def unread_lengths(m: Machine) -> Site | None:
    """The parameter of the running `forward` that says where rows end, if callers must give it for nothing."""
    here = scopes.method_of(m)
    if here is None or here[1].name != "forward" or not is_plain(here[0]):
        return None
    cls, method = here
    for name, parameter in parameters_of(method).items():
        if _says_padding(name) and name in _required(method) and name not in scopes.loads(method):
            return Site(cls.frame.file, parameter)
    return None


def _says_padding(name: str) -> bool:
    """Whether a parameter says which steps are padding: by lengths, or by a mask that is not one of attention alone."""
    said = words.words(name)
    return bool(said & {"lengths", "lens"}) or ("mask" in said and not said & {"causal", "attn", "loss", "tgt", "trg"})


def unread_mask(m: Machine) -> Site | None:
    """Where the running method works out from ids which steps are real (`mask = ids != 0`), and never reads it."""
    here = scopes.method_of(m)
    if here is None:
        return None
    cls, method = here
    found = _unread_mask_in(method)
    return Site(cls.frame.file, found) if found is not None else None


@remembered
def _unread_mask_in(method: ast.FunctionDef) -> ast.Assign | None:
    for node in scopes.of_kind(method, ast.Assign):
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name) or not words.words(target.id) & _MASKS:
            continue
        if scopes.is_unread(method, target) and _is_comparison(node.value):
            return node
    return None


_MASKS = frozenset({"mask", "masks", "pad", "pads", "padding", "padded", "valid"})
_COMPARES = frozenset({"ne", "gt", "ge", "eq", "not_equal", "greater", "not_equal_"})
_CASTS = frozenset({"float", "bool", "int", "long", "to", "type", "type_as", "unsqueeze", "half", "double"})


def _is_comparison(value: ast.expr) -> bool:
    """Whether an expression compares a name with something: `ids != 0`, `(ids != pad).float()`, `ids.ne(0)`."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _CASTS:
        value = value.func.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return value.func.attr in _COMPARES
    return isinstance(value, ast.Compare) and isinstance(value.left, ast.Name)


def _hidden(name: str) -> bool:
    return words.is_hidden(name) or name in ("state", "rnn_state", "lstm_state")


def _report_parameter(m: Machine, cls: Class, call: ast.Call, layer: Layer, parameter: ast.arg, how: str) -> None:
    file = cls.frame.file
    sources = [Related(file.location(parameter), "the parameter")]
    need = Need("silent.state_unused", None, parameter.arg, "never", parameter.arg, detail={"how": how})
    m.report(need, Site(file, call), (), layer, sources)


def _kept(m: Machine, cls: Class, method: ast.FunctionDef, call: ast.Call, target: ast.expr, layer: Layer) -> None:
    """`out, self.hidden = self.lstm(x)` where other code starts `self.hidden` and nothing ever reads it."""
    stored = own_attributes(target)
    where: ast.AST = call
    if not stored and isinstance(target, (ast.Name, ast.Tuple)):
        stored, where = _stored_later(method, target, call)
    if not stored:
        return
    name = sorted(stored)[0]
    if name in index.of(m).read:
        return
    start = _started(m, cls, name, where)
    if start is None:
        return
    sources = [start.related("it is started here")]
    need = Need("silent.state_unused", None, name, "never", f"self.{name}", detail={"how": "kept"})
    m.report(need, Site(cls.frame.file, call), (), layer, sources)


def _stored_later(method: ast.FunctionDef, target: ast.expr, call: ast.Call) -> tuple[set[str], ast.AST]:
    """`self.hidden = hidden.detach()` after `out, hidden = self.lstm(x)`."""
    state = scopes.names_in(target)
    for node, made_from, stored in _stores_state(method):
        if made_from & state and node.lineno > call.lineno:
            return stored, node
    return set(), call


@remembered
def _stores_state(method: ast.FunctionDef) -> list[tuple[ast.Assign, frozenset[str], set[str]]]:
    """The assignments to attributes that are named like a state, with the names in the value, and the attributes."""
    stores = [(node, set().union(*map(own_attributes, node.targets))) for node in scopes.of_kind(method, ast.Assign)]
    return [(node, scopes.names_in(node.value), stored) for node, stored in stores if any(map(words.is_state, stored))]


def _started(m: Machine, cls: Class, name: str, stored: ast.AST) -> Site | None:
    """Where an attribute is given a state to start from: not only None in the constructor."""
    above = scopes.parents(cls.frame.file.tree)
    storing = next((node for node in (stored, *scopes.around(cls.frame.file.tree, stored)) if node in above), stored)
    while not isinstance(storing, (ast.Assign, ast.Module)):
        storing = above.get(storing, cls.frame.file.tree)
    for site, node in _assignments(m, cls, name):
        if node is storing:
            continue
        nothing = isinstance(node.value, ast.Constant) and node.value.value is None
        method = scopes.method_around(site.file, node)
        if not nothing or method is None or method.name != "__init__":
            return site
    return None


def called(m: Machine, layer: Layer, hx: Value, site: Site) -> None:
    """`out, _ = self.rnn(x, self.state)` where the attribute is None, always, and the new state is dropped."""
    call = site.node
    if hx is not None or not isinstance(call, ast.Call) or len(call.args) != 2:
        return
    given = call.args[1]
    if not isinstance(given, ast.Attribute) or not _hidden(given.attr):
        return
    assigned = index.of(m).assigned.get(given.attr, [])
    if not assigned or any(not _is_none(node.value) for _, node in assigned):
        return
    scope = scopes.scope_of(m)
    target = scopes.state_target(scope, call, layer.kind.rpartition(".")[2])
    if target is None or not scopes.is_unread(scope, target) or isinstance(target, ast.Constant):
        return
    sources = [assigned[0][0].related("it is None here, and nowhere anything else")]
    name = f"{ast.unparse(given)}"
    need = Need("silent.state_unused", None, name, "never", name, detail={"how": "none"})
    m.report(need, site, (), layer, sources)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
