"""A state is given or kept, and the layer never gets it.

A method takes a state and loses it before anything reads it (`out, hidden = self.gru(x)` in a method with a parameter
`hidden`), a module keeps the state of each call in an attribute that other code starts anew and that nothing reads, or
learns an initial state that it never passes, or reads nothing of what its encoder returns. The layer then starts from
zeros; the program looks as if it carried its state.

**Mend it** by passing it: `out, hidden = self.gru(x, hidden)`. Where every sequence shall start from zeros, drop the
parameter or the attribute.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, subject


def _message(violation: Violation) -> str:
    name, how = subject(violation), detail(violation, "how")
    if how == "overwritten":
        return f"the parameter `{name}` is overwritten before it is read: this {kind(violation)} starts from zeros"
    if how == "ignored":
        return f"the parameter `{name}` is never read: this {kind(violation)} starts from zeros"
    if how == "none":
        return f"`{name}` is never anything but None: this {kind(violation)} starts from zeros at every call"
    if how == "unread":
        return (
            f"nothing that this {kind(violation)} returns is read, `{name}` neither: the next layer starts from zeros"
        )
    if how == "made":
        return f"the state made in `{name}` is never read: this {kind(violation)} starts from zeros at every call"
    return f"the state kept in `{name}` is never read: this {kind(violation)} starts from zeros at every call"


def _help(violation: Violation) -> str:
    if detail(violation, "how") == "unread":
        return "pass the state to the layer that shall go on from it"
    return f"pass it as the second argument: (x, {subject(violation)})"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    if place is None or detail(violation, "how") != "overwritten":
        return None
    edit = arguments.with_keyword(place, "hx", subject(violation), position=1)
    return fix("unsafe", "start from the state that is given", edit)


RULE = Rule(
    code="LSTM604",
    name="state-unused",
    severity="warning",
    since="0.1",
    needs=("silent.state_unused",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gru = nn.GRU(4, 8)

                def forward(self, x, hidden):
                    out, hidden = self.gru(x)
                    return out, hidden


            model, hidden = Model(), torch.zeros(1, 3, 8)
            for batch in range(3):
                out, hidden = model(torch.randn(5, 3, 4), hidden)
            """,
            silent=True,
            line=11,
            fixed={11: "out, hidden = self.gru(x, hx=hidden)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Forecaster(nn.Module):
                def __init__(self, features, width):
                    super().__init__()
                    self.width = width
                    self.lstm = nn.LSTM(features, width)
                    self.state = self.start()

                def start(self):
                    return torch.zeros(1, 1, self.width), torch.zeros(1, 1, self.width)

                def forward(self, x):
                    out, self.state = self.lstm(x)
                    return out[-1]


            Forecaster(4, 8)(torch.randn(5, 1, 4))
            """,
            silent=True,
            line=16,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x, hidden=None):
                    if hidden is None:
                        out, hidden = self.gru(x)
                    else:
                        out, hidden = self.gru(x, hidden)
                    return out, hidden


            Model(4, 8)(torch.randn(2, 5, 4))
            """,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)
                    self.last = None

                def forward(self, x):
                    out, self.last = self.lstm(x)
                    return out


            encoder = Encoder(4, 8)
            encoder(torch.randn(2, 5, 4))
            """,
        ),
    ),
)
