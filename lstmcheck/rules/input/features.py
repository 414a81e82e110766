"""The input has another number of features than the layer's `input_size`.

The last axis of the input must be exactly `input_size`. Often the layer before gives another number (an embedding, a
concatenation, a bidirectional layer with its 2 * hidden_size), or the layers of a stack are all built for the raw
input.

**Mend it** where the wrong one of the two numbers is written; if the last axis is not the features at all, bring it
there with `transpose` or `permute`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "input_size"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix, layers, sizes
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, got, kind, silence, want


def _message(violation: Violation) -> str:
    features = count(violation.need.got, "feature")
    needed = f"this {kind(violation)} needs {want(violation)} (input_size)"
    return f"the input has {features} on its last axis, {needed}{silence(violation)}"


def _help(violation: Violation) -> str:
    given, needed = got(violation), want(violation)
    return f"build the {kind(violation)} with input_size={given}, or bring the last axis of the input to {needed}"


def _fix(violation: Violation, code: Code) -> Fix | None:
    size = layers.features(violation, code)
    if size is None:
        return None
    place, node = size
    text = sizes.times(place, node, violation.need.want, violation.need.got, None)
    edit = place.editing.replace(node, text) if text is not None else None
    return fix("unsafe", f"build the {kind(violation)} for what it gets", edit)


RULE = Rule(
    code="LSTM223",
    name="input-features",
    severity="error",
    since="0.1",
    needs=("input.features",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            rnn = nn.RNN(10, 20)
            out, h = rnn(torch.randn(5, 3, 8))
            """,
            raises="input.size(-1) must be equal to input_size. Expected 10, got 8",
            line=5,
            fixed={4: "rnn = nn.RNN(8, 20)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Deep(nn.Module):
                def __init__(self, vocabulary, width, hidden):
                    super().__init__()
                    self.embed = nn.Embedding(vocabulary, width)
                    self.first = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
                    self.second = nn.LSTM(hidden, hidden, batch_first=True)

                def forward(self, tokens):
                    out, _ = self.first(self.embed(tokens))
                    out, _ = self.second(out)
                    return out
            """,
            raises="input.size(-1) must be equal to input_size. Expected 8, got 16",
            line=13,
            run="Deep(9, 4, 8)(torch.zeros(2, 5, dtype=torch.long))",
            fixed={9: "self.second = nn.LSTM(2 * hidden, hidden, batch_first=True)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            cell = nn.GRUCell(input_size=10, hidden_size=20)
            h = cell(torch.ones(3, 11))
            """,
            raises="input has inconsistent input_size: got 11 expected 10",
            line=5,
            fixed={4: "cell = nn.GRUCell(input_size=11, hidden_size=20)"},
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Deep(nn.Module):
                def __init__(self, vocabulary, width, hidden, both=True):
                    super().__init__()
                    self.embed = nn.Embedding(vocabulary, width)
                    self.first = nn.LSTM(width, hidden, batch_first=True, bidirectional=both)
                    self.second = nn.LSTM(hidden * 2 if both else hidden, hidden, batch_first=True)

                def forward(self, tokens):
                    out, _ = self.first(self.embed(tokens))
                    out, _ = self.second(out)
                    return out
            """,
            run="Deep(9, 4, 8)(torch.zeros(2, 5, dtype=torch.long))",
        ),
    ),
)
