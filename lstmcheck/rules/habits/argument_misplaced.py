"""An argument stands in the place of another one.

A recurrent layer takes input_size, hidden_size and num_layers. It does not ask for the length of a sequence, for the
batch size or for the vocabulary: these are read from the data, or belong to the embedding. A sequence length as the
third argument makes as many layers as there are steps, and nothing is raised. The fourth argument of an LSTM or GRU is
`bias`: `nn.LSTM(features, hidden, 2, bidirectional)` sets no direction. Names are the evidence.

**Mend it** by leaving that argument out. Arguments by name keep their places: `nn.LSTM(features, hidden,
num_layers=2)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Parameters"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    name, size, parameter = (detail(violation, key) for key in ("name", "size", "parameter"))
    if " " not in size:
        return f"`{name}` is given as {parameter} of this {kind(violation)}: the positions are mixed up"
    return f"`{name}`, {size}, is given as {parameter} of this {kind(violation)}"


def _help(violation: Violation) -> str:
    size = detail(violation, "size")
    if " " not in size:
        return "write arguments after the second by name: num_layers=, bias=, batch_first=, dropout=, bidirectional="
    return f"leave it out: an RNN reads {detail(violation, 'size')} from its input, or does not need it"


def _fix(violation: Violation, code: Code) -> Fix | None:
    layer, value = code.layer(violation), code.place(violation.location)
    if layer is None or layer.call is None or value is None or layer.call.args[-1:] != [value.node]:
        return None
    if detail(violation, "parameter") in ("input_size", "hidden_size"):
        return None
    return fix("unsafe", "leave the argument out", arguments.without(layer, value.node))


RULE = Rule(
    code="LSTM610",
    name="argument-misplaced",
    severity="warning",
    since="0.1",
    needs=("silent.argument_place",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            seq_len = 5
            lstm = nn.LSTM(4, 8, seq_len, batch_first=True)
            out, _ = lstm(torch.randn(2, seq_len, 4))
            """,
            silent=True,
            line=5,
            fixed={5: "lstm = nn.LSTM(4, 8, batch_first=True)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, batch_size):
                    super().__init__()
                    self.gru = nn.GRU(input_size=features, hidden_size=batch_size)

                def forward(self, x):
                    return self.gru(x)[0]


            Model(4, 2)(torch.randn(5, 2, 4))
            """,
            silent=True,
            line=8,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, vocab_size, window_size, hidden, depth):
                    super().__init__()
                    self.chars = nn.LSTM(vocab_size, hidden, depth, batch_first=True)
                    self.lags = nn.GRU(window_size, hidden)


            Model(9, 5, 8, 2)
            """,
        ),
    ),
)
