"""A layer that gets one time step at a time starts every step from the same state.

In a loop over time steps the state must go from each call into the next. Where the call gets no state, or the one from
before the loop again, and the state that it returns is dropped, every step is the first one: the layer remembers
nothing, and nothing is raised.

**Mend it** by feeding the state back: `out, state = rnn(x_t, state)`.

Reference: [torch.nn.LSTMCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html)
"""

from __future__ import annotations

import ast

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    state, maker = detail(violation, "state"), detail(violation, "of")
    half = detail(violation, "half")
    if half:
        return f"every step starts from the same {half}: the {half} that this {kind(violation)} returns is dropped"
    if detail(violation, "none"):
        start = "from zeros"
    else:
        start = f"from `{state}` again" if state else f"from the same state of the {maker} again" if maker else "there"
    return f"every step of this loop starts {start}: the state that this {kind(violation)} returns is dropped"


def _help(violation: Violation) -> str:
    if kind(violation).endswith("Cell"):
        return "pass the state of the last step and keep the new one: state = cell(x_t, state)"
    return "pass the state of the last step and keep the new one: out, state = rnn(x_t, state)"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, state = code.at(violation), detail(violation, "state")
    statement = place.editing.parent(place.node) if place is not None else None
    if place is None or not state or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or place.text(target.elts[1]) != "_":
        return None
    edit = place.editing.joined(target.elts[1], target.elts[1], str(state))
    return fix("unsafe", "keep the new state for the next step", edit)


RULE = Rule(
    code="LSTM603",
    name="state-dropped",
    severity="warning",
    since="0.1",
    needs=("silent.state_dropped",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            encoder, decoder = nn.GRU(4, 8), nn.GRU(4, 8)
            _, hidden = encoder(torch.randn(5, 3, 4))
            token, outputs = torch.zeros(1, 3, 4), []
            for step in range(6):
                out, _ = decoder(token, hidden)
                token = out[..., :4]
                outputs.append(out)
            """,
            silent=True,
            line=8,
            fixed={8: "out, hidden = decoder(token, hidden)"},
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Walker(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.cell = nn.LSTMCell(features, hidden)
                    self.head = nn.Linear(hidden, 1)

                def forward(self, x):
                    scores = []
                    for t in range(x.shape[1]):
                        h, c = self.cell(x[:, t])
                        scores.append(self.head(h))
                    return torch.stack(scores, 1)


            Walker(4, 8)(torch.randn(2, 5, 4))
            """,
            silent=True,
            line=14,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Decoder(nn.Module):
                def __init__(self, vocabulary, hidden):
                    super().__init__()
                    self.embed = nn.Embedding(vocabulary, hidden)
                    self.rnn = nn.GRU(hidden, hidden, batch_first=True)
                    self.head = nn.Linear(hidden, vocabulary)

                def forward(self, token, hidden, steps):
                    found = []
                    for _ in range(steps):
                        out, hidden = self.rnn(self.embed(token).unsqueeze(1), hidden)
                        token = self.head(out.squeeze(1)).argmax(-1)
                        found.append(token)
                    return torch.stack(found, 1)


            Decoder(9, 8)(torch.zeros(2, dtype=torch.long), torch.zeros(1, 2, 8), 3)
            """,
        ),
        Good(
            """
            import torch
            from torch import nn


            class Sentences(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, batch_first=True)

                def forward(self, document):
                    vectors = []
                    for i in range(document.size(1)):
                        out, _ = self.rnn(document[:, i])
                        vectors.append(out[:, -1])
                    return torch.stack(vectors, 1)


            Sentences(4, 8)(torch.randn(2, 3, 5, 4))
            """,
        ),
    ),
)
