"""`bidirectional` is not a bool.

The constructor does not check this argument: 1, 2 and even the text 'False' (which counts as true) are accepted and
build a layer, and its first call fails with "received an invalid combination of arguments". The text comes from a
command line or a configuration file, the number from a count of directions.

**Mend it** with a bool: `bidirectional=True`, or `bidirectional=bool(directions - 1)` for a count of directions.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, python_value


def _message(violation: Violation) -> str:
    given = python_value(detail(violation, "value"), violation.need.got)
    return f"bidirectional of this {kind(violation)} must be a bool, got {given}; every call of the layer fails"


def _help(violation: Violation) -> str:
    return "write bidirectional=True or bidirectional=False"


_MEANT = {"True": "True", "False": "False", 2: "True"}


def _fix(violation: Violation, code: Code) -> Fix | None:
    value = code.place(violation.sources[0].location, ast.Constant) if violation.sources else None
    node = value.node if value is not None else None
    meant = _MEANT.get(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, (int, str)) else None
    if value is None or meant is None:
        return None
    return fix("safe", "make bidirectional a bool", value.editing.replace(value.node, meant))


RULE = Rule(
    code="LSTM105",
    name="bidirectional-type",
    severity="error",
    since="0.1",
    needs=("construct.bidirectional",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.LSTM(10, 20, bidirectional=2)
            out, _ = rnn(torch.randn(5, 3, 10))
            """,
            raises="received an invalid combination of arguments",
            line=4,
            raises_line=5,
            fixed={4: "rnn = nn.LSTM(10, 20, bidirectional=True)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            class Encoder(nn.Module):
                def __init__(self, size, hidden, layers=1):
                    super().__init__()
                    self.rnn = nn.GRU(size, hidden, layers, batch_first=True, bidirectional="False")

                def forward(self, x):
                    out, h = self.rnn(x)
                    return h
            """,
            raises="received an invalid combination of arguments",
            line=7,
            raises_line=10,
            run="Encoder(3, 4)(torch.zeros(2, 5, 3))",
            fixed={7: "self.rnn = nn.GRU(size, hidden, layers, batch_first=True, bidirectional=False)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            directions = 2
            rnn = nn.LSTM(10, 20, bidirectional=directions == 2)
            out, _ = rnn(torch.randn(5, 3, 10))
            """,
        ),
    ),
)
