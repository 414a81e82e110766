"""Dropout is asked of a layer that has nothing to drop.

`dropout` acts between stacked layers: on the output of each layer except the last. With `num_layers=1` there is no such
place, the argument does nothing, and the network trains without the regularisation its author believes in. torch warns
once, from its own file.

**Mend it** by leaving the argument out, by `num_layers=2`, or by an `nn.Dropout` on the output.
`dropout if num_layers > 1 else 0` is right.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "dropout"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, show_value
from lstmcheck.source.edit import keyword_of


def _message(violation: Violation) -> str:
    value = detail(violation, "dropout")
    shown = f"dropout={show_value(value)}" if isinstance(value, (int, float)) else "dropout"
    return f"{shown} has no effect: this {kind(violation)} has one layer, and dropout acts only between layers"


def _help(violation: Violation) -> str:
    return "leave dropout out, or drop the output: nn.Dropout(p) applied to it"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    given = keyword_of(place.call, "dropout") if place is not None and place.call is not None else None
    if place is None or place.call is None or given is None:
        return None
    layers = arguments.argument(place.call, 2, "num_layers")
    if layers is None or isinstance(layers, ast.Constant):
        return fix("safe", "leave dropout out", arguments.without(place, given))
    value = given.value.body if isinstance(given.value, ast.IfExp) else given.value
    guarded = f"{place.editing.operand(value)} if {place.text(layers)} > 1 else 0.0"
    return fix("safe", "drop only where there are layers in between", place.editing.replace(given.value, guarded))


RULE = Rule(
    code="LSTM108",
    name="dropout-one-layer",
    severity="warning",
    since="0.1",
    needs=("construct.dropout_unused",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.LSTM(10, 20, dropout=0.5)
            """,
            warns="dropout option adds dropout after all but last recurrent layer",
            line=3,
            fixed={3: "rnn = nn.LSTM(10, 20)"},
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
            fixed={6: "self.rnn = nn.GRU(words, hidden, num_layers=1, bidirectional=True)"},
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
