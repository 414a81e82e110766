"""The initial state has too few or too many axes for the input.

A batched input (three axes) needs states of three axes, (layers * directions, batch, hidden), also with one layer. An
unbatched input (two axes: time, features) needs states of two axes. Cells take (batch, hidden), without a layer axis.
torch compares the numbers of axes and raises; with a packed input `nn.LSTM` does not, and fails in some other way.
Code that was moved from cells to layers lacks the axis, and a state of one sample, `h[:, 0]`, has lost it.

**Mend it** where the state is made, with all its axes; a missing layer axis is `state.unsqueeze(0)`. Do not silence the
error with `view` or `reshape`: they keep the numbers in memory order and can pair a sample with another's state.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Inputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Edit, Fix, Violation
from lstmcheck.rules.mending import Code, Place, arguments, fix, sizes, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, is_cell, kind, option, show_value, silence, subject
from lstmcheck.source.edit import First


def _message(violation: Violation) -> str:
    name, needed = subject(violation, "the state"), violation.need.want
    if is_cell(violation):
        takes = "1 or 2" if isinstance(needed, tuple) else f"{show_value(needed)} for this input"
        wanted = f"this {kind(violation)} takes {takes}"
    elif needed == 2:
        wanted = "an unbatched input needs 2: (layers * directions, hidden)"
    elif needed == 3:
        wanted = "a batched input needs 3: (layers * directions, batch, hidden)"
    else:
        wanted = f"this {kind(violation)} needs {show_value(needed)}"
    return f"{name} has {_axes(violation)}, {wanted}{silence(violation)}"


def _axes(violation: Violation) -> str:
    number = violation.need.got
    return count(number, "axis", "axes") if isinstance(number, int) else show_value(number)


def _help(violation: Violation) -> str | None:
    if is_cell(violation):
        return "a cell's state is (batch, hidden_size): it has no axis for layers"
    if violation.need.want == 3 and violation.need.got == 2:
        return f"make the state with its layer axis; for one layer, {subject(violation, 'h_0')}.unsqueeze(0) adds it"
    if violation.need.want == 2:
        return "an input of two axes is one sequence without a batch: give both a batch axis, or neither"
    return None


def _fix(violation: Violation, code: Code) -> Fix | None:
    cell, edits = is_cell(violation), []
    for _, place in states.makers(violation, code):
        written = states.sizes(place.call) if place.call is not None else None
        if written is None or len(written) != (3 if cell else 2):
            continue
        if cell:
            one = isinstance(written[0], ast.Constant) and written[0].value == 1
            edits.append(_without_first(place, written) if one else None)
        else:
            rows = sizes.all_rows(violation, code, place)
            edits.append(_with_first(place, written, rows) if rows else None)
    if not edits and not cell and violation.need.got == violation.need.want - 1:
        return _unsqueezed(violation, code)
    title = "leave out the axis for layers" if cell else "give the state its axis for layers"
    return fix(states.safety(violation, code), title, *edits)


def _unsqueezed(violation: Violation, code: Code) -> Fix | None:
    """The axis put before the states of a layer with one row, where they are passed or put together."""
    place = code.at(violation)
    state = arguments.argument(place.call, 1, "hx") if place is not None and place.call is not None else None
    if (
        place is None
        or state is None
        or (option(violation, "num_layers"), option(violation, "bidirectional")) != (1, 0)
    ):
        return None
    whole = place.resolved(state)
    parts = whole.elts if isinstance(whole, ast.Tuple) else [state] if not kind(violation).startswith("LSTM") else []
    edits = [place.editing.replace(part, f"{place.editing.operand(part)}.unsqueeze(0)") for part in parts]
    return fix("safe", "give the state its axis for layers", *edits)


def _with_first(place: Place, written: list[ast.expr], text: str) -> Edit | None:
    if place.call is not None and written[0] in place.call.args:
        return place.editing.arguments(place.call, First(text))
    return place.editing.replace(written[0], f"{text}, {place.text(written[0])}")


def _without_first(place: Place, written: list[ast.expr]) -> Edit | None:
    if place.call is not None and written[0] in place.call.args:
        return arguments.without(place, written[0])
    return place.editing.cut(written[0], written[1])


RULE = Rule(
    code="LSTM206",
    name="state-rank",
    severity="error",
    since="0.1",
    needs=("state.rank",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            h = torch.zeros(3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), (h, h))
            """,
            raises="For batched 3-D input, hx and cx should also be 3-D but got (2-D, 2-D) tensors",
            line=6,
            fixed={5: "h = torch.zeros(1, 3, 20)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Decoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    h0 = torch.zeros(batch, self.hidden)
                    out, _ = self.rnn(x, h0)
                    return out
            """,
            raises="For batched 3-D input, hx should also be 3-D but got 2-D tensor",
            line=13,
            run="Decoder(4, 8)(torch.zeros(2, 5, 4))",
            fixed={12: "h0 = torch.zeros(1, batch, self.hidden)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            cell = nn.GRUCell(10, 20)
            h = cell(torch.randn(3, 10), torch.zeros(1, 3, 20))
            """,
            raises="GRUCell: Expected hidden to be 1D or 2D, got 3D instead",
            line=5,
            fixed={5: "h = cell(torch.randn(3, 10), torch.zeros(3, 20))"},
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2)
            h = torch.zeros(2, 20)
            out, _ = lstm(torch.randn(5, 10), (h, h))
            """,
        ),
    ),
)
