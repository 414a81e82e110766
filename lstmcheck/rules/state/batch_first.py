"""The initial state is batch-first; `batch_first=True` never applies to states.

`batch_first` moves the axes of the input and of the output only. `h_0`, `c_0`, `h_n` and `c_n` are always
(num_layers * num_directions, batch, hidden). A state made as (batch, layers, hidden) makes torch raise, except when the
batch happens to equal the number of layer rows: then every sample starts from a mixture of the others' states.

**Mend it** by making the state with the layer rows first, or `state.transpose(0, 1).contiguous()` where it comes from
elsewhere. A view or reshape would scramble it.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "batch_first"
"""

from __future__ import annotations

from lstmcheck.dims import Dim, Verdict, compare, show_shape
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import is_cell, rows_of, show_value, subject, this_layer


def _is_swapped(violation: Violation) -> bool:
    if violation.need.what == "state.layout":
        return True
    axes = rows_of(violation, violation.need.subject)
    if is_cell(violation) or 0 not in axes or 2 not in axes:
        return False
    layers, batch = axes[0], axes.get(1)
    return batch is not None and _same(layers.got, batch.want) and _same(batch.got, layers.want)


def _same(a: Dim, b: Dim) -> bool:
    return compare(a, b).verdict is Verdict.EQ


def _message(violation: Violation) -> str:
    axes = rows_of(violation, violation.need.subject)
    shape = show_shape(axes[axis].got for axis in sorted(axes))
    needed = show_shape(axes[axis].want for axis in sorted(axes))
    only = ""
    if violation.need.what == "state.layout" and 1 in axes:
        # the sizes may happen to be equal
        only = f"; it fits only where {show_value(axes[1].want)} is {show_value(axes[0].want)}"
        if _same(axes[0].want, axes[1].want):
            only = f"; it fits only because batch and layers are both {show_value(axes[0].want)}"
    return f"{subject(violation)} is batch-first: it is {shape}, {this_layer(violation)} needs {needed}{only}"


def _help(violation: Violation) -> str:
    return "batch_first moves only input and output: make the state (layers * directions, batch, hidden)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    edits = []
    for name, place in states.makers(violation, code):
        axes, written = rows_of(violation, name), states.sizes(place.call) if place.call is not None else None
        if 0 not in axes or 1 not in axes or not _same(axes[0].got, axes[1].want):
            continue
        if written is None or len(written) != 3:
            return None
        edits += [place.editing.replace(written[at], place.text(written[1 - at])) for at in (0, 1)]
    return fix(states.safety(violation, code), "put the layer rows first, as batch_first does not move them", *edits)


RULE = Rule(
    code="LSTM202",
    name="state-batch-first",
    severity="error",
    since="0.1",
    needs=("state.layers", "state.batch", "state.layout"),
    when=_is_swapped,
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, num_layers=2, batch_first=True)
            x = torch.randn(8, 15, 10)
            h0 = torch.zeros(8, 2, 20)
            out, hn = gru(x, h0)
            """,
            raises="Expected hidden size (2, 8, 20), got [8, 2, 20]",
            line=7,
            fixed={6: "h0 = torch.zeros(2, 8, 20)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Classifier(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden, num_layers=3, batch_first=True)

                def forward(self, x):
                    n = x.shape[0]
                    h0 = torch.zeros(n, 3, self.hidden)
                    c0 = torch.zeros(n, 3, self.hidden)
                    out, _ = self.lstm(x, (h0, c0))
                    return out[:, -1]

            scores = Classifier(4, 8)(torch.zeros(2, 5, 4))
            """,
            raises="Expected hidden[0] size (3, 2, 8), got [2, 3, 8]",
            line=14,
            fixed={12: "h0 = torch.zeros(3, n, self.hidden)", 13: "c0 = torch.zeros(3, n, self.hidden)"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Classifier(nn.Module):
                def __init__(self, features, hidden, layers):
                    super().__init__()
                    self.size = (layers, hidden)
                    self.lstm = nn.LSTM(features, hidden, num_layers=layers, batch_first=True)

                def forward(self, x):
                    layers, hidden = self.size
                    h0 = torch.zeros(x.shape[0], layers, hidden).transpose(0, 1).contiguous()
                    out, _ = self.lstm(x, (h0, torch.zeros_like(h0)))
                    return out[:, -1]
            """,
            run="Classifier(4, 8, 3)(torch.zeros(2, 5, 4))",
        ),
    ),
)
