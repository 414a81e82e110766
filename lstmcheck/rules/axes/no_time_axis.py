"""A two-dimensional batch is taken as one sequence without a batch.

A recurrent layer takes a 2-D input as one unbatched sequence (seq_len, features). A batch of feature vectors, or a
batch whose steps were flattened together with the samples, becomes one long sequence: the state runs on from one
sample into the next. `batch_first` means nothing for it.

**Mend it** by restoring the axes (`x.view(batch, seq_len, -1)`), or by a time axis of one (`x.unsqueeze(1)` with
`batch_first=True`).

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, option


def _message(violation: Violation) -> str:
    text = detail(violation, "text")
    return f"this {kind(violation)} takes a 2-D input as one unbatched sequence, but its first axis is not time: {text}"


def _help(violation: Violation) -> str:
    if detail(violation, "merged"):
        return "give the axes back before the layer: x.view(batch, seq_len, -1)"
    return "add a time axis: x.unsqueeze(1) with batch_first=True"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, first = code.at(violation), option(violation, "batch_first")
    data = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or data is None or detail(violation, "merged") or first not in (0, 1):
        return None
    edit = place.editing.replace(data, f"{place.editing.operand(data)}.unsqueeze({int(first)})")
    return fix("unsafe", "make each sample a sequence of one step", edit)


RULE = Rule(
    code="LSTM650",
    name="no-time-axis",
    severity="warning",
    since="0.1",
    needs=("silent.no_time_axis",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.utils.data import DataLoader, TensorDataset

            lstm = nn.LSTM(3, 8, batch_first=True)
            for (x,) in DataLoader(TensorDataset(torch.randn(12, 3)), batch_size=4):
                out, _ = lstm(x)
            """,
            silent=True,
            line=7,
            fixed={7: "out, _ = lstm(x.unsqueeze(1))"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.embed = nn.Linear(features, hidden)
                    self.rnn = nn.GRU(hidden, hidden, batch_first=True)

                def forward(self, x):
                    batch_size, seq_len, _ = x.shape
                    flat = self.embed(x).view(batch_size * seq_len, -1)
                    out, _ = self.rnn(flat)
                    return out.view(batch_size, seq_len, -1)
            """,
            silent=True,
            line=14,
            run="Model(3, 4)(torch.randn(2, 5, 3))",
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.utils.data import DataLoader, TensorDataset

            lstm = nn.LSTM(3, 8, batch_first=True)
            for (x,) in DataLoader(TensorDataset(torch.randn(12, 3)), batch_size=4):
                out, _ = lstm(x.unsqueeze(1))
            one, _ = lstm(torch.randn(9, 3))
            """,
        ),
    ),
)
