"""The input lives on another device than the layer's weights.

The model was moved to a GPU and the data was not, or the other way round. `tensor.to(device)` returns a new tensor:
its result must be kept; `module.to(device)` moves the module itself. Two layers of one model can lie on different
devices too: a module that is kept in a plain list is not moved with the rest.

**Mend it** with `x = x.to(device)` before the call.

Reference: [torch.Tensor.to](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, want


def _message(violation: Violation) -> str:
    return f"the input is on {got(violation)}, the weights of this {kind(violation)} are on {want(violation)}"


def _help(violation: Violation) -> str:
    return "move both to one device; keep the result of x.to(device), a tensor is not moved in place"


RULE = Rule(
    code="LSTM225",
    name="input-device",
    severity="error",
    since="0.1",
    needs=("input.device",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, device="meta")
            x = torch.zeros(5, 3, 10, device="cpu")
            out, _ = lstm(x)
            """,
            raises="Input and parameter tensors are not at the same device",
            line=6,
        ),
        Bad(
            """
            import torch
            from torch import nn

            def encode(width, hidden):
                gru = nn.GRU(width, hidden).to("meta")
                x = torch.ones(5, 3, width, device="cpu")
                x.to("meta")
                return gru(x)
            """,
            raises="Input and parameter tensors are not at the same device",
            line=8,
            run="encode(4, 8)",
        ),
        Good(
            """
            import torch
            from torch import nn

            def encode(width, hidden):
                gru = nn.GRU(width, hidden).to("meta")
                x = torch.ones(5, 3, width, device="cpu")
                x = x.to("meta")
                return gru(x)
            """,
            run="encode(4, 8)",
        ),
    ),
)
