"""The state of an LSTM does not have two elements.

An LSTM takes exactly the pair `(h_0, c_0)`. A tuple of one element fails with an index error; a third element is
refused for a batched input and silently dropped for an unbatched one, or for a packed one.

**Mend it** with `(h_0, c_0)`. The states of several layers are the rows of one tensor, not a longer tuple.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, kind, silence


def _message(violation: Violation) -> str:
    given = count(violation.need.got, "element")
    return f"the state has {given}, this {kind(violation, 'LSTM')} needs the pair (h_0, c_0){silence(violation)}"


def _help(violation: Violation) -> str:
    return "pass (h_0, c_0); the layers' states are rows of these two tensors"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    state = arguments.argument(place.call, 1, "hx") if place is not None and place.call is not None else None
    if place is None or not isinstance(state, ast.Tuple) or len(state.elts) != 1:
        return None
    text = place.text(state.elts[0])
    if not isinstance(state.elts[0], (ast.Name, ast.Attribute)) or not arguments.knows(place, "torch"):
        return None
    pair = place.editing.replace(state, f"({text}, torch.zeros_like({text}))")
    return fix(states.safety(violation, code), "start the cell state from zeros", pair)


RULE = Rule(
    code="LSTM208",
    name="state-count",
    severity="error",
    since="0.1",
    needs=("state.count",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            h = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), (h, h, h))
            """,
            raises="lstm expects two hidden states",
            line=6,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    h0 = torch.zeros(1, len(x), self.hidden)
                    out, _ = self.lstm(x, (h0,))
                    return out
            """,
            raises="tuple index out of range",
            line=12,
            run="Net(4, 8)(torch.zeros(2, 5, 4))",
            fixed={12: "out, _ = self.lstm(x, (h0, torch.zeros_like(h0)))"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    h0 = torch.zeros(1, len(x), self.hidden)
                    out, _ = self.lstm(x, (h0,) * 2)
                    return out
            """,
            run="Net(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
