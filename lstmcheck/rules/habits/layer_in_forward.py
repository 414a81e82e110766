"""A recurrent layer is built inside `forward`.

The layer is another one at every call, with new random weights. The optimizer never sees them, and the output for one
input changes from call to call. Torch raises nothing, the loss may even fall: what comes after learns to live with
random features.

**Mend it** by building the layer in `__init__`: `self.rnn = nn.LSTM(...)`.

Reference: [torch.nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, subject


def _message(violation: Violation) -> str:
    where = f"{detail(violation, 'class')}.{subject(violation)}"
    return f"this {kind(violation)} is built at every call of {where}: its weights are new each time, and never trained"


def _help(violation: Violation) -> str:
    return "build it once, in __init__"


RULE = Rule(
    code="LSTM608",
    name="layer-in-forward",
    severity="warning",
    since="0.1",
    needs=("silent.layer_inside",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def forward(self, x):
                    lstm = nn.LSTM(4, 8, batch_first=True)
                    out, _ = lstm(x)
                    return out


            Model()(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=7,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Encoder(nn.Module):
                def __init__(self, hidden):
                    super().__init__()
                    self.hidden = hidden

                def forward(self, x):
                    self.rnn = nn.GRU(x.size(-1), self.hidden, bidirectional=True).to(x.device)
                    out, h = self.rnn(x)
                    return torch.cat([h[-2], h[-1]], dim=-1)


            Encoder(8)(torch.randn(5, 2, 4))
            """,
            silent=True,
            line=11,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Lazy(nn.Module):
                def __init__(self, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.rnn = None

                def forward(self, x):
                    if self.rnn is None:
                        self.rnn = nn.GRU(x.size(-1), self.hidden, batch_first=True)
                    return self.rnn(x)[0]


            Lazy(8)(torch.randn(2, 5, 4))
            """,
        ),
    ),
)
