"""A recurrent layer is called with arguments that its `forward` does not take.

`forward(input, hx=None)` takes one state argument. An LSTM's two states go in as one tuple, `lstm(x, (h0, c0))`; the
lengths belong to `pack_padded_sequence`. Python raises TypeError at the call, and counts `self` among the arguments:
"takes from 2 to 3 positional arguments but 4 were given" means two at most.

**Mend it** with `lstm(x, (h0, c0))`, or `gru(x, h0)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, python_says


def _message(violation: Violation) -> str:
    pair = "(h_0, c_0)" if kind(violation).startswith("LSTM") else "h_0"
    takes = f"a call of this {kind(violation)} takes the input and one state, {pair}"
    if violation.need.relation == "at most":
        return f"{takes}: it gets {got(violation)} arguments"
    return f"{takes}: it {python_says(violation)}"


def _help(violation: Violation) -> str:
    return "call it as lstm(x, (h0, c0))" if kind(violation).startswith("LSTM") else "call it as layer(x, h0)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    if place is None or place.call is None:
        return None
    args, keywords = place.call.args, place.call.keywords
    if any(isinstance(arg, ast.Starred) for arg in args) or any(keyword.arg is None for keyword in keywords):
        return None
    pair = kind(violation).startswith("LSTM")
    if pair and len(args) == 3 and not keywords:
        return fix("safe", "pass the two states as one tuple", place.editing.joined(args[1], args[2], "({})"))
    if len(args) == 1 and [_state(keyword) for keyword in keywords] == (["h", "c"] if pair else ["h"]):
        texts = ", ".join(place.text(keyword.value) for keyword in keywords)
        edit = place.editing.joined(keywords[0], keywords[-1], f"hx=({texts})" if pair else f"hx={texts}")
        return fix("safe", "pass the state as hx", edit)
    return None


_STATES = {"h": ("h", "h0", "hn", "hidden", "state", "initialstate"), "c": ("c", "c0", "cn", "cell")}


def _state(keyword: ast.keyword) -> str | None:
    """Which state a keyword means that torch does not know."""
    name = (keyword.arg or "").lower().replace("_", "")
    return next((state for state, names in _STATES.items() if name in names), None)


RULE = Rule(
    code="LSTM227",
    name="call-signature",
    severity="error",
    since="0.1",
    needs=("call.signature",),
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
            h0 = c0 = torch.zeros(1, 3, 20)
            out, (h, c) = lstm(torch.randn(5, 3, 10), h0, c0)
            """,
            raises="takes from 2 to 3 positional arguments but 4 were given",
            line=6,
            fixed={6: "out, (h, c) = lstm(torch.randn(5, 3, 10), (h0, c0))"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x, h):
                    out, h = self.rnn(x, h0=h)
                    return out, h
            """,
            raises="got an unexpected keyword argument 'h0'",
            line=10,
            run="Net(4, 8)(torch.zeros(2, 5, 4), None)",
            fixed={10: "out, h = self.rnn(x, hx=h)"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x, h):
                    out, h = self.rnn(x, hx=h)
                    return out, h
            """,
            run="Net(4, 8)(torch.zeros(2, 5, 4), None)",
        ),
    ),
)
