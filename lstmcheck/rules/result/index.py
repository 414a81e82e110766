"""An index lies outside the axis.

`h_n` has one row for each layer and direction, so `h_n[1]` of a layer with one row fails, as does `h_n[-2]` of a net
that is not bidirectional. The line was written for another configuration of the layer, and waits for the run in which
the option is off.

**Mend it** with an index that exists: `h_n[-1]` is the last layer (its backward direction when bidirectional); or build
the layer that the index was written for.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Outputs"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, this_layer, want


def _message(violation: Violation) -> str:
    index, part = detail(violation, "index"), detail(violation, "part")
    named = f"index {index}" if index is not None else f"an index that needs a size of {want(violation)}"
    whole = part if part in ("h_n", "c_n", "output") and detail(violation, "exact") and violation.layer else None
    of = f"{whole} of {this_layer(violation)}" if whole else "the tensor"
    return f"{named} is out of range: axis {violation.need.axis or 0} of {of} has size {got(violation)}"


def _help(violation: Violation) -> str | None:
    if detail(violation, "part") in ("h_n", "c_n") and not violation.need.axis:
        return "there is one row for each layer and direction; the last row is [-1]"
    return None


RULE = Rule(
    code="LSTM308",
    name="index-range",
    severity="error",
    since="0.1",
    needs=("op.index",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, (h, c) = lstm(torch.randn(5, 3, 10))
            both = torch.cat((h[0], h[1]), dim=1)
            """,
            raises="index 1 is out of bounds for dimension 0 with size 1",
            line=6,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Summary(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    _, h = self.gru(x)
                    return torch.cat((h[-2], h[-1]), dim=-1)
            """,
            raises="index -2 is out of bounds for dimension 0 with size 1",
            line=12,
            run="Summary(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Summary(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True, bidirectional=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    _, h = self.gru(x)
                    return torch.cat((h[-2], h[-1]), dim=-1)
            """,
            run="Summary(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
