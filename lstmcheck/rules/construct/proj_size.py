"""`proj_size` is given to a layer that cannot have it, or is not smaller than the hidden size.

Only `nn.LSTM` can project its hidden state, and only to fewer features than `hidden_size`. torch raises ValueError at
construction; given by position to a GRU or RNN it is accepted there, and the first call fails.

**Mend it** by leaving `proj_size` out, or by giving 0 < proj_size < hidden_size to an `nn.LSTM`. To reduce the features
of a GRU, let an `nn.Linear` follow.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import got, kind, want


def _message(violation: Violation) -> str:
    if _not_an_lstm(violation):
        later = "; every call of the layer fails" if violation.need.raises is None else ""
        return f"{kind(violation, 'this layer')} has no proj_size: only LSTM can project its hidden state{later}"
    if violation.need.relation == "at least":
        return f"proj_size is {got(violation)}, it must be zero or greater"
    return f"proj_size is {got(violation)}, it must be smaller than hidden_size = {want(violation)}"


def _not_an_lstm(violation: Violation) -> bool:
    return violation.need.relation in ("never", "equal")


def _help(violation: Violation) -> str | None:
    if _not_an_lstm(violation):
        return "leave proj_size out and let an nn.Linear reduce the features"
    return "proj_size makes the output smaller than hidden_size; leave it out where nothing is to be reduced"


def _fix(violation: Violation, code: Code) -> Fix | None:
    return arguments.left_out(violation, code, "proj_size", "leave proj_size out")


RULE = Rule(
    code="LSTM106",
    name="proj-size",
    severity="error",
    since="0.1",
    needs=("construct.proj_size",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            from torch import nn

            rnn = nn.GRU(10, 20, proj_size=5)
            """,
            raises="proj_size argument is only supported for LSTM, not RNN or GRU",
            line=3,
            fixed={3: "rnn = nn.GRU(10, 20)"},
        ),
        Bad(
            """
            from torch import nn

            class Language(nn.Module):
                def __init__(self, embedding, hidden, layers):
                    super().__init__()
                    self.lstm = nn.LSTM(embedding, hidden, layers, proj_size=hidden)
            """,
            raises="proj_size has to be smaller than hidden_size",
            line=6,
            run="Language(4, 8, 1)",
            fixed={6: "self.lstm = nn.LSTM(embedding, hidden, layers)"},
        ),
        Good(
            """
            from torch import nn

            class Language(nn.Module):
                def __init__(self, embedding, hidden, layers):
                    super().__init__()
                    self.lstm = nn.LSTM(embedding, hidden, layers, proj_size=hidden - 1)
            """,
            run="Language(4, 8, 1)",
        ),
    ),
)
