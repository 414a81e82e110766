"""With `proj_size`, the hidden and the cell state have different sizes, and they are mixed up.

A projection acts on the hidden state only: `h_0` and `h_n` have `proj_size` features, `c_0` and `c_n` keep
`hidden_size`. A pair of two equal tensors, or one in the wrong order, makes torch raise.

**Mend it** with `h_0` of (layers * directions, batch, proj_size), `c_0` of (layers * directions, batch, hidden_size).

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "proj_size"
"""

from __future__ import annotations

from lstmcheck.dims import Poly, Verdict, compare
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, states
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, is_given, option, silence, subject, want


def _is_the_other_size(violation: Violation) -> bool:
    other = option(violation, "proj_size" if subject(violation) == "c_0" else "hidden_size")
    if not is_given(option(violation, "proj_size")) or not isinstance(other, (int, Poly)):
        return False
    return compare(violation.need.got, other).verdict is Verdict.EQ


def _message(violation: Violation) -> str:
    name = subject(violation, "h_0")
    has, needs = ("proj_size", "hidden_size") if name == "c_0" else ("hidden_size", "proj_size")
    return (
        f"{name} has {got(violation)} features ({has}), this LSTM with proj_size needs {want(violation)} ({needs})"
        f"{silence(violation)}"
    )


def _help(violation: Violation) -> str:
    return "h_0 has proj_size features, c_0 has hidden_size"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return states.with_features(violation, code)


RULE = Rule(
    code="LSTM205",
    name="state-projection",
    severity="error",
    since="0.1",
    needs=("state.hidden",),
    when=_is_the_other_size,
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, proj_size=5)
            zeros = torch.zeros(1, 4, 20)
            out, _ = lstm(torch.randn(7, 4, 10), (zeros, zeros))
            """,
            raises="Expected hidden[0] size (1, 4, 5), got [1, 4, 20]",
            line=6,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Model(nn.Module):
                def __init__(self, size, memory):
                    super().__init__()
                    self.memory = memory
                    self.lstm = nn.LSTM(size, memory, batch_first=True, proj_size=memory - 1)

                def forward(self, x):
                    h = torch.zeros(1, x.size(0), self.memory - 1)
                    c = torch.zeros(1, x.size(0), self.memory - 1)
                    return self.lstm(x, (h, c))[0]
            """,
            raises="Expected hidden[1] size (1, 2, 8), got [1, 2, 7]",
            line=13,
            run="Model(4, 8)(torch.zeros(2, 5, 4))",
            fixed={12: "c = torch.zeros(1, x.size(0), self.lstm.hidden_size)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, proj_size=5)
            h0, c0 = torch.zeros(1, 4, 5), torch.zeros(1, 4, 20)
            out, _ = lstm(torch.randn(7, 4, 10), (h0, c0))
            """,
        ),
    ),
)
