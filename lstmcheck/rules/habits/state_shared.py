"""Two stacked layers hand one state to each other.

Each layer of a stack has a state of its own. Where the upper layer starts from the state that the lower one has just
returned, and hands its own back to the lower one for the next step, neither remembers anything of its own: the state of
the upper layer is overwritten in every step. An encoder's state that goes into a decoder is another thing: nothing goes
back.

**Mend it** by a state for each: `h1 = cell1(x, h1)`, `h2 = cell2(h1, h2)`; for a list of layers, a list of states.

Reference: [torch.nn.LSTMCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail


def _message(violation: Violation) -> str:
    layer, other = detail(violation, "layer"), detail(violation, "of")
    return f"`{layer}` starts from the state that the {other} below it has just returned, and hands its own back to it"


def _help(violation: Violation) -> str:
    return "give each layer a state of its own"


RULE = Rule(
    code="LSTM606",
    name="state-shared",
    severity="warning",
    since="0.1",
    needs=("silent.state_shared",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lower, upper = nn.GRUCell(4, 8), nn.GRUCell(8, 8)
            h = torch.zeros(3, 8)
            for x in torch.randn(5, 3, 4):
                h = lower(x, h)
                h = upper(h, h)
            """,
            silent=True,
            line=8,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Stack(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.first = nn.LSTM(features, hidden)
                    self.second = nn.LSTM(hidden, hidden)

                def forward(self, x, state):
                    x, state = self.first(x, state)
                    x, state = self.second(x, state)
                    return x, state


            Stack(4, 8)(torch.randn(5, 2, 4), (torch.zeros(1, 2, 8), torch.zeros(1, 2, 8)))
            """,
            silent=True,
            line=13,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Autoencoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.encoder = nn.LSTM(features, hidden, batch_first=True)
                    self.decoder = nn.LSTM(hidden, hidden, batch_first=True)

                def forward(self, x):
                    out, state = self.encoder(x)
                    out, _ = self.decoder(out, state)
                    return out


            Autoencoder(4, 8)(torch.randn(2, 5, 4))
            """,
        ),
        Good(
            """
            import torch
            from torch import nn

            lower, upper = nn.GRUCell(4, 8), nn.GRUCell(8, 8)
            h1 = h2 = torch.zeros(3, 8)
            for x in torch.randn(5, 3, 4):
                h1 = lower(x, h1)
                h2 = upper(h1, h2)
            """,
        ),
    ),
)
