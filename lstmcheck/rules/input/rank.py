"""The input of a recurrent layer has too few or too many axes.

`nn.LSTM`, `nn.GRU` and `nn.RNN` take (time, batch, features), (batch, time, features) with `batch_first=True`, or a
single sequence (time, features). A cell takes one step: (batch, features) or (features,). Images of shape (batch,
channels, height, width), or a batch of scalars without a feature axis, need to be arranged first.

**Mend it** by adding the missing axis with `unsqueeze` (scalars: `x.unsqueeze(-1)`), or by bringing the time axis to
its place with `permute` and then joining neighbours with `flatten`. `view` alone does not move axes.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, detail, is_cell, kind, show_value


def _message(violation: Violation) -> str:
    given = violation.need.got
    axes = count(given, "axis", "axes") if isinstance(given, int) else show_value(given)
    if detail(violation, "packed"):
        return f"the packed data has {axes}, this {kind(violation)} needs 2: the last one for the features"
    takes = "2 (batch, features) or 1 (features)" if is_cell(violation) else "3 (batched) or 2 (one sequence)"
    return f"the input has {axes}, this {kind(violation)} takes {takes}"


def _help(violation: Violation) -> str | None:
    given = violation.need.got
    if detail(violation, "packed"):
        return "pack a tensor of (time, batch, features), or (batch, time, features) with batch_first=True"
    if is_cell(violation):
        return "a cell takes one time step: loop over time, or use the layer without Cell in its name"
    if given == 1:
        return "give it a time and a feature axis"
    return "permute the time axis to its place, then flatten the axes that make up the features"


RULE = Rule(
    code="LSTM222",
    name="input-rank",
    severity="error",
    since="0.1",
    needs=("input.rank",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(28, 64, batch_first=True)
            images = torch.randn(8, 1, 28, 28)
            out, _ = lstm(images)
            """,
            raises="LSTM: Expected input to be 2D or 3D, got 4D instead",
            line=6,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Reader(nn.Module):
                def __init__(self, columns, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(columns, hidden, batch_first=True)

                def forward(self, x):
                    batch, channels, height, width = x.size()
                    out, h = self.rnn(x)
                    return h
            """,
            raises="GRU: Expected input to be 2D or 3D, got 4D instead",
            line=11,
            run="Reader(4, 8)(torch.zeros(2, 1, 5, 4))",
        ),
        Bad(
            """
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            h, c = cell(torch.randn(5, 3, 10))
            """,
            raises="LSTMCell: Expected input to be 1D or 2D, got 3D instead",
            line=5,
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Reader(nn.Module):
                def __init__(self, columns, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(columns, hidden, batch_first=True)

                def forward(self, x):
                    batch, channels, height, width = x.size()
                    out, h = self.rnn(x.permute(0, 2, 1, 3).flatten(2))
                    return h
            """,
            run="Reader(4, 8)(torch.zeros(2, 1, 5, 4))",
        ),
    ),
)
