"""A class under construction, and the text of a whole program."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from programs.choices import Choices
from programs.settings import Scope

IMPORTS = """\
import argparse
import copy
import functools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset
"""


@dataclass
class Module:
    """A class: lines without indentation."""

    name: str
    scope: Scope
    inputs: str  # parameters of forward after self
    init: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    methods: list[list[str]] = field(default_factory=list)
    above: list[str] = field(default_factory=list)  # module-level texts

    def text(self, c: Choices) -> str:
        parent = "super().__init__()"
        if c.rarely(5):
            parent = f"super({self.name}, self).__init__()"
        base = c.pick("nn.Module", "nn.Module", "nn.Module", "nn.Module", "Base")
        lines = [f"class {self.name}({base}):"]
        if base == "Base":
            self.above.append(BASE)
        if c.rarely(6):
            lines.append('    """A recurrent network."""\n')
        lines += ["    " + line for line in self.scope.class_lines()]
        if self.scope.class_lines():
            lines.append("")
        lines.append(f"    def __init__({self.scope.signature()}):")
        lines += ["        " + line for line in [parent, *self.scope.store_lines(), *self.init]]
        for name, value in self.scope.properties.items():
            lines += ["", "    @property", f"    def {name}(self):", f"        return {value}"]
        for method in self.methods:
            lines += ["", *("    " + line for line in method)]
        annotated = c.rarely(4) and self.inputs.isidentifier()
        inputs = f"{self.inputs}: torch.Tensor" if annotated else self.inputs
        lines += ["", f"    def forward(self, {inputs}):"]
        lines += ["        " + line for line in self.body]
        return "\n".join(lines)


BASE = """\
class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def count(self):
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    def extra_repr(self):
        return f"steps={self.steps}"
"""


def program(
    c: Choices, preamble: list[str], modules: list[Module], functions: list[str], main: list[str]
) -> dict[str, str]:
    """The source of a program by file name; it starts in program.py."""
    texts = [module.text(c) for module in modules]
    above = list(dict.fromkeys(text for module in modules for text in module.above))
    start: list[str] = []
    if c.rarely(4):
        start.append("\n".join(["torch.manual_seed(0)", *main]))
    else:
        body = "\n".join("    " + line for text in main for line in text.split("\n"))
        start.append(f"def main():\n    torch.manual_seed(0)\n{body}")
        start.append("if __name__ == '__main__':\n    main()")
    shared = [*preamble, *above, *texts]
    if not texts or not c.rarely(5):
        return {"program.py": _file([IMPORTS, *shared, *functions, *start])}
    layout = c.pick("star", "names", "module")
    if layout == "star":
        return {
            "models.py": _file([IMPORTS, *shared]),
            "program.py": _file([IMPORTS + "\nfrom models import *\n", *functions, *start]),
        }
    names = [name for text in shared for name in _defined(text)]
    if layout == "names":
        return {
            "models.py": _file([IMPORTS, *shared]),
            "program.py": _file([IMPORTS + f"\nfrom models import {', '.join(names)}\n", *functions, *start]),
        }
    given = [name for text in [*preamble, *above] for name in _defined(text)]
    both = [name for text in texts for name in _defined(text)]
    imported = f"from settings import {', '.join(given)}\n" if given else ""
    return {
        **({"settings.py": _file([IMPORTS, *preamble, *above])} if given else {}),
        "nets/__init__.py": f"from .models import {', '.join(both)}\n",
        "nets/models.py": _file([IMPORTS + "\n" + imported, *texts]),
        "program.py": _file([IMPORTS + "\n" + imported + f"from nets import {', '.join(both)}\n", *functions, *start]),
    }


def _file(parts: list[str]) -> str:
    return "\n\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _defined(text: str) -> list[str]:
    """The names that the statements of a text define at module level."""
    names: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [part.id for part in ast.walk(node.targets[0]) if isinstance(part, ast.Name)]
    return names
