"""The initial state is made for as many samples as the input has time steps.

The batch of a state is that of the input as the layer reads it: `x.size(0)` with `batch_first=True`, `x.size(1)`
without. A state made with the other one fails as soon as the batch is not as long as the sequence, and until then the
program shows that it takes the axes for each other: the layer's recurrence runs over the samples. It is an error where
the program itself calls the layer with sizes that nothing makes equal.

**Mend it** by `batch_first=True` where the layer is built if the data is (batch, seq_len, features); else make the
state with `x.size(1)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, layers
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    how = "batch_first=True" if detail(violation, "batch_first") else "no batch_first=True"
    batch, time = detail(violation, "batch"), detail(violation, "time")
    return (
        f"h_0 is made for as many samples as axis {time} of the input is long, but this {kind(violation)} has {how}: "
        f"its batch is axis {batch}, axis {time} is time"
        f"{', and it raises unless the two are equal' if violation.need.raises is not None else ''}"
    )


def _help(violation: Violation) -> str:
    if detail(violation, "told"):
        return f"the data has its batch on axis {detail(violation, 'batch')}, too: take the state's from there"
    return "build the layer with the batch_first that the data has, or take the batch from the other axis"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return layers.other_batch_first(violation, code) if not detail(violation, "told") else None


RULE = Rule(
    code="LSTM641",
    name="state-batch-axis",
    severity="error",
    since="0.1",
    needs=("silent.state_batch",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    h0 = torch.zeros(1, x.size(0), self.hidden)
                    out, _ = self.rnn(x, h0)
                    return out
            """,
            silent=True,
            line=13,
            run="Model(3, 4)(torch.randn(5, 5, 3))",
            fixed={9: "self.rnn = nn.GRU(features, hidden, batch_first=True)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            def encode(gru: nn.GRU, x: torch.Tensor):
                h0 = torch.zeros(2, x.size(1), 8)
                return gru(x, h0)


            class Reader(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gru = nn.GRU(3, 8, num_layers=2, batch_first=True)

                def forward(self, x):
                    return encode(self.gru, x)[1]
            """,
            silent=True,
            line=7,
            run="Reader()(torch.randn(5, 5, 3))",
            fixed={13: "self.gru = nn.GRU(3, 8, num_layers=2, batch_first=False)"},
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pad_sequence


            class Model(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gru = nn.GRU(3, 4, batch_first=True)

                def forward(self, x):
                    h0 = torch.zeros(1, x.size(1), 4)
                    return self.gru(x, h0)


            rows = [torch.randn(int(torch.randint(4, 9, ())), 3) for _ in range(3)]
            Model()(pad_sequence(rows, batch_first=True))
            """,
            raises="Expected hidden size (1, 3, 4), got [1, ",
            line=13,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    h0 = torch.zeros(1, x.size(1), self.hidden)
                    out, _ = self.rnn(x, h0)
                    return out
            """,
            run="Model(3, 4)(torch.randn(5, 2, 3))",
        ),
    ),
)
