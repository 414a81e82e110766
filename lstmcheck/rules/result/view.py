"""A view joins axes that do not follow each other in memory.

`view` never copies: it can split an axis, and join neighbours that lie in memory one after the other. After
`transpose`, `permute`, a slice or `expand` they often do not, and torch raises. The usual cases are
`h_n.transpose(0, 1).view(batch, -1)`, and a view of the output of a layer with `batch_first=True`, which is itself a
transposed view (on the CPU and in cuDNN).

Reported where the layout is known: what recurrent layers, `Linear`, `Embedding`, `cat`, `zeros` and others return, and
what is made of that. Nothing is said of a tensor that a function is given. Where a size could be 1, the message says
so: an axis of one element is never in the way.

**Mend it** by `reshape`, which copies where it has to, or by `contiguous()` before the view.

Reference: [torch.Tensor.view](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, show_value


def _message(violation: Violation) -> str:
    first, second = detail(violation, "apart")
    before, after = (show_value(detail(violation, key)) for key in ("from", "to"))
    ones = detail(violation, "ones")
    unless = f"; it fits only where {' or '.join(ones)} is 1" if ones else ""
    return (
        f"a view to {after} runs across axes {first} and {second} of a tensor of {before}, which do not follow each "
        f"other in memory{unless}"
    )


def _help(violation: Violation) -> str:
    if not detail(violation, "clean"):
        return "neither view nor reshape moves axes: put them in order with transpose or permute first, then reshape"
    return "use .reshape(...), which copies where it has to, or .contiguous() before .view(...)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    call = place.call if place is not None and detail(violation, "clean") else None
    if place is None or call is None or not isinstance(call.func, ast.Attribute):
        return None
    name = {"view": "reshape", "view_as": "reshape_as"}.get(call.func.attr)
    if name is None:
        return None
    whole, method = place.text(call), place.text(call.func)
    if not whole.startswith(method):
        return None
    text = method.removesuffix(call.func.attr) + name + whole[len(method) :]
    return fix("safe", "copy what cannot be viewed", place.editing.replace(call, text))


RULE = Rule(
    code="LSTM310",
    name="view-strides",
    severity="error",
    since="0.1",
    needs=("op.view",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, bidirectional=True)
            out, (h_n, c_n) = lstm(torch.randn(5, 3, 10))
            both = h_n.transpose(0, 1).view(3, -1)
            """,
            raises="view size is not compatible with input tensor's size and stride",
            line=6,
            fixed={6: "both = h_n.transpose(0, 1).reshape(3, -1)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            lstm, fc = nn.LSTM(10, 20, batch_first=True), nn.Linear(20, 7)
            out, _ = lstm(torch.randn(3, 5, 10))
            tags = fc(out.view(-1, 20))
            """,
            raises="view size is not compatible with input tensor's size and stride",
            line=6,
            fixed={6: "tags = fc(out.reshape(-1, 20))"},
        ),
        Bad(
            """
            import torch.nn as nn

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, num_layers=2, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    _, h_n = self.gru(x)
                    return h_n.permute(1, 0, 2).view(batch, -1)
            """,
            raises="view size is not compatible with input tensor's size and stride",
            line=11,
            run="import torch\nEncoder(4, 8)(torch.zeros(2, 5, 4))",
            fixed={11: "return h_n.permute(1, 0, 2).reshape(batch, -1)"},
        ),
        Good(
            """
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, features, hidden, tags):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
                    self.fc = nn.Linear(2 * hidden, tags)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    out, (h_n, c_n) = self.lstm(x)
                    halves = out.view(batch, steps, 2, self.hidden)
                    both = h_n.transpose(0, 1).contiguous().view(batch, -1)
                    return self.fc(out.reshape(-1, 2 * self.hidden)), halves, both
            """,
            run="import torch\nTagger(4, 8, 3)(torch.zeros(2, 5, 4))",
        ),
    ),
)
