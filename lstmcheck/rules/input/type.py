"""The input of a recurrent layer is not a tensor.

`nn.LSTM(...)(x)` takes a tensor or a PackedSequence. Most often the input is the whole result of another recurrent
layer, the tuple `(output, state)`; torch says "'tuple' object has no attribute 'dim'". Lists and numpy arrays fail in
the same way.

**Mend it** by unpacking the first layer's result, `out, _ = first(x)`, and passing `out`. `nn.Sequential` of two
recurrent layers cannot work; stacked layers of one size are `num_layers=2`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix, results
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, got, is_cell, kind


def _message(violation: Violation) -> str:
    takes = "a tensor" if is_cell(violation) else "a tensor or PackedSequence"
    return f"this {kind(violation)} takes {takes} as its input, got {article(got(violation))}"


def _help(violation: Violation) -> str | None:
    if "tuple" in got(violation):
        return "a recurrent layer returns (output, state): pass its output, out, _ = layer(x)"
    return None


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    data = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or violation.need.got != "tuple":
        return None
    return fix("safe", "take the output of the layer before", results.output_of(place, data))


RULE = Rule(
    code="LSTM221",
    name="input-type",
    severity="error",
    since="0.1",
    needs=("input.type",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            first = nn.LSTM(10, 20)
            second = nn.LSTM(20, 30)
            out, _ = second(first(torch.randn(5, 3, 10)))
            """,
            raises="'tuple' object has no attribute 'dim'",
            line=6,
            fixed={6: "out, _ = second(first(torch.randn(5, 3, 10))[0])"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Stack(nn.Module):
                def __init__(self, features, wide, narrow):
                    super().__init__()
                    self.lower = nn.GRU(features, wide, batch_first=True)
                    self.upper = nn.LSTM(wide, narrow, batch_first=True)

                def forward(self, x):
                    y = self.lower(x)
                    out, _ = self.upper(y)
                    return out
            """,
            raises="'tuple' object has no attribute 'dim'",
            line=12,
            run="Stack(4, 8, 6)(torch.zeros(2, 5, 4))",
            fixed={11: "y, _ = self.lower(x)"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Stack(nn.Module):
                def __init__(self, features, wide, narrow):
                    super().__init__()
                    self.lower = nn.GRU(features, wide, batch_first=True)
                    self.upper = nn.LSTM(wide, narrow, batch_first=True)

                def forward(self, x):
                    y = self.lower(x)
                    out, _ = self.upper(y[0])
                    return out
            """,
            run="Stack(4, 8, 6)(torch.zeros(2, 5, 4))",
        ),
    ),
)
