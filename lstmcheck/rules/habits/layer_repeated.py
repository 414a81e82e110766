"""One recurrent layer stands several times in a list.

`[nn.GRU(h, h)] * n` makes one layer and a list that names it n times: all the places of the stack have the same
weights, and `parameters()` counts them once. A stack of n layers needs n constructions.

**Mend it** by `nn.ModuleList([nn.GRU(h, h) for _ in range(n)])`. Where one layer shall be used n times, a loop that
calls it n times says so.

Reference: [torch.nn.ModuleList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import kind


def _message(violation: Violation) -> str:
    return f"this list names one {kind(violation)} several times: all its places share their weights"


def _help(violation: Violation) -> str:
    return "build each layer: [... for _ in range(n)]"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.place(violation.location, ast.BinOp)
    if place is None or not isinstance(place.node, ast.BinOp) or not isinstance(place.node.op, ast.Mult):
        return None
    sides = (place.node.left, place.node.right)
    lists = [side for side in sides if isinstance(side, ast.List) and len(side.elts) == 1]
    if len(lists) != 1:
        return None
    number = next(side for side in sides if side is not lists[0])
    each = f"[{place.text(lists[0].elts[0])} for _ in range({place.text(number)})]"
    return fix("unsafe", "build each layer", place.editing.replace(place.node, each))


RULE = Rule(
    code="LSTM613",
    name="layer-repeated",
    severity="warning",
    since="0.1",
    needs=("silent.layer_repeated",),
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
                def __init__(self, hidden, depth):
                    super().__init__()
                    self.layers = nn.ModuleList([nn.GRU(hidden, hidden)] * depth)

                def forward(self, x):
                    for layer in self.layers:
                        x, _ = layer(x)
                    return x


            Stack(8, 3)(torch.randn(5, 2, 8))
            """,
            silent=True,
            line=8,
            fixed={8: "self.layers = nn.ModuleList([nn.GRU(hidden, hidden) for _ in range(depth)])"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Stack(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    cells = [nn.LSTMCell(features, hidden)] + 2 * [nn.LSTMCell(hidden, hidden)]
                    self.cells = nn.ModuleList(cells)

                def forward(self, x):
                    for cell in self.cells:
                        x, _ = cell(x)
                    return x


            Stack(4, 8)(torch.randn(2, 4))
            """,
            silent=True,
            line=8,
            fixed={8: "cells = [nn.LSTMCell(features, hidden)] + [nn.LSTMCell(hidden, hidden) for _ in range(2)]"},
        ),
        Good(
            """
            import torch
            from torch import nn


            class Shared(nn.Module):
                def __init__(self, hidden, depth):
                    super().__init__()
                    self.layer = nn.GRU(hidden, hidden)
                    self.norms = nn.ModuleList([nn.LayerNorm(hidden)] * depth)
                    self.sizes = [hidden] * depth

                def forward(self, x):
                    for norm in self.norms:
                        x = norm(self.layer(x)[0])
                    return x


            Shared(8, 3)(torch.randn(5, 2, 8))
            """,
        ),
    ),
)
