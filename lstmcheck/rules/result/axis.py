"""An axis is named that the tensor does not have.

`h_n` of an unbatched input has two axes, `h_n[-1]` of a batched one too; `squeeze`, `unsqueeze`, `transpose`,
reductions and `cat` over a third one raise IndexError. The axis was counted for the whole output, or before a step or
a row was taken from it.

**Mend it** by naming an axis that is there; a negative axis counts from the end and survives a change of rank.

Reference: [torch.transpose](https://docs.pytorch.org/docs/stable/generated/torch.transpose.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, detail, got, subject, want

# these make an axis, and may name one more than there is
_ADDS = ("unsqueeze", "stack")


def _message(violation: Violation) -> str:
    need, rank = violation.need, detail(violation, "rank")
    name = subject(violation, "this operation")
    if isinstance(rank, int):
        numbers = "" if name in _ADDS else _numbers(rank)
        return f"{name} names axis {got(violation)}, the tensor has {count(rank, 'axis', 'axes')}{numbers}"
    pattern = detail(violation, "pattern")
    if pattern is not None:
        return f'the pattern "{pattern}" is for {count(need.got, "axis", "axes")}, the tensor has {want(violation)}'
    if need.relation == "at most":
        return f"the {name} is for {count(need.got, 'axis', 'axes')}, the tensor has {want(violation)}"
    says = need.raises.text.partition("\n")[0] if need.raises is not None else "the tensor has other axes"
    return f"{name}: {says}"


def _numbers(rank: int) -> str:
    return "" if rank < 1 else " (number 0)" if rank == 1 else " (0 and 1)" if rank == 2 else f" (0 to {rank - 1})"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    if place is None or subject(violation) != "cat" or detail(violation, "part") != "h_n":
        return None
    if detail(violation, "rank") != 2 or violation.need.got != 2:
        return None
    return fix("safe", "join the features, axis 1 of a row", arguments.with_keyword(place, "dim", "1", position=1))


RULE = Rule(
    code="LSTM306",
    name="axis",
    severity="error",
    since="0.1",
    needs=("op.axis",),
    message=_message,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, bidirectional=True)
            out, h = gru(torch.randn(5, 3, 10))
            summary = torch.cat((h[-2], h[-1]), dim=2)
            """,
            raises="Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            line=6,
            fixed={6: "summary = torch.cat((h[-2], h[-1]), dim=1)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Last(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    out, _ = self.lstm(x)
                    return out[:, -1].transpose(1, 2)
            """,
            raises="Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            line=12,
            run="Last(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Last(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    batch, steps, _ = x.shape
                    out, (h, c) = self.lstm(x)
                    return out.transpose(1, 2), h[-1].unsqueeze(2)
            """,
            run="Last(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
