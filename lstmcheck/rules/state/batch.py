"""The initial state belongs to another batch size than the input.

Axis 1 of `h_0` and `c_0` is the batch of the input: axis 0 of the input with `batch_first=True`, else axis 1. Usual
causes: the batch is read from the wrong axis, a fixed batch size meets a smaller last batch, or a state is kept from
another batch. torch compares exactly and raises. With a packed input `nn.LSTM` checks nothing and may crash the
interpreter or go on with wrong numbers.

**Mend it** by taking the size from the input of this call (`x.size(0)` with `batch_first=True`, else `x.size(1)`), or
leave the state out. `drop_last=True` in the DataLoader only hides the last batch.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

import ast

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Verdict, compare
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, Place, arguments, fix, sizes, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, is_cell, is_packed, kind, option, rows_of, silence, subject, want


def _message(violation: Violation) -> str:
    name = subject(violation, "the state")
    return (
        f"{name} is for a batch of {got(violation)}, the input of this {kind(violation)} has a batch of "
        f"{want(violation)}{_where(violation)}{silence(violation)}"
    )


def _where(violation: Violation) -> str:
    axis = _batch_axis(violation)
    if axis is None or is_cell(violation):
        return ""
    return f" (axis {axis}, batch_first={axis == 0})"


def _batch_axis(violation: Violation) -> int | None:
    """Which axis of the input is the batch; None for a packed input, and where batch_first is open."""
    if is_cell(violation):
        return 0
    batch_first = option(violation, "batch_first")
    if is_packed(violation) or not isinstance(batch_first, int):
        return None
    return 0 if batch_first else 1


def _is_sequence_length(violation: Violation) -> bool:
    """Whether the state is made for what the layer reads as the time: either of them may be the mistake."""
    length = next((row for row in rows_of(violation, "input").values() if row.axis_name == "seq_len"), None)
    return length is not None and compare(length.got, violation.need.got).verdict is Verdict.EQ


def _help(violation: Violation) -> str:
    axis = _batch_axis(violation)
    source = f"the input, x.size({axis})" if axis is not None else "the input"
    if is_packed(violation):
        source = "the lengths that were packed"
    elif axis is not None and _is_sequence_length(violation):
        layer = f"build the {kind(violation)} with{'out' if axis == 0 else ''} batch_first=True"
        return f"if axis {1 - axis} of the input is the batch, {layer}; else take the batch from {source}"
    return f"take the batch from {source}, or leave the state out: zeros are the default"


def _fix(violation: Violation, code: Code) -> Fix | None:
    called, first, axis = code.at(violation), option(violation, "batch_first"), violation.need.axis
    data = arguments.argument(called.call, 0, "input") if called is not None and called.call is not None else None
    if data is None or axis is None or is_packed(violation) or not (is_cell(violation) or first in (0, 1)):
        return None
    batch = 0 if is_cell(violation) or first == 1 else 1

    def size(place: Place, node: ast.expr, need: Need) -> str | None:
        if isinstance(need.want, int) and isinstance(node, ast.Constant):
            return str(need.want)
        here = isinstance(data, ast.Name) and sizes.is_bound(place, data.id) and place.near(called)
        return f"{place.text(data)}.size({batch})" if here else None

    edits = states.resized(violation, code, axis, size)
    # which of the two axes is the batch, only the author knows
    safety = "unsafe" if _is_sequence_length(violation) else states.safety(violation, code)
    made = fix(safety, "make the state for the batch of the input", *edits)
    return made or states.left_out(violation, code)


RULE = Rule(
    code="LSTM203",
    name="state-batch",
    severity="error",
    since="0.1",
    needs=("state.batch",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe", "unsafe"),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True)
            x = torch.randn(16, 7, 10)
            state = (torch.zeros(1, 7, 20), torch.zeros(1, 7, 20))
            out, state = lstm(x, state)
            """,
            raises="Expected hidden[0] size (1, 16, 20), got [1, 7, 20]",
            line=7,
            fixed={6: "state = (torch.zeros(1, 16, 20), torch.zeros(1, 16, 20))"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            x = torch.randn(16, 7, 10)
            h0 = torch.zeros(1, x.size(0), 20)
            out, state = lstm(x, (h0, h0))
            """,
            raises="Expected hidden[0] size (1, 7, 20), got [1, 16, 20]",
            line=7,
            fixed={6: "h0 = torch.zeros(1, x.size(1), 20)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    state = torch.zeros(1, x.size(1), self.hidden)
                    return self.rnn(x, state)[1]

            encoder = Encoder(4, 8)
            code = encoder(torch.randn(3, 6, 4))
            """,
            raises="Expected hidden size (1, 3, 8), got [1, 6, 8]",
            line=12,
            fixed={11: "state = torch.zeros(1, x.size(0), self.hidden)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            cell = nn.GRUCell(10, 20)
            h = cell(torch.randn(3, 10), torch.zeros(1, 20))
            """,
            raises="Input batch size 3 doesn't match hidden0 batch size 1",
            line=5,
            fixed={5: "h = cell(torch.randn(3, 10), torch.zeros(3, 20))"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Encoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x, batch_size):
                    state = torch.zeros(1, batch_size, self.rnn.hidden_size)
                    return self.rnn(x, state)[1]
            """,
            run="Encoder(4, 8)(torch.zeros(3, 5, 4), 3)",
        ),
    ),
)
