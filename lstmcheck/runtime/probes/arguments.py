"""What a recurrent layer is built with, and when: arguments in the place of others, options that never arrive."""

from __future__ import annotations

import ast
import dis
import weakref
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from torch import Tensor, nn

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.findings import Location, Violation
from lstmcheck.runtime import callers, describe, graph_lines, sites
from lstmcheck.runtime.history import Caller
from lstmcheck.runtime.model import Building, Call
from lstmcheck.runtime.probing import Probe

DEEP = 5
"""From so many layers on it is no accident that there are as many layers as steps."""

_POSITIONS = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")
_OPTIONS = ("num_layers", "bidirectional", "batch_first")


class _Unread(NamedTuple):
    """An option that a constructor took and never read, and the module that it constructed."""

    owner: weakref.ref[nn.Module]
    option: str
    parameter: str
    cls: str


_inside: dict[tuple[int, Location], int] = {}
_third: weakref.WeakKeyDictionary[nn.Module, str] = weakref.WeakKeyDictionary()
_unread: weakref.WeakKeyDictionary[nn.Module, _Unread] = weakref.WeakKeyDictionary()
_asked: weakref.WeakSet[nn.Module] = weakref.WeakSet()


def _built(one: Building) -> None:
    if one.made is None or isinstance(one.module, nn.modules.lazy.LazyModuleMixin):
        return
    _misplaced(one, one.made)
    _in_forward(one, one.made)
    _options(one)


def _tell(one: Building, made: Location, need: Need) -> None:
    one.report(Violation(need, made, (), (), one.layer()))


# Arguments


def _misplaced(one: Building, made: Location) -> None:
    if one.kind.endswith("Cell"):
        return
    for parameter, node in _written(one, made):
        name = words.last_name(node)
        if parameter == "num_layers" and name and not words.says_layers(name):
            _third[one.module] = ast.unparse(node)
        size = words.misplaced(name, parameter) if name else None
        if size is not None:
            detail = {"parameter": parameter, "size": size, "name": name}
            _tell(one, made, Need("silent.argument_place", name, parameter, "never", parameter, detail=detail))
            _third.pop(one.module, None)
            return


def _written(one: Building, made: Location) -> Iterator[tuple[str, ast.expr]]:
    """The arguments of a construction as they are written, by parameter."""
    try:
        call = ast.parse(sites.text_of(made).strip(), mode="eval").body
    except SyntaxError:
        return
    if not isinstance(call, ast.Call) or any(isinstance(given, ast.Starred) for given in call.args):
        return
    if len(call.args) != len(one.args):
        return  # the layer is built somewhere below this call
    positions = ("input_size", "hidden_size", "num_layers", "nonlinearity") if one.kind == "RNN" else _POSITIONS
    yield from zip(positions, call.args)
    yield from ((item.arg, item.value) for item in call.keywords if item.arg in one.kwargs)


def _before(call: Call) -> None:
    module = call.module
    if module in _asked:
        return
    _asked.add(module)
    name = _third.get(module)
    layers = module.__dict__.get("num_layers", 0)
    if name is not None and layers >= DEEP and _steps(call) == layers:
        detail = {"parameter": "num_layers", "size": "as long as the sequence", "name": name}
        need = Need("silent.argument_place", name, "num_layers", "never", "num_layers", detail=detail)
        Caller.of(call).tell(need, where=call.made)
    unread = _unread.get(module)
    if unread is not None:
        _tell_option(call, unread)


def _steps(call: Call) -> int | None:
    x = call.input
    if not isinstance(x, Tensor) or x.dim() != 3:
        return None
    return int(x.shape[1 if call.module.batch_first else 0])


# Layers that are built while a module runs

_WEIGHTS = frozenset({"load_state_dict", "state_dict", "copy_", "deepcopy", "set_", "_flat_weights", "functional_call"})


def _in_forward(one: Building, made: Location) -> None:
    running = callers.modules(2)
    if not running or one.frame is None or _WEIGHTS & set(one.frame.f_code.co_names):
        return
    owner = running[0].module
    key = (id(owner), made)
    _inside[key] = _inside.get(key, 0) + 1
    if _inside[key] == 2:
        name = one.frame.f_code.co_name
        detail = {"class": type(owner).__name__}
        _tell(one, made, Need("silent.layer_inside", name, "__init__", "never", name, detail=detail))


# Options


def _options(one: Building) -> None:
    """Remember the first option that a constructor was given, never reads, and that the layer does not have."""
    frame = one.frame
    if frame is None or frame.f_code.co_name != "__init__" or one.kind.endswith("Cell"):
        return
    code = frame.f_code
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    wanted = [name for name in names if words.option(name) in _OPTIONS]
    if not wanted or "locals" in code.co_names:
        return
    held = callers.names_in(frame)
    owner = held.get(code.co_varnames[0])
    if not isinstance(owner, nn.Module):
        return
    for name in wanted:
        option = str(words.option(name))
        given = held.get(name)
        if not isinstance(given, int) or option in one.kwargs or given == getattr(one.module, option):
            continue
        if not _is_read(code, name):
            _unread[one.module] = _Unread(weakref.ref(owner), option, name, type(owner).__name__)
            return


def _is_read(code: CodeType, name: str) -> bool:
    """Whether a function, or one inside it, loads a name; keeping it in an attribute that its file never reads counts
    as not reading it."""
    steps = list(dis.get_instructions(code))
    loads = [i for i, step in enumerate(steps) if "LOAD" in step.opname and _names(step.argval, name)]
    if not loads and not any(isinstance(inner, CodeType) and _is_free(inner, name) for inner in code.co_consts):
        return False
    kept = [_kept_in(steps, i) for i in loads]
    tree = graph_lines.tree(code.co_filename)
    if tree is None or not all(kept):
        return True
    reads = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    return bool(reads & {attribute for attribute in kept if attribute})


def _names(value: Any, name: str) -> bool:
    return value == name or (isinstance(value, tuple) and name in value)


def _is_free(code: CodeType, name: str) -> bool:
    return name in code.co_freevars


def _kept_in(steps: list[dis.Instruction], at: int) -> str | None:
    """The attribute that a loaded value goes into: `self.layers = layers`."""
    following = [step for step in steps[at : at + 3] if step.opname == "STORE_ATTR"]
    return str(following[0].argval) if following else None


def _tell_option(call: Call, unread: _Unread) -> None:
    owner = unread.owner()
    if owner is None or sum(describe.is_recurrent(module) for module in owner.modules()) != 1:
        return
    detail = {"option": unread.option, "parameter": unread.parameter, "class": unread.cls}
    need = Need("silent.option_unread", None, unread.parameter, "never", unread.parameter, detail=detail)
    if call.made is not None:
        call.report(Violation(need, call.made, (), (), call.layer()))


def _clear() -> None:
    _inside.clear()
    _asked.clear()


PROBE = Probe(name="arguments", before=_before, built=_built, start=_clear, stop=_clear)
