"""A state goes from batch to batch, and the batches are shuffled.

A state that is carried over is the past of the next batch's sequences. With `shuffle=True` the next batch is made of
other sequences: each starts from the end of one that has nothing to do with it, in another mixture in every epoch.

**Mend it** by starting each batch without a state. Where the sequences continue each other, keep their order:
`shuffle=False`, and row i of a batch the continuation of row i of the one before.

Reference: [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import kind


def _message(violation: Violation) -> str:
    return f"this {kind(violation)} starts from the state of the batch before, and the loader shuffles (shuffle=True)"


def _help(violation: Violation) -> str:
    return "start every batch without a state, or load them in order"


RULE = Rule(
    code="LSTM612",
    name="state-shuffled",
    severity="warning",
    since="0.1",
    needs=("silent.state_shuffled",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.utils.data import DataLoader, TensorDataset

            data = TensorDataset(torch.randn(12, 5, 4))
            loader = DataLoader(data, batch_size=4, shuffle=True)
            lstm = nn.LSTM(4, 8, batch_first=True)
            state = None
            for (x,) in loader:
                out, state = lstm(x, state)
                state = tuple(part.detach() for part in state)
            """,
            silent=True,
            line=10,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.utils.data import DataLoader, TensorDataset


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x, h):
                    return self.gru(x, h)


            def train(model, loader):
                h = torch.zeros(1, 4, 8)
                for (x,) in loader:
                    out, h = model(x, h)
                    h = h.detach()


            data = TensorDataset(torch.randn(12, 5, 4))
            train(Model(4, 8), DataLoader(data, 4, shuffle=True))
            """,
            silent=True,
            line=12,
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.utils.data import DataLoader, TensorDataset

            data = TensorDataset(torch.randn(12, 5, 4))
            gru = nn.GRU(4, 8, batch_first=True)
            for (x,) in DataLoader(data, batch_size=4, shuffle=True):
                h = None
                for part in x.split(1, dim=1):
                    out, h = gru(part, h)
            h = torch.zeros(1, 4, 8)
            for (x,) in DataLoader(data, batch_size=4):
                out, h = gru(x, h)
            """,
        ),
    ),
)
