"""A recurrent state is carried over a backward pass without being detached.

The state that the layer returns hangs on the graph of all steps before. When it goes into the next batch, the second
`backward()` runs through the first batch again, and torch raises "Trying to backward through the graph a second time".
`detach()` returns a new tensor; a call whose result is thrown away does nothing. Of an LSTM both h and c must be cut.

**Mend it** between the batches: `state = tuple(part.detach() for part in state)`, or start each batch from no state.
`retain_graph=True` is no remedy: every step gets slower, and the optimizer's updates make it fail in another way.

Reference: [torch.Tensor.detach](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, Place, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import kind, subject


def _message(violation: Violation) -> str:
    name = subject(violation, "the state")
    return f"{name} of this {kind(violation)} is carried into the next backward() with its graph: it is never detached"


def _help(violation: Violation) -> str:
    if kind(violation).startswith("LSTM"):
        return "detach both before the next step: state = tuple(part.detach() for part in state)"
    return "detach it before the next step: state = state.detach()"


def _fix(violation: Violation, code: Code) -> Fix | None:
    place = code.at(violation)
    if place is None:
        return None
    loop = next((at for at in place.editing.above(place.node) if isinstance(at, (ast.For, ast.While))), None)
    statement = place.editing.statement(place.node)
    carried = list(_carried(place, loop)) if loop is not None else []
    if statement is None or len(carried) != 1:
        return None
    names = carried[0]
    if len(names) > 1:
        line = f"{', '.join(names)} = {', '.join(f'{name}.detach()' for name in names)}"
    elif kind(violation).startswith("LSTM"):
        line = f"{names[0]} = tuple(part.detach() for part in {names[0]})"
    else:
        line = f"{names[0]} = {names[0]}.detach()"
    return fix("safe", "detach the state after the backward pass", place.editing.insert_line(statement, line))


def _carried(place: Place, loop: ast.AST) -> Iterator[list[str]]:
    """The names that a call in the loop binds and is given again in the next round."""
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.targets) == 1:
            given = {
                place.text(part) for arg in node.value.args for part in ast.walk(arg) if isinstance(part, ast.expr)
            }
            target = node.targets[0]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            parts = [inner for part in parts for inner in (part.elts if isinstance(part, ast.Tuple) else [part])]
            names = [place.text(part) for part in parts if place.text(part) in given]
            if names:
                yield names


RULE = Rule(
    code="LSTM504",
    name="state-graph",
    severity="error",
    since="0.1",
    needs=("graph.detach",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("safe",),
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
            fixed={9: "loss.backward()\nstate = state.detach()"},
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
            fixed={20: "out.mean().backward()\nstate = tuple(part.detach() for part in state)"},
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
