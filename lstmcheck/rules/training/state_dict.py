"""Weights are loaded into a layer of another configuration.

The names and shapes of a recurrent layer's weights follow from its arguments: a bidirectional layer has
`weight_ih_l0_reverse`, a second layer `weight_ih_l1`, a projection `weight_hr_l0`; the sizes are `4 * hidden_size` for
an LSTM, `3 * hidden_size` for a GRU. `load_state_dict` refuses weights of another configuration;
`strict=False` would leave the weights that are missing untrained.

**Mend it** by building the layer with the arguments that the checkpoint was trained with.

Reference: [torch.nn.Module.load_state_dict](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, show_value


def _message(violation: Violation) -> str:
    saved_as, wanted_as = detail(violation, "saved as"), detail(violation, "wanted as")
    if saved_as:
        return f"these weights are named otherwise: {saved_as} is saved, {wanted_as} is wanted"
    argument = detail(violation, "argument")
    if argument:
        saved, here = (_shown(argument, value) for value in (violation.need.got, violation.need.want))
        if detail(violation, "untrained"):
            return f"strict=False leaves a part of this layer untrained: {argument} is {saved} there and {here} here"
        return f"these weights are of a net with {argument}={saved}, this one has {argument}={here}"
    missing, unexpected = detail(violation, "missing"), detail(violation, "unexpected")
    parts = [f"{len(keys)} {word}" for keys, word in ((missing, "missing"), (unexpected, "unexpected")) if keys]
    first = next((keys[0] for keys in (missing, unexpected) if keys), None)
    named = f": {' and '.join(parts)}, for instance {first}" if first is not None else ""
    return f"these weights are of a net with another configuration{named}"


def _shown(argument: str, value: object) -> str:
    flag = argument in ("bidirectional", "bias", "batch_first") and value in (0, 1)
    return str(bool(value)) if flag else show_value(value)


def _help(violation: Violation) -> str:
    if detail(violation, "saved as"):
        return "save the state_dict() of the same module (of a wrapped one: net.module), or rename its keys"
    return "build the net with the arguments that the weights were trained with"


RULE = Rule(
    code="LSTM503",
    name="state-dict",
    severity="error",
    since="0.1",
    needs=("state_dict.keys",),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            from torch import nn

            trained = nn.LSTM(10, 20, bidirectional=True)
            net = nn.LSTM(10, 20)
            net.load_state_dict(trained.state_dict())
            """,
            raises='Unexpected key(s) in state_dict: "weight_ih_l0_reverse"',
            line=5,
        ),
        Bad(
            """
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, features, hidden, layers):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, num_layers=layers)

            def restore(features, hidden):
                old = Tagger(features, hidden, 1)
                new = Tagger(features, hidden, 2)
                new.load_state_dict(old.state_dict())
                return new
            """,
            raises='Missing key(s) in state_dict: "rnn.weight_ih_l1"',
            line=11,
            run="restore(4, 8)",
        ),
        Good(
            """
            import torch.nn as nn

            class Tagger(nn.Module):
                def __init__(self, features, hidden, layers):
                    super().__init__()
                    self.rnn = nn.GRU(features, hidden, num_layers=layers)

            def restore(features, hidden):
                old = Tagger(features, hidden, 2)
                new = Tagger(features, hidden, layers=2)
                new.load_state_dict(old.state_dict())
                return new
            """,
            run="restore(4, 8)",
        ),
    ),
)
