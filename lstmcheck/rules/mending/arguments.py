"""Fixes of the arguments of a call."""

from __future__ import annotations

import ast

from lstmcheck.findings import Edit, Fix, Violation
from lstmcheck.rules.mending import Code, Place, fix
from lstmcheck.source.edit import Add, Drop, Name, Value, arguments_of, keyword_of


def argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    """An argument by its place or its name, None where it is not written out."""
    named = next((one.value for one in call.keywords if one.arg == keyword), None)
    if named is not None or any(isinstance(arg, ast.Starred) for arg in call.args):
        return named
    return call.args[position] if position < len(call.args) else None


def knows(place: Place, name: str) -> bool:
    """Whether the module imports or binds a name at its top level, such as `torch`."""
    for statement in place.editing.file.tree.body:
        imports = statement.names if isinstance(statement, (ast.Import, ast.ImportFrom)) else []
        if any((alias.asname or alias.name).partition(".")[0] == name for alias in imports):
            return True
    return False


def with_keyword(place: Place, keyword: str, text: str, position: int | None = None) -> Edit | None:
    """A call in which an argument has this text: where it stands, by its name, or as a new keyword."""
    call = place.call
    if call is None or any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    written = arguments_of(call)
    for at, one in enumerate(written):
        if isinstance(one, ast.keyword) and one.arg == keyword:
            return place.editing.arguments(call, Value(at, text))
    if position is not None and position < len(call.args):
        return place.editing.arguments(call, Value(position, text))
    if any(one.arg is None for one in call.keywords):
        return None
    return place.editing.arguments(call, Add(keyword, text))


def without(place: Place, *nodes: ast.AST) -> Edit | None:
    """A call without some of its arguments, given as keywords or positional expressions."""
    assert place.call is not None
    written = arguments_of(place.call)
    return place.editing.arguments(place.call, *(Drop(written.index(node)) for node in nodes))  # type: ignore[arg-type]


def left_out(violation: Violation, code: Code, keyword: str, title: str) -> Fix | None:
    """The call that fails without one of its keywords; it may mean something else then."""
    place = code.at(violation)
    given = keyword_of(place.call, keyword) if place is not None and place.call is not None else None
    return fix("unsafe", title, without(place, given)) if place is not None and given is not None else None


def named(place: Place, at: int, keyword: str) -> Edit | None:
    """A call with one of its positional arguments as a keyword, and a keyword under another name."""
    return place.editing.arguments(place.call, Name(at, keyword)) if place.call is not None else None
