"""What goes into an Embedding is not an integer.

An `nn.Embedding` looks up rows by number: it takes int64 or int32. `torch.Tensor([1, 2])`, `torch.zeros(...)`,
`torch.rand(...)` and `pad_sequence` of float rows are float32, and a mask is bool.

**Mend it** where the ids are made: `torch.tensor(ids)`, `torch.zeros(..., dtype=torch.long)`, or `.long()` on what is
already there.

Reference: [torch.nn.Embedding](https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, subject


def _message(violation: Violation) -> str:
    return f"the ids are {got(violation)}, an {subject(violation, 'Embedding')} takes int64 or int32"


def _help(violation: Violation) -> str:
    return "make the ids integers: torch.tensor(ids), dtype=torch.long, or .long()"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    ids = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or ids is None:
        return None
    edit = place.editing.replace(ids, f"{place.editing.operand(ids)}.long()")
    return fix("safe", "make the ids whole numbers", edit)


RULE = Rule(
    code="LSTM228",
    name="ids-dtype",
    severity="error",
    since="0.1",
    needs=("layer.dtype",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            embedding = nn.Embedding(100, 16)
            lstm = nn.LSTM(16, 32, batch_first=True)
            ids = torch.Tensor([[4, 8, 15], [16, 23, 42]])
            out, _ = lstm(embedding(ids))
            """,
            raises="Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int",
            line=7,
            fixed={7: "out, _ = lstm(embedding(ids.long()))"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            class Decoder(nn.Module):
                def __init__(self, words, size):
                    super().__init__()
                    self.embedding = nn.Embedding(words, size)
                    self.gru = nn.GRU(size, size)

                def forward(self, h):
                    token = torch.ones(1, h.size(1))
                    return self.gru(self.embedding(token), h)
            """,
            raises="Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int",
            line=12,
            run="Decoder(9, 4)(torch.zeros(1, 2, 4))",
            fixed={12: "return self.gru(self.embedding(token.long()), h)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            class Decoder(nn.Module):
                def __init__(self, words, size):
                    super().__init__()
                    self.embedding = nn.Embedding(words, size)
                    self.gru = nn.GRU(size, size)

                def forward(self, h):
                    token = torch.ones(1, h.size(1), dtype=torch.long)
                    return self.gru(self.embedding(token), h)
            """,
            run="Decoder(9, 4)(torch.zeros(1, 2, 4))",
        ),
    ),
)
