"""The target has a dtype that the loss does not take.

`CrossEntropyLoss` and `NLLLoss` want class numbers, int64; `BCELoss` and `BCEWithLogitsLoss` want floats. Labels that
are kept as floats, as pandas reads a column with gaps, or 0/1 labels that are kept as integers, raise. (A float target
of the shape of the predictions is taken for probabilities.)

**Mend it** on the target: `target.long()` for classes, `target.float()` for the binary losses.

Reference: [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, subject


def _wants_floats(violation: Violation) -> bool:
    return "float32" in violation.need.want


def _message(violation: Violation) -> str:
    wanted = "a floating-point target" if _wants_floats(violation) else "class numbers (int64)"
    return f"{subject(violation, 'the loss')} takes {wanted}, the target is {got(violation)}"


def _help(violation: Violation) -> str:
    return "convert the target: .float()" if _wants_floats(violation) else "convert the target: .long()"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, cast = code.at(violation), "float" if _wants_floats(violation) else "long"
    target = arguments.argument(place.call, 1, "target") if place is not None and place.call is not None else None
    if place is None or target is None:
        return None
    edit = place.editing.replace(target, f"{place.editing.operand(target)}.{cast}()")
    return fix("safe", f"convert the target with .{cast}()", edit)


RULE = Rule(
    code="LSTM505",
    name="loss-dtype",
    severity="error",
    since="0.1",
    needs=("loss.dtype",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.GRU(10, 7)
            _, h = rnn(torch.randn(5, 3, 10))
            loss = nn.CrossEntropyLoss()(h[-1], torch.zeros(3))
            """,
            raises="expected target dtype to be Long or Byte, but got Float",
            line=6,
            fixed={6: "loss = nn.CrossEntropyLoss()(h[-1], torch.zeros(3).long())"},
        ),
        Bad(
            """
            import torch
            import torch.nn.functional as F
            from torch import nn

            class Spam(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, 1)

                def loss(self, x):
                    scores = self.head(self.rnn(x)[0][:, -1]).squeeze(-1)
                    labels = torch.randint(0, 2, (x.size(0),))
                    return F.binary_cross_entropy_with_logits(scores, labels)
            """,
            raises="result type Float can't be cast to the desired output type Long",
            line=14,
            run="Spam(4, 8).loss(torch.randn(3, 5, 4))",
            fixed={14: "return F.binary_cross_entropy_with_logits(scores, labels.float())"},
        ),
        Good(
            """
            import torch
            import torch.nn.functional as F
            from torch import nn

            rnn = nn.GRU(10, 7)
            _, h = rnn(torch.randn(5, 3, 10))
            F.cross_entropy(h[-1], torch.zeros(3).long())
            F.cross_entropy(h[-1], torch.softmax(torch.zeros(3, 7), 1))
            F.binary_cross_entropy_with_logits(h[-1], torch.randint(0, 2, (3, 7)).float())
            """,
        ),
    ),
)
