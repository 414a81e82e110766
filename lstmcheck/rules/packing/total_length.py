"""`total_length` is shorter than the longest packed sequence.

`pad_packed_sequence(..., total_length=T)` pads up to T; it cannot cut. torch raises, for the batches that hold a
longer sample. The number was taken from another batch, from a setting, or from a wrong axis of the input.

**Mend it** with the time axis of the tensor that was packed, `total_length=x.size(1)` (batch-first) or `x.size(0)`.

Reference: [torch.nn.utils.rnn.pad_packed_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, want


def _message(violation: Violation) -> str:
    return f"total_length is {got(violation)}, the longest packed sequence has {want(violation)} steps"


def _help(violation: Violation) -> str:
    return "use the time axis of the tensor that was packed, or leave total_length out"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return arguments.left_out(violation, code, "total_length", "pad to the longest sequence")


RULE = Rule(
    code="LSTM409",
    name="total-length",
    severity="error",
    since="0.1",
    needs=("pad.total_length",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            packed = pack_padded_sequence(torch.zeros(5, 3, 8), [5, 4, 2])
            out, lengths = pad_packed_sequence(packed, total_length=4)
            """,
            raises="Expected total_length to be at least the length of the longest sequence in input",
            line=5,
            fixed={5: "out, lengths = pad_packed_sequence(packed)"},
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    packed = pack_padded_sequence(x, [steps] * batch, batch_first=True)
                    out, _ = self.gru(packed)
                    out, _ = pad_packed_sequence(out, batch_first=True, total_length=steps - 1)
                    return out
            """,
            raises="Expected total_length to be at least the length of the longest sequence in input",
            line=14,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
            fixed={14: "out, _ = pad_packed_sequence(out, batch_first=True)"},
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    packed = pack_padded_sequence(x, [steps] * batch, batch_first=True)
                    out, _ = self.gru(packed)
                    out, _ = pad_packed_sequence(out, batch_first=True, total_length=steps + 1)
                    return out
            """,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
