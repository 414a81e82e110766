"""The samples are sorted by length inside forward and returned in that order.

Sorting for `pack_padded_sequence` puts the samples in another order than the targets outside have. Unless the results
are put back by the inverse order, or the order is returned with them, every prediction is held against the target of
another sample, and nothing raises.

**Mend it** by `result[order.argsort()]` before returning, or leave the sorting to `pack_padded_sequence(...,
enforce_sorted=False)`, which undoes it by itself.

Reference: [pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import detail, kind


def _message(violation: Violation) -> str:
    if violation.need.what == "silent.sorted":
        loss = detail(violation, "loss")
        return f"{loss} takes predictions in the order of the lengths, and targets that are not sorted"
    if detail(violation, "lost"):
        return f"this {kind(violation)} reads a pack that was made from another without its sorted_indices: {_LOST}"
    if detail(violation, "restored"):
        return "forward sorts the samples by length and puts only a part of what it returns back into their own order"
    return "forward sorts the samples by length and returns the result in that order: it is never put back"


_LOST = "its results stay in the order of the lengths"


def _help(violation: Violation) -> str:
    if detail(violation, "lost"):
        return "keep all parts: PackedSequence(data, *packed[1:])"
    if violation.need.what == "silent.sorted":
        return "index the targets by the same order, or pack with enforce_sorted=False instead of sorting"
    return "index the result by order.argsort(), or pack with enforce_sorted=False instead of sorting"


RULE = Rule(
    code="LSTM649",
    name="samples-sorted",
    severity="warning",
    since="0.1",
    needs=("silent.order", "silent.sorted"),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence


            class Encoder(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gru = nn.GRU(3, 8, batch_first=True)

                def forward(self, x, lengths):
                    lengths, order = lengths.sort(descending=True)
                    packed = pack_padded_sequence(x[order], lengths, batch_first=True)
                    _, h_n = self.gru(packed)
                    return h_n[-1]


            Encoder()(torch.randn(3, 5, 3), torch.tensor([2, 5, 3]))
            """,
            silent=True,
            line=15,
        ),
        Bad(
            """
            import torch
            from torch import nn


            class Sorted(nn.Module):
                def forward(self, rnn, x, lengths):
                    order = torch.argsort(lengths, descending=True)
                    packed = nn.utils.rnn.pack_padded_sequence(x[order], lengths[order], batch_first=True)
                    return rnn(packed)[1][-1]


            last = Sorted()(nn.GRU(3, 8, batch_first=True), torch.randn(3, 5, 3), torch.tensor([2, 5, 3]))
            """,
            silent=True,
            line=9,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence
            from torch.utils.data import DataLoader, TensorDataset

            gru, head = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 2)
            data = TensorDataset(torch.randn(12, 5, 3), torch.randint(1, 6, (12,)), torch.randint(0, 2, (12,)))
            for x, lengths, y in DataLoader(data, batch_size=4):
                lengths, order = lengths.sort(descending=True)
                _, h_n = gru(pack_padded_sequence(x[order], lengths, batch_first=True))
                loss = nn.functional.cross_entropy(head(h_n[-1]), y)
            """,
            silent=True,
            line=11,
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence


            class Encoder(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gru = nn.GRU(3, 8, batch_first=True)

                def forward(self, x, lengths):
                    lengths, order = lengths.sort(descending=True)
                    packed = pack_padded_sequence(x[order], lengths, batch_first=True)
                    _, h_n = self.gru(packed)
                    return h_n[-1][order.argsort()]


            Encoder()(torch.randn(3, 5, 3), torch.tensor([2, 5, 3]))
            """,
        ),
    ),
)
