"""The initial state has the wrong number of layer rows.

`h_0` and `c_0` have one row for each layer and direction: axis 0 is `num_layers * 2` in a bidirectional layer and
`num_layers` otherwise. torch compares exactly, nothing is broadcast, and it raises only when the layer is called. With
a packed input `nn.LSTM` checks nothing itself and fails in some other way.

**Mend it** where the state is made: `torch.zeros(num_layers * directions, batch, hidden_size)`; or leave the state out,
zeros are the default. To hand the state of a bidirectional encoder to a decoder, combine the two directions of each
layer first.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix, sizes, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, is_true, option, show_value, silence, subject, this_layer, want


def _message(violation: Violation) -> str:
    given = violation.need.got
    state = subject(violation, "the state")
    if isinstance(given, int):
        has = f"{state} has {count(given, 'layer row')}"
    else:
        has = f"axis 0 of {state} is {show_value(given)}"
    return f"{has}, {this_layer(violation)} needs {want(violation)} {_formula(violation)}{silence(violation)}"


def _formula(violation: Violation) -> str:
    layers, both = option(violation, "num_layers"), is_true(option(violation, "bidirectional"))
    if isinstance(layers, int) and isinstance(violation.need.want, int):
        return f"(num_layers * num_directions = {show_value(layers)} * {2 if both else 1})"
    return "(num_layers * num_directions)"


def _help(violation: Violation) -> str:
    rows = (
        f"make axis 0 of {subject(violation, 'the state')} {want(violation)} long, one row for each layer and direction"
    )
    return f"{rows}; or leave the state out: zeros are the default"


def _fix(violation: Violation, code: Code) -> Fix | None:
    edits = states.resized(violation, code, 0, sizes.rows(violation, code))
    return fix(states.safety(violation, code), "give the state one row for each layer and direction", *edits)


RULE = Rule(
    code="LSTM201",
    name="state-layers",
    severity="error",
    since="0.1",
    needs=("state.layers",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(8, 16, bidirectional=True)
            h0 = torch.zeros(1, 4, 16)
            c0 = torch.zeros(1, 4, 16)
            out, _ = lstm(torch.randn(5, 4, 8), (h0, c0))
            """,
            raises="Expected hidden[0] size (2, 4, 16), got [1, 4, 16]",
            line=7,
            fixed={5: "h0 = torch.zeros(2, 4, 16)", 6: "c0 = torch.zeros(2, 4, 16)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, embedding_dim, hidden_dim, n_layers):
                    super().__init__()
                    self.hidden_dim = hidden_dim
                    self.n_layers = n_layers
                    self.gru = nn.GRU(embedding_dim, hidden_dim, n_layers, batch_first=True, bidirectional=True)

                def forward(self, x):
                    h0 = x.new_zeros(self.n_layers, x.size(0), self.hidden_dim)
                    out, hn = self.gru(x, h0)
                    return out
            """,
            raises="Expected hidden size (4, 3, 8), got [2, 3, 8]",
            line=13,
            run="Tagger(4, 8, 2)(torch.zeros(3, 5, 4))",
            fixed={12: "h0 = x.new_zeros(2 * self.n_layers, x.size(0), self.hidden_dim)"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, embedding_dim, hidden_dim, n_layers, bidirectional):
                    super().__init__()
                    self.hidden_dim = hidden_dim
                    self.rows = n_layers * (2 if bidirectional else 1)
                    self.gru = nn.GRU(embedding_dim, hidden_dim, n_layers, bidirectional=bidirectional)

                def forward(self, x):
                    h0 = x.new_zeros(self.rows, x.size(1), self.hidden_dim)
                    out, hn = self.gru(x, h0)
                    return out
            """,
            run="Tagger(4, 8, 2, True)(torch.zeros(5, 3, 4))",
        ),
    ),
)
