"""A loss broadcasts (N, 1) against (N,), and compares every prediction with every target.

`nn.Linear(hidden, 1)` gives (N, 1), targets are usually (N,). `MSELoss`, `L1Loss` and `SmoothL1Loss` broadcast both to
(N, N) and only warn: the net learns the mean of the targets. A difference `prediction - target` does the same without
a warning.

**Mend it** with `prediction.squeeze(-1)` or `target.unsqueeze(-1)`. A bare `squeeze()` would also drop a batch of one.

Reference: [torch.nn.MSELoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, subject, want


def _message(violation: Violation) -> str:
    name = subject(violation, "the loss")
    shapes = f"{got(violation)} against {want(violation)}"
    return f"{name} broadcasts {shapes}: every prediction is compared with every target"


def _help(violation: Violation) -> str:
    return "give both one shape: prediction.squeeze(-1), or target.unsqueeze(-1)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, shapes = code.at(violation), [detail(violation, key) for key in ("input", "target")]
    if place is None or place.call is None or not all(isinstance(shape, tuple) for shape in shapes):
        return None
    for at, (own, other) in enumerate((shapes, shapes[::-1])):
        node = arguments.argument(place.call, at, ("input", "target")[at])
        if node is not None and len(own) == 2 and own[1] == 1 and len(other) == 1:
            edit = place.editing.replace(node, f"{place.editing.operand(node)}.squeeze(-1)")
            return fix("unsafe", "give prediction and target one shape", edit)
    return None


RULE = Rule(
    code="LSTM502",
    name="loss-broadcast",
    severity="warning",
    since="0.1",
    needs=("loss.broadcast", "silent.difference"),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(3, 16, batch_first=True)
            head = nn.Linear(16, 1)
            out, _ = rnn(torch.randn(8, 5, 3))
            loss = nn.MSELoss()(head(out[:, -1]), torch.randn(8))
            """,
            warns="Using a target size (torch.Size([8])) that is different to the input size",
            line=7,
            fixed={7: "loss = nn.MSELoss()(head(out[:, -1]).squeeze(-1), torch.randn(8))"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn
            import torch.nn.functional as F

            class Forecast(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, 1)

                def forward(self, x):
                    out, _ = self.rnn(x)
                    return self.head(out[:, -1])

            net = Forecast(3, 16)
            prediction = net(torch.randn(16, 7, 3))
            loss = F.l1_loss(prediction, torch.zeros(16))
            """,
            warns="Using a target size (torch.Size([16])) that is different to the input size",
            line=17,
            fixed={17: "loss = F.l1_loss(prediction.squeeze(-1), torch.zeros(16))"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(3, 16, batch_first=True)
            head = nn.Linear(16, 1)
            out, _ = rnn(torch.randn(8, 5, 3))
            loss = (head(out[:, -1]) - torch.randn(8)).pow(2).mean()
            """,
            silent=True,
            line=7,
        ),
        Good(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(3, 16, batch_first=True)
            head = nn.Linear(16, 1)
            out, _ = rnn(torch.randn(8, 5, 3))
            loss = nn.MSELoss()(head(out[:, -1]).squeeze(-1), torch.randn(8))
            same = nn.MSELoss()(head(out[:, -1]), torch.randn(8, 1))
            """,
        ),
    ),
)
