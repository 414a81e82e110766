"""The last step of a bidirectional layer is read for both directions.

The output of a bidirectional layer holds two vectors for every step: the forward direction's in the first half of the
features, the backward direction's in the second. The backward direction begins at the last step, so that there it has
read one step only: half of `out[:, -1]` knows next to nothing of the sequence. Its end is at the first step.

**Mend it** with the final states, `torch.cat((h_n[-2], h_n[-1]), dim=1)`, or with `torch.cat((out[:, -1, :hidden],
out[:, 0, hidden:]), dim=1)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, results
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    half, step = detail(violation, "half"), detail(violation, "step")
    if half == "forward":
        return "the forward direction is read at the first step, where it has seen one step of the sequence"
    if half == "sum":
        return "the sum of both directions is read at the last step, where the backward one has seen one step only"
    which = "the backward half" if half == "both" else "the backward direction"
    return f"{which} of the output is read at the {step} step, where it has seen one step of the sequence"


def _help(violation: Violation) -> str:
    return "use torch.cat((h_n[-2], h_n[-1]), dim=1): the ends of both directions"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.place(violation.location, ast.Subscript)
    both = (detail(violation, "half"), detail(violation, "step")) == ("both", "last")
    output = place.node.value if place is not None and isinstance(place.node, ast.Subscript) else None
    if place is None or not both or not isinstance(output, ast.Name) or not arguments.knows(place, "torch"):
        return None
    found = results.final_states(place, output, kind(violation) == "LSTM")
    if found is None:
        return None
    name, edits = found
    ends = place.editing.replace(place.node, f"torch.cat(({name}[-2], {name}[-1]), dim=1)")
    return fix("unsafe", "take the end of each direction", *edits, ends)


RULE = Rule(
    code="LSTM643",
    name="direction-half-read",
    severity="warning",
    since="0.1",
    needs=("silent.direction",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
                    self.head = nn.Linear(2 * hidden, 2)

                def forward(self, x):
                    out, _ = self.lstm(x)
                    last = out[:, -1]
                    return self.head(last)
            """,
            silent=True,
            line=13,
            run="Encoder(3, 4)(torch.randn(2, 5, 3))",
            fixed={12: "out, (h_n, _) = self.lstm(x)", 13: "last = torch.cat((h_n[-2], h_n[-1]), dim=1)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            hidden = 8
            gru = nn.GRU(3, hidden, bidirectional=True)
            out, _ = gru(torch.randn(6, 4, 3))
            ahead, back = out[-1, :, :hidden], out[-1, :, hidden:]
            """,
            silent=True,
            line=7,
        ),
        Good(
            """
            import torch
            from torch import nn

            hidden = 8
            gru = nn.GRU(3, hidden, bidirectional=True)
            head = nn.Linear(2 * hidden, 2)
            out, h_n = gru(torch.randn(6, 4, 3))
            both = head(torch.cat((out[-1, :, :hidden], out[0, :, hidden:]), dim=1))
            same = head(torch.cat((h_n[-2], h_n[-1]), dim=1))
            each = head(out)
            """,
        ),
    ),
)
