"""The lengths given to `pack_padded_sequence` are not a list of numbers.

They must be one-dimensional: one length for each sample of the batch, as a list or a 1-D tensor. A column (batch, 1),
as a collate function stacks it, or a single number raises.

**Mend it** with `lengths.squeeze(1)` for a column; a batch of equal lengths needs no packing.

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, show_value


def _message(violation: Violation) -> str:
    given = violation.need.got
    axes = count(given, "axis", "axes") if isinstance(given, int) else show_value(given)
    return f"the lengths have {axes}, pack_padded_sequence needs 1: one length for each sample"


def _help(violation: Violation) -> str | None:
    return "lengths.squeeze(1) makes a column (batch, 1) a vector" if violation.need.got == 2 else None


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    lengths = arguments.argument(place.call, 1, "lengths") if place is not None and place.call is not None else None
    if place is None or lengths is None or violation.need.got != 2:
        return None
    edit = place.editing.replace(lengths, f"{place.editing.operand(lengths)}.squeeze(1)")
    return fix("unsafe", "make the column of lengths a vector", edit)


RULE = Rule(
    code="LSTM402",
    name="lengths-rank",
    severity="error",
    since="0.1",
    needs=("pack.lengths.rank",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.zeros(5, 3, 8)
            lengths = torch.full((3, 1), 5)
            packed = pack_padded_sequence(x, lengths)
            """,
            raises="'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu Long tensor",
            line=6,
            fixed={6: "packed = pack_padded_sequence(x, lengths.squeeze(1))"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn
            import torch.nn.utils.rnn as rnn_utils

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    lengths = torch.ones(x.size(0), 1, dtype=torch.long)
                    packed = rnn_utils.pack_padded_sequence(x, lengths, batch_first=True)
                    return self.lstm(packed)
            """,
            raises="'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu Long tensor",
            line=12,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
            fixed={12: "packed = rnn_utils.pack_padded_sequence(x, lengths.squeeze(1), batch_first=True)"},
        ),
        Good(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.zeros(5, 3, 8)
            lengths = torch.full((3, 1), 5)
            packed = pack_padded_sequence(x, lengths.squeeze(1))
            """,
        ),
    ),
)
