"""A recurrent layer's result has the wrong number of axes for the layer that follows.

Convolutions, poolings and batch norms count the axes: a `Conv1d` takes (N, C, L) or (C, L), a `BatchNorm1d` (N, C) or
(N, C, L). What a recurrent layer returns has three axes, a slice of it two.

**Mend it** by giving the layer the axes in its own order, for instance `conv(out.transpose(1, 2))`; a bare `view` puts
numbers under other names.

Reference: [torch.nn.Conv1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, subject, want


def _message(violation: Violation) -> str:
    given = count(violation.need.got, "axis", "axes")
    return f"this {subject(violation, 'layer')} takes {want(violation)} axes, it gets {given}"


RULE = Rule(
    code="LSTM309",
    name="following-rank",
    severity="error",
    since="0.1",
    needs=("layer.rank",),
    message=_message,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(10, 20, batch_first=True)
            out, h = rnn(torch.randn(3, 5, 10))
            maps = nn.Conv2d(1, 4, 3)(out[:, -1])
            """,
            raises="Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 20]",
            line=6,
        ),
        Bad(
            """
            import torch
            from torch import nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden)
                    self.norm = nn.BatchNorm1d(hidden)

                def forward(self, x):
                    steps, batch, features = x.shape
                    out, (h, c) = self.rnn(x)
                    return self.norm(h.unsqueeze(0))
            """,
            raises="expected 2D or 3D input (got 4D input)",
            line=13,
            run="Net(4, 8)(torch.randn(5, 3, 4))",
        ),
        Good(
            """
            import torch
            from torch import nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden)
                    self.norm = nn.BatchNorm1d(hidden)

                def forward(self, x):
                    out, (h, c) = self.rnn(x)
                    return self.norm(h[-1])
            """,
            run="Net(4, 8)(torch.randn(5, 3, 4))",
        ),
    ),
)
