"""Sizes of the data in the place of a layer's own sizes, told by their names."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import Layer, Site


def built(m: Machine, layer: Layer) -> None:
    """Look at the arguments with which a layer is built."""
    for parameter in words.NEVER:
        site = layer.sites.get(parameter)
        if site is None:
            continue
        for name, place in _names(m, site):
            size = words.misplaced(name, parameter)
            if size is not None:
                detail = {"parameter": parameter, "size": size, "name": name}
                sources = [place.related(f"`{name}`")] if place is not site else []
                need = Need("silent.argument_place", name, parameter, "never", parameter, detail=detail)
                m.report(need, site, (), layer, sources)
                break


def _names(m: Machine, site: Site) -> list[tuple[str, Site]]:
    """The name of an argument as written, and that which the caller of this function gives for it."""
    name = words.last_name(site.node)
    found = [(name, site)] if name else []
    caller = m.calls[-1] if m.calls else None
    function = m.frame.function
    if (
        caller is None
        or function is None
        or not isinstance(caller.node, ast.Call)
        or not isinstance(site.node, ast.Name)
    ):
        return found
    arguments = function.node.args
    parameters = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if function.owner is not None and not _is_static(function.node):
        parameters = parameters[1:]
    given: dict[str, ast.expr] = {keyword.arg: keyword.value for keyword in caller.node.keywords if keyword.arg}
    if not any(isinstance(argument, ast.Starred) for argument in caller.node.args):
        given.update(zip(parameters, caller.node.args))
    passed = given.get(name)
    if passed is not None and words.last_name(passed):
        found.append((words.last_name(passed), Site(caller.file, passed)))
    return found


def _is_static(function: ast.AST) -> bool:
    """Whether a method is called without an object before its arguments."""
    return any(words.last_name(decorator) == "staticmethod" for decorator in getattr(function, "decorator_list", ()))
