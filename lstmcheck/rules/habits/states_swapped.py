"""The hidden state and the cell state of an LSTM change places.

An LSTM returns and takes its state as (h, c). Both have the same shape unless there is a projection, so that a pair in
the wrong order raises nothing: what is called hidden is the cell state, which no output gate has passed. It is reported
where the names of both contradict the order, where `h` is taken from the place of `c` and the other is dropped, where
a pair goes into a call in the order (c, h), by what the two are or by both names, where a cell reads the c of the cell
below whose h goes nowhere, and where `hidden[-1]` is taken of the pair: of a GRU's state that is the last layer's row,
of an LSTM's pair it is c.

**Mend it** by the order (h, c) everywhere: `out, (h, c) = lstm(x, (h, c))`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Outputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    if violation.need.what == "silent.states_picked":
        return f"this {kind(violation)} returns (h, c): `{detail(violation, 'text')}` is the cell state of every layer"
    first, second = detail(violation, "names")
    if violation.need.what == "silent.states_fed":
        return f"this {kind(violation)} reads `{first}`, the cell state of the layer below; its `{second}` goes nowhere"
    if violation.need.what == "silent.states_passed":
        return f"the state goes into this {kind(violation)} as (c, h); an LSTM takes (h, c)"
    if detail(violation, "both"):
        return f"this {kind(violation)} returns (h, c): `{first}` is the hidden state and `{second}` the cell state"
    return f"this {kind(violation)} returns (h, c): `{second}` is the cell state, h is dropped"


def _help(violation: Violation) -> str:
    if violation.need.what == "silent.states_picked":
        return "take h out of the pair first: out, (h_n, c_n) = lstm(x), then h_n[-1]"
    if violation.need.what == "silent.states_fed":
        return f"the output of a cell is its hidden state: pass {detail(violation, 'names')[1]}"
    return "the order is (h, c), in what an LSTM returns and in what it takes"


def _fix(violation: Violation, code: Code) -> Fix | None:
    passed = violation.need.what == "silent.states_passed"
    place = code.at(violation) if passed else code.place(violation.location, ast.Tuple)
    node: ast.expr | None = place.node if place is not None else None
    if passed and place is not None and place.call is not None:
        node = arguments.argument(place.call, 1, "hx")
    if place is None or not isinstance(node, ast.Tuple) or len(node.elts) != 2:
        return None
    pairs = zip(node.elts, node.elts[::-1])
    return fix("unsafe", "put h first", *(place.editing.joined(one, one, place.text(other)) for one, other in pairs))


RULE = Rule(
    code="LSTM602",
    name="states-swapped",
    severity="warning",
    since="0.1",
    needs=(
        "silent.states_named",
        "silent.states_passed",
        "silent.states_fed",
        "silent.states_picked",
    ),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(4, 8)
            _, (cell, hidden) = lstm(torch.randn(5, 3, 4))
            scores = nn.Linear(8, 2)(hidden[-1])
            """,
            silent=True,
            line=5,
            fixed={5: "_, (hidden, cell) = lstm(torch.randn(5, 3, 4))"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Translator(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.encoder = nn.LSTM(features, hidden, batch_first=True)
                    self.decoder = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, source, target):
                    _, (h, c) = self.encoder(source)
                    out, _ = self.decoder(target, (c, h))
                    return out


            Translator(4, 8)(torch.randn(2, 5, 4), torch.randn(2, 3, 4))
            """,
            silent=True,
            line=13,
            fixed={13: "out, _ = self.decoder(target, (h, c))"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            lstm, head = nn.LSTM(4, 8), nn.Linear(8, 2)
            out, hidden = lstm(torch.randn(5, 3, 4))
            scores = head(hidden[-1])
            """,
            silent=True,
            line=6,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Steps(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.cell = nn.LSTMCell(features, hidden)

                def forward(self, x):
                    h = c = x.new_zeros(x.size(0), self.cell.hidden_size)
                    for t in range(x.size(1)):
                        h, c = self.cell(x[:, t], (h, c))
                    return c


            Steps(4, 8)(torch.randn(2, 5, 4))
            """,
        ),
    ),
)
