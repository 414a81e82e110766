"""An option of the model never reaches its recurrent layer.

The constructor takes `num_layers`, `bidirectional` or `batch_first` and reads it nowhere, and its one recurrent layer
is built without that argument, or the decoder of a pair with the encoder's: whatever is asked for, the layer has
another. Nothing is raised, and every experiment with the option compares the same model. A flag `bidirectional` that
only decides between numbers (`2 if bidirectional else 1`) does not reach the layer either.

**Mend it** by handing it on: `nn.LSTM(features, hidden, num_layers=num_layers)`; or drop the parameter.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Parameters"
"""

from __future__ import annotations

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, arguments, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    parameter, option, cls = (detail(violation, key) for key in ("parameter", "option", "class"))
    how = f"with another {option}" if detail(violation, "given") else f"without {option}"
    if detail(violation, "counted"):
        return f"`{parameter}` of {cls} counts in sizes, and this {kind(violation)} is built {how}"
    return f"`{parameter}` of {cls} is never read: this {kind(violation)} is built {how}"


def _help(violation: Violation) -> str:
    return f"hand it on: {detail(violation, 'option')}={detail(violation, 'parameter')}"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, option = code.at(violation), detail(violation, "option")
    if place is None or not isinstance(option, str) or detail(violation, "given"):
        return None
    edit = arguments.with_keyword(place, option, str(detail(violation, "parameter")))
    return fix("unsafe", f"hand {option} on", edit)


RULE = Rule(
    code="LSTM611",
    name="option-unread",
    severity="warning",
    since="0.1",
    needs=("silent.option_unread",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden, num_layers):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    return self.lstm(x)[0]


            Model(4, 8, 3)(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=8,
            fixed={8: "self.lstm = nn.LSTM(features, hidden, batch_first=True, num_layers=num_layers)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Encoder(nn.Module):
                def __init__(self, features, hidden, bidirectional=False):
                    super().__init__()
                    self.bidirectional = True
                    self.gru = nn.GRU(features, hidden, 2, batch_first=True)
                    self.head = nn.Linear(hidden, 1)

                def forward(self, x):
                    return self.head(self.gru(x)[0])


            Encoder(4, 8, bidirectional=True)(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=9,
            fixed={
                9: "self.gru = nn.GRU(features, hidden, 2, batch_first=True, bidirectional=bidirectional)",
                10: "self.head = nn.Linear(2 * hidden, 1)",
            },
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden, n_enc_layers, n_dec_layers):
                    super().__init__()
                    self.encoder = nn.GRU(features, hidden, n_enc_layers)
                    self.decoder = nn.GRU(features, hidden, n_enc_layers)

                def forward(self, x, y):
                    _, h = self.encoder(x)
                    return self.decoder(y, h)[0]


            Model(4, 8, 2, 3)(torch.randn(5, 2, 4), torch.randn(5, 2, 4))
            """,
            silent=True,
            line=9,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden, num_layers):
                    super().__init__()
                    self.layers = nn.Sequential(*[nn.Linear(features, features) for _ in range(num_layers)])
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    return self.lstm(self.layers(x))[0]


            Model(4, 8, 3)(torch.randn(2, 5, 4))
            """,
        ),
    ),
)
