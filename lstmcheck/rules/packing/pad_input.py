"""`pad_packed_sequence` gets something that is no PackedSequence.

Most often it is the whole result of a recurrent layer, the tuple `(packed output, state)`, or the padded tensor
itself, which needs no padding. Python raises AttributeError: neither has `batch_sizes`.

**Mend it** by unpacking first: `packed, state = rnn(packed)`, then `pad_packed_sequence(packed)`.

Reference: [torch.nn.utils.rnn.pad_packed_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, results
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, got


def _message(violation: Violation) -> str:
    return f"pad_packed_sequence needs a PackedSequence, got {article(got(violation))}"


def _help(violation: Violation) -> str | None:
    if "tuple" in got(violation):
        return "a recurrent layer returns (output, state): pass the output alone"
    return "a tensor is padded already: leave pad_packed_sequence out" if "ensor" in got(violation) else None


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    data = arguments.argument(place.call, 0, "sequence") if place is not None and place.call is not None else None
    if place is None or violation.need.got != "tuple":
        return None
    return fix("safe", "take the output", results.output_of(place, data))


RULE = Rule(
    code="LSTM408",
    name="pad-input",
    severity="error",
    since="0.1",
    needs=("pad.input.type",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            lstm = nn.LSTM(8, 16)
            packed = pack_padded_sequence(torch.zeros(5, 3, 8), [5, 4, 2])
            result = lstm(packed)
            out, lengths = pad_packed_sequence(result)
            """,
            raises="'tuple' object has no attribute 'batch_sizes'",
            line=8,
            fixed={7: "result, _ = lstm(packed)"},
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pad_packed_sequence

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.size()
                    out, h = self.gru(x)
                    out, _ = pad_packed_sequence(out, batch_first=True)
                    return out
            """,
            raises="'Tensor' object has no attribute 'batch_sizes'",
            line=14,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            lstm = nn.LSTM(8, 16)
            packed = pack_padded_sequence(torch.zeros(5, 3, 8), [5, 4, 2])
            result = lstm(packed)
            out, lengths = pad_packed_sequence(result[0])
            """,
        ),
    ),
)
