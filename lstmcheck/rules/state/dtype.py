"""The initial state has another dtype than the layer.

Input, state and weights must have one dtype. A state made from numpy is float64, one made from ints is int64; torch
raises deep inside ("get_mkldnn_dtype: unsupported data type", "mat1 and mat2 must have the same dtype").

**Mend it** by making the state from the input: `x.new_zeros(...)`, `torch.zeros(..., dtype=x.dtype)`; or `.float()`.

Reference: [torch.Tensor.new_zeros](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, silence, subject, want
from lstmcheck.source.edit import keyword_of


def _message(violation: Violation) -> str:
    name = subject(violation, "the state")
    return f"{name} is {got(violation)}, this {kind(violation)} needs {want(violation)}{silence(violation)}"


def _help(violation: Violation) -> str:
    return "make the state with the input's dtype: x.new_zeros(...)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    wanted, edits = str(violation.need.want), []
    for _, place in states.makers(violation, code):
        if place.call is None or not wanted.startswith("torch.") or not arguments.knows(place, "torch"):
            return None
        given = keyword_of(place.call, "dtype")
        usual = given is not None and wanted == "torch.float32" and states.creation(place.call) != "full"
        edits.append(
            arguments.without(place, given)
            if given is not None and usual
            else arguments.with_keyword(place, "dtype", wanted)
        )
    return fix(states.safety(violation, code), f"make the state {wanted}", *edits)


RULE = Rule(
    code="LSTM209",
    name="state-dtype",
    severity="error",
    since="0.1",
    needs=("state.dtype",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe", "unsafe"),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            h0 = torch.zeros(1, 3, 20, dtype=torch.long)
            out, hn = gru(torch.randn(5, 3, 10), h0)
            """,
            raises="mat1 and mat2 must have the same dtype, but got Long and Float",
            line=6,
            fixed={5: "h0 = torch.zeros(1, 3, 20)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Net(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.RNN(features, hidden, batch_first=True)

                def forward(self, x):
                    h0 = torch.full((1, x.size(0), self.rnn.hidden_size), 0)
                    return self.rnn(x, h0)[0]

            out = Net(4, 8)(torch.zeros(2, 5, 4))
            """,
            raises="mat1 and mat2 must have the same dtype",
            line=11,
            fixed={10: "h0 = torch.full((1, x.size(0), self.rnn.hidden_size), 0, dtype=torch.float32)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            gru = nn.GRU(10, 20).double()
            h0 = torch.zeros(1, 3, 20, dtype=torch.float64)
            out, hn = gru(torch.randn(5, 3, 10).double(), h0)
            """,
        ),
    ),
)
