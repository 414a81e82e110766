"""Dropout is asked of a layer that has nothing to drop.

`dropout` acts between stacked layers: on the output of each layer except the last. With `num_layers=1` there is no such
place, the argument does nothing, and the network trains without the regularisation its author believes in. torch warns
once, from its own file.

**Mend it** by leaving the argument out, by `num_layers=2`, or by an `nn.Dropout` on the output.
`dropout if num_layers > 1 else 0` is right.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "dropout"
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, show_value


def _message(violation: Violation) -> str:
    value = detail(violation, "dropout")
    shown = f"dropout={show_value(value)}" if isinstance(value, (int, float)) else "dropout"
    return f"{shown} has no effect: this {kind(violation)} has one layer, and dropout acts only between layers"


def _help(violation: Violation) -> str:
    return "leave dropout out, or drop the output: nn.Dropout(p) applied to it"


RULE = Rule(
    code="LSTM108",
    name="dropout-one-layer",
    severity="warning",
    since="0.1",
    needs=("construct.dropout_unused",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.LSTM(10, 20, dropout=0.5)
            """,
            warns="dropout option adds dropout after all but last recurrent layer",
            line=3,
        ),
        Bad(
            """
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, words, hidden, tags):
                    super().__init__()
                    self.rnn = nn.GRU(words, hidden, num_layers=1, bidirectional=True, dropout=0.3)
                    self.out = nn.Linear(2 * hidden, tags)
            """,
            warns="non-zero dropout expects num_layers greater than 1",
            line=6,
            run="Tagger(4, 8, 3)",
        ),
        Good(
            """
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, words, hidden, layers, p=0.3):
                    super().__init__()
                    self.rnn = nn.GRU(words, hidden, num_layers=layers, dropout=p if layers > 1 else 0)
            """,
            run="Tagger(4, 8, 1)",
        ),
    ),
)
