"""`[-1]` is taken along the batch axis: the last sample of the batch, where the last step is meant.

The output of a recurrent layer is (seq_len, batch, features), or (batch, seq_len, features) with `batch_first=True`.
The last step is `out[-1]` in the first case and `out[:, -1]` in the second. The other one gives every step of one
sample: torch raises nothing, or raises later, at the loss. `h_n` is (rows, batch, hidden) whatever `batch_first`
says.

**Mend it** by indexing the time axis, or by the `batch_first` that the data has.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    if violation.need.what == "silent.first_step":
        return f"this reads the first step only: this {kind(violation)} has read nothing else of the sequence there"
    if detail(violation, "state"):
        return "this takes the last sample of the batch: a state is (layers * directions, batch, hidden) always"
    axis, text = detail(violation, "axis"), detail(violation, "text")
    return f"this takes the last sample, not the last step: {text}, so axis {axis} is the batch"


def _help(violation: Violation) -> str:
    if violation.need.what == "silent.first_step":
        return f"the last step is {'out[-1]' if detail(violation, 'axis') == 0 else 'out[:, -1]'}"
    if detail(violation, "state"):
        return "the last layer's state of every sample is h_n[-1]"
    good = "out[-1]" if detail(violation, "time") == 0 else "out[:, -1]"
    return f"the last step is {good}; or build the layer with the other batch_first if that is how the data lies"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, time = code.place(violation.location, ast.Subscript), detail(violation, "time")
    if place is None or not isinstance(place.node, ast.Subscript) or detail(violation, "state") or time not in (0, 1):
        return None
    base = place.editing.operand(place.node.value)
    edit = place.editing.replace(place.node, f"{base}[-1]" if time == 0 else f"{base}[:, -1]")
    return fix("unsafe", f"take the last step, axis {time}", edit)


RULE = Rule(
    code="LSTM642",
    name="last-step-axis",
    severity="warning",
    since="0.1",
    needs=("silent.last_sample", "silent.first_step"),
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
                def __init__(self, features, hidden, classes):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden)
                    self.head = nn.Linear(hidden, classes)

                def forward(self, x):
                    out, _ = self.lstm(x)
                    return self.head(out[:, -1, :])
            """,
            silent=True,
            line=13,
            run="Classifier(3, 4, 2)(torch.randn(5, 5, 3))",
            fixed={13: "return self.head(out[-1])"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8, batch_first=True)
            out, h_n = gru(torch.randn(4, 6, 3))
            last = torch.tanh(out)[-1]
            """,
            silent=True,
            line=6,
            fixed={6: "last = torch.tanh(out)[:, -1]"},
        ),
        Good(
            """
            import torch
            from torch import nn

            gru = nn.GRU(3, 8)
            out, h_n = gru(torch.randn(6, 4, 3))
            last = out.transpose(0, 1)[:, -1]
            line = torch.randn(6, 3)
            out, h_n = gru(line.view(6, 1, -1))
            only = out[:, -1]
            """,
        ),
    ),
)
