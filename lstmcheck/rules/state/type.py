"""The initial state is of the wrong kind: a tensor for an LSTM, or a pair for a GRU or RNN.

An LSTM has two states and takes the tuple `(h_0, c_0)`; a GRU and an RNN have only `h_0`, a single tensor. Code that
was moved from one to the other keeps the old form. The error that torch raises rarely says so: an LSTM splits a tensor
along its first axis and complains about ranks, a GRU says that a tuple has no `dim`.

**Mend it** with `(h_0, c_0)` for an LSTM, and with the tensor alone for a GRU or RNN.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, got, is_cell, kind, silence


def _takes_a_pair(violation: Violation) -> bool:
    return "tuple" in violation.need.want


def _message(violation: Violation) -> str:
    given, name, subject = got(violation), kind(violation), violation.need.subject
    noun = "one tensor" if given == "Tensor" else article(given)
    if _takes_a_pair(violation):
        return f"this {name} needs the pair (h_0, c_0) as its state, got {noun}{silence(violation)}"
    if subject in ("h_0", "c_0"):
        return f"{subject} of this {name} must be a tensor, got {noun}{silence(violation)}"
    why = ": it has no cell state" if given in ("tuple", "list") else ""
    return f"this {name} needs one tensor h_0 as its state, got {noun}{why}{silence(violation)}"


def _help(violation: Violation) -> str | None:
    if _takes_a_pair(violation):
        shape = "(batch, hidden_size)" if is_cell(violation) else "(layers * directions, batch, hidden_size)"
        return f"pass a tuple: (h_0, c_0), both of {shape}"
    if got(violation) in ("tuple", "list"):
        return "pass h_0 alone; of an LSTM's pair that is the first element"
    return "leave the state out: zeros are the default" if got(violation) == "NoneType" else None


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    state = arguments.argument(place.call, 1, "hx") if place is not None and place.call is not None else None
    if place is None or state is None:
        return None
    if violation.need.got == "tuple":
        if isinstance(state, ast.Tuple) and len(state.elts) == 2:
            edit = place.editing.replace(state, place.text(state.elts[0]))
            return fix("safe", "pass h_0 alone", edit)
        taken = place.editing.replace(state, f"{place.editing.operand(state)}[0]")
        return fix("unsafe", "pass the first element of the pair, the hidden state", taken)
    if not isinstance(state, (ast.Name, ast.Attribute)) or not arguments.knows(place, "torch"):
        return None
    text = place.text(state)
    pair = place.editing.replace(state, f"({text}, torch.zeros_like({text}))")
    return fix(states.safety(violation, code), "start the cell state from zeros", pair)


RULE = Rule(
    code="LSTM207",
    name="state-type",
    severity="error",
    since="0.1",
    needs=("state.type",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=(
        "safe",
        "unsafe",
    ),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2)
            h0 = torch.zeros(2, 3, 20)
            out, hn = lstm(torch.randn(5, 3, 10), h0)
            """,
            raises="For batched 3-D input, hx and cx should also be 3-D but got (2-D, 2-D) tensors",
            line=6,
            fixed={6: "out, hn = lstm(torch.randn(5, 3, 10), (h0, torch.zeros_like(h0)))"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Translator(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.encoder = nn.LSTM(features, hidden, batch_first=True)
                    self.decoder = nn.GRU(features, hidden, batch_first=True)

                def forward(self, source, target):
                    _, state = self.encoder(source)
                    return self.decoder(target, state)[0]
            """,
            raises="'tuple' object has no attribute 'dim'",
            line=12,
            run="Translator(4, 8)(torch.zeros(2, 5, 4), torch.zeros(2, 6, 4))",
            fixed={12: "return self.decoder(target, state[0])[0]"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            h = torch.zeros(3, 20)
            h, c = cell(torch.randn(3, 10), h)
            """,
            raises="argument 'hx' (position 2) must be tuple of Tensors, not Tensor",
            line=6,
            fixed={6: "h, c = cell(torch.randn(3, 10), (h, torch.zeros_like(h)))"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Translator(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.encoder = nn.LSTM(features, hidden, batch_first=True)
                    self.decoder = nn.GRU(features, hidden, batch_first=True)

                def forward(self, source, target):
                    _, state = self.encoder(source)
                    return self.decoder(target, state[0])[0]
            """,
            run="Translator(4, 8)(torch.zeros(2, 5, 4), torch.zeros(2, 6, 4))",
        ),
    ),
)
