"""A recurrent layer is constructed with arguments that it does not have.

The call names a keyword that torch's constructor does not know (often a Keras one), gives an argument twice, or leaves
a size out. torch raises TypeError as soon as the line is reached, so that it is cheap to find; a line that is reached
only with some option (another kind of layer, a config that nobody tried) waits until somebody does.

**Mend it** with torch's own names: `input_size`, `hidden_size`, `num_layers`, `bias`, `batch_first`, `dropout`,
`bidirectional`, `proj_size` (LSTM only), `nonlinearity` (RNN only). The output always holds every time step: there is
no `return_sequences`. The batch size is no property of the layer. Cells have no layers, directions or dropout.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast

from lstmcheck.contract.signatures import SLIPS
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, is_cell, kind, python_says
from lstmcheck.source.edit import Drop, Name, arguments_of

_NOT_A_CELLS = ("num_layers", "batch_first", "dropout", "bidirectional", "proj_size")
_NOT_NEEDED = {
    "return_sequences": "leave it out: the output always holds every step, and h_n the last one",
    "return_state": "leave it out: the state is always returned, out, state = layer(x)",
    "batch_size": "leave it out: a layer takes any batch size",
}


def _message(violation: Violation) -> str:
    return f"{kind(violation, 'the constructor')} {python_says(violation)}"


def _help(violation: Violation) -> str | None:
    name = violation.need.subject
    if name in _NOT_NEEDED:
        return _NOT_NEEDED[name]
    if is_cell(violation) and name in _NOT_A_CELLS:
        return f"a cell is one step of one layer; {name} is an argument of nn.{kind(violation).removesuffix('Cell')}"
    nearest = detail(violation, "nearest")
    if nearest:
        return f"torch calls it {' or '.join(nearest)}"
    names = [name for name in detail(violation, "accepted") if name != "proj_size" or kind(violation) == "LSTM"]
    return f"the arguments are {', '.join(names)}"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, accepted = code.at(violation), detail(violation, "accepted") or ()
    if place is None or place.call is None or detail(violation, "problem") != "unknown":
        return None
    changes: list[Name | Drop] = []
    safe, taken = True, {keyword.arg for keyword in place.call.keywords}
    for at, one in enumerate(arguments_of(place.call)):
        if not isinstance(one, ast.keyword) or one.arg is None or one.arg in accepted:
            continue
        meant = SLIPS.get(one.arg, "")
        if meant in accepted and meant not in taken:
            changes.append(Name(at, meant))
        elif one.arg in _NOT_NEEDED:
            changes.append(Drop(at))
            # every step, and the state, is what torch returns in any case
            safe = safe and one.arg != "batch_size" and place.text(one.value) == "True"
        else:
            return None
    edit = place.editing.arguments(place.call, *changes)
    return fix("safe" if safe else "unsafe", "call the arguments what torch calls them", edit)


RULE = Rule(
    code="LSTM101",
    name="constructor-signature",
    severity="error",
    since="0.1",
    needs=("construct.signature",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=(
        "safe",
        "unsafe",
    ),
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.LSTM(input_size=8, units=16, return_sequences=True)
            """,
            raises="got an unexpected keyword argument",
            line=3,
            fixed={3: "rnn = nn.LSTM(input_size=8, hidden_size=16)"},
        ),
        Bad(
            """
            from torch import nn

            class Decoder(nn.Module):
                def __init__(self, features, hidden, layers):
                    super().__init__()
                    self.cell = nn.GRUCell(features, hidden, num_layers=layers)
            """,
            raises="got an unexpected keyword argument 'num_layers'",
            line=6,
            run="Decoder(4, 8, 2)",
        ),
        Bad(
            """
            from torch.nn import GRU

            rnn = GRU(10, 20, input_size=10)
            """,
            raises="got multiple values for argument 'input_size'",
            line=3,
        ),
        Good(
            """
            import torch.nn as nn

            class Decoder(nn.Module):
                def __init__(self, features, hidden, layers, **options):
                    super().__init__()
                    self.rnn = nn.GRU(hidden_size=hidden, input_size=features, num_layers=layers, **options)
            """,
            run="Decoder(4, 8, 2, batch_first=True)",
        ),
    ),
)
