"""Texts about packing and padding."""

from __future__ import annotations

from lstmcheck.pages.errors import TorchError

ERRORS = (
    TorchError(
        slug="lengths-sorted-in-decreasing-order",
        title="`lengths` array must be sorted in decreasing order when `enforce_sorted` is True",
        text="`lengths` array must be sorted in decreasing order when `enforce_sorted` is True",
        pattern=r"`lengths` array must be sorted in decreasing order",
        means="`pack_padded_sequence` wants the longest sample first, unless it is told to sort by itself.",
        example="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(3, 5, 10)
            packed = pack_padded_sequence(x, [2, 5, 4], batch_first=True)
            """,
        mend="""
            Pass `enforce_sorted=False`: torch sorts, and gives outputs and states back in your order. Sorting by hand
            needs the inverse at the end, or every prediction meets another sample's target (LSTM649).
            """,
        mended="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(3, 5, 10)
            packed = pack_padded_sequence(x, [2, 5, 4], batch_first=True, enforce_sorted=False)
            """,
        codes=("LSTM403",),
    ),
    TorchError(
        slug="lengths-1d-cpu-int64",
        title="'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu Long tensor",
        text="'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu Long tensor",
        pattern=r"'lengths' argument should be a 1D CPU int64 tensor, but got",
        means="""
            The lengths of `pack_padded_sequence` are one number for each sample, on the CPU. The end of the text says
            what was given: `1D cuda:0 Long tensor` means that they were moved to the GPU with the rest of the batch
            (LSTM407), `2D` that they are a column (batch, 1), `0D` a single number (LSTM402).
            """,
        example="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(3, 5, 10)
            lengths = torch.tensor([[5], [4], [2]])
            packed = pack_padded_sequence(x, lengths, batch_first=True)
            """,
        mend="`lengths.cpu()` in the call; `lengths.squeeze(1)` for a column.",
        mended="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(3, 5, 10)
            lengths = torch.tensor([[5], [4], [2]])
            packed = pack_padded_sequence(x, lengths.squeeze(1).cpu(), batch_first=True)
            """,
        codes=("LSTM402", "LSTM407"),
    ),
    TorchError(
        slug="len-lengths-equal-to-batch-size",
        title="Expected `len(lengths)` to be equal to batch_size, but got 3 (batch_size=5)",
        text="Expected `len(lengths)` to be equal to batch_size, but got 3 (batch_size=5)",
        pattern=r"Expected `len\(lengths\)` to be equal to batch_size",
        means="""
            There is not one length for each sample. Mostly the number in brackets is the length of the sequence: the
            data is (batch, seq_len, features), and `batch_first=True` is missing in the call of
            `pack_padded_sequence`. The layer's own `batch_first` does not reach it. With `enforce_sorted=False`
            nothing is checked, and the samples are silently mixed up (LSTM648).
            """,
        example="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(3, 5, 10)
            packed = pack_padded_sequence(x, [5, 4, 2])
            """,
        mend="Pass `batch_first=True` to `pack_padded_sequence`, and to `pad_packed_sequence` too.",
        mended="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(3, 5, 10)
            packed = pack_padded_sequence(x, [5, 4, 2], batch_first=True)
            """,
        codes=("LSTM404",),
    ),
    TorchError(
        slug="length-of-all-samples",
        title="Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0",
        text="Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0",
        pattern=r"Length of all samples has to be greater than 0",
        means="A sample of the batch is empty: a text of which no word is left, a user without history.",
        example="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(5, 3, 10)
            packed = pack_padded_sequence(x, torch.tensor([5, 4, 0]))
            """,
        mend="Leave empty samples out, or give them one step of padding: `lengths.clamp(min=1)`.",
        mended="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence

            x = torch.randn(5, 3, 10)
            packed = pack_padded_sequence(x, torch.tensor([5, 4, 0]).clamp(min=1))
            """,
        codes=("LSTM405",),
    ),
    TorchError(
        slug="start-length-exceeds-dimension-size",
        title="start (10) + length (1) exceeds dimension size (10).",
        text="exceeds dimension size",
        pattern=r"start \(\d+\) \+ length \(\d+\) exceeds dimension size",
        means="""
            Raised by the recurrent layer, or by `pad_packed_sequence`, for a mistake in `pack_padded_sequence`: a
            length is greater than the time axis of the tensor that was packed, and packing did not notice. The
            lengths were counted before the text was cut, or the call lacks `batch_first=True`.
            """,
        example="""
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            lstm = nn.LSTM(10, 20)
            x = torch.randn(5, 3, 10)
            packed = pack_padded_sequence(x, [6, 4, 2])
            out, _ = lstm(packed)
            """,
        mend="Count the lengths on the tensor that is packed, `lengths.clamp(max=x.size(0))`.",
        mended="""
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            lstm = nn.LSTM(10, 20)
            x = torch.randn(5, 3, 10)
            packed = pack_padded_sequence(x, [5, 4, 2])
            out, _ = lstm(packed)
            """,
        codes=("LSTM406",),
    ),
    TorchError(
        slug="no-attribute-batch-sizes",
        title="'tuple' object has no attribute 'batch_sizes'",
        text="'tuple' object has no attribute 'batch_sizes'",
        pattern=r"'(tuple|Tensor)' object has no attribute 'batch_sizes'",
        means="""
            `pad_packed_sequence` takes a PackedSequence. It got the whole result of the layer, `(packed output,
            state)`, or a tensor that was never packed.
            """,
        example="""
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            gru = nn.GRU(10, 20)
            packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
            out, lengths = pad_packed_sequence(gru(packed))
            """,
        mend="Unpack the layer's result first.",
        mended="""
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            gru = nn.GRU(10, 20)
            packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
            packed_out, h = gru(packed)
            out, lengths = pad_packed_sequence(packed_out)
            """,
        codes=("LSTM408",),
    ),
    TorchError(
        slug="total-length-at-least",
        title="Expected total_length to be at least the length of the longest sequence in input",
        text="Expected total_length to be at least the length of the longest sequence in input",
        pattern=r"Expected total_length to be at least the length of the longest sequence",
        means="`pad_packed_sequence(..., total_length=T)` fills up to T steps; it cannot cut.",
        example="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
            out, lengths = pad_packed_sequence(packed, total_length=4)
            """,
        mend="Pass the time axis of what was packed. Cut afterwards, `out[:4]`, where fewer steps are wanted.",
        mended="""
            import torch
            from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

            packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
            out, lengths = pad_packed_sequence(packed, total_length=5)
            """,
        codes=("LSTM409",),
    ),
    TorchError(
        slug="size-of-tensor-a-must-match",
        title="The size of tensor a (9) must match the size of tensor b (8) at non-singleton dimension 1",
        text="The size of tensor a (9) must match the size of tensor b (8) at non-singleton dimension 1",
        pattern=r"The size of tensor a \(\d+\) must match the size of tensor b \(\d+\)",
        means="""
            Two tensors are combined element by element whose sizes differ on an axis, and neither is 1 there. In
            `pad_sequence` and `pack_sequence` the sequences differ in more than their length (LSTM410); elsewhere it is
            often the state of another layer, or an output in the place of a state (LSTM305).
            """,
        example="""
            import torch
            from torch.nn.utils.rnn import pad_sequence

            batch = pad_sequence([torch.randn(5, 9), torch.randn(4, 8)])
            """,
        mend="Mend it where the wrong size comes from. `view` and `reshape` make the error go away and mix the values.",
        mended="""
            import torch
            from torch.nn.utils.rnn import pad_sequence

            batch = pad_sequence([torch.randn(5, 8), torch.randn(4, 8)])
            """,
        codes=("LSTM305", "LSTM410"),
    ),
)
