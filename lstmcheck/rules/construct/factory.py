"""The dtype or device of a layer is none that its weights can have.

Weights need a floating-point (or complex) dtype, and `device` must be the name of a device. A device that looks odd is
often another argument at the wrong position: in `nn.LSTMCell(10, 20, True, 'relu')` the fourth one is `device`.

**Mend it** by naming the arguments; integer data is converted (`.float()`) or embedded, the layer stays float.

Reference: [torch.dtype](https://docs.pytorch.org/docs/stable/tensor_attributes.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, subject


def _message(violation: Violation) -> str:
    if subject(violation, "dtype") == "dtype":
        return f"the weights of this {kind(violation)} cannot be {got(violation)}: they need a floating-point dtype"
    return f"device of this {kind(violation)} is {got(violation)!r}, which is no device"


def _help(violation: Violation) -> str:
    if subject(violation, "dtype") == "dtype":
        return "convert or embed the data instead; the layer stays float"
    return "a device is 'cpu', 'cuda', 'cuda:0', ...; what is meant for another argument is passed by its name"


RULE = Rule(
    code="LSTM111",
    name="dtype-or-device",
    severity="error",
    since="0.1",
    needs=("construct.dtype", "construct.device"),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(10, 20, dtype=torch.int64)
            """,
            raises="Only Tensors of floating point and complex dtype can require gradients",
            line=4,
        ),
        Bad(
            """
            from torch import nn

            class Step(nn.Module):
                def __init__(self, inputs, memory):
                    super().__init__()
                    self.cell = nn.LSTMCell(inputs, memory, True, "relu")
            """,
            raises="device type at start of device string: relu",
            line=6,
            run="Step(4, 8)",
        ),
        Good(
            """
            import torch
            from torch import nn

            class Step(nn.Module):
                def __init__(self, inputs, memory):
                    super().__init__()
                    self.cell = nn.RNNCell(inputs, memory, True, "relu", "cpu", torch.float64)
            """,
            run="Step(4, 8)",
        ),
    ),
)
