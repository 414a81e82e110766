"""The input has another dtype than the layer's weights.

Weights are float32 unless asked otherwise. Token ids are int64, arrays from numpy and columns from pandas are float64;
outside autocast torch refuses both. Releases before 2.12 say "input must have the type torch.float32, got type
torch.float64", those before 2.1 fail deeper inside.

**Mend it** with `.float()` on data from numpy; ids belong into an `nn.Embedding` first.

Reference: [torch.Tensor.float](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.float.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, want


def _message(violation: Violation) -> str:
    weights = "floating-point" if violation.need.relation == "one of" else want(violation)
    return f"the input is {got(violation)}, the weights of this {kind(violation)} are {weights}"


def _help(violation: Violation) -> str | None:
    given = got(violation)
    if "int" in given or "long" in given or "bool" in given:
        return "token ids go through nn.Embedding; numbers are converted with .float()"
    return "convert the input: .float()" if "float32" in want(violation) else None


_CASTS = {"torch.float32": "float", "torch.float64": "double", "torch.float16": "half", "torch.bfloat16": "bfloat16"}


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, cast = code.at(violation), _CASTS.get(str(violation.need.want))
    data = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or data is None or cast is None:
        return None
    number = "float" in str(violation.need.got)  # whole numbers may be ids, which want an embedding
    edit = place.editing.replace(data, f"{place.editing.operand(data)}.{cast}()")
    return fix("safe" if number else "unsafe", f"convert the input with .{cast}()", edit)


RULE = Rule(
    code="LSTM224",
    name="input-dtype",
    severity="error",
    since="0.1",
    needs=("input.dtype",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=(
        "safe",
        "unsafe",
    ),
    examples=(
        Bad(
            """
            import numpy as np
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            x = torch.from_numpy(np.zeros((5, 3, 10)))
            out, _ = lstm(x)
            """,
            raises="RNN input dtype (torch.float64) does not match weight dtype (torch.float32)",
            line=7,
            fixed={7: "out, _ = lstm(x.float())"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Counter(nn.Module):
                def __init__(self, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(1, hidden, batch_first=True)

                def forward(self, tokens):
                    out, _ = self.rnn(tokens.unsqueeze(-1).long())
                    return out
            """,
            raises="RNN input dtype (torch.int64) does not match weight dtype (torch.float32)",
            line=10,
            run="Counter(8)(torch.zeros(2, 5))",
            fixed={10: "out, _ = self.rnn(tokens.unsqueeze(-1).long().float())"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Counter(nn.Module):
                def __init__(self, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(1, hidden, batch_first=True)

                def forward(self, tokens):
                    out, _ = self.rnn(tokens.unsqueeze(-1).long().float())
                    return out

            wide = nn.LSTM(10, 20, dtype=torch.float64)
            out, _ = wide(torch.zeros(5, 3, 10, dtype=torch.float64))
            """,
            run="Counter(8)(torch.zeros(2, 5))",
        ),
    ),
)
