"""A layer or function that needs a tensor gets a tuple or a PackedSequence.

A recurrent layer returns `(output, state)`, and its output is a PackedSequence when its input was one. Neither can go
into a Linear, an activation or a dropout; so a recurrent layer inside `nn.Sequential` can only be the last one.

**Mend it** by unpacking: `out, _ = lstm(x)`. A PackedSequence is first padded with `pad_packed_sequence`. In an
`nn.Sequential`, put the recurrent layer in front of it, or into a small module that returns the output alone.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Outputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, Place, arguments, fix, results
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, detail, got, kind


def _message(violation: Violation) -> str:
    need = violation.need
    says = need.raises.text.partition("():")[0] if need.raises is not None and "():" in need.raises.text else ""
    named = detail(violation, "layer") or need.subject
    layer = named if named and named != "this function" else says or named or "this layer"
    given = detail(violation, "type") or got(violation)
    if kind(violation, "") and given == "tuple":
        return f"{layer} needs a tensor, it gets the tuple that this {kind(violation)} returns"
    return f"{layer} needs a tensor, it gets {article(given)}"


def _help(violation: Violation) -> str:
    if "Packed" in str(detail(violation, "type") or got(violation)):
        return "pad it first: out, lengths = pad_packed_sequence(packed)"
    return "take the output: out, state = layer(x)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    data = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or detail(violation, "type") != "tuple" or detail(violation, "part") != "result":
        return None
    if _is_sequential(violation, place, data):
        return None
    return fix("safe", "take the output", results.output_of(place, data))


def _is_sequential(violation: Violation, place: Place, data: ast.expr | None) -> bool:
    """Whether the tuple is made inside a container, so that what stands in the call is not it."""
    made = place.code.layer(violation)
    inside = made is not None and isinstance(made.editing.parent(made.node), ast.Call)
    return data is None or inside


RULE = Rule(
    code="LSTM304",
    name="layer-input",
    severity="error",
    since="0.1",
    needs=("layer.type",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            net = nn.Sequential(nn.LSTM(10, 20), nn.Linear(20, 5))
            y = net(torch.randn(5, 3, 10))
            """,
            raises="linear(): argument 'input' (position 1) must be Tensor, not tuple",
            line=5,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Classifier(nn.Module):
                def __init__(self, features, hidden, classes):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, classes)

                def forward(self, x):
                    y = self.rnn(x)
                    return self.head(torch.relu(y))
            """,
            raises="relu(): argument 'input' (position 1) must be Tensor, not tuple",
            line=12,
            run="Classifier(4, 8, 3)(torch.zeros(2, 5, 4))",
            fixed={11: "y, _ = self.rnn(x)"},
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            class Tagger(nn.Module):
                def __init__(self, features, hidden, tags):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, tags)

                def forward(self, x, lengths):
                    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                    out, _ = self.rnn(packed)
                    return self.head(out)
            """,
            raises="linear(): argument 'input' (position 1) must be Tensor, not PackedSequence",
            line=14,
            run="Tagger(4, 8, 3)(torch.zeros(2, 5, 4), [3, 5])",
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Classifier(nn.Module):
                def __init__(self, features, hidden, classes):
                    super().__init__()
                    self.rnn = nn.Sequential(nn.Linear(features, features), nn.GRU(features, hidden))
                    self.head = nn.Linear(hidden, classes)

                def forward(self, x):
                    y = self.rnn(x)
                    return self.head(torch.relu(y[0]))
            """,
            run="Classifier(4, 8, 3)(torch.zeros(5, 2, 4))",
        ),
    ),
)
