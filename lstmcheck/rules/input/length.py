"""The input has no time step.

A recurrent layer needs a sequence of at least one step; an empty batch is allowed, an empty sequence is not. An empty
slice (`x[:, :n]` with n of 0, `x[:, 1:]` of a single step) or a wrong axis is the usual cause. torch raises.

**Mend it** by slicing at least one step, or by skipping the call for empty sequences.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import is_true, kind, option


def _message(violation: Violation) -> str:
    axis = violation.need.axis
    if axis is None:
        axis = 1 if is_true(option(violation, "batch_first")) else 0
    return f"the input has no time step (axis {axis} has size 0), this {kind(violation)} needs at least 1"


RULE = Rule(
    code="LSTM226",
    name="input-length",
    severity="error",
    since="0.1",
    needs=("input.length",),
    message=_message,
    help=lambda _: "leave empty sequences out, or slice so that a step is left",
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, _ = lstm(torch.zeros(0, 3, 10))
            """,
            raises="Expected sequence length to be larger than 0 in RNN",
            line=5,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Past(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, features = x.shape
                    out, _ = self.rnn(x[:, :0])
                    return out
            """,
            raises="Expected sequence length to be larger than 0 in RNN",
            line=11,
            run="Past(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True)
            out, _ = lstm(torch.zeros(0, 3, 10))
            """,
        ),
    ),
)
