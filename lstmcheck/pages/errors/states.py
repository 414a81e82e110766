"""Texts about the initial state."""

from __future__ import annotations

from lstmcheck.pages.errors import TorchError

ERRORS = (
    TorchError(
        slug="expected-hidden-size",
        title="Expected hidden[0] size (2, 3, 20), got [1, 3, 20]",
        text="Expected hidden[0] size (2, 3, 20), got [1, 3, 20]",
        pattern=r"Expected hidden(\[[01]\])? size \([^)]*\), got [\[(][^\])]*[\])]",
        means="""
            The initial state does not have the size that this layer needs for this input. The first tuple is what is
            needed, the second what was given; `hidden[0]` is `h_0` and `hidden[1]` is `c_0` (a GRU or RNN has only
            `hidden`). Compare them axis by axis:

            | axis | needed | when it differs |
            |---|---|---|
            | 0 | `num_layers * directions` | a direction or layer was forgotten (LSTM201); batch-first (LSTM202) |
            | 1 | the batch of this input | read from the wrong axis; a smaller last batch (LSTM203) |
            | 2 | `hidden_size`; `proj_size` for `h_0` | LSTM204, LSTM205 |

            `batch_first=True` moves the axes of the input and the output only: the state is always
            (layers * directions, batch, hidden). Nothing is broadcast.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
            x = torch.randn(3, 5, 10)
            h0 = torch.zeros(1, x.size(0), 20)
            c0 = torch.zeros(1, x.size(0), 20)
            out, (hn, cn) = lstm(x, (h0, c0))
            """,
        mend="""
            Make the state with the sizes of the layer and of this input; or leave it out, zeros are the default. A
            state of (batch, layers, hidden) is put in order by `state.transpose(0, 1).contiguous()`, never by `view`.
            """,
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
            x = torch.randn(3, 5, 10)
            h0 = torch.zeros(2, x.size(0), 20)
            c0 = torch.zeros(2, x.size(0), 20)
            out, (hn, cn) = lstm(x, (h0, c0))
            """,
        codes=("LSTM201", "LSTM202", "LSTM203", "LSTM204", "LSTM205"),
    ),
    TorchError(
        slug="batched-input-hx",
        title="For batched 3-D input, hx and cx should also be 3-D but got (2-D, 2-D) tensors",
        text="For batched 3-D input, hx and cx should also be 3-D but got (2-D, 2-D) tensors",
        pattern=r"For batched 3-D input, hx (and cx )?should also be 3-D but got",
        means="""
            The input has three axes, so it is a batch, and the state has another number of axes. A state has three:
            (layers * directions, batch, hidden), also with one layer and one direction, where the first is 1.

            The same text appears when an LSTM gets one tensor instead of the pair `(h_0, c_0)`: it takes the tensor
            apart along its first axis.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            x = torch.randn(5, 3, 10)
            h0 = torch.zeros(3, 20)
            out, _ = lstm(x, (h0, h0))
            """,
        mend="Make the state with its layer axis; a missing one is added by `state.unsqueeze(0)`.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            x = torch.randn(5, 3, 10)
            h0 = torch.zeros(1, 3, 20)
            out, _ = lstm(x, (h0, h0))
            """,
        codes=("LSTM206", "LSTM207"),
    ),
    TorchError(
        slug="unbatched-input-hx",
        title="For unbatched 2-D input, hx should also be 2-D but got 3-D tensor",
        text="For unbatched 2-D input, hx should also be 2-D but got 3-D tensor",
        pattern=r"For unbatched 2-D input, hx (and cx )?should also be 2-D but got",
        means="""
            The input has two axes, so torch takes it for one sequence without a batch: (seq_len, features). The state
            then has two axes as well. Mostly it is the input that is wrong: a batch of feature vectors was meant, or
            one step of a sequence, and its time axis is missing. Without a state nothing would be raised, and the
            samples would be read as time steps (LSTM650).
            """,
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            step = torch.randn(3, 10)
            out, h = gru(step, torch.zeros(1, 3, 20))
            """,
        mend="Give the input its time axis: `unsqueeze(0)`, or `unsqueeze(1)` with `batch_first=True`.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            step = torch.randn(3, 10)
            out, h = gru(step.unsqueeze(0), torch.zeros(1, 3, 20))
            """,
        codes=("LSTM206",),
    ),
    TorchError(
        slug="lstm-expects-two-hidden-states",
        title="lstm expects two hidden states",
        text="lstm expects two hidden states",
        pattern=r"lstm(_cell)? expects two hidden states",
        means="""
            An LSTM's state is the pair `(h_0, c_0)`, and something with another number of elements was given: often the
            states of several layers as a longer tuple, or a list of one pair a layer.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            h0 = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), (h0, h0, h0))
            """,
        mend="Pass the pair. The states of several layers are the rows of one tensor: `torch.stack(states)`.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            h0 = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), (h0, h0))
            """,
        codes=("LSTM208",),
    ),
    TorchError(
        slug="tuple-has-no-attribute-dim",
        title="'tuple' object has no attribute 'dim'",
        text="'tuple' object has no attribute 'dim'",
        pattern=r"'(tuple|list|ndarray|NoneType)' object has no attribute 'dim'",
        means="""
            A tuple stands where a tensor belongs. There are two places:

            - the **input**: the whole result of another recurrent layer, `(output, state)`, was passed on, or two
            recurrent layers follow each other in `nn.Sequential` (LSTM221); - the **state** of a GRU or RNN: it has
            no cell state, so that its state is one tensor and no pair (LSTM207). Code that was written for an LSTM
            keeps the pair.
            """,
        example="""
            import torch
            from torch import nn

            first, second = nn.LSTM(10, 20), nn.LSTM(20, 20)
            x = torch.randn(5, 3, 10)
            out = second(first(x))
            """,
        mend="Unpack the result, and pass the output on; give a GRU or RNN the tensor alone.",
        mended="""
            import torch
            from torch import nn

            first, second = nn.LSTM(10, 20), nn.LSTM(20, 20)
            x = torch.randn(5, 3, 10)
            out, _ = first(x)
            out, _ = second(out)
            """,
        codes=("LSTM207", "LSTM221"),
    ),
    TorchError(
        slug="cell-inconsistent-hidden-size",
        title="hidden0 has inconsistent hidden_size: got 10, expected 20",
        text="hidden0 has inconsistent hidden_size: got 10, expected 20",
        pattern=r"hidden[01] has inconsistent hidden_size: got \d+, expected \d+",
        means="""
            The state of an `LSTMCell`, `GRUCell` or `RNNCell` has another number of features than the cell's
            `hidden_size`. `hidden0` is h, `hidden1` is c. Of two stacked cells the upper one often gets the lower one's
            state.
            """,
        example="""
            import torch
            from torch import nn

            cell = nn.GRUCell(10, 20)
            x = torch.randn(3, 10)
            h = cell(x, torch.zeros(3, 10))
            """,
        mend="Make the state with the cell's own `hidden_size`, and keep one state for each cell.",
        mended="""
            import torch
            from torch import nn

            cell = nn.GRUCell(10, 20)
            x = torch.randn(3, 10)
            h = cell(x, torch.zeros(3, 20))
            """,
        codes=("LSTM204",),
    ),
    TorchError(
        slug="cell-batch-size",
        title="Input batch size 3 doesn't match hidden0 batch size 1",
        text="Input batch size 3 doesn't match hidden0 batch size 1",
        pattern=r"Input batch size \d+ doesn't match hidden[01] batch size \d+",
        means="""
            The state of a cell was made for another batch than its input. A cell takes (batch, features) and a state of
            (batch, hidden): without a layer axis, and with the batch first. A state of (1, hidden) is not broadcast.
            """,
        example="""
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            x = torch.randn(3, 10)
            h, c = cell(x, (torch.zeros(1, 20), torch.zeros(1, 20)))
            """,
        mend="Make the state from the input: `x.new_zeros(x.size(0), hidden_size)`; or leave it out in the first step.",
        mended="""
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            x = torch.randn(3, 10)
            h, c = cell(x, (x.new_zeros(x.size(0), 20), x.new_zeros(x.size(0), 20)))
            """,
        codes=("LSTM203",),
    ),
    TorchError(
        slug="lstm-cell-hx-must-be-tuple",
        title="lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor",
        text="lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor",
        pattern=r"lstm_cell\(\): argument 'hx' \(position 2\) must be tuple of Tensors, not Tensor",
        means="An `LSTMCell` has two states and takes them as the pair `(h, c)`; one tensor was given.",
        example="""
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            x, h = torch.randn(3, 10), torch.zeros(3, 20)
            h, c = cell(x, h)
            """,
        mend="Keep both states, and hand both on.",
        mended="""
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            x, h, c = torch.randn(3, 10), torch.zeros(3, 20), torch.zeros(3, 20)
            h, c = cell(x, (h, c))
            """,
        codes=("LSTM207",),
    ),
    TorchError(
        slug="hidden-not-at-the-same-device",
        title="Input and hidden tensors are not at the same device",
        text="Input and hidden tensors are not at the same device, found input tensor at meta and hidden tensor at cpu",
        pattern=r"Input and hidden tensors are not (at|on) the same device",
        means="""
            The initial state lies on another device than the input. `torch.zeros(...)` without `device` makes a CPU
            tensor, also in a model that was moved to a GPU: `model.to(device)` moves parameters and buffers, and
            nothing that a method makes. (The example uses the device `meta`, which every machine has; with a GPU the
            text says `cuda:0`.)
            """,
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, device="meta")
            x = torch.randn(5, 3, 10, device="meta")
            out, h = gru(x, torch.zeros(1, 3, 20))
            """,
        mend="Make the state from the input: `x.new_zeros(...)`, or `torch.zeros(..., device=x.device)`.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, device="meta")
            x = torch.randn(5, 3, 10, device="meta")
            out, h = gru(x, x.new_zeros(1, 3, 20))
            """,
        codes=("LSTM210",),
    ),
    TorchError(
        slug="mat1-and-mat2-dtype",
        title="mat1 and mat2 must have the same dtype, but got Double and Float",
        text="mat1 and mat2 must have the same dtype, but got Double and Float",
        pattern=r"(mat1 and mat2 must have the same dtype|expected m1 and m2 to have the same dtype)",
        means="""
            Two tensors of different dtypes are multiplied. Around recurrent layers it is mostly the initial state
            (LSTM209): torch checks the dtype of the input and not that of the state. `Double` is float64, as arrays of
            numpy are; `Long` is int64. In an LSTM on the CPU the same mistake reads "get_mkldnn_dtype: unsupported data
            type".
            """,
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            h0 = torch.zeros(1, 3, 20, dtype=torch.float64)
            out, h = gru(torch.randn(5, 3, 10), h0)
            """,
        mend="Make the state with the input's dtype, `x.new_zeros(...)`, or convert it: `.float()`.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            x = torch.randn(5, 3, 10)
            out, h = gru(x, x.new_zeros(1, 3, 20))
            """,
        codes=("LSTM209",),
    ),
    TorchError(
        slug="expected-more-hidden-states",
        title="Expected more hidden states in stacked_rnn",
        text="Expected more hidden states in stacked_rnn",
        pattern=r"Expected more hidden states in stacked_rnn",
        means="""
            With a PackedSequence `nn.LSTM` checks nothing of its state before it runs, and fails inside. The state
            has too few layer rows: `num_layers`, or its double in a bidirectional layer, are needed. A state of
            another batch is worse: it may crash the interpreter (`Segmentation fault`), or go on with wrong numbers.
            """,
        example="""
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            lstm = nn.LSTM(10, 20, num_layers=2)
            packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
            h0 = torch.zeros(1, 3, 20)
            out, _ = lstm(packed, (h0, h0))
            """,
        mend="Give one row for each layer and direction, or leave the state out.",
        mended="""
            import torch
            from torch import nn
            from torch.nn.utils.rnn import pack_padded_sequence

            lstm = nn.LSTM(10, 20, num_layers=2)
            packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
            h0 = torch.zeros(2, 3, 20)
            out, _ = lstm(packed, (h0, h0))
            """,
        codes=("LSTM201",),
    ),
)
