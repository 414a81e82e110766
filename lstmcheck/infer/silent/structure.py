"""What a class shows as a whole, looked at as its constructor leaves it."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.infer.classes import torch_base
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import options, unseen, unused
from lstmcheck.infer.values import Choice, Instance, Layer, Value


def built(m: Machine, instance: Instance) -> None:
    """Look at a module as its constructor leaves it."""
    cls = instance.cls
    if cls is None:
        return
    base = torch_base(cls)
    if base is None or not base.startswith("torch.nn."):
        return
    unseen.unseen_layers(m, cls, instance)
    named = {name: found for name, value in instance.fields.items() if (found := _recurrent(value))}
    unseen.repeated(m, cls, instance)
    unused.unread_results(m, cls, instance, named)
    if not named:
        return
    options.unread_options(m, cls, named)
    for method in cls.node.body:
        if isinstance(method, ast.FunctionDef) and method.name != "__init__" and not _is_static(method):
            unused.unused_states(m, cls, method, named)


def _recurrent(value: Value) -> list[Layer]:
    """The recurrent layers that a field may hold; empty where it may hold anything else."""
    options = [option for _, option in value.options] if isinstance(value, Choice) else [value]
    layers = [option for option in options if isinstance(option, Layer) and option.config is not None]
    return layers if len(layers) == len(options) else []


def _is_static(method: ast.FunctionDef) -> bool:
    return any(words.last_name(decorator) in ("staticmethod", "classmethod") for decorator in method.decorator_list)
