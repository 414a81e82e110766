"""The input's batch stands where the layer reads time, or the reverse.

Without `batch_first=True` a recurrent layer reads (seq_len, batch, features); with it, (batch, seq_len, features).
torch cannot tell the two apart: with the axes the wrong way round the recurrence runs over the samples of the batch,
and every sample's result depends on its neighbours. The message quotes what says which axis is which: a DataLoader,
`pad_sequence`, another layer, or the names that the program gives to the sizes. The same holds for an attention or a
transformer's encoder that reads a recurrent layer's output: its `batch_first` must be the recurrent layer's.

**Mend it** by `batch_first=True` where the layer is built, or by `transpose(0, 1)` of the input, not by a view.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, layers
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    axis, meaning, text = (detail(violation, key) for key in ("axis", "is", "text"))
    where = f"axis {axis} of the input is the {meaning} ({text})"
    if violation.need.what == "silent.layout_read":
        where = f"axis {axis} is the {meaning} ({text})"
    how = "has batch_first=True" if detail(violation, "batch_first") else "has no batch_first=True"
    by = detail(violation, "by") or kind(violation)
    return f"{where}, but this {by} {how} and reads it as the {detail(violation, 'read')}"


def _help(violation: Violation) -> str:
    if violation.need.what == "silent.layout_read":
        return (
            "the attention runs over the wrong axis: give both layers the same batch_first, or transpose between them"
        )
    return "the recurrence runs over the wrong axis: change batch_first, or transpose the input"


def _fix(violation: Violation, code: Code) -> Fix | None:
    if violation.need.what == "silent.layout_read":
        return None
    return layers.other_batch_first(violation, code)


RULE = Rule(
    code="LSTM640",
    name="input-layout",
    severity="warning",
    since="0.1",
    needs=("silent.layout", "silent.layout_read"),
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

            data = TensorDataset(torch.randn(12, 5, 3), torch.randn(12, 1))
            lstm = nn.LSTM(3, 8)
            for x, y in DataLoader(data, batch_size=4):
                out, _ = lstm(x)
            """,
            silent=True,
            line=8,
            fixed={6: "lstm = nn.LSTM(3, 8, batch_first=True)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Tagger(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch_size, seq_len, _ = x.shape
                    out, _ = self.gru(x.transpose(0, 1))
                    return out
            """,
            silent=True,
            line=12,
            run="Tagger(3, 4)(torch.randn(2, 5, 3))",
            fixed={8: "self.gru = nn.GRU(features, hidden, batch_first=False)"},
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.utils.data import DataLoader, TensorDataset

            data = TensorDataset(torch.randn(12, 5, 3), torch.randn(12, 1))
            lstm = nn.LSTM(3, 8)
            for x, y in DataLoader(data, batch_size=4):
                out, _ = lstm(x.transpose(0, 1))
                last = out[-1]
            """,
        ),
    ),
)
