"""The lengths given to `pack_padded_sequence` are not in decreasing order.

By default (`enforce_sorted=True`) the samples must be sorted, the longest first, since a packed sequence holds the
samples step by step and drops the short ones from the end. torch raises for other orders. The default is an old one:
before torch 1.1 everybody had to sort, and many examples still do.

**Mend it** with `enforce_sorted=False`: torch then sorts, and puts outputs and states back in the caller's order. Only
an export to ONNX needs sorted samples.

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import show_value


def _message(violation: Violation) -> str:
    lengths = violation.need.got
    shown = f" {show_value(tuple(lengths))}" if isinstance(lengths, (tuple, list)) else ""
    return f"the lengths{shown} are not in decreasing order, which enforce_sorted=True (the default) demands"


def _help(violation: Violation) -> str:
    return "pass enforce_sorted=False: torch sorts, and restores the order of outputs and states"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    edit = arguments.with_keyword(place, "enforce_sorted", "False", position=3) if place is not None else None
    return fix("safe", "let torch sort, and put the results back", edit)


RULE = Rule(
    code="LSTM403",
    name="lengths-sorted",
    severity="error",
    since="0.1",
    needs=("pack.lengths.sorted",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.zeros(5, 3, 8)
            packed = pack_padded_sequence(x, [3, 5, 2])
            """,
            raises="`lengths` array must be sorted in decreasing order when `enforce_sorted` is True",
            line=5,
            fixed={5: "packed = pack_padded_sequence(x, [3, 5, 2], enforce_sorted=False)"},
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
                    lengths = torch.tensor([1, 4])
                    packed = pack_padded_sequence(x, lengths, batch_first=True)
                    return self.gru(packed)[1]
            """,
            raises="`lengths` array must be sorted in decreasing order when `enforce_sorted` is True",
            line=12,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
            fixed={12: "packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)"},
        ),
        Good(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.zeros(5, 3, 8)
            packed = pack_padded_sequence(x, [3, 5, 2], enforce_sorted=False)
            again = pack_padded_sequence(x, [5, 5, 2])
            """,
        ),
    ),
)
