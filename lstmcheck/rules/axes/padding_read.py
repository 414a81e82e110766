"""Padding is read as data: the last step of padded rows, or a mean over the padded length.

In a padded batch the rows end at different steps. `out[:, -1]` is the end of the longest row only; of the others it
is padding (zeros after `pad_packed_sequence`). `out.mean(dim=1)` divides by the longest length, so that the result of
a row depends on the other rows of its batch. A softmax over the steps gives padding a share of the weights, and a loss
whose targets are padded with a class counts every padded step. A `forward` that its callers must give the lengths, and
that never reads them, goes on through the padding in the same way.

**Mend it** with the final state `h_n[-1]` of a packed batch, with `out[torch.arange(batch), lengths - 1]`, or with a
sum divided by the lengths; mask the scores before a softmax; give the loss `ignore_index`, or pad targets with -100.

Reference: [pad_packed_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail


def _message(violation: Violation) -> str:
    if violation.need.what == "silent.last_padded":
        if detail(violation, "how") == "the final state":
            return "the final state of a padded batch that is not packed: the layer went on through the padding"
        return "the last step of a padded batch is padding in all rows but the longest"
    if violation.need.what == "silent.softmax_padded":
        what = detail(violation, "operation")
        return f"{what} over padded steps that nothing masks: padding takes a share of the weights"
    if violation.need.what == "silent.loss_padded":
        fill = detail(violation, "fill")
        return f"these targets are padded with {fill}, which the loss takes for a class: it counts the padding"
    return "a mean over a padded axis divides by the longest length, not by the length of each row"


def _help(violation: Violation) -> str:
    if violation.need.what == "silent.last_padded":
        return "use h_n of the packed batch, or out[torch.arange(batch), lengths - 1]"
    if violation.need.what == "silent.softmax_padded":
        return 'mask first: scores.masked_fill(~mask, float("-inf"))'
    if violation.need.what == "silent.loss_padded":
        return f"ignore_index={detail(violation, 'fill')} if no step has this class, or pad the targets with -100"
    return "sum over the axis and divide by the lengths"


RULE = Rule(
    code="LSTM647",
    name="padding-read",
    severity="warning",
    since="0.1",
    needs=("silent.last_padded", "silent.mean_padded", "silent.softmax_padded", "silent.loss_padded"),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            gru = nn.GRU(3, 8, batch_first=True)
            packed = pack_padded_sequence(torch.randn(3, 6, 3), torch.tensor([6, 4, 1]), batch_first=True)
            out, lengths = pad_packed_sequence(gru(packed)[0], batch_first=True)
            last = out[:, -1]
            """,
            silent=True,
            line=8,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            gru = nn.GRU(3, 8, batch_first=True)
            packed = pack_padded_sequence(torch.randn(3, 6, 3), torch.tensor([6, 4, 1]), batch_first=True)
            out, lengths = pad_packed_sequence(gru(packed)[0], batch_first=True)
            mean = out.mean(dim=1)
            """,
            silent=True,
            line=8,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.rnn = nn.LSTM(features, hidden, batch_first=True)

                def forward(self, x):
                    padded = nn.utils.rnn.pad_sequence(x, batch_first=True)
                    out, _ = self.rnn(padded)
                    return out[:, -1]
            """,
            silent=True,
            line=13,
            run="Model(3, 4)([torch.randn(5, 3), torch.randn(2, 3)])",
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pad_sequence

            gru = nn.GRU(3, 8, batch_first=True)
            _, h_n = gru(pad_sequence([torch.randn(5, 3), torch.randn(2, 3)], batch_first=True))
            last = h_n[-1]
            """,
            silent=True,
            line=7,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Model(nn.Module):
                def __init__(self, vocabulary, hidden):
                    super().__init__()
                    self.embed = nn.Embedding(vocabulary, hidden, padding_idx=0)
                    self.rnn = nn.GRU(hidden, hidden, batch_first=True)

                def forward(self, tokens, lengths):
                    _, h_n = self.rnn(self.embed(tokens))
                    return h_n[-1]


            Model(9, 4)(torch.tensor([[3, 4, 5], [6, 0, 0]]), torch.tensor([3, 1]))
            """,
            silent=True,
            line=13,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pad_sequence

            gru, score = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 1)
            out, _ = gru(pad_sequence([torch.randn(5, 3), torch.randn(2, 3)], batch_first=True))
            weights = torch.softmax(score(out), dim=1)
            context = (weights * out).sum(1)
            """,
            silent=True,
            line=7,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pad_sequence

            gru = nn.GRU(3, 8, batch_first=True)
            out, _ = gru(pad_sequence([torch.randn(5, 3), torch.randn(2, 3)], batch_first=True))
            tags = pad_sequence([torch.tensor([1, 2, 3, 4, 5]), torch.tensor([6, 7])], batch_first=True)
            loss = nn.functional.cross_entropy(out.transpose(1, 2), tags)
            """,
            silent=True,
            line=8,
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            gru = nn.GRU(3, 8, batch_first=True)
            packed = pack_padded_sequence(torch.randn(3, 6, 3), torch.tensor([6, 4, 1]), batch_first=True)
            out, lengths = pad_packed_sequence(gru(packed)[0], batch_first=True)
            mean = out.sum(dim=1) / lengths.unsqueeze(1)
            last = out[torch.arange(3), lengths - 1]
            """,
        ),
    ),
)
