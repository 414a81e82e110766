"""The parts of a PackedSequence that was put together by hand do not fit each other.

`data` holds the steps of all sequences, `batch_sizes` how many sequences reach each step: the most first, and as many
rows of data as they add up to, in an int64 tensor on the CPU. They are not the lengths of the sequences. With
`sorted_indices` and `unsorted_indices`, each is the other's inverse. `PackedSequence(...)` takes nearly anything; a
layer that reads it fails with a text about other things, or leaves rows out, and `pad_packed_sequence` can end the
interpreter.

**Mend it** by leaving it to torch: `pack_padded_sequence` and `pack_sequence` make packs. To change the data of one,
keep its other parts: `PackedSequence(f(packed.data), *packed[1:])`.

Reference: [torch.nn.utils.rnn.PackedSequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html)
"""

from __future__ import annotations

from lstmcheck.findings import Violation
from lstmcheck.rules.model import Bad, Good, Rule
from lstmcheck.rules.wording import article, count, got, silence, subject, want

_SIZES = "batch_sizes of this PackedSequence"


def _message(violation: Violation) -> str:
    need = violation.need
    if need.what == "parts.rows":
        return f"{_SIZES} add up to {count(need.want, 'row')}, its data has {got(violation)}{silence(violation)}"
    if need.what == "parts.indices.count":
        entries = count(need.got, "entry", "entries")
        return f"{subject(violation)} has {entries} for a batch of {want(violation)}{silence(violation)}"
    if need.what == "parts.indices.order":
        return f"{subject(violation)} does not hold each of its positions once"
    if need.what == "parts.indices.inverse":
        return f"unsorted_indices is not the inverse of sorted_indices{silence(violation)}"
    return f"{_SIZES} {_WRONG[need.what].format(got=got(violation), a=article(got(violation)))}"


_WRONG = {
    "parts.sizes.type": "is {a}: it must be a tensor",
    "parts.sizes.device": "is on {got}: it must be on the CPU",
    "parts.sizes.rank": "have {got} axes: one is right, with an entry for each step",
    "parts.sizes.integers": "are of {got}: they must be of torch.int64",
    "parts.sizes.empty": "are empty: there must be one entry for each step",
    "parts.sizes.sorted": "are {got}: they say how many sequences reach each step, and cannot increase",
    "parts.sizes.negative": "end in {got}: they say how many sequences reach each step",
}


def _help(violation: Violation) -> str:
    if violation.need.what.startswith("parts.indices"):
        return "leave unsorted_indices out (torch makes the inverse), or pass on both of the pack that the data is from"
    return "pack with pack_padded_sequence or pack_sequence, or keep the parts: PackedSequence(data, *packed[1:])"


RULE = Rule(
    code="LSTM411",
    name="pack-parts",
    severity="error",
    since="0.1",
    needs=(
        "parts.rows",
        "parts.sizes.type",
        "parts.sizes.device",
        "parts.sizes.rank",
        "parts.sizes.integers",
        "parts.sizes.empty",
        "parts.sizes.sorted",
        "parts.sizes.negative",
        "parts.indices.count",
        "parts.indices.order",
        "parts.indices.inverse",
    ),
    message=_message,
    help=_help,
    examples=(
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import PackedSequence

            gru = nn.GRU(4, 8)
            packed = PackedSequence(torch.randn(5, 4), torch.tensor([3, 2, 1]))
            out, h = gru(packed)
            """,
            raises="start (5) + length (1) exceeds dimension size (5)",
            line=6,
            raises_line=7,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import PackedSequence

            class Reader(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lstm = nn.LSTM(features, hidden)

                def forward(self, steps):
                    packed = PackedSequence(steps, torch.tensor([1, 2, 3]))
                    return self.lstm(packed)[1]
            """,
            raises="output with shape [1, 32] doesn't match the broadcast shape [2, 32]",
            line=11,
            raises_line=12,
            run="Reader(4, 8)(torch.randn(6, 4))",
        ),
        Bad(
            """
            import torch
            from torch.nn.utils.rnn import PackedSequence

            packed = PackedSequence(torch.randn(6, 4), [3, 2, 1])
            """,
            raises="'list' object has no attribute 'device'",
            line=4,
        ),
        Bad(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import PackedSequence

            lstm = nn.LSTM(4, 8)
            packed = PackedSequence(torch.randn(6, 4), torch.tensor([3.0, 2.0, 1.0]))
            out, _ = lstm(packed)
            """,
            raises="zeros(): argument 'size' failed to unpack",
            line=6,
            raises_line=7,
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

            class Reader(nn.Module):
                def __init__(self, features, hidden):
                    super().__init__()
                    self.lower = nn.LSTM(features, hidden)
                    self.norm = nn.LayerNorm(hidden)
                    self.upper = nn.LSTM(hidden, hidden)

                def forward(self, x, lengths):
                    packed, _ = self.lower(pack_padded_sequence(x, lengths, enforce_sorted=False))
                    return self.upper(PackedSequence(self.norm(packed.data), *packed[1:]))
            """,
            run="Reader(4, 8)(torch.randn(5, 3, 4), [2, 5, 1])",
        ),
        Good(
            """
            import torch
            from torch import nn
            from torch.nn.utils.rnn import PackedSequence

            gru = nn.GRU(4, 8)
            packed = PackedSequence(torch.randn(6, 4), torch.tensor([3, 2, 1]))
            out, h = gru(packed)
            """,
        ),
    ),
)
