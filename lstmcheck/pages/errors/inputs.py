"""Texts about the input of a recurrent layer, and about the call."""

from __future__ import annotations

from lstmcheck.pages.errors import TorchError

ERRORS = (
    TorchError(
        slug="input-size-must-be-equal",
        title="input.size(-1) must be equal to input_size. Expected 10, got 11",
        text="input.size(-1) must be equal to input_size. Expected 10, got 11",
        pattern=r"input\.size\(-1\) must be equal to input_size",
        means="""
            The last axis of the input is not the `input_size` that the layer was built with. The layer before gives
            another number of features (an embedding, a concatenation, a bidirectional layer with its
            `2 * hidden_size`), or the last axis is not the features at all: images and audio come as (batch, features,
            time).
            """,
        example="""
            import torch
            from torch import nn

            embedding = nn.Embedding(100, 11)
            lstm = nn.LSTM(10, 20, batch_first=True)
            out, _ = lstm(embedding(torch.zeros(3, 5, dtype=torch.long)))
            """,
        mend="Change whichever of the two numbers is wrong; move the features to the end with `transpose(1, 2)`.",
        mended="""
            import torch
            from torch import nn

            embedding = nn.Embedding(100, 10)
            lstm = nn.LSTM(10, 20, batch_first=True)
            out, _ = lstm(embedding(torch.zeros(3, 5, dtype=torch.long)))
            """,
        codes=("LSTM223",),
    ),
    TorchError(
        slug="expected-input-2d-or-3d",
        title="LSTM: Expected input to be 2D or 3D, got 4D instead",
        text="LSTM: Expected input to be 2D or 3D, got 4D instead",
        pattern=r"(LSTM|GRU|RNN): Expected input to be 2-?D or 3-?D,? (got|but received) \d-?D",
        means="""
            A recurrent layer takes (seq_len, batch, features), (batch, seq_len, features) with `batch_first=True`, or
            one sequence (seq_len, features). Four axes are mostly images (batch, channels, height, width), one axis or
            two are numbers without a feature axis.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(28, 64, batch_first=True)
            images = torch.randn(8, 1, 28, 28)
            out, _ = lstm(images)
            """,
        mend="""
            Say which axis is time: rows of an image are steps after `images.squeeze(1)`. Move axes with `permute`, then
            join neighbours with `flatten`; `view` does not move them. Numbers get a feature axis by `unsqueeze(-1)`.
            """,
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(28, 64, batch_first=True)
            images = torch.randn(8, 1, 28, 28)
            out, _ = lstm(images.squeeze(1))
            """,
        codes=("LSTM222",),
    ),
    TorchError(
        slug="cell-expected-input-1d-or-2d",
        title="LSTMCell: Expected input to be 1D or 2D, got 3D instead",
        text="LSTMCell: Expected input to be 1D or 2D, got 3D instead",
        pattern=r"(LSTM|GRU|RNN)Cell: Expected (input|hidden|hx\[\d\]) to be 1D or 2D",
        means="""
            A cell is one step: it takes (batch, features), and states of (batch, hidden). A whole sequence was given,
            or a state with the layer axis that only `nn.LSTM` and its like have.
            """,
        example="""
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            x = torch.randn(5, 3, 10)
            h, c = cell(x)
            """,
        mend="Loop over the steps, or use the layer instead of the cell.",
        mended="""
            import torch
            from torch import nn

            cell = nn.LSTMCell(10, 20)
            x = torch.randn(5, 3, 10)
            state = None
            for step in x:
                state = cell(step, state)
            """,
        codes=("LSTM206", "LSTM222"),
    ),
    TorchError(
        slug="rnn-input-dtype",
        title="RNN input dtype (torch.float64) does not match weight dtype (torch.float32)",
        text="RNN input dtype (torch.float64) does not match weight dtype (torch.float32)",
        pattern=r"(RNN input dtype \(.*\) does not match weight dtype|input must have the type torch\.\w+, got type)",
        means="""
            The weights of a layer are float32 unless something else was asked for. Arrays of numpy and columns of
            pandas are float64; ids of words are int64.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            data = torch.zeros(5, 3, 10, dtype=torch.float64)
            out, _ = lstm(data)
            """,
        mend="Convert the data, `data.float()`; ids go into an `nn.Embedding` first.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            data = torch.zeros(5, 3, 10, dtype=torch.float64)
            out, _ = lstm(data.float())
            """,
        codes=("LSTM224",),
    ),
    TorchError(
        slug="parameter-not-at-the-same-device",
        title="Input and parameter tensors are not at the same device",
        text="Input and parameter tensors are not at the same device",
        pattern=r"Input and parameter tensors are not (at|on) the same device",
        means="""
            The model was moved to a GPU and the data was not, or the other way round. `model.to(device)` changes the
            model; `x.to(device)` changes nothing and returns another tensor, so that its result must be kept. (The
            example uses the device `meta`, which every machine has.)
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            x = torch.randn(5, 3, 10, device="meta")
            out, _ = lstm(x)
            """,
        mend="Move both: `model.to(device)` once, `x = x.to(device)` for each batch.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20).to("meta")
            x = torch.randn(5, 3, 10, device="meta")
            out, _ = lstm(x)
            """,
        codes=("LSTM225",),
    ),
    TorchError(
        slug="sequence-length-larger-than-0",
        title="Expected sequence length to be larger than 0 in RNN",
        text="Expected sequence length to be larger than 0 in RNN",
        pattern=r"Expected sequence length to be larger than 0 in RNN",
        means="The input has no time step. A slice was empty, or the time axis is not where the layer reads it.",
        example="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, batch_first=True)
            x = torch.randn(3, 5, 10)
            out, h = gru(x[:, :0])
            """,
        mend="Slice at least one step; skip the call where there is none. An empty batch is allowed.",
        mended="""
            import torch
            from torch import nn

            gru = nn.GRU(10, 20, batch_first=True)
            x = torch.randn(3, 5, 10)
            out, h = gru(x[:, :1])
            """,
        codes=("LSTM226",),
    ),
    TorchError(
        slug="forward-takes-from-2-to-3",
        title="LSTM.forward() takes from 2 to 3 positional arguments but 4 were given",
        text="LSTM.forward() takes from 2 to 3 positional arguments but 4 were given",
        pattern=r"forward\(\) takes from 2 to 3 positional arguments but \d+ were given",
        means="""
            `forward(input, hx)` takes one argument beside the input (Python counts `self` too). The two states of an
            LSTM go in as one tuple. Lengths are no argument of the layer: they belong to `pack_padded_sequence`.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            h0 = c0 = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), h0, c0)
            """,
        mend="Put the states into a tuple.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            h0 = c0 = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), (h0, c0))
            """,
        codes=("LSTM227",),
    ),
    TorchError(
        slug="forward-unexpected-keyword",
        title="LSTM.forward() got an unexpected keyword argument 'h0'",
        text="LSTM.forward() got an unexpected keyword argument 'h0'",
        pattern=r"(LSTM|GRU|RNN)(Cell)?\.forward\(\) got an unexpected keyword argument",
        means="The state's parameter is called `hx`; an LSTM takes the pair `(h_0, c_0)` there.",
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            state = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), h0=state, c0=state)
            """,
        mend="Pass it by position, or as `hx=`.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            state = torch.zeros(1, 3, 20)
            out, _ = lstm(torch.randn(5, 3, 10), hx=(state, state))
            """,
        codes=("LSTM227",),
    ),
    TorchError(
        slug="cell-inconsistent-input-size",
        title="input has inconsistent input_size: got 11 expected 10",
        text="input has inconsistent input_size: got 11 expected 10",
        pattern=r"input has inconsistent input_size: got \d+,? expected \d+",
        means="""
            The input of a cell has another number of features than its `input_size`. Of stacked cells the upper ones
            read the lower one's `hidden_size`; a decoder that reads an embedding and a context reads their sum.
            """,
        example="""
            import torch
            from torch import nn

            cell = nn.GRUCell(10, 20)
            h = cell(torch.randn(3, 11))
            """,
        mend="Build the cell for the features that it gets.",
        mended="""
            import torch
            from torch import nn

            cell = nn.GRUCell(11, 20)
            h = cell(torch.randn(3, 11))
            """,
        codes=("LSTM223",),
    ),
    TorchError(
        slug="embedding-indices-scalar-type",
        title="Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int",
        text="Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int",
        pattern=r"Expected tensor for argument #1 'indices' to have (one of the following|scalar)",
        means="""
            An `nn.Embedding` looks up rows by number and takes int64 or int32. `torch.Tensor([...])`,
            `torch.zeros(...)` and rows that were padded as floats are float32.
            """,
        example="""
            import torch
            from torch import nn

            embedding = nn.Embedding(100, 10)
            lstm = nn.LSTM(10, 20)
            ids = torch.Tensor([[1, 2, 3]])
            out, _ = lstm(embedding(ids))
            """,
        mend="Make the ids as integers: `torch.tensor(...)` of ints, `dtype=torch.long`, or `.long()`.",
        mended="""
            import torch
            from torch import nn

            embedding = nn.Embedding(100, 10)
            lstm = nn.LSTM(10, 20)
            ids = torch.tensor([[1, 2, 3]])
            out, _ = lstm(embedding(ids))
            """,
        codes=("LSTM228",),
    ),
)
