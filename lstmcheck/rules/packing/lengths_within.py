"""A length given to `pack_padded_sequence` is longer than the input.

The time axis is axis 0 of the input, axis 1 with `batch_first=True`. torch packs without complaint; the pack is
inconsistent, and the recurrent layer that reads it fails with "start (..) + length (..) exceeds dimension size".

**Mend it** with `batch_first=True` in the call where the data is batch-first, or with lengths counted on the padded
tensor that is packed (after truncation, after strides of a convolution).

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, layers
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, want


def _message(violation: Violation) -> str:
    batch_first = detail(violation, "batch_first")
    where = f" (axis {1 if batch_first else 0}, batch_first={batch_first})" if batch_first is not None else ""
    return (
        f"a length given to pack_padded_sequence is {got(violation)}, the input has {want(violation)} steps{where}; "
        "torch packs it, and a layer that reads the pack fails"
    )


def _help(violation: Violation) -> str:
    return "count the lengths on the tensor that is packed; batch-first data needs batch_first=True here too"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return layers.batch_first_of_pack(violation, code)


RULE = Rule(
    code="LSTM406",
    name="lengths-within",
    severity="error",
    since="0.1",
    needs=("pack.lengths.within",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            lstm = nn.LSTM(8, 16)
            x = torch.zeros(5, 3, 8)
            packed = pack_padded_sequence(x, [6, 4, 2])
            out, _ = lstm(packed)
            """,
            raises="exceeds dimension size",
            line=7,
            raises_line=8,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    lengths = [steps + 1, steps]
                    packed = pack_padded_sequence(x, lengths, batch_first=True)
                    return self.gru(packed)[1]
            """,
            raises="exceeds dimension size",
            line=13,
            raises_line=14,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            gru = nn.GRU(8, 16, batch_first=True)
            x, lengths = torch.zeros(3, 6, 8), torch.tensor([6, 4, 2])
            packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
            out, h = gru(packed)
            """,
            raises="exceeds dimension size",
            line=7,
            raises_line=8,
            fixed={
                7: "packed = pack_padded_sequence(x, lengths, enforce_sorted=False, batch_first=True)",
            },
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    lengths = [steps, steps]
                    packed = pack_padded_sequence(x, lengths, batch_first=True)
                    return self.gru(packed)[1]
            """,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
