"""A class under construction, and the text of a whole program."""

from __future__ import annotations

from dataclasses import dataclass, field

from programs.choices import Choices
from programs.settings import Scope

IMPORTS = """\
import argparse
import functools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

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
        lines = [f"class {self.name}(nn.Module):"]
        lines += ["    " + line for line in self.scope.class_lines()]
        if self.scope.class_lines():
            lines.append("")
        lines.append(f"    def __init__({self.scope.signature()}):")
        lines += ["        " + line for line in [parent, *self.scope.store_lines(), *self.init]]
        for method in self.methods:
            lines += ["", *("    " + line for line in method)]
        lines += ["", f"    def forward(self, {self.inputs}):"]
        lines += ["        " + line for line in self.body]
        return "\n".join(lines)


def program(c: Choices, preamble: list[str], modules: list[Module], functions: list[str], main: list[str]) -> str:
    """The source of a program in one file."""
    above = list(dict.fromkeys(text for module in modules for text in module.above))
    parts = [IMPORTS, *preamble, *above, *(module.text(c) for module in modules), *functions]
    if c.rarely(4):
        parts.append("\n".join(["torch.manual_seed(0)", *main]))
    else:
        body = "\n".join("    " + line for text in main for line in text.split("\n"))
        parts.append(f"def main():\n    torch.manual_seed(0)\n{body}")
        parts.append("if __name__ == '__main__':\n    main()")
    return "\n\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"
