"""A length given to `pack_padded_sequence` is zero or negative.

An empty sequence cannot be packed: it has no last step whose state could be returned. torch raises, in the middle of
an epoch, for the batch in which the sample is: a text of which no word is in the vocabulary, a user without history, a
length that was reduced by one for shifted targets.

**Mend it** by leaving empty samples out of the batch, or by giving them one padding step (`lengths.clamp(min=1)`) whose
result is not used.

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got


def _message(violation: Violation) -> str:
    return f"a length given to pack_padded_sequence is {got(violation)}, every length must be at least 1"


def _help(violation: Violation) -> str:
    return "leave empty samples out of the batch"


RULE = Rule(
    code="LSTM405",
    name="lengths-positive",
    severity="error",
    since="0.1",
    needs=("pack.lengths.positive",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.zeros(5, 3, 8)
            packed = pack_padded_sequence(x, [5, 2, 0])
            """,
            raises="Length of all samples has to be greater than 0",
            line=5,
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
                    packed = pack_padded_sequence(x, [4, 0], batch_first=True, enforce_sorted=False)
                    return self.gru(packed)[1]
            """,
            raises="Length of all samples has to be greater than 0",
            line=11,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.zeros(5, 3, 8)
            packed = pack_padded_sequence(x, [5, 2, 1])
            """,
        ),
    ),
)
