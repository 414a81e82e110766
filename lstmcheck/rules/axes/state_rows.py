"""The rows that are read of h_n are not those of the last layer.

`h_n` has a row for every layer and direction: layer 0 forward, layer 0 backward, layer 1 forward, and so on. The
result of the network is in the last layer: `h_n[-1]` of one direction, `h_n[-2]` and `h_n[-1]` of two. `h_n[0]` and
`h_n[1]` of a two-layer bidirectional network are the first layer's, and nothing that the second layer does is used.
`h_n[:num_layers]` and `h_n[num_layers:]`, or `h_n.view(2, num_layers, ...)`, are no directions either: those are
`h_n[0::2]` and `h_n[1::2]`.
The rule speaks only where the numbers of layers and directions are known and the function reads no other row.

**Mend it** by `h_n[-1]`, or `torch.cat((h_n[-2], h_n[-1]), dim=1)` for two directions.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail


def _message(violation: Violation) -> str:
    layers, directions = detail(violation, "layers"), detail(violation, "directions")
    name = detail(violation, "part")
    if detail(violation, "how") == "halves":
        return f"{name}[:{layers}] and {name}[{layers}:] are taken for the two directions, but {_ALTERNATE}"
    if detail(violation, "how") == "order":
        return f"a view of {name} as ({directions}, {layers}, ...) takes the directions apart first, but {_ALTERNATE}"
    rows = detail(violation, "rows")
    numbers = " and ".join(map(str, rows))
    read = f"only row {numbers} is read" if len(rows) == 1 else f"only rows {numbers} are read"
    parts = [_row(row, layers, directions) for row in rows]
    return f"{name} has {layers * directions} rows, and {read}: {' and '.join(parts)}"


_ALTERNATE = "its rows alternate: layer 0 forward, layer 0 backward, layer 1 forward, ..."


def _help(violation: Violation) -> str:
    if detail(violation, "how") == "halves":
        return f"the forward rows are {detail(violation, 'part')}[0::2], the backward ones [1::2]"
    if detail(violation, "how") == "order":
        return "the number of layers comes first: view(num_layers, 2, batch, hidden)"
    if detail(violation, "directions") == 2:
        return "the last layer's two directions are torch.cat((h_n[-2], h_n[-1]), dim=1)"
    return "the last layer's state is h_n[-1]"


def _row(row: int, layers: int, directions: int) -> str:
    layer = f"layer {row // directions}" + (" (of " + f"{layers})" if layers > 1 else "")
    if directions == 1:
        return layer
    return f"the {'backward' if row % 2 else 'forward'} direction" + (f" of {layer}" if layers > 1 else "")


def _fix(violation: Violation, code: Code) -> Fix | None:
    rows, directions = detail(violation, "rows"), detail(violation, "directions")
    if detail(violation, "how") != "rows" or rows != tuple(range(directions)) or detail(violation, "layers") < 2:
        return None
    edits = []
    places = [violation.location, *(source.location for source in violation.sources[: len(rows) - 1])]
    for row, where in zip(rows, places):
        place = code.place(where, ast.Subscript)
        index = place.node.slice if place is not None and isinstance(place.node, ast.Subscript) else None
        index = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
        plain = isinstance(index, ast.Constant) and index.value == row
        edits.append(place.editing.replace(index, str(row - directions)) if place and index and plain else None)
    return fix("unsafe", "read the rows of the last layer", *edits)


RULE = Rule(
    code="LSTM644",
    name="state-rows",
    severity="warning",
    since="0.1",
    needs=("silent.rows",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(3, 8, num_layers=2, bidirectional=True)
            out, (h_n, c_n) = lstm(torch.randn(6, 4, 3))
            features = torch.cat((h_n[0], h_n[1]), dim=1)
            """,
            silent=True,
            line=6,
            fixed={6: "features = torch.cat((h_n[-2], h_n[-1]), dim=1)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8, num_layers=3, batch_first=True)
            _, state = gru(torch.randn(6, 4, 3))
            last = state[0]
            """,
            silent=True,
            line=6,
            fixed={6: "last = state[-1]"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden, bidirectional=True)
                    self.head = nn.Linear(hidden, 2)

                def forward(self, x):
                    _, (h_n, _) = self.rnn(x)
                    return self.head(h_n[-1])
            """,
            silent=True,
            line=13,
            run="Model(3, 4)(torch.randn(5, 2, 3))",
        ),
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8, num_layers=3, bidirectional=True)
            _, h_n = gru(torch.randn(6, 4, 3))
            both = torch.cat((h_n[:3], h_n[3:]), dim=2)
            """,
            silent=True,
            line=6,
        ),
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8, num_layers=3, bidirectional=True)
            _, h_n = gru(torch.randn(6, 4, 3))
            ahead, back = h_n.view(2, 3, 4, 8)
            """,
            silent=True,
            line=6,
        ),
        Good(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8, num_layers=3, batch_first=True)
            _, state = gru(torch.randn(6, 4, 3))
            layers = [state[i] for i in range(3)]
            top = state[-1]
            _, deep = nn.GRU(3, 8, num_layers=3, bidirectional=True)(torch.randn(6, 4, 3))
            both = torch.cat((deep[0::2], deep[1::2]), dim=2)
            last = deep.view(3, 2, 4, 8)[-1]
            ahead, back = nn.GRU(3, 8, bidirectional=True)(torch.randn(6, 4, 3))[1]
            """,
        ),
    ),
)
