"""A state goes from batch to batch, and the batches are shuffled, or begin again.

A state that is carried over is the past of the next batch's sequences. With `shuffle=True` the next batch is made of
other sequences: each starts from the end of one that has nothing to do with it, in another mixture in every epoch.

A run shows more of it (`lstmcheck.trace`): a state that is carried from the end of the data to its beginning, into the
next epoch; from evaluation back into training; and from the last batch of training into evaluation, where training
starts every batch afresh, or where the rows of a batch are samples that do not continue those of the batch before.

**Mend it** by starting each batch, each epoch and each evaluation without a state. Where the sequences continue each
other, keep their order: `shuffle=False`, and row i of a batch the continuation of row i of the one before.

Reference: [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    if violation.need.what == "silent.state_reused":
        return f"this {kind(violation)} starts {_REUSED[detail(violation, 'how')]}"
    return f"this {kind(violation)} starts from the state of the batch before, and the loader shuffles (shuffle=True)"


_REUSED = {
    "again": "at the beginning of the data from the state of its end",
    "back": "training from the state that evaluation left",
    "afresh": "evaluation from the state of a batch of training, where every batch starts afresh",
    "samples": "evaluation from the state of the last batch of training: its rows belong to other samples",
}


def _help(violation: Violation) -> str:
    if violation.need.what == "silent.state_reused":
        return "start from no state wherever other sequences begin: every epoch, every evaluation"
    return "start every batch without a state, or load them in order"


RULE = Rule(
    code="LSTM612",
    name="state-shuffled",
    severity="warning",
    since="0.1",
    needs=("silent.state_shuffled", "silent.state_reused"),
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
