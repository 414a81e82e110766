"""A mean, sum, maximum or softmax runs over the batch axis of a sequence, or a softmax over an axis of one element.

Pooling over time leaves one vector for every sample. Along the batch axis it mixes the samples instead, and leaves
one vector for every step. Where the axes come from another layout than the code supposes (no `batch_first=True` at
the layer or at `pad_packed_sequence`), the shapes may still fit.

A softmax over an axis of one element makes every weight 1: attention with scores of shape (batch, time, 1) has to be
normalised over the time.

**Mend it** by reducing the time axis, or by the `batch_first` that the code supposes.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail
from lstmcheck.source.edit import keyword_of


def _message(violation: Violation) -> str:
    axis, operation = detail(violation, "axis"), detail(violation, "operation")
    time = detail(violation, "time")
    if detail(violation, "single"):
        return f"{operation} over axis {axis}, which has one element: every weight is 1; axis {time} is time"
    where = f", axis {time} is time" if time is not None else ""
    return f"{operation} over axis {axis}, which is the batch ({detail(violation, 'text')}){where}"


def _help(violation: Violation) -> str:
    if detail(violation, "single"):
        return f"reduce axis {detail(violation, 'time')}"
    return f"reduce axis {detail(violation, 'time')}, or give batch_first=True where the sequence is made"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, time = code.at(violation), detail(violation, "time")
    given = keyword_of(place.call, "dim") if place is not None and place.call is not None else None
    if place is None or given is None or not isinstance(given.value, ast.Constant):
        return None
    return fix("unsafe", f"go over the time, axis {time}", place.editing.replace(given.value, str(time)))


RULE = Rule(
    code="LSTM646",
    name="pooled-over-batch",
    severity="warning",
    since="0.1",
    needs=("silent.over_batch",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8)
            out, _ = gru(torch.randn(6, 4, 3))
            pooled = out.mean(dim=1)
            scores = nn.Linear(8, 2)(pooled)
            """,
            silent=True,
            line=6,
            fixed={6: "pooled = out.mean(dim=0)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden)

                def forward(self, x):
                    out, _ = self.rnn(x)
                    return torch.softmax(out, dim=1)
            """,
            silent=True,
            line=12,
            run="Model(3, 4)(torch.randn(5, 2, 3))",
            fixed={12: "return torch.softmax(out, dim=0)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            gru, score = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 1)
            out, _ = gru(torch.randn(4, 6, 3))
            weights = torch.softmax(score(out), dim=-1)
            """,
            silent=True,
            line=6,
        ),
        Good(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8)
            out, _ = gru(torch.randn(6, 4, 3))
            scores = nn.Linear(8, 2)(out.mean(dim=0))
            level = out.mean(dim=1).norm()
            weights = torch.softmax(out.transpose(0, 1).sum(-1), dim=1)
            """,
        ),
    ),
)
