"""`pack_padded_sequence` gets no tensor, or one without a batch and a time axis.

It packs (time, batch, *), or (batch, time, *) with `batch_first=True`: at least two axes. What a recurrent layer reads
needs three, the last being the features. A list of tensors is padded first (`pad_sequence`), or packed by
`pack_sequence`.

**Mend it** by packing the batched tensor, after the embedding; one sequence alone needs no packing.

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, count, show_value


def _message(violation: Violation) -> str:
    given, what = violation.need.got, violation.need.what
    if what == "pack.input.type":
        return f"pack_padded_sequence needs a tensor, got {article(show_value(given))}"
    if what == "pack.input.empty":
        return f"pack_padded_sequence gets an empty tensor: axis {violation.need.axis} has size 0"
    axes = count(given, "axis", "axes") if isinstance(given, int) else show_value(given)
    return f"pack_padded_sequence gets a tensor of {axes}, it needs at least 2 (time and batch)"


def _help(violation: Violation) -> str:
    if violation.need.got == "tuple":
        return "a recurrent layer returns (output, state): pass the output alone"
    return "pack the batched tensor; one sequence alone needs no packing"


RULE = Rule(
    code="LSTM401",
    name="pack-input",
    severity="error",
    since="0.1",
    needs=("pack.input.type", "pack.input.rank", "pack.input.empty"),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            packed = pack_padded_sequence(torch.zeros(5), [5])
            """,
            raises="Dimension out of range",
            line=4,
        ),
        Bad(
            """
            import torch
            from torch import nn

            class Signal(nn.Module):
                def __init__(self, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(1, hidden, batch_first=True)

                def forward(self, signal, lengths):
                    flat = signal.flatten()
                    packed = nn.utils.rnn.pack_padded_sequence(flat, lengths, batch_first=True)
                    return self.rnn(packed)[1]
            """,
            raises="Dimension out of range",
            line=11,
            run="Signal(8)(torch.zeros(2, 5, 1), [5, 3])",
        ),
        Good(
            """
            import torch
            from torch import nn

            class Signal(nn.Module):
                def __init__(self, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(1, hidden, batch_first=True)

                def forward(self, signal, lengths):
                    packed = nn.utils.rnn.pack_padded_sequence(signal, lengths, batch_first=True)
                    return self.rnn(packed)[1]
            """,
            run="Signal(8)(torch.zeros(2, 5, 1), [5, 3])",
        ),
    ),
)
