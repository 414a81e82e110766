"""The third argument of a cell is `bias`, not a number of layers.

`nn.LSTMCell(10, 20, 2)` builds one cell with biases, `nn.LSTMCell(10, 20, 0)` one without. A cell is a single step of a
single layer and has no `num_layers`; torch checks nothing here and stays silent.

**Mend it** by `bias=False` where that is meant; for several layers make one cell a layer (each with its own state), or
use `nn.LSTM`.

Reference: [torch.nn.LSTMCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind, python_value
from lstmcheck.source.edit import Name, Value


def _is_positional(violation: Violation) -> bool:
    # bias=0 by name is meant so; only a number at the third position is mistaken for a number of layers
    return "bias" not in (violation.layer or {}).get("text", "")


def _message(violation: Violation) -> str:
    given = python_value(detail(violation, "value"), violation.need.got)
    return f"the third argument of {kind(violation, 'a cell')} is bias, a bool, got {given}; torch stays silent"


def _help(violation: Violation) -> str:
    layer = kind(violation, "LSTMCell").removesuffix("Cell")
    return f"write bias=True or bias=False; for several layers make several cells, or use nn.{layer}"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, value = code.at(violation), detail(violation, "value")
    if place is None or place.call is None or len(place.call.args) != 3 or not isinstance(value, int):
        return None
    edit = place.editing.arguments(place.call, Value(2, str(bool(value))), Name(2, "bias"))
    return fix("unsafe", "write the bias as the bool that it is", edit)


RULE = Rule(
    code="LSTM110",
    name="cell-bias",
    severity="warning",
    since="0.1",
    needs=("construct.cell_bias",),
    when=_is_positional,
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            from torch import nn

            cell = nn.LSTMCell(10, 20, 2)
            """,
            silent=True,
            line=3,
            fixed={3: "cell = nn.LSTMCell(10, 20, bias=True)"},
        ),
        Bad(
            """
            import torch.nn as nn

            class Controller(nn.Module):
                def __init__(self, inputs, memory):
                    super().__init__()
                    self.cell = nn.GRUCell(inputs, memory, 0)
            """,
            silent=True,
            line=6,
            run="Controller(4, 8)",
            fixed={6: "self.cell = nn.GRUCell(inputs, memory, bias=False)"},
        ),
        Good(
            """
            from torch import nn

            class Controller(nn.Module):
                def __init__(self, inputs, memory, bias=False):
                    super().__init__()
                    self.cell = nn.GRUCell(inputs, memory, bias)
                    self.other = nn.RNNCell(inputs, memory, bias=0)
                    self.rnn = nn.GRU(inputs, memory, 2)
            """,
            run="Controller(4, 8)",
        ),
    ),
)
