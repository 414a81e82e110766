"""A constructor argument lies outside what torch allows.

Sizes and the number of layers must be greater than zero, and `dropout` is a probability: a number from 0 to 1 that is
no bool. torch raises ValueError when the layer is constructed. A dropout of 20 is mostly one of 20 percent, and a size
of 0 a division that was rounded down (`hidden // 2` of 1).

**Mend it** by giving a size of at least 1; a dropout of 20 percent is written `dropout=0.2`.

Reference: [torch.nn.GRU](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, is_cell, kind, subject


def _message(violation: Violation) -> str:
    name = subject(violation)
    allowed = "not be negative" if is_cell(violation) else "be greater than zero"
    if name == "dropout":
        allowed = "be a number from 0 to 1"
    return f"{name} of this {kind(violation)} must {allowed}, got {got(violation)}"


def _help(violation: Violation) -> str | None:
    given = violation.need.got
    if subject(violation) != "dropout":
        return None
    if isinstance(given, (int, float)) and 5 <= given < 100:
        return f"for {given} percent write dropout={given / 100:g}"
    return None


def _fix(violation: Violation, code: Code) -> Fix | None:
    given = violation.need.got
    value = code.place(violation.sources[0].location, ast.Constant) if violation.sources else None
    if value is None or subject(violation) != "dropout" or not (isinstance(given, (int, float)) and 5 <= given < 100):
        return None
    return fix("unsafe", "make the percentage a probability", value.editing.replace(value.node, f"{given / 100:g}"))


RULE = Rule(
    code="LSTM103",
    name="argument-range",
    severity="error",
    since="0.1",
    needs=("construct.range",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.LSTM(10, 20, num_layers=2, dropout=20)
            """,
            raises="dropout should be a number in range [0, 1]",
            line=3,
            fixed={3: "rnn = nn.LSTM(10, 20, num_layers=2, dropout=0.2)"},
        ),
        Bad(
            """
            import torch.nn as nn

            class Stack(nn.Module):
                def __init__(self, size, hidden):
                    super().__init__()
                    self.first = nn.GRU(size, hidden, batch_first=True)
                    self.rest = nn.GRU(hidden, hidden, 0, batch_first=True)
            """,
            raises="num_layers must be greater than zero",
            line=7,
            run="Stack(3, 4)",
        ),
        Good(
            """
            import torch.nn as nn

            class Stack(nn.Module):
                def __init__(self, size, hidden, depth):
                    super().__init__()
                    self.rnn = nn.GRU(size, hidden, depth - 1, dropout=1 / 5)
            """,
            run="Stack(3, 4, 3)",
        ),
    ),
)
