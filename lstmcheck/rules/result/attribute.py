"""A recurrent layer, or what it returns, is asked for something that it does not have.

A layer does not remember its state: `lstm.hidden` does not exist. `output.batch_sizes` exists only when the input was
packed. The same is reported of an attribute that a class reads and nothing sets.

**Mend it** by keeping the state yourself, `out, state = lstm(x, state)`, or by setting the attribute in `__init__`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Variables"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    need = violation.need
    owner = detail(violation, "of") or kind(violation, "") or "this object"
    name = detail(violation, "attribute") or (need.got if isinstance(need.got, str) else need.subject)
    return f"{owner} has no attribute {name!r}"


def _help(violation: Violation) -> str | None:
    nearest = detail(violation, "nearest")
    if nearest:
        return f"did you mean {nearest}?"
    keeps = violation.need.subject if detail(violation, "attribute") is None else detail(violation, "attribute")
    name = violation.need.got if isinstance(violation.need.got, str) else keeps
    if violation.layer and name in ("h_n", "c_n", "h", "c", "hn", "cn", "hidden", "state", "output"):
        return "a layer keeps neither output nor state: out, state = layer(x) returns both"
    return None


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, nearest = code.place(violation.location, ast.Attribute), detail(violation, "nearest")
    if place is None or not isinstance(place.node, ast.Attribute) or not isinstance(nearest, str):
        return None
    edit = place.editing.replace(place.node, f"{place.editing.operand(place.node.value)}.{nearest}")
    return fix("unsafe", f"read {nearest}", edit)


RULE = Rule(
    code="LSTM307",
    name="missing-attribute",
    severity="error",
    since="0.1",
    needs=("attribute.missing",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, _ = lstm(torch.randn(5, 3, 10))
            state = lstm.hidden
            """,
            raises="'LSTM' object has no attribute 'hidden'",
            line=6,
            fixed={6: "state = lstm.hidden_size"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    out, h = self.rnn(x)
                    return out, self.rnn.h_n
            """,
            raises="'GRU' object has no attribute 'h_n'",
            line=11,
            run="Net(4, 8)(torch.zeros(5, 2, 4))",
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    out, h = self.rnn(x)
                    return out, self.rnn.weight_hh_l0, self.rnn.hidden_size
            """,
            run="Net(4, 8)(torch.zeros(5, 2, 4))",
        ),
    ),
)
