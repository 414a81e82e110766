"""The initial state lives on another device than the input.

`torch.zeros(...)` without `device` makes a CPU tensor, also in a model that was moved to a GPU: only parameters and
buffers move with a module. torch raises at the call of the layer. On a machine without a GPU nothing happens, so that
the mistake is found by whoever has one.

**Mend it** by making the state from the input: `x.new_zeros(...)` or `torch.zeros(..., device=x.device)`; a state that
is kept belongs in a buffer (`register_buffer`).

Reference: [torch.Tensor.new_zeros](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, sizes, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, silence, subject, want


def _message(violation: Violation) -> str:
    name = subject(violation, "the state")
    needed = f"the input of this {kind(violation)} is on {want(violation)}"
    return f"{name} is on {got(violation)}, {needed}{silence(violation)}"


def _help(violation: Violation) -> str:
    return "make the state where the input is: x.new_zeros(...) or torch.zeros(..., device=x.device)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    called, edits = code.at(violation), []
    data = arguments.argument(called.call, 0, "input") if called is not None and called.call is not None else None
    for _, place in states.makers(violation, code):
        if not isinstance(data, ast.Name) or not sizes.is_bound(place, data.id) or not place.near(called):
            return None
        edits.append(arguments.with_keyword(place, "device", f"{data.id}.device"))
    return fix("safe", "make the state where the input is", *edits)


RULE = Rule(
    code="LSTM210",
    name="state-device",
    severity="error",
    since="0.1",
    needs=("state.device",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            h0 = torch.zeros(1, 3, 20, device="meta")
            out, hn = gru(torch.randn(5, 3, 10), h0)
            """,
            raises="Input and hidden tensors are not at the same device",
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
                    self.lstm = nn.LSTM(features, hidden, batch_first=True, device="meta")

                def forward(self, x):
                    x = x.to("meta")
                    h = torch.zeros(1, x.size(0), self.hidden)
                    return self.lstm(x, (h, h))[0]
            """,
            raises="Input and hidden tensors are not at the same device",
            line=13,
            run="Net(4, 8)(torch.zeros(2, 5, 4))",
            fixed={12: "h = torch.zeros(1, x.size(0), self.hidden, device=x.device)"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden, batch_first=True, device="meta")

                def forward(self, x):
                    x = x.to("meta")
                    h = torch.zeros(1, x.size(0), self.hidden, device=x.device)
                    return self.lstm(x, (h, h))[0]
            """,
            run="Net(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
