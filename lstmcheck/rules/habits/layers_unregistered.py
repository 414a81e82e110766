"""Recurrent layers stand in a plain list or dict of a module.

A module registers what is assigned to an attribute and what stands in an `nn.ModuleList`, `nn.ModuleDict` or
`nn.Sequential`. Layers in a Python list are invisible: `parameters()` does not give them to the optimizer, so that they
are never trained, and `to()`, `state_dict()` and `train()` pass them by.

**Mend it** by `nn.ModuleList([...])` in the place of the list, `nn.ModuleDict({...})` in that of the dict.

Reference: [torch.nn.ModuleList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html)
"""

from __future__ import annotations

import ast
import re

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    name, container = detail(violation, "attribute"), detail(violation, "container")
    wrapper = detail(violation, "wrapper")
    layer = f"{wrapper} with its {kind(violation)}" if wrapper else kind(violation)
    return f"this {layer} stands in `self.{name}`, a plain {container}: parameters() does not see it"


def _help(violation: Violation) -> str:
    held = "ModuleDict" if detail(violation, "container") == "dict" else "ModuleList"
    return f"make self.{detail(violation, 'attribute')} an nn.{held}"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.place(violation.location)
    prefix = re.match(r"[\w.]+\.(?=\w+\()", (violation.layer or {}).get("text", ""))
    if place is None or prefix is None or not isinstance(place.node, (ast.List, ast.ListComp)):
        return None
    edit = place.editing.replace(place.node, f"{prefix[0]}ModuleList({place.text()})")
    return fix("unsafe", "make it an nn.ModuleList", edit)


RULE = Rule(
    code="LSTM607",
    name="layers-unregistered",
    severity="warning",
    since="0.1",
    needs=("silent.layers_unseen",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Stack(nn.Module):
                def __init__(self, sizes):
                    super().__init__()
                    self.layers = [nn.GRU(a, b) for a, b in zip(sizes, sizes[1:])]

                def forward(self, x):
                    for layer in self.layers:
                        x, _ = layer(x)
                    return x


            Stack([4, 8, 6])(torch.randn(5, 2, 4))
            """,
            silent=True,
            line=8,
            fixed={8: "self.layers = nn.ModuleList([nn.GRU(a, b) for a, b in zip(sizes, sizes[1:])])"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Stack(nn.Module):
                def __init__(self, features, hidden, depth):
                    super().__init__()
                    self.cells = []
                    for i in range(depth):
                        self.cells.append(nn.LSTMCell(features if i == 0 else hidden, hidden))

                def forward(self, x):
                    for cell in self.cells:
                        x, _ = cell(x)
                    return x


            Stack(4, 8, 2)(torch.randn(3, 4))
            """,
            silent=True,
            line=8,
            fixed={8: "self.cells = nn.ModuleList([])"},
        ),
        Good(
            """
            import torch
            from torch import nn


            class Stack(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lower = nn.GRU(features, hidden)
                    self.upper = nn.GRU(hidden, hidden)
                    self.layers = [self.lower, self.upper]

                def forward(self, x):
                    for layer in self.layers:
                        x, _ = layer(x)
                    return x


            Stack(4, 8)(torch.randn(5, 2, 4))
            """,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Stack(nn.Module):
                def __init__(self, features, hidden, depth):
                    super().__init__()
                    self.cells = []
                    for i in range(depth):
                        cell = nn.GRUCell(features if i == 0 else hidden, hidden)
                        self.add_module(f"cell{i}", cell)
                        self.cells.append(cell)

                def forward(self, x):
                    for cell in self.cells:
                        x = cell(x)
                    return x


            Stack(4, 8, 2)(torch.randn(3, 4))
            """,
        ),
    ),
)
