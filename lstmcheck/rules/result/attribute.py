"""A recurrent layer, or what it returns, is asked for something that it does not have.

A layer does not remember its state: `lstm.hidden` does not exist. `output.batch_sizes` exists only when the input was
packed. The same is reported of an attribute that a class reads and nothing sets.

**Mend it** by keeping the state yourself, `out, state = lstm(x, state)`, or by setting the attribute in `__init__`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Variables"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    need = violation.need
    owner = detail(violation, "of") or kind(violation, "") or "this object"
    name = detail(violation, "attribute") or (need.got if isinstance(need.got, str) else need.subject)
    return f"{owner} has no attribute {name!r}"


def _help(violation: Violation) -> str | None:
    nearest = detail(violation, "nearest")
    if nearest:
        return f"did you mean {' or '.join(nearest)}?"
    keeps = violation.need.subject if detail(violation, "attribute") is None else detail(violation, "attribute")
    name = violation.need.got if isinstance(violation.need.got, str) else keeps
    if violation.layer and name in ("h_n", "c_n", "h", "c", "hn", "cn", "hidden", "state", "output"):
        return "a layer keeps neither output nor state: out, state = layer(x) returns both"
    return None


RULE = Rule(
    code="LSTM307",
    name="missing-attribute",
    severity="error",
    since="0.1",
    needs=("attribute.missing",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, _ = lstm(torch.randn(5, 3, 10))
            state = lstm.hidden
            """,
            raises="'LSTM' object has no attribute 'hidden'",
            line=6,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    out, h = self.rnn(x)
                    return out, self.rnn.h_n
            """,
            raises="'GRU' object has no attribute 'h_n'",
            line=11,
            run="Net(4, 8)(torch.zeros(5, 2, 4))",
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    out, h = self.rnn(x)
                    return out, self.rnn.weight_hh_l0, self.rnn.hidden_size
            """,
            run="Net(4, 8)(torch.zeros(5, 2, 4))",
        ),
    ),
)
