"""The initial state is drawn at random whenever the module runs.

`torch.randn` in the forward path makes another initial state for every call, also in evaluation: the same input gives
another output each time. Zeros are the default, and a learned initial state is a parameter. States drawn in the
constructor or in a script are not reported, nor those that names call noise or latent.

**Mend it** by leaving the state out, by zeros, or by `self.h0 = nn.Parameter(torch.zeros(layers, 1, hidden))` with
`self.h0.expand(-1, batch, -1).contiguous()`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "h_0"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, subject


def _message(violation: Violation) -> str:
    draw = detail(violation, "draw")
    return f"{subject(violation)} of this {kind(violation)} is drawn by `{draw}` at every call, in evaluation too"


def _help(violation: Violation) -> str:
    return "leave the state out (it is zeros then), or learn it as a parameter"


def _fix(violation: Violation, code: Code) -> Fix | None:
    edits = []
    for source in violation.sources:
        place = code.place(source.location, ast.Call)
        drawn = states.drawn(place) if place is not None else None
        edits += [place.editing.joined(drawn, drawn, text) for drawn, text in drawn or ()] if place is not None else []
    return fix("unsafe", "start from zeros", *edits)


RULE = Rule(
    code="LSTM605",
    name="state-random",
    severity="warning",
    since="0.1",
    needs=("silent.state_random",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Classifier(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gru = nn.GRU(4, 8, batch_first=True)

                def forward(self, x):
                    out, h = self.gru(x, torch.randn(1, x.size(0), 8))
                    return h[-1]


            Classifier()(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=11,
            fixed={11: "out, h = self.gru(x, torch.zeros(1, x.size(0), 8))"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Tagger(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def init_hidden(self, n):
                    return torch.randn(1, n, self.hidden), torch.randn(1, n, self.hidden)

                def forward(self, x):
                    state = self.init_hidden(x.size(0))
                    out, state = self.lstm(x, state)
                    return out


            Tagger(4, 8)(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=16,
            fixed={12: "return torch.zeros(1, n, self.hidden), torch.zeros(1, n, self.hidden)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            gru = nn.GRU(4, 8)
            out, hn = gru(torch.randn(5, 3, 4), torch.randn(1, 3, 8))
            """,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Generator(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.start = nn.Linear(6, hidden)
                    self.h0 = nn.Parameter(torch.randn(1, 1, hidden))
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    z = torch.randn(1, x.size(0), 6)
                    out, _ = self.gru(x, self.start(z) + self.h0)
                    return out


            Generator(4, 8)(torch.randn(2, 5, 4))
            """,
        ),
    ),
)
