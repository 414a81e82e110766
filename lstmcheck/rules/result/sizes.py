"""Tensors are combined whose sizes cannot fit.

Joining (`cat`, `stack`), multiplying (`matmul`, `bmm`), adding (broadcasting) and viewing tensors need sizes that
agree. Reported only where the sizes differ on every run: states of different layers, an output that was taken for a
hidden state, a view that leaves elements over.

**Mend it** where the wrong size comes from. Do not reach for `view` or `reshape` to make an error of axes go away: they
keep the memory order and mix samples with time steps; axes are moved with `transpose` or `permute`.

Reference: [Broadcasting semantics](https://docs.pytorch.org/docs/stable/notes/broadcasting.html)
"""

from __future__ import annotations

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, show_value, want


def _message(violation: Violation) -> str:
    need: Need = violation.need
    name = detail(violation, "op") or need.subject or "this operation"
    shape, given = detail(violation, "shape"), detail(violation, "input")
    if shape is not None and given is not None:
        return (
            f"{name} to {show_value(shape)} never fits a tensor of {show_value(given)}: the numbers of elements differ"
        )
    if need.axis is not None:
        return f"{name}: the sizes on axis {need.axis} never fit, {got(violation)} and {want(violation)}"
    if detail(violation, "number") is not None:
        return f"{name} gets tensors of {want(violation)} and of {got(violation)} axes"
    if isinstance(need.got, tuple) and isinstance(need.want, tuple):
        return f"{name} gets tensors of unequal shapes, {got(violation)} and {want(violation)}"
    says = need.raises.text.partition("\n")[0] if need.raises is not None else ""
    return f"{name}: the sizes never fit{f' ({says})' if says else ''}"


RULE = Rule(
    code="LSTM305",
    name="sizes",
    severity="error",
    since="0.1",
    needs=("op.shape",),
    message=_message,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
            out, (h, c) = lstm(torch.randn(3, 5, 10))
            both = torch.cat((out[:, -1], h), dim=1)
            """,
            raises="Tensors must have same number of dimensions",
            line=6,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Residual(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.one = nn.GRU(features, hidden, batch_first=True)
                    self.two = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)

                def forward(self, x):
                    batch, steps, features = x.shape
                    a, _ = self.one(x)
                    b, _ = self.two(a)
                    return torch.bmm(a, b.transpose(1, 2))
            """,
            raises="Expected size for first two dimensions of batch2 tensor to be",
            line=14,
            run="Residual(4, 8)(torch.zeros(2, 5, 4))",
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Residual(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.one = nn.GRU(features, hidden, batch_first=True)
                    self.two = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)

                def forward(self, x):
                    a, _ = self.one(x)
                    b, _ = self.two(a)
                    halves = b.chunk(2, dim=-1)
                    return a + halves[0] + halves[1], torch.bmm(a, halves[0].transpose(1, 2))
            """,
            run="Residual(4, 8)(torch.zeros(2, 5, 4))",
        ),
    ),
)
