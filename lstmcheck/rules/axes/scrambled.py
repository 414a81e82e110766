"""A view or reshape moves an axis, which it cannot: the values of samples, steps or layers are mixed up.

`view` and `reshape` keep the elements in their order in memory and only cut them into other axes. (seq_len, batch,
hidden) viewed as (batch, seq_len, hidden) has the right shape and the wrong contents: step 0 of sample 1 becomes step
1 of sample 0. The same happens to `h_n.view(batch, -1)`, which mixes the layers' rows of different samples.

**Mend it** by `transpose` or `permute`, followed by `reshape` where axes are to be merged.

Reference: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import reduce
from itertools import permutations
from operator import mul

from lstmcheck.dims import Dim, TooComplex, Verdict, compare
from lstmcheck.findings import Fix, Violation
from lstmcheck.rules.mending import Code, fix
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, show_value
from lstmcheck.source.edit import arguments_of


def _message(violation: Violation) -> str:
    from_, to = (show_value(detail(violation, key)) for key in ("from", "to"))
    if _elements(detail(violation, "from")) != _elements(detail(violation, "to")):
        # axes that were merged before the view; what follows them is not looked at
        from_ = f"{from_.removesuffix(')')}, ...)"
    return f"a view from {from_} to {to} does not move axes: it mixes up {_what(violation)}"


def _elements(sizes: Sequence[Dim]) -> Dim | None:
    try:
        return reduce(mul, sizes, 1)
    except TooComplex:
        return None


def _help(violation: Violation) -> str:
    if detail(violation, "rows"):
        return "use torch.cat((h_n[-2], h_n[-1]), dim=1), h_n[-1], or h_n.transpose(0, 1).reshape(batch, -1)"
    return "put the axes in order with transpose or permute first, then reshape"


def _what(violation: Violation) -> str:
    kinds = detail(violation, "kinds")
    words = [kinds[detail(violation, key)] for key in ("blocking", "wanted")]
    if not all(words):
        places = [detail(violation, key) for key in ("blocking", "wanted")]
        sizes = [show_value(detail(violation, "from")[place]) for place in places]
        return " and ".join(f"axis {place} (of {size})" for place, size in zip(places, sizes))
    return " and ".join({"rows": "layer rows"}.get(word, word) for word in words)


def _fix(violation: Violation, code: Code) -> Fix | None:
    place, (old, new) = code.at(violation), (detail(violation, key) for key in ("from", "to"))
    call = place.call if place is not None else None
    if place is None or call is None or not isinstance(call.func, ast.Attribute) or call.func.attr not in _VIEWS:
        return None
    base: ast.expr = call.func.value
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute) and base.func.attr == "contiguous":
        base = base.func.value
    order = _order(old, new)
    if order is None:
        return None
    moved = f"{place.editing.operand(base)}.{'transpose(0, 1)' if order == (1, 0, 2) else f'permute{order}'}"
    if len(old) != len(new):
        moved += f".reshape({', '.join(place.text(node) for node in arguments_of(call))})"
    return fix("unsafe", "move the axes first", place.editing.replace(call, moved))


def _order(old: Sequence[Dim], new: Sequence[Dim]) -> tuple[int, ...] | None:
    """The only order of the old axes in which neighbours make up the new ones; within each the order stays."""
    if not 3 <= len(old) <= 5:
        return None
    fitting = [order for order in permutations(range(len(old))) if _fits([old[axis] for axis in order], order, new)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(sizes: Sequence[Dim], order: Sequence[int], new: Sequence[Dim]) -> bool:
    at = 0
    for wanted in new:
        size, first = sizes[at] if at < len(sizes) else 0, at
        at += 1
        while not _same(size, wanted) and at < len(sizes):
            size, at = size * sizes[at], at + 1
        if not _same(size, wanted) or list(order[first:at]) != sorted(order[first:at]):
            return False
    return at == len(sizes)


_VIEWS = ("view", "reshape")


def _same(a: Dim, b: Dim) -> bool:
    return compare(a, b).verdict is Verdict.EQ


RULE = Rule(
    code="LSTM645",
    name="axes-scrambled",
    severity="warning",
    since="0.1",
    needs=("silent.scrambled",),
    message=_message,
    help=_help,
    fix=_fix,
    fixes=("unsafe",),
    examples=(
        Bad(
            """
            import torch
            from torch import nn


            class Tagger(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.hidden = hidden
                    self.lstm = nn.LSTM(features, hidden)

                def forward(self, x):
                    n, steps, _ = x.shape
                    out, _ = self.lstm(x.transpose(0, 1))
                    return out.contiguous().view(n, steps, self.hidden)
            """,
            silent=True,
            line=14,
            run="Tagger(3, 4)(torch.randn(2, 5, 3))",
            fixed={14: "return out.transpose(0, 1)"},
        ),
        Bad(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(3, 8, bidirectional=True, batch_first=True)
            x = torch.randn(5, 7, 3)
            _, (h_n, _) = lstm(x)
            both = h_n.view(x.size(0), -1)
            """,
            silent=True,
            line=7,
            fixed={7: "both = h_n.transpose(0, 1).reshape(x.size(0), -1)"},
        ),
        Good(
            """
            import torch
            from torch import nn

            lstm = nn.LSTM(3, 8, num_layers=2, bidirectional=True)
            x = torch.randn(7, 5, 3)
            out, (h_n, _) = lstm(x)
            flat = out.reshape(7 * 5, 16).view(7, 5, 16)
            rows = h_n.view(2, 2, 5, 8)
            both = h_n[-2:].transpose(0, 1).reshape(5, -1)
            """,
        ),
    ),
)
