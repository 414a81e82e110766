"""A loss compares predictions and targets along different axes.

`cross_entropy` takes the classes on axis 1: (batch, classes, seq_len) with targets (batch, seq_len). Logits of
(batch, seq_len, classes) pass where the numbers happen to be equal. Flattened predictions and targets must be
flattened from the same order of axes: (seq_len, batch) against (batch, seq_len) pairs each prediction with another
sample's target. It is an error where the program itself calls the loss so, with sizes that nothing makes equal.

**Mend it** by `logits.transpose(1, 2)`, or by transposing one side before flattening both.

Reference: [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail


def _message(violation: Violation) -> str:
    if violation.need.what == "silent.over_time":
        axis, operation = detail(violation, "axis"), detail(violation, "operation")
        return f"{operation} over axis {axis}, which is time: the loss takes it for one over the classes"
    if violation.need.what == "silent.class_axis":
        if detail(violation, "time") is not None:
            return f"{detail(violation, 'loss')} reads time on axis 0, which is the batch here"
        other = detail(violation, "is")
        what = f"{detail(violation, 'loss')} takes the classes on axis 1, which is the {other} here"
        return f"{what}: it raises, or goes on where the two sizes happen to be equal"
    predictions, targets = detail(violation, "predictions"), detail(violation, "targets")
    unless = ": it raises unless the sizes happen to be equal" if violation.need.raises is not None else ""
    return f"the predictions are in the order ({predictions}), the targets in the order ({targets}){unless}"


def _help(violation: Violation) -> str:
    if violation.need.what == "silent.over_time":
        return "the classes are the last axis: dim=-1"
    if violation.need.what == "silent.class_axis" and detail(violation, "time") is not None:
        return "it takes (seq_len, batch, classes): log_probs.transpose(0, 1)"
    if violation.need.what == "silent.class_axis":
        return "transpose the logits: logits.transpose(1, 2)"
    return "transpose one of them before both are flattened"


def _says(violation: Violation) -> str | None:
    if violation.need.what != "silent.class_axis":
        return None
    if detail(violation, "time") is not None:
        return "input_lengths must be of size batch_size (where the batch and seq_len differ)"
    return "Expected target size ... (where the two sizes differ)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    if violation.need.what == "silent.over_time" or detail(violation, "time") is not None:
        return None
    place = code.at(violation)
    scores = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or scores is None or not isinstance(scores, (ast.Name, ast.Attribute)):
        return None
    edit = place.editing.replace(scores, f"{place.text(scores)}.transpose(1, 2)")
    return fix("unsafe", "put the classes on axis 1", edit)


RULE = Rule(
    code="LSTM652",
    name="loss-axes",
    severity="error",
    since="0.1",
    needs=("silent.class_axis", "silent.over_time", "silent.pairing"),
    message=_message,
    help=_help,
    says=_says,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(3, 5, batch_first=True)
            logits, _ = lstm(torch.randn(2, 5, 3))
            loss = nn.functional.cross_entropy(logits, torch.randint(0, 5, (2, 5)))
            """,
            silent=True,
            line=6,
            fixed={6: "loss = nn.functional.cross_entropy(logits.transpose(1, 2), torch.randint(0, 5, (2, 5)))"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)
                    self.loss = nn.CrossEntropyLoss()

                def forward(self, x, tags):
                    logits, _ = self.rnn(x)
                    return self.loss(logits, tags)
            """,
            silent=True,
            line=13,
            run="Model(3, 4)(torch.randn(5, 4, 3), torch.zeros(5, 4).long())",
            fixed={13: "return self.loss(logits.transpose(1, 2), tags)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(3, 5, batch_first=True)
            logits, _ = lstm(torch.randn(2, 5, 3))
            loss = nn.functional.cross_entropy(logits.transpose(1, 2), torch.randint(0, 5, (2, 5)))
            """,
        ),
    ),
)
