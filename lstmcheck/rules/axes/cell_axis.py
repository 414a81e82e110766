"""A cell is carried over the samples of a batch instead of over the steps of a sequence.

A cell takes (batch, features): one step of every sample. A loop over the batch axis gives it one sample with all its
steps, which it takes for a batch, and hands the state of one sample to the next.

**Mend it** by looping over the time axis: `for t in range(x.size(1)): h = cell(x[:, t], h)`.

Reference: [torch.nn.GRUCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    text = detail(violation, "text")
    if detail(violation, "picked"):
        return f"this {kind(violation)} is carried along the batch ({text}), not along time"
    return f"this {kind(violation)} reads the first axis as the batch, but it is time ({text})"


def _help(violation: Violation) -> str:
    return "loop over the time axis: x[:, t] of a batch-first tensor, x[t] of a sequence-first one"


RULE = Rule(
    code="LSTM651",
    name="cell-over-samples",
    severity="warning",
    since="0.1",
    needs=("silent.cell_axis",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            batch_size, seq_len = 4, 6
            cell = nn.GRUCell(3, 8)
            x = torch.randn(batch_size, seq_len, 3)
            h = None
            for t in range(x.size(0)):
                h = cell(x[t], h)
            """,
            silent=True,
            line=9,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.cell = nn.LSTMCell(features, hidden)

                def forward(self, x):
                    batch_size, seq_len, _ = x.shape
                    state = None
                    for row in x:
                        state = self.cell(row, state)
                    return state[0]
            """,
            silent=True,
            line=14,
            run="Model(3, 4)(torch.randn(5, 5, 3))",
        ),
        Good(
            """
            import torch
            from torch import nn

            batch_size, seq_len = 4, 6
            cell = nn.GRUCell(3, 8)
            x = torch.randn(batch_size, seq_len, 3)
            h = None
            for t in range(x.size(1)):
                h = cell(x[:, t], h)
            """,
        ),
    ),
)
