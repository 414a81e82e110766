"""A tuple is used as if it were a tensor: what a recurrent layer returns, or what a model around it does.

A recurrent layer returns `(output, state)`, and an LSTM's state is itself the pair `(h_n, c_n)`. Tensor methods and
indices such as `lstm(x)[:, -1]` or `hidden.detach()` fail on them. So does `model(x).argmax(-1)` where the model's
`forward` ends with `return logits, hidden`.

**Mend it** by taking the part that is meant: `out, _ = lstm(x)`; for a pair
`tuple(part.detach() for part in hidden)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Outputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix, results
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind

# methods that give the same kind of state when they are applied to both parts, and what they take
_EACH = {".detach": "", ".clone": "", ".contiguous": "", ".cpu": "", ".cuda": "", ".to": "device"}


def _message(violation: Violation) -> str:
    used, name = detail(violation, "used"), kind(violation)
    what = f"{used} is used on" if used else "a tensor is expected of"
    if detail(violation, "of") is None:
        given = f"a tuple of {detail(violation, 'length')}"
        return f"{what} {given}, not on a tensor" if used else f"a tensor is expected, not {given}"
    if detail(violation, "of") == "state" or name == "LSTMCell":
        return f"{what} the state of this {name}, which is the tuple (h, c), not a tensor"
    state = "(h_n, c_n)" if name == "LSTM" else "h_n"
    return f"{what} the result of this {name}, which is the tuple (output, {state}), not a tensor"


def _help(violation: Violation) -> str:
    used = detail(violation, "used")
    if detail(violation, "of") is None:
        return "unpack the tuple first, or take one of its elements"
    if detail(violation, "of") == "state" or kind(violation) == "LSTMCell":
        if used in _EACH:
            return f"apply it to both: tuple(part{used}({_EACH[used]}) for part in state)"
        return "take h or c: h, c = state"
    return "unpack it first: out, state = layer(x)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, used = code.place(violation.location), str(detail(violation, "used"))
    if place is None or not isinstance(place.node, (ast.Subscript, ast.Attribute)):
        return None
    if detail(violation, "of") == "result":
        return fix("safe", "take the output", results.output_of(place, place.node.value))
    above = place.editing.parent(place.node)
    if detail(violation, "of") != "state" or used not in _EACH or not isinstance(above, ast.Call):
        return None
    arguments = place.text(above)[len(place.text()) :]
    each = f"tuple(part{used}{arguments} for part in {place.text(place.node.value)})"
    return fix("safe", "apply it to both parts", place.editing.replace(above, each))


RULE = Rule(
    code="LSTM303",
    name="result-tuple",
    severity="error",
    since="0.1",
    needs=("result.tuple",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True)
            last = lstm(torch.randn(3, 5, 10))[:, -1]
            """,
            raises="tuple indices must be integers or slices, not tuple",
            line=5,
            fixed={5: "last = lstm(torch.randn(3, 5, 10))[0][:, -1]"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Generator(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden)

                def forward(self, x, hidden=None):
                    out, hidden = self.lstm(x, hidden)
                    return out, hidden.detach()
            """,
            raises="'tuple' object has no attribute 'detach'",
            line=11,
            run="Generator(4, 8)(torch.zeros(5, 2, 4))",
            fixed={11: "return out, tuple(part.detach() for part in hidden)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    out, h = self.rnn(x)
                    return out, h[-1]

            tags = Tagger(4, 8)(torch.zeros(5, 2, 4)).argmax(-1)
            """,
            raises="'tuple' object has no attribute 'argmax'",
            line=13,
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Generator(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden)
                    self.gru = nn.GRU(hidden, hidden)

                def forward(self, x, hidden=None):
                    out, hidden = self.lstm(x, hidden)
                    last = self.gru(out)[0][-1]
                    return last, tuple(part.detach() for part in hidden)
            """,
            run="Generator(4, 8)(torch.zeros(5, 2, 4))",
        ),
    ),
)
