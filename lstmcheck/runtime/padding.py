"""Where the rows of a padded batch end: from a pack, from ids that are the padding's, from zeros at the ends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.runtime.graph_steps import stem

Lengths = tuple[int, ...]
SIZE = 1 << 22
"""Inputs with more numbers than this are not looked through."""


def lengths_of_packed(packed: Any) -> Lengths | None:
    """The lengths of the rows of a PackedSequence, the longest first."""
    sizes = packed.batch_sizes.tolist() if isinstance(packed, PackedSequence) else None
    return tuple(sum(size > row for size in sizes) for row in range(sizes[0])) if sizes else None


def lengths_of(x: Any, batch_first: bool) -> Lengths | None:
    """The lengths of the rows of a padded batch (batch, seq, features), or None where padding is not evident.

    Contents are looked at on the CPU only: elsewhere that would wait for the device.
    """
    if not isinstance(x, Tensor) or x.dim() != 3 or x.device.type != "cpu" or x.numel() > SIZE or not x.numel():
        return None
    found = _by_ids(x, batch_first)
    return found if found is not None else _by_zeros(x.detach() if batch_first else x.detach().transpose(0, 1))


_PASSED = frozenset({"Transpose", "Permute", "Mul", "Div", "NativeDropout", "NativeLayerNorm", "Clone"})


def _by_ids(x: Tensor, batch_first: bool) -> Lengths | None:
    """An Embedding with padding_idx made the input: the ids say where the padding begins."""
    node: Any = x.grad_fn
    swapped = False
    while node is not None and stem(node.name()) in _PASSED:
        if stem(node.name()) in ("Transpose", "Permute"):
            swapped = not swapped
        node = next((below for below, _ in node.next_functions if below is not None), None)
    if node is None or stem(node.name()) != "Embedding":
        return None
    padding, ids = node._saved_padding_idx, node._saved_indices
    if padding < 0 or padding >= 1 << 63 or ids.dim() != 2 or ids.device.type != "cpu":
        return None
    rows = ids if batch_first != swapped else ids.t()
    expected = tuple(x.shape[:2]) if batch_first else tuple(x.shape[1::-1])
    return _ends(rows == padding) if tuple(rows.shape) == expected else None


def _by_zeros(rows: Tensor) -> Lengths | None:
    """(batch, seq, features) whose rows end in zeros, and have none before.

    Zeros happen in data too. They are taken for padding where one row fills the whole length, at least two others end
    before it, at different steps, and no row has a step of zeros before its end.
    """
    if not rows.is_floating_point() or rows.shape[2] < 2 or rows.shape[1] < 3:
        return None
    with torch.no_grad():
        empty = (rows == 0).all(dim=2)
    found = _ends(empty)
    if found is None or max(found) != rows.shape[1] or len(set(found)) < 3:
        return None
    inside = int(empty.sum()) - sum(rows.shape[1] - length for length in found)
    return found if inside == 0 else None


def _ends(padded: Tensor) -> Lengths | None:
    """The lengths of rows whose padding is marked; None where a row is all padding or none has any."""
    filled = (~padded).long()
    steps = torch.arange(1, padded.shape[1] + 1)
    lengths = tuple(int(length) for length in (filled * steps).amax(dim=1))
    return lengths if min(lengths, default=0) > 0 and min(lengths) < padded.shape[1] else None
