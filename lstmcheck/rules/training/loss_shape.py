"""The shapes of prediction and target do not fit the loss.

`CrossEntropyLoss` and `NLLLoss` want the classes on axis 1: (N, C) with (N,), and for sequences (N, C, L) with (N, L).
What a recurrent net gives is (N, L, C). With L equal to C nothing raises and the loss is wrong. Other losses want equal
shapes.

**Mend it** with `loss(prediction.transpose(1, 2), target)`, or by flattening both:
`loss(prediction.flatten(0, 1), target.flatten())`.

Reference: [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

from lstmcheck.dims import Dim, Verdict, compare, show_shape
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, subject, want


def _message(violation: Violation) -> str:
    name = subject(violation, "the loss")
    if name.endswith("_lengths"):
        shown = show_shape(detail(violation, "input"))
        return f"{name} needs one length for each sample, {want(violation)}: log_probs {shown} has them on axis 1"
    prediction = detail(violation, "input")
    if prediction is None:
        return f"prediction and target of {name} need one shape, got {got(violation)} and {want(violation)}"
    shown = show_shape(prediction)
    return f"{name} needs a target of {want(violation)} for a prediction of {shown}, got {got(violation)}"


def _help(violation: Violation) -> str | None:
    if subject(violation).endswith("_lengths"):
        return "CTC takes (seq_len, batch, classes): log_probs.transpose(0, 1)"
    prediction = detail(violation, "input")
    if prediction is None:
        return None
    if len(prediction) == 2:
        return "the prediction has one row for each sample, (batch, classes), the target one class for each, (batch,)"
    return "the classes are axis 1: prediction.transpose(1, 2), or flatten both prediction and target"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, shape, target = code.at(violation), detail(violation, "input"), violation.need.got
    scores = arguments.argument(place.call, 0, "input") if place is not None and place.call is not None else None
    if place is None or scores is None or not isinstance(shape, tuple) or len(shape) != 3:
        return None
    if not isinstance(target, tuple) or len(target) != 2 or not all(map(_same, shape[:2], target)):
        return None
    edit = place.editing.replace(scores, f"{place.editing.operand(scores)}.transpose(1, 2)")
    return fix("safe", "put the classes on axis 1", edit)


def _same(a: Dim, b: Dim) -> bool:
    return compare(a, b).verdict is Verdict.EQ


RULE = Rule(
    code="LSTM501",
    name="loss-shape",
    severity="error",
    since="0.1",
    needs=("loss.shape",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(10, 7, batch_first=True)
            scores, _ = rnn(torch.randn(3, 5, 10))
            target = torch.zeros(3, 5, dtype=torch.long)
            loss = nn.CrossEntropyLoss()(scores, target)
            """,
            raises="Expected target size [3, 7], got [3, 5]",
            line=7,
            fixed={7: "loss = nn.CrossEntropyLoss()(scores.transpose(1, 2), target)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn
            import torch.nn.functional as F

            class Tagger(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, 7)

                def forward(self, x):
                    scores = self.head(self.rnn(x)[0])
                    target = torch.zeros(x.size(0), 5, dtype=torch.long)
                    return F.cross_entropy(scores, target)

            loss = Tagger(4, 8)(torch.randn(3, 5, 4))
            """,
            raises="Expected target size [3, 7], got [3, 5]",
            line=14,
            fixed={14: "return F.cross_entropy(scores.transpose(1, 2), target)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(10, 7, batch_first=True)
            scores, _ = rnn(torch.randn(3, 5, 10))
            target = torch.zeros(3, 5, dtype=torch.long)
            loss = nn.CrossEntropyLoss()(scores.transpose(1, 2), target)
            """,
        ),
    ),
)
