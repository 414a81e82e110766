"""The state is detached after every step of a sequence.

Within `forward`, a state that is detached in each round of the loop over time lets no gradient back to the steps
before: the layer learns from its last step alone, as if it had no memory. Truncated backpropagation detaches between
parts of a sequence, each with its own `backward()`, not between steps.

**Mend it** by leaving the state as it is inside the loop; detach what `forward` returns before the next call.

Reference: [torch.Tensor.detach](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    names = " and ".join(f"`{name}`" for name in detail(violation, "names"))
    return f"{names} of this {kind(violation)} is detached after every step: no gradient reaches the steps before"


def _help(violation: Violation) -> str:
    return "detach between sequences, not between their steps"


RULE = Rule(
    code="LSTM614",
    name="state-cut",
    severity="warning",
    since="0.1",
    needs=("silent.state_cut",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Steps(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.cell = nn.GRUCell(features, hidden)

                def forward(self, x, h):
                    for t in range(x.size(0)):
                        h = self.cell(x[t], h)
                        h = h.detach()
                    return h


            Steps(4, 8)(torch.randn(5, 2, 4), torch.zeros(2, 8))
            """,
            silent=True,
            line=12,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Steps(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.cell = nn.LSTMCell(features, hidden)

                def forward(self, x):
                    h = c = torch.zeros(x.size(1), self.cell.hidden_size)
                    outs = []
                    for step in x:
                        h, c = h.data, c.data
                        h, c = self.cell(step, (h, c))
                        outs.append(h)
                    return torch.stack(outs)


            Steps(4, 8)(torch.randn(5, 2, 4))
            """,
            silent=True,
            line=15,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Steps(nn.Module):
                def __init__(self, features, hidden, every):
                    super().__init__()
                    self.every = every
                    self.cell = nn.GRUCell(features, hidden)

                def forward(self, x, h):
                    for t in range(x.size(0)):
                        h = self.cell(x[t], h)
                        if (t + 1) % self.every == 0:
                            h = h.detach()
                    return h


            net = Steps(4, 8, 3)
            h = torch.zeros(2, 8)
            for x in torch.randn(3, 5, 2, 4):
                h = net(x, h).detach()
            """,
        ),
    ),
)
