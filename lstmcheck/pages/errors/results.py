"""Texts about what is done with the result of a recurrent layer."""

from __future__ import annotations

from lstmcheck.pages.errors import TorchError

ERRORS = (
    TorchError(
        slug="mat1-and-mat2-shapes",
        title="mat1 and mat2 shapes cannot be multiplied (120x40 and 20x5)",
        text="mat1 and mat2 shapes cannot be multiplied (120x40 and 20x5)",
        pattern=r"(mat1 and mat2 shapes cannot be multiplied|size mismatch, m1:) ?\(?\[?\d+ ?x ?\d+",
        means="""
            An `nn.Linear` gets another number of features than it was built for. Read the inner two numbers: 40
            features come in, 20 were expected. The first number is batch and time multiplied (8 * 15) and says
            nothing.

            A bidirectional layer gives `2 * hidden_size` features, a projection `proj_size`; `h_n.view(batch, -1)`
            gives all layers' rows at once. With a packed input it can also be the recurrent layer itself, whose state
            or input has the wrong number of features.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
            head = nn.Linear(20, 5)
            out, _ = lstm(torch.randn(8, 15, 10))
            tags = head(out)
            """,
        mend="Build the following layer for the features that come: `2 * hidden_size` after a bidirectional layer.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
            head = nn.Linear(2 * 20, 5)
            out, _ = lstm(torch.randn(8, 15, 10))
            tags = head(out)
            """,
        codes=("LSTM301",),
    ),
    TorchError(
        slug="linear-argument-input-must-be-tensor",
        title="linear(): argument 'input' (position 1) must be Tensor, not tuple",
        text="linear(): argument 'input' (position 1) must be Tensor, not tuple",
        pattern=r"\w+\(\): argument 'input' \(position 1\) must be Tensor, not (tuple|PackedSequence|list)",
        means="""
            A recurrent layer returns `(output, state)`, and the next layer gets both. In `nn.Sequential` nothing
            unpacks them, so that a recurrent layer can only be the last one there. `not PackedSequence` means that
            the output is still packed.
            """,
        example="""
            import torch
            from torch import nn

            model = nn.Sequential(nn.LSTM(10, 20), nn.Linear(20, 5))
            tags = model(torch.randn(15, 8, 10))
            """,
        mend="Unpack the result; a packed output is padded first, with `pad_packed_sequence`.",
        mended="""
            import torch
            from torch import nn

            lstm, head = nn.LSTM(10, 20), nn.Linear(20, 5)
            out, _ = lstm(torch.randn(15, 8, 10))
            tags = head(out)
            """,
        codes=("LSTM304",),
    ),
    TorchError(
        slug="not-enough-values-to-unpack",
        title="not enough values to unpack (expected 3, got 2)",
        text="not enough values to unpack (expected 3, got 2)",
        pattern=r"(not enough|too many) values to unpack \(expected \d",
        means="""
            An LSTM returns two things, `output` and the pair `(h_n, c_n)`; a GRU and an RNN return `output` and
            `h_n`; an `LSTMCell` returns `h, c`, the other cells only `h`. The cell state is inside the pair, not a
            third result.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, h, c = lstm(torch.randn(5, 3, 10))
            """,
        mend="Put brackets around the pair.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, (h, c) = lstm(torch.randn(5, 3, 10))
            """,
        codes=("LSTM302",),
    ),
    TorchError(
        slug="tuple-indices-must-be-integers",
        title="tuple indices must be integers or slices, not tuple",
        text="tuple indices must be integers or slices, not tuple",
        pattern=r"tuple indices must be integers or slices, not tuple",
        means="""
            The result of a recurrent layer, `(output, state)`, is indexed as if it were the output; or an LSTM's state,
            `(h_n, c_n)`, as if it were one tensor.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True)
            last = lstm(torch.randn(3, 5, 10))[:, -1]
            """,
        mend="Take the part that is meant first.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, batch_first=True)
            out, _ = lstm(torch.randn(3, 5, 10))
            last = out[:, -1]
            """,
        codes=("LSTM303",),
    ),
    TorchError(
        slug="tuple-has-no-attribute-detach",
        title="'tuple' object has no attribute 'detach'",
        text="'tuple' object has no attribute 'detach'",
        pattern=r"'tuple' object has no attribute '(detach|size|shape|view|squeeze|unsqueeze|to|cuda|float|argmax)'",
        means="""
            A tuple is used as if it were a tensor: an LSTM's state is the pair `(h_n, c_n)`, the result of a layer is
            `(output, state)`, and a model that ends with `return logits, hidden` returns a tuple too.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, hidden = lstm(torch.randn(5, 3, 10))
            hidden = hidden.detach()
            """,
        mend="Do it with each part.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, hidden = lstm(torch.randn(5, 3, 10))
            hidden = tuple(part.detach() for part in hidden)
            """,
        codes=("LSTM303",),
    ),
    TorchError(
        slug="index-out-of-bounds",
        title="index 1 is out of bounds for dimension 0 with size 1",
        text="index 1 is out of bounds for dimension 0 with size 1",
        pattern=r"index -?\d+ is out of bounds for dimension \d with size \d+",
        means="""
            `h_n` has one row for each layer and direction. A layer that is not bidirectional has no `h_n[1]` and no
            `h_n[-2]` unless it is stacked.
            """,
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            out, h = gru(torch.randn(5, 3, 10))
            both = torch.cat((h[0], h[1]), dim=1)
            """,
        mend="Build the layer that the index was written for, or use `h[-1]`, the last layer.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, bidirectional=True)
            out, h = gru(torch.randn(5, 3, 10))
            both = torch.cat((h[-2], h[-1]), dim=1)
            """,
        codes=("LSTM308",),
    ),
    TorchError(
        slug="dimension-out-of-range",
        title="Dimension out of range (expected to be in range of [-2, 1], but got 2)",
        text="Dimension out of range (expected to be in range of [-2, 1], but got 2)",
        pattern=r"Dimension out of range \(expected to be in range of \[-\d+, \d+\], but got -?\d+\)",
        means="""
            An axis is named that the tensor does not have. `h_n[-1]` has two axes, (batch, hidden), and so has the
            output for one sequence without a batch. With a packed input it can be a state of two axes (LSTM206).
            """,
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            out, h = gru(torch.randn(5, 3, 10))
            both = torch.cat((h[-1], h[-1]), dim=2)
            """,
        mend="Name an axis that is there; a negative one counts from the end and survives a change of rank.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20)
            out, h = gru(torch.randn(5, 3, 10))
            both = torch.cat((h[-1], h[-1]), dim=-1)
            """,
        codes=("LSTM306", "LSTM401"),
    ),
    TorchError(
        slug="lstm-has-no-attribute",
        title="'LSTM' object has no attribute 'hidden'",
        text="'LSTM' object has no attribute 'hidden'",
        pattern=r"'(LSTM|GRU|RNN)(Cell)?' object has no attribute '\w+'",
        means="A layer does not remember its state: it takes one, and returns one, in every call.",
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, _ = lstm(torch.randn(5, 3, 10))
            hidden = lstm.hidden
            """,
        mend="Keep what it returns.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            out, hidden = lstm(torch.randn(5, 3, 10))
            """,
        codes=("LSTM307",),
    ),
    TorchError(
        slug="same-number-of-dimensions",
        title="Tensors must have same number of dimensions: got 3 and 2",
        text="Tensors must have same number of dimensions: got 3 and 2",
        pattern=r"Tensors must have same number of dimensions: got \d and \d",
        means="""
            `torch.cat` joins tensors of one rank. A decoder joins an embedding (batch, 1, features) and a context
            (batch, features), or an output and a row of `h_n`.
            """,
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, batch_first=True)
            x = torch.randn(3, 1, 10)
            out, h = gru(x)
            joined = torch.cat((out, h[-1]), dim=-1)
            """,
        mend="Give the smaller one the missing axis, `unsqueeze(1)`, or take one step of the larger one.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, batch_first=True)
            x = torch.randn(3, 1, 10)
            out, h = gru(x)
            joined = torch.cat((out[:, -1], h[-1]), dim=-1)
            """,
        codes=("LSTM305",),
    ),
    TorchError(
        slug="view-size-not-compatible",
        title="view size is not compatible with input tensor's size and stride",
        text=(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        ),
        pattern=r"view size is not compatible with input tensor's size and stride",
        means="""
            `view` never copies. It joins two axes only where they follow each other in memory, and after `transpose`,
            `permute`, a slice or `expand` they often do not. With `batch_first=True` the output of a recurrent layer is
            itself a transposed view, so that `out.view(-1, hidden)` raises; with a batch of one, or a sequence of one
            step, the same line works.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2)
            out, (h_n, c_n) = lstm(torch.randn(5, 3, 10))
            both = h_n.transpose(0, 1).view(3, -1)
            """,
        mend="""
            Use `reshape`, which copies where it has to, or `.contiguous()` before the view. Leave the `transpose` in:
            `h_n.view(batch, -1)` raises nothing, and mixes the rows of different samples.
            """,
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2)
            out, (h_n, c_n) = lstm(torch.randn(5, 3, 10))
            both = h_n.transpose(0, 1).reshape(3, -1)
            """,
        codes=("LSTM310",),
    ),
)
