"""There are more or fewer lengths than samples in the batch.

`pack_padded_sequence` needs one length for each sample: along axis 1 of the input, or axis 0 with `batch_first=True`.
Data that is batch-first and packed without `batch_first=True` shows itself here. With `enforce_sorted=True` torch
raises; with `enforce_sorted=False` nothing is checked, and samples are dropped or mixed silently.

**Mend it** with `batch_first=True` in the call where the data is batch-first (the layer's own `batch_first` does not
reach it), or with one length a sample.

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, layers
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, detail, silence, want


def _message(violation: Violation) -> str:
    batch_first = detail(violation, "batch_first")
    axis = 0 if batch_first else 1
    where = f" (axis {axis} of the input, batch_first={batch_first})" if batch_first is not None else ""
    lengths = count(violation.need.got, "length")
    return f"pack_padded_sequence gets {lengths} for a batch of {want(violation)}{where}{silence(violation)}"


def _help(violation: Violation) -> str:
    return "give one length for each sample; batch-first data needs batch_first=True in pack_padded_sequence too"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return layers.batch_first_of_pack(violation, code)


RULE = Rule(
    code="LSTM404",
    name="lengths-count",
    severity="error",
    since="0.1",
    needs=("pack.lengths.count",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            batch_first = torch.zeros(3, 5, 8)
            packed = pack_padded_sequence(batch_first, [5, 4, 2])
            """,
            raises="Expected `len(lengths)` to be equal to batch_size, but got 3 (batch_size=5)",
            line=5,
            fixed={5: "packed = pack_padded_sequence(batch_first, [5, 4, 2], batch_first=True)"},
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
                    batch, steps, features = x.shape
                    lengths = [steps] * (batch + 1)
                    packed = pack_padded_sequence(x, lengths, batch_first=True)
                    return self.gru(packed)[1]
            """,
            raises="Expected `len(lengths)` to be equal to batch_size, but got 3 (batch_size=2)",
            line=13,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            sequences = torch.zeros(3, 5, 8)
            packed = pack_padded_sequence(sequences.transpose(0, 1), [5, 4, 2])
            same = pack_padded_sequence(sequences, [5, 4, 2], batch_first=True)
            """,
        ),
    ),
)
