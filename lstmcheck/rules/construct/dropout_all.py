"""Dropout of 1 between layers drops everything.

With `dropout=1` and more than one layer, every layer after the first sees only zeros while the network trains: its
output does not depend on the input. torch accepts it silently.

**Mend it** with a probability below 1. `dropout=True` is refused by torch; a flag that switches dropout on is no
probability.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "dropout"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import this_layer


def _message(violation: Violation) -> str:
    return f"dropout=1 drops everything between the layers of {this_layer(violation)}; torch stays silent"


def _help(violation: Violation) -> str:
    return "dropout is the probability of dropping, not of keeping: use a value below 1"


RULE = Rule(
    code="LSTM109",
    name="dropout-everything",
    severity="warning",
    since="0.1",
    needs=("construct.dropout_all",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.LSTM(10, 20, num_layers=2, dropout=1.0)
            """,
            silent=True,
            line=3,
        ),
        Bad(
            """
            from torch import nn

            class Forecast(nn.Module):
                def __init__(self, series, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(series, hidden, 3, dropout=1)
            """,
            silent=True,
            line=6,
            run="Forecast(1, 8)",
        ),
        Good(
            """
            from torch import nn

            rnn = nn.LSTM(10, 20, num_layers=2, dropout=0.1)
            """,
        ),
    ),
)
