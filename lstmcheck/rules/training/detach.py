"""A recurrent state is carried over a backward pass without being detached.

The state that the layer returns hangs on the graph of all steps before. When it goes into the next batch, the second
`backward()` runs through the first batch again, and torch raises "Trying to backward through the graph a second time".
`detach()` returns a new tensor; a call whose result is thrown away does nothing. Of an LSTM both h and c must be cut.

**Mend it** between the batches: `state = tuple(part.detach() for part in state)`, or start each batch from no state.
`retain_graph=True` is no remedy: every step gets slower, and the optimizer's updates make it fail in another way.

Reference: [torch.Tensor.detach](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import kind, subject


def _message(violation: Violation) -> str:
    name = subject(violation, "the state")
    return f"{name} of this {kind(violation)} is carried into the next backward() with its graph: it is never detached"


def _help(violation: Violation) -> str:
    if kind(violation).startswith("LSTM"):
        return "detach both before the next step: state = tuple(part.detach() for part in state)"
    return "detach it before the next step: state = state.detach()"


RULE = Rule(
    code="LSTM504",
    name="state-graph",
    severity="error",
    since="0.1",
    needs=("graph.detach",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(4, 8)
            state = torch.zeros(1, 2, 8)
            for batch in range(3):
                out, state = gru(torch.randn(5, 2, 4), state)
                loss = out.pow(2).mean()
                loss.backward()
            """,
            raises="Trying to backward through the graph a second time",
            line=9,
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x, state=None):
                    return self.lstm(x, state)

            def train(model, batches, optimizer):
                state = None
                for x in batches:
                    out, state = model(x, state)
                    if state is not None:
                        state[0].detach()
                        state[1].detach()
                    optimizer.zero_grad()
                    out.mean().backward()
                    optimizer.step()

            model = Model(4, 8)
            train(model, torch.randn(3, 2, 5, 4), torch.optim.SGD(model.parameters(), lr=0.1))
            """,
            raises="Trying to backward through the graph a second time",
            line=20,
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(4, 8)
            state = None
            for batch in range(3):
                out, state = lstm(torch.randn(5, 2, 4), state)
                state = tuple(part.detach() for part in state)
                loss = out.pow(2).mean()
                loss.backward()
            """,
        ),
    ),
)
