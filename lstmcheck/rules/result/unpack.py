"""The result of a recurrent layer is unpacked into the wrong number of names.

An LSTM returns `output, (h_n, c_n)`, a GRU and an RNN return `output, h_n`; an LSTMCell returns `h, c`, the other cells
only `h`. `out, h, c = lstm(x)` raises; so does unpacking into three names what a model returns with
`return logits, hidden`. `out, (h, c) = gru(x)` unpacks the rows of the tensor `h_n`: it raises with one
layer, and with two rows it silently names two layers (or directions) h and c.

**Mend it** with `out, (h, c) = lstm(x)`, and `out, h = gru(x)`.

Reference: [torch.nn.GRU](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html), "Outputs"
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, detail, kind, show_value, silence

_TENSORS = ("h_n", "c_n", "output", "h", "c")


def _message(violation: Violation) -> str:
    name, need = kind(violation), violation.need
    names = count(need.want, "name")
    if given := detail(violation, "given"):
        parts = f" with {count(need.got, 'row')}" if given == "a tensor" else f" of {show_value(need.got)}"
        return f"{given}{parts if need.got is not None else ''} is unpacked into {names}"
    part = detail(violation, "of") or need.subject
    if part in _TENSORS:
        rows = f" with {count(need.got, 'row')}" if need.got is not None else ""
        no_cell = "" if name.startswith("LSTM") else f": a {name} has no cell state"
        return f"{part} of this {name} is one tensor{rows}, unpacked into {names}{no_cell}{silence(violation)}"
    holds = f"{show_value(need.got)} values" if need.got is not None else "other values"
    return f"{_whole(name, part)}: {holds}, unpacked into {names}"


def _whole(name: str, part: object) -> str:
    if part == "state":
        return f"the state of this {name} is (h_n, c_n)"
    if name.endswith("Cell"):
        return f"this {name} returns (h, c)"
    return f"this {name} returns (output, {'(h_n, c_n)' if name == 'LSTM' else 'h_n'})"


def _help(violation: Violation) -> str | None:
    name = kind(violation)
    if detail(violation, "given"):
        return None
    if name.endswith("Cell"):
        return "h, c = cell(x, (h, c))" if name == "LSTMCell" else "h = cell(x, h)"
    return "out, (h, c) = lstm(x)" if name == "LSTM" else "out, h = layer(x)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    name, need, place = kind(violation), violation.need, code.place(violation.location, ast.Tuple)
    if place is None or not isinstance(place.node, ast.Tuple) or detail(violation, "given"):
        return None
    names, part = place.node.elts, detail(violation, "of") or need.subject
    if part == "result" and name == "LSTM" and len(names) == 3:
        return fix("safe", "unpack the two states as one tuple", place.editing.joined(names[1], names[2], "({})"))
    if not name.startswith(("GRU", "RNN")) or any(place.is_read(node) for node in names[-1:]):
        return None
    if part == "result" and len(names) == 3:
        edit = place.editing.joined(names[1], names[2], place.text(names[1]))
        return fix("safe", f"a {name} has no cell state", edit)
    if part == "h_n" and len(names) == 2:
        edit = place.editing.joined(place.node, place.node, place.text(names[0]))
        return fix("safe", f"a {name} has no cell state", edit)
    return None


RULE = Rule(
    code="LSTM302",
    name="unpack-count",
    severity="error",
    since="0.1",
    needs=("unpack.count",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, h, c = lstm(torch.randn(5, 3, 10))
            """,
            raises="not enough values to unpack (expected 3, got 2)",
            line=5,
            fixed={5: "out, (h, c) = lstm(torch.randn(5, 3, 10))"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Summary(nn.Module):
                def __init__(self, vocabulary, width, hidden):
                    super().__init__()
                    self.embed = nn.Embedding(vocabulary, width)
                    self.rnn = nn.GRU(width, hidden, batch_first=True)

                def forward(self, tokens):
                    _, (h, c) = self.rnn(self.embed(tokens))
                    return h
            """,
            raises="not enough values to unpack (expected 2, got 1)",
            line=11,
            run="Summary(9, 4, 8)(torch.zeros(2, 5, dtype=torch.long))",
            fixed={11: "_, h = self.rnn(self.embed(tokens))"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Decoder(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden)

                def forward(self, x):
                    out, h = self.rnn(x)
                    return out, h

            scores, h, weights = Decoder(4, 8)(torch.zeros(5, 2, 4))
            """,
            raises="not enough values to unpack (expected 3, got 2)",
            line=13,
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Summary(nn.Module):
                def __init__(self, width, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(width, hidden, bidirectional=True)

                def forward(self, x):
                    out, h = self.rnn(x)
                    forward, backward = h
                    return torch.cat((forward, backward), 1)
            """,
            run="Summary(4, 8)(torch.zeros(5, 2, 4))",
        ),
    ),
)
