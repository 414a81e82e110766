"""Questions about a class of the program that several modules of this package ask."""

from __future__ import annotations

import ast

from lstmcheck.infer.classes import derives_from_torch
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Class, External, Instance, Layer, Value


def recurrent_inside(element: Value) -> list[Layer]:
    """A recurrent layer, or those of a module of the program that has some."""
    if isinstance(element, Layer):
        return [element] if element.config is not None else []
    if isinstance(element, Instance) and derives_from_torch(element.cls):
        return [field for field in element.fields.values() if isinstance(field, Layer) and field.config is not None][:1]
    return []


def own_attributes(target: ast.AST) -> set[str]:
    """The attributes of `self` in a piece of code."""
    return {
        node.attr
        for node in ast.walk(target)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


def field_called(node: ast.Call) -> str:
    """The attribute of `self` that is called; empty for any other call."""
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "self":
        return function.attr
    return ""


def is_plain(cls: Class) -> bool:
    """Whether the class derives from torch's Module and from nothing that may ask for its signature."""
    return all(isinstance(base, External) and base.path == "torch.nn.Module" for base in cls.bases)


def parameters_of(method: ast.FunctionDef) -> dict[str, ast.arg]:
    """A method's parameters by name, without the first."""
    arguments = method.args
    return {argument.arg: argument for argument in (*arguments.posonlyargs, *arguments.args[1:], *arguments.kwonlyargs)}


def reads_attribute(node: ast.AST, name: str) -> bool:
    """Whether a piece of code mentions an attribute of this name, of whatever object."""
    return any(isinstance(inner, ast.Attribute) and inner.attr == name for inner in ast.walk(node))


def is_built_inside(cls: Class, layer: Layer) -> bool:
    """Whether a layer's construction stands in the body of a class."""
    return layer.site is not None and layer.site.file is cls.frame.file and layer.site.node in scopes.parents(cls.node)


def assignments_in(tree: ast.AST) -> list[ast.Assign]:
    """Every plain assignment below a node."""
    return scopes.of_kind(tree, ast.Assign)
