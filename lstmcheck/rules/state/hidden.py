"""The initial state has the wrong number of features.

The last axis of `h_0` and `c_0` is the layer's `hidden_size` (for `h_0`, `proj_size` where that is used). It does not
double in a bidirectional layer: the directions are separate rows of axis 0. torch compares exactly and raises.

**Mend it** by the layer's own hidden size. Where an encoder of another size gives the state, let an `nn.Linear` map it;
the two directions of a bidirectional encoder can be added, or concatenated for a decoder of twice the hidden size.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, is_given, kind, option, silence, subject, want


def _message(violation: Violation) -> str:
    name = subject(violation, "the state")
    features = count(violation.need.got, "feature")
    needed = f"this {kind(violation)} needs {want(violation)} ({_source(violation)})"
    return f"{name} has {features}, {needed}{silence(violation)}"


def _source(violation: Violation) -> str:
    projected = is_given(option(violation, "proj_size")) and subject(violation) != "c_0"
    return "proj_size" if projected else "hidden_size"


def _help(violation: Violation) -> str:
    return f"make the last axis {want(violation)}; a state of another size needs an nn.Linear in between"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return states.with_features(violation, code)


RULE = Rule(
    code="LSTM204",
    name="state-hidden",
    severity="error",
    since="0.1",
    needs=("state.hidden",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            decoder = nn.LSTM(12, 32)
            h = torch.zeros(1, 4, 64)
            out, _ = decoder(torch.randn(9, 4, 12), (h, h))
            """,
            raises="Expected hidden[0] size (1, 4, 32), got [1, 4, 64]",
            line=6,
            fixed={5: "h = torch.zeros(1, 4, 32)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Pair(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.encoder = nn.GRU(features, hidden, batch_first=True)
                    self.decoder = nn.GRU(features, 2 * hidden, batch_first=True)

                def forward(self, source, target):
                    _, state = self.encoder(source)
                    out, _ = self.decoder(target, state)
                    return out
            """,
            raises="Expected hidden size (1, 2, 16), got [1, 2, 8]",
            line=12,
            run="Pair(4, 8)(torch.zeros(2, 5, 4), torch.zeros(2, 6, 4))",
        ),
        Bad(
            """
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            h, c = cell(torch.randn(3, 10), (torch.zeros(3, 10), torch.zeros(3, 10)))
            """,
            raises="hidden0 has inconsistent hidden_size: got 10, expected 20",
            line=5,
            fixed={5: "h, c = cell(torch.randn(3, 10), (torch.zeros(3, 20), torch.zeros(3, 20)))"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Pair(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.encoder = nn.GRU(features, hidden, batch_first=True, bidirectional=True)
                    self.decoder = nn.GRU(features, 2 * hidden, batch_first=True)

                def forward(self, source, target):
                    _, state = self.encoder(source)
                    state = torch.cat([state[-2], state[-1]], dim=-1).unsqueeze(0)
                    out, _ = self.decoder(target, state)
                    return out
            """,
            run="Pair(4, 8)(torch.zeros(2, 5, 4), torch.zeros(2, 6, 4))",
        ),
    ),
)
