"""A bool stands where the number of layers belongs.

The third positional argument of `nn.LSTM`, `nn.GRU` and `nn.RNN` is `num_layers`. `nn.LSTM(10, 20, True)` does not set
`batch_first` or `bidirectional`: the constructor accepts True as the number 1, and the first call fails with
"received an invalid combination of arguments", far from the mistake.

**Mend it** by naming the argument: `nn.LSTM(10, 20, batch_first=True)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import kind, subject
from lstmcheck.source.edit import keyword_of


def _message(violation: Violation) -> str:
    name = subject(violation, "num_layers")
    text = f"{name} of this {kind(violation)} is a bool"
    return f"{text}; every call of the layer fails" if name == "num_layers" else f"{text}, which counts as 1"


def _help(violation: Violation) -> str | None:
    if subject(violation, "num_layers") != "num_layers":
        return None
    return "name the flag that is meant: batch_first=True or bidirectional=True"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    if place is None or place.call is None or len(place.call.args) != 3 or subject(violation) != "num_layers":
        return None
    flags = [flag for flag in ("batch_first", "bidirectional") if keyword_of(place.call, flag) is None]
    if not flags or keyword_of(place.call, "num_layers") is not None:
        return None
    return fix("unsafe", f"name the argument: {flags[0]}", arguments.named(place, 2, flags[0]))


RULE = Rule(
    code="LSTM104",
    name="bool-as-number",
    severity="error",
    since="0.1",
    needs=("construct.bool_as_int",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.LSTM(10, 20, True)
            out, state = rnn(torch.randn(5, 3, 10))
            """,
            raises="received an invalid combination of arguments",
            line=4,
            raises_line=5,
            fixed={4: "rnn = nn.LSTM(10, 20, batch_first=True)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Reader(nn.Module):
                def __init__(self, embedding, hidden):
                    super().__init__()
                    self.gru = nn.GRU(embedding, hidden, True)

                def forward(self, x):
                    return self.gru(x)[0]
            """,
            raises="received an invalid combination of arguments",
            line=7,
            raises_line=10,
            run="Reader(4, 8)(torch.zeros(2, 5, 4))",
            fixed={7: "self.gru = nn.GRU(embedding, hidden, batch_first=True)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            rnn = nn.LSTM(10, 20, 1, True)
            out, state = rnn(torch.randn(5, 3, 10))
            """,
        ),
    ),
)
