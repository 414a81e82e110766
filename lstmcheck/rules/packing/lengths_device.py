"""The lengths given to `pack_padded_sequence` are not on the CPU.

The data may live on a GPU; the lengths must be a CPU tensor (or a list), since torch reads them as numbers while it
packs. Moving the whole batch with `.to(device)` moves them too. Old releases took lengths from the GPU, so that old
code is full of it.

**Mend it** with `lengths.cpu()` in the call.

Reference: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got


def _message(violation: Violation) -> str:
    return f"the lengths are on {got(violation)}, pack_padded_sequence needs them on the CPU"


def _help(violation: Violation) -> str:
    return "pass lengths.cpu()"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    lengths = arguments.argument(place.call, 1, "lengths") if place is not None and place.call is not None else None
    if place is None or lengths is None or violation.need.got == "meta":  # which holds no numbers
        return None
    edit = place.editing.replace(lengths, f"{place.editing.operand(lengths)}.cpu()")
    return fix("safe", "hand over the lengths on the CPU", edit)


RULE = Rule(
    code="LSTM407",
    name="lengths-device",
    severity="error",
    since="0.1",
    needs=("pack.lengths.device",),
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
            lengths = torch.ones(3, dtype=torch.long, device="meta")
            packed = pack_padded_sequence(x, lengths)
            """,
            raises="'lengths' argument should be a 1D CPU int64 tensor, but got 1D meta Long tensor",
            line=6,
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

                def forward(self, x, lengths: torch.Tensor):
                    lengths = lengths.to("meta")
                    packed = pack_padded_sequence(x, lengths, batch_first=True)
                    return self.gru(packed)[1]
            """,
            raises="'lengths' argument should be a 1D CPU int64 tensor, but got 1D meta Long tensor",
            line=12,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4), torch.tensor([5, 2]))",
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

                def forward(self, x, lengths):
                    lengths = lengths.to("cpu")
                    packed = pack_padded_sequence(x, lengths, batch_first=True)
                    return self.gru(packed)[1]
            """,
            run="Encoder(4, 8)(torch.zeros(2, 5, 4), torch.tensor([5, 2]))",
        ),
    ),
)
