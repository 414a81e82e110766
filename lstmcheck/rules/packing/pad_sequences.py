"""`pad_sequence` or `pack_sequence` gets sequences that it cannot put together.

They take a list of tensors (length, *) that differ in their length only; an empty list, scalars, and different numbers
of features raise. The text, "The size of tensor a must match the size of tensor b", does not say which sequence is the
odd one.

**Mend it** by giving every sequence one shape but for axis 0; ids are converted one sequence a tensor.

Reference: [torch.nn.utils.rnn.pad_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, subject, want


def _message(violation: Violation) -> str:
    need = violation.need
    if need.what == "pad.sequence.count":
        return "the list of sequences is empty"
    name = subject(violation, "a sequence")
    if need.what == "pad.sequence.rank":
        return f"{name} is a scalar, every sequence needs a time axis"
    return f"{name} has size {got(violation)} on axis {need.axis}, the first sequence has {want(violation)}"


RULE = Rule(
    code="LSTM410",
    name="pad-sequences",
    severity="error",
    since="0.1",
    needs=("pad.sequence.count", "pad.sequence.rank", "pad.sequence.trailing"),
    message=_message,
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pad_sequence

            batch = pad_sequence([torch.zeros(5, 8), torch.zeros(3, 9)])
            """,
            raises="The size of tensor a",
            line=4,
        ),
        Bad(
            """
            import torch
            from torch import nn

            def encode(width):
                gru = nn.GRU(width, 16)
                packed = nn.utils.rnn.pack_sequence([torch.zeros(5, width), torch.zeros(3, 2 * width)])
                return gru(packed)
            """,
            raises="The size of tensor a",
            line=6,
            run="encode(8)",
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pad_sequence

            def encode(width):
                gru = nn.GRU(width, 16)
                packed = nn.utils.rnn.pack_sequence([torch.zeros(5, width), torch.zeros(3, width)])
                return gru(packed), pad_sequence([torch.zeros(5), torch.zeros(3)])
            """,
            run="encode(8)",
        ),
    ),
)
