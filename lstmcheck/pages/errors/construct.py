"""Texts about the arguments of a constructor."""

from __future__ import annotations

from lstmcheck.pages.errors import TorchError

ERRORS = (
    TorchError(
        slug="unexpected-keyword-argument",
        title="RNNBase.__init__() got an unexpected keyword argument 'return_sequences'",
        text="RNNBase.__init__() got an unexpected keyword argument 'return_sequences'",
        pattern=r"(RNNBase|RNNCellBase|LSTM|GRU|RNN|LSTMCell|GRUCell|RNNCell)\.__init__\(\) got an unexpected keyword",
        means="""
            The layer has no such argument. Often it is Keras' name:

            | Keras | torch |
            |---|---|
            | `units` | `hidden_size` |
            | `input_shape`, `input_dim` | `input_size`: the number of features only |
            | `return_sequences` | nothing: `output` always holds every step, `output[:, -1]` is the last one |
            | `return_state` | nothing: the state is always returned |
            | `go_backwards`, `Bidirectional(...)` | `bidirectional=True` |
            | `recurrent_dropout` | nothing; `dropout` acts between stacked layers |
            """,
        example="""
            from torch import nn

            lstm = nn.LSTM(10, 20, return_sequences=True)
            """,
        mend="Use torch's names.",
        mended="""
            from torch import nn

            lstm = nn.LSTM(10, 20)
            """,
        codes=("LSTM101",),
    ),
    TorchError(
        slug="invalid-combination-of-arguments",
        title="lstm() received an invalid combination of arguments",
        text="lstm() received an invalid combination of arguments",
        pattern=r"(lstm|gru|rnn_tanh|rnn_relu)\(\) received an invalid combination of arguments",
        means="""
            The layer was built with an argument of the wrong type, and torch did not notice before the first call. Look
            at the constructor, not at the call. The types that were given are listed in the text, in the order `input,
            state, weights, bias, num_layers, dropout, training, bidirectional, batch_first`: a `bool` in the place of
            `num_layers` means `nn.LSTM(10, 20, True)`, whose third argument is `num_layers` (LSTM104); an `int` in that
            of `bidirectional` means `bidirectional=1` or `2` (LSTM105). A state that is a stacked tensor or a dict
            instead of a pair gives this text too (LSTM207).
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, True)
            out, _ = lstm(torch.randn(5, 3, 10))
            """,
        mend="Name the arguments of the constructor.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20, bidirectional=True)
            out, _ = lstm(torch.randn(5, 3, 10))
            """,
        codes=("LSTM104", "LSTM105"),
    ),
    TorchError(
        slug="should-be-of-type-int",
        title="hidden_size should be of type int, got: float",
        text="hidden_size should be of type int, got: float",
        pattern=r"(input_size|hidden_size|num_layers|proj_size) should be of type int, got: \w+",
        means="""
            A size is a float, a numpy number or a tensor. In Python `/` always gives a float: `64 / 2` is `32.0`.
            """,
        example="""
            from torch import nn

            features = 64
            lstm = nn.LSTM(10, features / 2, bidirectional=True)
            """,
        mend="Divide with `//`, or convert with `int(...)`.",
        mended="""
            from torch import nn

            features = 64
            lstm = nn.LSTM(10, features // 2, bidirectional=True)
            """,
        codes=("LSTM102",),
    ),
    TorchError(
        slug="should-be-of-type-bool",
        title="bias should be of type bool, got: float",
        text="bias should be of type bool, got: float",
        pattern=r"(bias|batch_first) should be of type bool, got: \w+",
        means="""
            The fourth argument of `nn.LSTM` and `nn.GRU` is `bias`, the fifth `batch_first`. `nn.LSTM(10, 20, 2, 0.5)`
            does not set the dropout. Before torch 2.12 it was taken without a word.
            """,
        example="""
            from torch import nn

            lstm = nn.LSTM(10, 20, 2, 0.5)
            """,
        mend="Name the arguments.",
        mended="""
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2, dropout=0.5)
            """,
        codes=("LSTM102",),
    ),
    TorchError(
        slug="must-be-greater-than-zero",
        title="num_layers must be greater than zero",
        text="num_layers must be greater than zero",
        pattern=r"(input_size|hidden_size|num_layers) must be greater than zero",
        means="A size, or the number of layers, is 0 or negative.",
        example="""
            from torch import nn

            gru = nn.GRU(10, 20, num_layers=0)
            """,
        mend="Give at least 1; a model without a recurrent layer leaves it out.",
        mended="""
            from torch import nn

            gru = nn.GRU(10, 20, num_layers=1)
            """,
        codes=("LSTM103",),
    ),
    TorchError(
        slug="dropout-number-in-range",
        title="dropout should be a number in range [0, 1] representing the probability of an element being zeroed",
        text="dropout should be a number in range [0, 1] representing the probability of an element being zeroed",
        pattern=r"dropout should be a number in range \[0, 1\]",
        means="`dropout` is a probability: 20 percent are `0.2`. A bool or a text is no number here.",
        example="""
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2, dropout=20)
            """,
        mend="Write it as a fraction.",
        mended="""
            from torch import nn

            lstm = nn.LSTM(10, 20, num_layers=2, dropout=0.2)
            """,
        codes=("LSTM103",),
    ),
    TorchError(
        slug="dropout-expects-num-layers",
        title="dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
        "greater than 1",
        text="dropout option adds dropout after all but last recurrent layer",
        pattern=r"dropout option adds dropout after all but last recurrent layer",
        means="""
            A warning, and easily overlooked: the dropout does nothing. It acts on what one layer hands to the next one,
            and there is only one layer. The network trains without the regularisation that was meant.
            """,
        example="""
            from torch import nn

            lstm = nn.LSTM(10, 20, dropout=0.5)
            """,
        mend="""
            Drop on the output, with a layer of its own; or stack layers. `dropout if num_layers > 1 else 0` is right
            where the number of layers varies.
            """,
        mended="""
            from torch import nn

            lstm = nn.LSTM(10, 20)
            dropout = nn.Dropout(0.5)
            """,
        codes=("LSTM108",),
        warns=True,
    ),
    TorchError(
        slug="proj-size-only-for-lstm",
        title="proj_size argument is only supported for LSTM, not RNN or GRU",
        text="proj_size argument is only supported for LSTM, not RNN or GRU",
        pattern=r"proj_size (argument is only supported for LSTM|has to be smaller than hidden_size)",
        means="Only an LSTM can project its hidden state, and only to fewer features than `hidden_size`.",
        example="""
            from torch import nn

            gru = nn.GRU(10, 20, proj_size=5)
            """,
        mend="Leave it out; an `nn.Linear` after the layer reduces the features of its output.",
        mended="""
            from torch import nn

            gru = nn.GRU(10, 20)
            projection = nn.Linear(20, 5)
            """,
        codes=("LSTM106",),
    ),
    TorchError(
        slug="unknown-nonlinearity",
        title="Unknown nonlinearity 'True'. Select from 'tanh' or 'relu'.",
        text="Unknown nonlinearity 'True'. Select from 'tanh' or 'relu'.",
        pattern=r"Unknown nonlinearity",
        means="""
            The fourth argument of `nn.RNN` is `nonlinearity` (since torch 2.3), where `nn.LSTM` and `nn.GRU` have
            `bias`. Other functions than tanh and relu do not exist for it.
            """,
        example="""
            from torch import nn

            rnn = nn.RNN(10, 20, 2, True)
            """,
        mend="Name the arguments.",
        mended="""
            from torch import nn

            rnn = nn.RNN(10, 20, 2, batch_first=True)
            """,
        codes=("LSTM107",),
    ),
)
