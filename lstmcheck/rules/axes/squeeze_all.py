"""`squeeze()` without an axis drops the batch too when it is one.

`x.squeeze()` removes every axis of size 1. On (batch, 1) it is meant to leave (batch,), but with a batch of one, often
the last of an epoch or a single prediction, nothing is left: the loss then raises, or broadcasts. This is advice: it is
shown with `--show-info`.

**Mend it** by naming the axis: `x.squeeze(-1)`.

Reference: [torch.squeeze](https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail


def _message(violation: Violation) -> str:
    return f"squeeze() without an axis drops axis {detail(violation, 'batch')}, the batch, too when it is 1"


def _help(violation: Violation) -> str:
    return f"name the axis: squeeze({detail(violation, 'meant')})"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, axis = code.at(violation), detail(violation, "meant")
    edit = arguments.with_keyword(place, "dim", str(axis)) if place is not None and axis is not None else None
    return fix("unsafe", "name the axis", edit)


RULE = Rule(
    code="LSTM653",
    name="squeeze-everything",
    severity="info",
    since="0.1",
    needs=("silent.squeeze",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            x = torch.randn(5, int(torch.randint(2, 4, (1,))), 3)
            gru, head = nn.GRU(3, 8), nn.Linear(8, 1)
            out, h_n = gru(x)
            scores = head(h_n[-1]).squeeze()
            """,
            silent=True,
            line=7,
            fixed={7: "scores = head(h_n[-1]).squeeze(dim=-1)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Regressor(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, 1)

                def forward(self, x):
                    out, _ = self.lstm(x)
                    return torch.squeeze(self.head(out[:, -1]))
            """,
            silent=True,
            line=13,
            run="Regressor(3, 4)(torch.randn(2, 5, 3))",
            fixed={13: "return torch.squeeze(self.head(out[:, -1]), dim=-1)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            x = torch.randn(5, int(torch.randint(2, 4, (1,))), 3)
            gru, head = nn.GRU(3, 8), nn.Linear(8, 1)
            out, h_n = gru(x)
            scores = head(h_n[-1]).squeeze(-1)
            fixed = head(gru(torch.randn(5, 2, 3))[1][-1]).squeeze()
            """,
        ),
    ),
)
