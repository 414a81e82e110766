"""What functions of a program may change of what its modules hold: lists, dicts, and objects with settings.

A module's run tells what such an object holds at first. A function that is looked at by itself may run after any other
function, so that what those change may be anything: `config.n_words = len(vocab)` in `main`, `merge(given, DEFAULTS)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from lstmcheck.dims import Poly, symbol
from lstmcheck.infer.classes import derives_from_torch
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import (
    Choice,
    Class,
    Dictionary,
    Frame,
    Function,
    Instance,
    Items,
    Mapping,
    Truth,
    Unknown,
    Value,
)
from lstmcheck.source.outline import Scope

_DEEP = 4
_DATA = (int, float, str, Poly, Truth, Choice, Unknown, Items, Mapping)


def open_module(m: Machine, frame: Frame) -> None:
    """Give up what functions may change of the values of a module's names."""
    statements = frame.file.outline.statements
    open_named(m, frame.names, in_functions(statements) | _handed_over(frame))
    put = m.project.put_by_functions(frame.file)
    if put:
        for value in list(frame.names.values()):
            _forget_attributes(m, value, put, 0)


def put_in_functions(scopes: Iterable[Scope]) -> set[str]:
    """Attributes that functions give to objects other than their own (`config.n_words = len(vocab)`)."""
    return set().union(*(scope.put for scope in _of_functions(scopes)))


def in_functions(scopes: Iterable[Scope], outside: frozenset[str] = frozenset()) -> set[str]:
    """Names and attributes whose contents functions change in place (`x.append(...)`, `self.x[k] = v`)."""
    return set().union(*(scope.changed for scope in _of_functions(scopes, outside)))


def _of_functions(scopes: Iterable[Scope], outside: frozenset[str] = frozenset()) -> Iterator[Scope]:
    """The scopes of functions and of all inside them, but for functions of some names."""
    for scope in scopes:
        if scope.is_function and scope.name not in outside:
            yield from scope.within()
        else:
            yield from _of_functions(scope.inner, outside)


def _handed_over(frame: Frame) -> set[str]:
    """What functions of a module hand to functions that change their parameters (`merge(given, DEFAULTS)`)."""
    functions = [scope for scope in frame.file.outline.scopes() if scope.is_function]
    changing = {value.name for value in frame.names.values() if isinstance(value, Function) and _changes_given(value)}
    if not changing:
        return set()
    found: set[str] = set()
    for scope in functions:
        if changing & scope.called:
            found |= scope.handed
    return found


def _changes_given(function: Function) -> bool:
    scope = function.frame.file.outline.of.get(function.node)
    if scope is None or not isinstance(function.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    given = function.node.args
    return any(argument.arg in scope.changed for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs))


def open_named(m: Machine, names: dict[str, Value], changed: set[str]) -> None:
    """Lists, dicts and objects that functions change may hold anything when one of them runs."""
    for name in changed & set(names):
        value = names[name]
        if isinstance(value, Items):
            m.set_contents(value, (), m.fresh("element", free=True), symbol(f"len({name})", 0))
        elif isinstance(value, Mapping):
            if not is_registry(value):
                _open_entries(m, value)
        elif isinstance(value, Instance) and not derives_from_torch(value.cls):
            for field in [field for field, held in value.fields.items() if _is_setting(held)]:
                m.put(value.fields, field, _anything(field))


def hide_registries(frame: Frame) -> None:
    """For what stands in the same file, a table of classes that functions fill may hold others, too."""
    for name in in_functions(frame.file.outline.statements) & set(frame.names):
        if is_registry(frame.names[name]):
            frame.names[name] = Mapping(open=True)


def is_registry(value: Value) -> bool:
    """Whether a value is a table of classes or functions: what is added to it leaves the others as they are."""
    if not isinstance(value, Mapping):
        return False
    held = value.entries.values()
    return bool(held) and all(isinstance(entry, (Class, Function)) for entry in held)


def _open_entries(m: Machine, mapping: Mapping) -> None:
    for key in list(mapping.entries):
        m.put(mapping.entries, key, _anything(str(key)))
    m.put(mapping.state, "open", True)
    m.put(mapping.state, "numbers", False)


def _forget_attributes(m: Machine, value: Value, names: frozenset[str], depth: int) -> None:
    """Make unknown what an object, or a class that serves as one, has under some names, and what it holds has."""
    fields = _fields(value)
    if fields is None or depth == _DEEP:
        return
    for name in [name for name, held in fields.items() if name in names and _is_setting(held)]:
        m.put(fields, name, _anything(name))
    for held in list(fields.values()):
        _forget_attributes(m, held, names, depth + 1)


def _fields(value: Value) -> dict[str, Value] | None:
    if isinstance(value, Dictionary):
        fields: dict[str, Value] = value.entries if value.state["shared"] else value.fields
        return fields
    if isinstance(value, Instance):
        return None if derives_from_torch(value.cls) else value.fields
    if isinstance(value, Class):
        return None if derives_from_torch(value) else value.names
    if isinstance(value, Unknown):
        return value.attrs
    return None


def _is_setting(value: Value) -> bool:
    """Whether a value is data: functions, properties, classes and layers are mostly what they are."""
    return value is None or (isinstance(value, _DATA) and not isinstance(value, Dictionary))


def _anything(name: str) -> Unknown:
    return Unknown(name, "changed by a function", free=True)
