"""The bias of the forget gate is set by hand, in another place than the forget gate's.

A bias of an LSTM is (4 * hidden,), and its gates stand in the order input, forget, cell, output: the forget gate is
`[hidden:2 * hidden]`, or `[n // 4:n // 2]` of n values. Each layer and direction has biases of its own. A GRU has no
forget gate; quarters of its three gates cut across them. A gate that is set together with the forget gate is not
reported, nor is a number other than one where nothing speaks of forgetting.

**Mend it** by `bias[hidden:2 * hidden]`, for every layer and direction.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Variables"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    bias, gate, missing = (detail(violation, key) for key in ("bias", "gate", "missing"))
    if missing:
        rest = f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else missing[0]
        return f"the forget gate is set in {bias} alone: this {kind(violation)} also has {rest}"
    if gate is None:
        return f"this part of {bias} cuts across the gates of a {kind(violation)}, which has three and no forget gate"
    return f"this part of {bias} is the {gate} gate; the order is input, forget, cell, output"


def _help(violation: Violation) -> str:
    if detail(violation, "missing"):
        return "set the forget gate of every layer and direction"
    return "the forget gate of an LSTM is [hidden_size:2 * hidden_size]"


RULE = Rule(
    code="LSTM609",
    name="forget-gate-bias",
    severity="warning",
    since="0.1",
    needs=("silent.forget_bias",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(4, 8)
            # open the forget gate
            lstm.bias_ih_l0.data[:8].fill_(1.0)
            """,
            silent=True,
            line=6,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden)
                    for name, parameter in self.lstm.named_parameters():
                        if "bias_hh" in name:
                            nn.init.constant_(parameter[hidden * 2 : hidden * 3], 1.0)


            Model(4, 8)
            """,
            silent=True,
            line=11,
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(4, 8)
            for name, parameter in lstm.named_parameters():
                if "bias" in name:
                    n = parameter.size(0)
                    parameter.data.fill_(0.0)
                    parameter.data[n // 4 : n // 2].fill_(1.0)
            """,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Chrono(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTMCell(features, hidden)
                    with torch.no_grad():
                        self.lstm.bias_ih[:hidden] = -1.0
                        self.lstm.bias_ih[hidden * 3 :] = 1.0
                        self.lstm.bias_ih[hidden : hidden * 2].fill_(1.0)


            Chrono(4, 8)
            """,
        ),
    ),
)
