"""A layer that follows a recurrent one is built for another number of features.

The output of a recurrent layer has `hidden_size` features, twice as many when it is bidirectional, and `proj_size` ones
where that is used. `h_n` has one row of `hidden_size` (or `proj_size`) features for each layer and direction. A Linear,
LayerNorm or convolution that follows must be built for exactly that number; torch's own message multiplies batch and
time into one number ("mat1 and mat2 shapes cannot be multiplied (120x40 and 20x5)").

**Mend it** in the following layer: `nn.Linear(2 * hidden_size, ...)` after a bidirectional layer; or reduce the output,
for instance by adding its two halves.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html), "Outputs"
"""

from __future__ import annotations

from lstmcheck.dims import Dim, Verdict, compare
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix, layers
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import count, detail, got, is_given, is_true, kind, option, subject


def _message(violation: Violation) -> str:
    takes = f"this {subject(violation, 'layer')} takes {count(violation.need.want, 'feature')}"
    return f"{takes}, it gets {got(violation)}{_why(violation)}"


def _why(violation: Violation) -> str:
    """Where the number comes from, said only when it is exactly that."""
    given: Dim = violation.need.got
    hidden, projected = option(violation, "hidden_size"), option(violation, "proj_size")
    if hidden is None or detail(violation, "part") not in (None, "output", "result"):
        return ": a row of h_n is of one direction" if _takes_both_rows(violation) else ""
    name, base = kind(violation), hidden
    if is_given(projected):
        base = projected
    if is_true(option(violation, "bidirectional")) and _same(given, 2 * base):
        return f": the output of a bidirectional {name} has 2 * {'proj_size' if base is projected else 'hidden_size'}"
    if not _same(given, base):
        return ""
    if base is projected:
        return f": with proj_size the output of the {name} has proj_size features, not hidden_size"
    return f": the output of the {name} has hidden_size features"


def _takes_both_rows(violation: Violation) -> bool:
    """Whether one row of a bidirectional layer's h_n goes into what is built for both directions."""
    projected = option(violation, "proj_size")
    row = projected if is_given(projected) else option(violation, "hidden_size")
    if detail(violation, "part") != "h_n" or row is None or not is_true(option(violation, "bidirectional")):
        return False
    return _same(violation.need.got, row) and _same(violation.need.want, 2 * row)


def _same(a: Dim, b: Dim) -> bool:
    return compare(a, b).verdict is Verdict.EQ


def _help(violation: Violation) -> str:
    following, given = subject(violation, "layer"), violation.need.got
    if _takes_both_rows(violation):
        return "torch.cat((h_n[-2], h_n[-1]), dim=-1) has the last layer's both directions"
    if isinstance(given, int) and "2 * hidden_size" in _why(violation):
        return f"build the {following} for 2 * hidden_size = {given} features"
    return f"build the {following} for {got(violation)} features"


def _fix(violation: Violation, code: Code) -> Fix | None:
    size = layers.features(violation, code)
    # of h_n of both directions, one row may be read where two are meant
    if size is None or (detail(violation, "part") == "h_n" and option(violation, "bidirectional") != 0):
        return None
    place, node = size
    text = layers.new_features(violation, code, place, node)
    edit = place.editing.replace(node, text) if text is not None else None
    sure = detail(violation, "part") == "output" and bool(_why(violation))
    return fix("safe" if sure else "unsafe", f"build the {subject(violation, 'layer')} for what it gets", edit)


RULE = Rule(
    code="LSTM301",
    name="following-features",
    severity="error",
    since="0.1",
    needs=("layer.features",),
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
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
            head = nn.Linear(20, 5)
            out, _ = lstm(torch.randn(8, 15, 10))
            y = head(out)
            """,
            raises="mat1 and mat2 shapes cannot be multiplied (120x40 and 20x5)",
            line=7,
            fixed={5: "head = nn.Linear(40, 5)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Model(nn.Module):
                def __init__(self, embedding, hidden, words):
                    super().__init__()
                    self.lstm = nn.LSTM(embedding, hidden, batch_first=True, proj_size=4)
                    self.head = nn.Linear(hidden, words)

                def forward(self, x):
                    out, _ = self.lstm(x)
                    return self.head(out[:, -1])
            """,
            raises="mat1 and mat2 shapes cannot be multiplied (2x4 and 8x9)",
            line=12,
            run="Model(4, 8, 9)(torch.zeros(2, 5, 4))",
            fixed={8: "self.head = nn.Linear(4, words)"},
        ),
        Bad(
            """
            import torch
            import torch.nn as nn

            class Normed(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.gru = nn.GRU(features, hidden, bidirectional=True)
                    self.norm = nn.LayerNorm(hidden)

                def forward(self, x):
                    out, h = self.gru(x)
                    return self.norm(out)
            """,
            raises="expected input with shape [*, 8], but got input of size[5, 2, 16]",
            line=12,
            run="Normed(4, 8)(torch.zeros(5, 2, 4))",
            fixed={8: "self.norm = nn.LayerNorm(2 * hidden)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, bidirectional=True)
            head = nn.Linear(2 * 20, 5)
            out, h_n = gru(torch.randn(15, 8, 10))
            y = head(h_n[-1])
            """,
            raises="mat1 and mat2 shapes cannot be multiplied (8x20 and 40x5)",
            line=7,
        ),
        Good(
            """
            import torch
            import torch.nn as nn

            class Model(nn.Module):
                def __init__(self, embedding, hidden, words, both=False):
                    super().__init__()
                    self.lstm = nn.LSTM(embedding, hidden, batch_first=True, bidirectional=both)
                    self.head = nn.Linear(hidden * (2 if both else 1), words)
                    self.summary = nn.Linear(hidden, words)

                def forward(self, x):
                    out, (h, c) = self.lstm(x)
                    return self.head(out), self.summary(h[-1])
            """,
            run="Model(4, 8, 9, True)(torch.zeros(2, 5, 4))",
        ),
    ),
)
