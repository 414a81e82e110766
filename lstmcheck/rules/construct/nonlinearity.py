"""`nn.RNN` or `nn.RNNCell` gets a nonlinearity that does not exist.

There are two: 'tanh' and 'relu'. Since torch 2.3 the fourth positional argument of `nn.RNN` is `nonlinearity`, so
`nn.RNN(10, 20, 2, True)` fails although `nn.LSTM(10, 20, 2, True)` does not. `nn.RNN` raises at construction,
`nn.RNNCell` at its first call.

**Mend it** with `nonlinearity='relu'` or `'tanh'`; name the other arguments: `batch_first=True`.

Reference: [torch.nn.RNN](https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, kind


def _message(violation: Violation) -> str:
    given = got(violation) if detail(violation, "type") not in (None, "str") else repr(violation.need.got)
    later = "; every call of the cell fails" if violation.need.raises is None else ""
    return f"nonlinearity of this {kind(violation, 'RNN')} must be 'tanh' or 'relu', got {given}{later}"


def _help(violation: Violation) -> str | None:
    if detail(violation, "type") == "bool":
        return "the fourth positional argument of nn.RNN is nonlinearity; name the flag: bias=... or batch_first=..."
    return None


RULE = Rule(
    code="LSTM107",
    name="nonlinearity",
    severity="error",
    since="0.1",
    needs=("construct.nonlinearity",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.RNN(10, 20, 2, True)
            """,
            raises="Unknown nonlinearity 'True'. Select from 'tanh' or 'relu'.",
            line=3,
        ),
        Bad(
            """
            import torch.nn as nn

            class Wave(nn.Module):
                def __init__(self, channels, units):
                    super().__init__()
                    self.rnn = nn.RNN(channels, units, nonlinearity="sigmoid", batch_first=True)
            """,
            raises="Unknown nonlinearity 'sigmoid'",
            line=6,
            run="Wave(1, 8)",
        ),
        Good(
            """
            from torch import nn

            rnn = nn.RNN(10, 20, 2, "relu", True, True)
            gates = nn.LSTM(10, 20, 2, True)
            """,
        ),
    ),
)
