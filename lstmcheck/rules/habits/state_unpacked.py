"""A tensor of states is unpacked as if it were a pair (h, c).

Only an LSTM has a cell state. The second result of a GRU or RNN is one tensor (layers * directions, batch, hidden), and
`out, (h, c) = gru(x)` takes it apart along its first axis: with two rows (two layers, or both directions) `h` is the
first row and `c` the second, and nothing is raised. In the same way `out, (h, c) = lstm_cell(x)` takes the rows of two
samples. It is reported where the names or a row that is never used show that a pair was meant.

**Mend it** by `out, h = gru(x)`, and `h[-1]` for the last layer. A cell's result is its state:
`h, c = lstm_cell(x, (h, c))`.

Reference: [torch.nn.GRU](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html), "Outputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    first, second = detail(violation, "names")
    if detail(violation, "cell"):
        what = "c, whose rows are samples" if violation.need.subject == "c_n" else "h, whose rows are samples"
        return f"this {kind(violation)} returns its state alone: `({first}, {second})` takes apart {what}"
    return (
        f"h_n of this {kind(violation)} is one tensor: `({first}, {second})` takes its first two rows, "
        "and there is no cell state"
    )


def _help(violation: Violation) -> str:
    if kind(violation) == "LSTMCell":
        return "h, c = cell(x, (h, c)): h is the output of the step"
    if detail(violation, "cell"):
        return "h = cell(x, h): h is the output of the step"
    return "take the state whole: `out, h = ...`, then h[-1] is the last layer"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.place(violation.location, ast.Tuple)
    if place is None or not isinstance(place.node, ast.Tuple) or len(place.node.elts) != 2:
        return None
    first, second = place.node.elts
    if place.is_read(second):
        return None
    return fix("unsafe", "take the state whole", place.editing.joined(place.node, place.node, place.text(first)))


RULE = Rule(
    code="LSTM601",
    name="state-unpacked",
    severity="warning",
    since="0.1",
    needs=("silent.state_unpacked",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(4, 8, num_layers=2)
            out, (h, c) = gru(torch.randn(5, 3, 4))
            scores = nn.Linear(8, 2)(h)
            """,
            silent=True,
            line=5,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Tagger(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.RNN(features, hidden, bidirectional=True, batch_first=True)
                    self.head = nn.Linear(hidden, 3)

                def forward(self, x):
                    _, (hidden, _) = self.rnn(x)
                    return self.head(hidden)


            Tagger(4, 8)(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=12,
            fixed={12: "_, hidden = self.rnn(x)"},
        ),
        Good(
            """
            import torch
            from torch import nn


            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, bidirectional=True, batch_first=True)

                def forward(self, x):
                    _, (h_forward, h_backward) = self.rnn(x)
                    return torch.cat([h_forward, h_backward], dim=-1)


            Encoder(4, 8)(torch.randn(2, 5, 4))
            """,
        ),
        Good(
            """
            import torch
            from torch import nn

            gru = nn.GRU(4, 8, num_layers=2)
            out, (first, second) = gru(torch.randn(5, 3, 4))
            both = first + second
            """,
        ),
    ),
)
