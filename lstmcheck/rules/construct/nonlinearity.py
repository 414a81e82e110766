"""`nn.RNN` or `nn.RNNCell` gets a nonlinearity that does not exist.

There are two: 'tanh' and 'relu'. Since torch 2.3 the fourth positional argument of `nn.RNN` is `nonlinearity`, so
`nn.RNN(10, 20, 2, True)` fails although `nn.LSTM(10, 20, 2, True)` does not. `nn.RNN` raises at construction,
`nn.RNNCell` at its first call.

**Mend it** with `nonlinearity='relu'` or `'tanh'`; name the other arguments: `batch_first=True`.

Reference: [torch.nn.RNN](https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, got, kind
from lstmcheck.source.edit import Name, keyword_of


def _message(violation: Violation) -> str:
    given = got(violation) if detail(violation, "type") not in (None, "str") else repr(violation.need.got)
    later = "; every call of the cell fails" if violation.need.raises is None else ""
    return f"nonlinearity of this {kind(violation, 'RNN')} must be 'tanh' or 'relu', got {given}{later}"


def _help(violation: Violation) -> str | None:
    if detail(violation, "type") == "bool":
        return "the fourth positional argument of nn.RNN is nonlinearity; name the flag: bias=... or batch_first=..."
    return None


_AS_IN_LSTM = ("bias", "batch_first", "dropout", "bidirectional")


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    if place is None or place.call is None or detail(violation, "type") != "bool" or kind(violation) != "RNN":
        return None
    flags = place.call.args[3:]
    # one flag alone is hardly the bias, which is on in any case
    names = _AS_IN_LSTM if len(flags) > 1 else ("batch_first",)
    if not flags or len(flags) > len(names) or any(keyword_of(place.call, name) for name in names[: len(flags)]):
        return None
    changes = [Name(3 + at, name) for at, name in enumerate(names[: len(flags)])]
    return fix("unsafe", "name the arguments", place.editing.arguments(place.call, *changes))


RULE = Rule(
    code="LSTM107",
    name="nonlinearity",
    severity="error",
    since="0.1",
    needs=("construct.nonlinearity",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.RNN(10, 20, 2, True)
            """,
            raises="Unknown nonlinearity 'True'. Select from 'tanh' or 'relu'.",
            line=3,
            fixed={3: "rnn = nn.RNN(10, 20, 2, batch_first=True)"},
        ),
        Bad(
            """
            import torch.nn as nn

            class Wave(nn.Module):
                def __init__(self, channels, units):
                    super().__init__()
                    self.rnn = nn.RNN(channels, units, nonlinearity="sigmoid", batch_first=True)
            """,
            raises="Unknown nonlinearity 'sigmoid'",
            line=6,
            run="Wave(1, 8)",
        ),
        Good(
            """
            from torch import nn

            rnn = nn.RNN(10, 20, 2, "relu", True, True)
            gates = nn.LSTM(10, 20, 2, True)
            """,
        ),
    ),
)
