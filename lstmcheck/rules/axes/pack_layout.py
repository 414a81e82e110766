"""A padded batch is packed with its axes the wrong way round.

`pack_padded_sequence` reads (seq_len, batch, features), or (batch, seq_len, features) with `batch_first=True`. With
the wrong flag it takes steps for samples. Where there is one length for each sample, torch raises unless there happen
to be as many samples as steps; otherwise it may raise nothing.

**Mend it** by the `batch_first` that the padded batch has.

Reference: [pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail


def _message(violation: Violation) -> str:
    flag = "batch_first=True" if detail(violation, "batch_first") else "no batch_first=True"
    meaning, text = detail(violation, "is"), detail(violation, "text")
    unless = ", unless it has as many samples as steps" if violation.need.raises is not None else ""
    return f"this packs with {flag} a batch whose {meaning} is on the other axis ({text}){unless}"


def _help(violation: Violation) -> str:
    return "give pack_padded_sequence the batch_first that the padded batch has"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, flag = code.at(violation), str(not detail(violation, "batch_first"))
    edit = arguments.with_keyword(place, "batch_first", flag, position=2) if place is not None else None
    return fix("unsafe", "pack with the batch_first that the batch has", edit)


RULE = Rule(
    code="LSTM648",
    name="pack-layout",
    severity="error",
    since="0.1",
    needs=("silent.pack_layout",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

            rows = [torch.randn(n, 3) for n in (3, 2, 1)]
            padded = pad_sequence(rows, batch_first=True)
            packed = pack_padded_sequence(padded, torch.tensor([3, 2, 1]))
            """,
            silent=True,
            line=6,
            fixed={6: "packed = pack_padded_sequence(padded, torch.tensor([3, 2, 1]), batch_first=True)"},
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x, lengths):
                    batch_size, seq_len, _ = x.shape
                    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
                    return self.rnn(packed)[1]
            """,
            silent=True,
            line=13,
            run="Model(3, 4)(torch.randn(4, 4, 3), torch.tensor([4, 2, 1, 3]))",
            fixed={13: "packed = pack_padded_sequence(x, lengths, enforce_sorted=False, batch_first=True)"},
        ),
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

            rows = [torch.randn(int(torch.randint(4, 9, ())), 3) for _ in range(3)]
            lengths = torch.tensor([len(row) for row in rows])
            packed = pack_padded_sequence(pad_sequence(rows, batch_first=True), lengths)
            """,
            raises="Expected `len(lengths)` to be equal to batch_size, but got 3",
            line=6,
            fixed={
                6: "packed = pack_padded_sequence(pad_sequence(rows, batch_first=True), lengths, batch_first=True)",
            },
        ),
        Good(
            """
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

            rows = [torch.randn(n, 3) for n in (3, 2, 1)]
            padded = pad_sequence(rows)
            packed = pack_padded_sequence(padded, torch.tensor([3, 2, 1]))
            """,
        ),
    ),
)
