"""A constructor argument has a type that torch rejects.

`bias` and `batch_first` must be bools (since torch 2.12), the sizes must be ints: a float from `/`, a numpy integer or
a tensor is refused. Most often an argument stands at the wrong position: the fourth of `nn.LSTM` and `nn.GRU` is
`bias`, the fifth `batch_first`; `nn.LSTM(10, 20, 2, 0.5)` does not set the dropout.

**Mend it** by naming the argument (`dropout=0.5`), with `//` instead of `/`, or with `int(...)`.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, got, kind, subject
from lstmcheck.source.edit import arguments_of, keyword_of

_FLAGS = ("bias", "batch_first")


def _message(violation: Violation) -> str:
    name = subject(violation, "an argument")
    return f"{name} of this {kind(violation)} must be {_needed(violation)}, got {_given(violation)}"


def _needed(violation: Violation) -> str:
    name = subject(violation)
    if name in _FLAGS:
        return "a bool"
    if name == "dropout":
        return "a number from 0 to 1"
    return {"dtype": "a torch.dtype", "device": "a device or its name"}.get(name, "an int")


def _given(violation: Violation) -> str:
    name = got(violation)
    return "None" if name == "NoneType" else article(name)


def _help(violation: Violation) -> str | None:
    name, given = subject(violation), got(violation)
    if name in _FLAGS and given == "float":
        return f"the argument at this position is {name}; write dropout=... by name"
    if name in _FLAGS:
        return f"write {name}=True or {name}=False"
    if name.endswith("size") and given == "float":
        return "divide with //, which gives an int"
    if name.endswith("size"):
        return f"convert it: {name}=int(...)"
    return None


def _fix(violation: Violation, code: Code) -> Fix | None:
    name, given, place = subject(violation), got(violation), code.at(violation)
    value = code.place(violation.sources[0].location) if violation.sources else None
    if place is None or place.call is None or value is None:
        return None
    node = value.node
    if name in _FLAGS and given == "float" and node is place.call.args[-1] and not keyword_of(place.call, "dropout"):
        edit = arguments.named(place, arguments_of(place.call).index(node), "dropout")
        return fix("safe", "name the argument: dropout", edit)
    if name in _FLAGS and isinstance(node, ast.Constant) and node.value in (0, 1) and given == "int":
        return fix("safe", f"make {name} a bool", place.editing.replace(node, str(bool(node.value))))
    if name.endswith("size") and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        halves = [place.editing.operand(side) for side in (node.left, node.right)]
        return fix("safe", "divide with //, which gives an int", place.editing.replace(node, " // ".join(halves)))
    return None


RULE = Rule(
    code="LSTM102",
    name="argument-type",
    severity="error",
    since="0.1",
    needs=("construct.type",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.LSTM(10, 20, 2, 0.5)
            """,
            raises="bias should be of type bool, got: float",
            line=3,
            fixed={3: "rnn = nn.LSTM(10, 20, 2, dropout=0.5)"},
        ),
        Bad(
            """
            from torch import nn

            class Encoder(nn.Module):
                def __init__(self, width: int, hidden: int):
                    super().__init__()
                    self.rnn = nn.GRU(width, hidden / 2, batch_first=True, bidirectional=True)
            """,
            raises="hidden_size should be of type int, got: float",
            line=6,
            run="Encoder(4, 8)",
            fixed={6: "self.rnn = nn.GRU(width, hidden // 2, batch_first=True, bidirectional=True)"},
        ),
        Bad(
            """
            import torch.nn as nn

            rnn = nn.LSTM(10, 20, num_layers=2, batch_first=1)
            """,
            raises="batch_first should be of type bool, got: int",
            line=3,
            fixed={3: "rnn = nn.LSTM(10, 20, num_layers=2, batch_first=True)"},
        ),
        Good(
            """
            from torch import nn

            class Encoder(nn.Module):
                def __init__(self, width: int, hidden: int, p: float = 0.5):
                    super().__init__()
                    self.rnn = nn.GRU(width, hidden // 2, 2, True, True, p, True)
            """,
            run="Encoder(4, 8)",
        ),
    ),
)
