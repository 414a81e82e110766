"""Models in which a recurrent layer mixes samples, and the code that says so."""

from __future__ import annotations

from typing import Any

import torch
from runtime.probed import Case, Make
from runtime.probed.right import CLASSES, FEATURES, HIDDEN, VOCABULARY, Seq2Seq, Tagger, floats, ids
from torch import Tensor, nn
from torch.nn.utils import rnn
from torch.utils.data import DataLoader, TensorDataset

WRONG: dict[str, Make] = {}


def wrong(make: Make) -> Make:
    WRONG[make.__name__] = make
    return make


class Forgot(nn.Module):
    """No batch_first, and the last "step" of the wrong axis."""

    def __init__(self, cls: type = nn.LSTM, **options: Any) -> None:
        super().__init__()
        self.rnn = cls(FEATURES, HIDDEN, **options)
        self.head = nn.Linear(HIDDEN * (2 if options.get("bidirectional") else 1), CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


@wrong
def last_step(n: int, steps: int) -> Case:
    return Case(Forgot(), floats(n, steps), code="LSTM640")


@wrong
def last_step_gru_two_layers_dropout(n: int, steps: int) -> Case:
    return Case(Forgot(nn.GRU, num_layers=2, dropout=0.4), floats(n, steps), code="LSTM640")


@wrong
def last_step_bidirectional(n: int, steps: int) -> Case:
    return Case(Forgot(nn.RNN, bidirectional=True), floats(n, steps), code="LSTM640")


@wrong
def last_step_with_labels(n: int, steps: int) -> Case:
    return Case(Forgot(), (floats(n, steps), torch.zeros(n)), code="LSTM640")


@wrong
def last_step_of_ids(n: int, steps: int) -> Case:
    class Model(Forgot):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)

        def forward(self, tokens: Tensor) -> Tensor:
            return super().forward(self.embed(tokens))

    return Case(Model(), {"tokens": ids(n, steps)}, code="LSTM640")


@wrong
def average_over_steps(n: int, steps: int) -> Case:
    class Model(Forgot):
        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x)[0].mean(1))

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def flattened_steps(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)
            self.head = nn.Linear(HIDDEN * steps, CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x)[0].reshape(len(x), -1))

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def tagger_said_so(n: int, steps: int) -> Case:
    return Case(Tagger(), ids(n, steps), {"batch_dim": 0}, code="LSTM640")


@wrong
def tagger_batch_size_said(n: int, steps: int) -> Case:
    return Case(Tagger(), ids(n, steps), {"batch_dim": 0, "batch_size": n}, code="LSTM640")


@wrong
def final_state_with_labels(n: int, steps: int) -> Case:
    class Model(Forgot):
        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x)[1][0][-1])

    options = {"batch_dim": 0} if n == steps else {}
    return Case(Model(), (floats(n, steps), torch.zeros(n)), options, code="LSTM640")


@wrong
def batch_of_a_loader(n: int, steps: int) -> Case:
    data = TensorDataset(ids(2 * n, steps), torch.zeros(2 * n))
    return Case(Tagger(), DataLoader(data, batch_size=n, shuffle=True), code="LSTM640")


@wrong
def batch_norm_in_training(n: int, steps: int) -> Case:
    class Model(Forgot):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(FEATURES)

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(self.norm(x.transpose(1, 2)).transpose(1, 2))

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def batch_first_of_a_transposed_input(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x.transpose(0, 1))[0].transpose(0, 1).mean(1)

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def sequence_first_into_batch_first(n: int, steps: int) -> Case:
    return Case(Tagger(True), ids(steps, n), {"batch_dim": 1}, code="LSTM640")


@wrong
def second_layer_only(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.GRU(FEATURES, HIDDEN, batch_first=True)
            self.second = nn.GRU(HIDDEN, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x)[0])[0][:, -1]

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def stacked_in_a_list(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.LSTM(FEATURES, HIDDEN), nn.LSTM(HIDDEN, HIDDEN)])

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x, _ = layer(x)
            return x[:, -1]

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def stateful(n: int, steps: int) -> Case:
    class Model(Forgot):
        def __init__(self) -> None:
            super().__init__()
            self.hidden: Any = None

        def forward(self, x: Tensor) -> Tensor:
            out, self.hidden = self.rnn(x, self.hidden)
            return self.head(out[:, -1])

    model = Model()
    model(floats(n, steps))
    return Case(model, floats(n, steps), code="LSTM640")


@wrong
def hierarchical(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.GRU(FEATURES, HIDDEN)
            self.sentences = nn.GRU(HIDDEN, HIDDEN, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            n, sentences, words, _ = x.shape
            out, _ = self.words(x.view(n * sentences, words, -1))
            return self.sentences(out[:, -1].view(n, sentences, -1))[1][-1]

    return Case(Model(), torch.randn(n, 3, steps, FEATURES), code="LSTM640")


@wrong
def cell_over_samples(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            state, outs = None, []
            for row in x:
                state = self.cell(row, state)
                outs.append(state[0])
            return torch.stack(outs).mean(1)

    return Case(Model(), floats(n, steps), code="LSTM651")


@wrong
def cells_over_samples_stacked(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.low, self.high = nn.GRUCell(FEATURES, HIDDEN), nn.GRUCell(HIDDEN, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            low = high = torch.zeros(x.size(1), HIDDEN)
            outs = []
            for i in range(x.size(0)):
                low = self.low(x[i], low)
                high = self.high(low, high)
                outs.append(high)
            return torch.stack(outs)[:, -1]

    return Case(Model(), floats(n, steps), code="LSTM651")


@wrong
def view_for_a_transpose(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x.view(x.size(1), x.size(0), -1))[0][-1]

    # with as many samples as steps the view does nothing, and the layer lacks batch_first
    return Case(Model(), floats(n, steps), {"batch_dim": 0}, code="LSTM645" if n != steps else "LSTM640")


@wrong
def view_of_embeddings(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)
            self.rnn = nn.GRU(FEATURES, HIDDEN)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.rnn(self.embed(tokens).reshape(tokens.size(1), tokens.size(0), -1))[1][-1]

    return Case(Model(), ids(n, steps), {"batch_dim": 0}, code="LSTM645" if n != steps else "LSTM640")


@wrong
def view_of_the_state(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode = nn.Linear(FEATURES, 2 * HIDDEN)
            self.rnn = nn.GRU(FEATURES, HIDDEN, num_layers=2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x, self.encode(x[:, 0]).view(2, len(x), HIDDEN))[0]

    return Case(Model(), floats(n, steps), code="LSTM645")


@wrong
def two_axes_said_so(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x)[0]

    return Case(Model(), torch.randn(n, FEATURES), {"batch_dim": 0}, code="LSTM650")


@wrong
def steps_flattened_into_one_sequence(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x.view(-1, FEATURES))[0].view(*x.shape[:2], -1)

    return Case(Model(), floats(n, steps), {"batch_dim": 0}, code="LSTM650")


@wrong
def packed_with_the_wrong_axes(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)

        def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
            packed = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
            return rnn.pad_packed_sequence(self.rnn(packed)[0])[0].mean(1)

    n = steps
    lengths = torch.arange(1, n + 1)
    return Case(Model(), (floats(n, steps), lengths), {"batch_dim": 0}, code="LSTM648")


@wrong
def seq2seq_without_batch_first(n: int, steps: int) -> Case:
    return Case(Seq2Seq(False), (ids(n, steps), ids(n, steps)), {"batch_dim": 0}, code="LSTM640")


@wrong
def direct_forward(n: int, steps: int) -> Case:
    class Model(Forgot):
        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn.forward(x)[0][:, -1])

    return Case(Model(), floats(n, steps), code="LSTM640")


@wrong
def inside_a_larger_model(n: int, steps: int) -> Case:
    return Case(nn.Sequential(nn.Linear(FEATURES, FEATURES), Forgot(), nn.Sigmoid()), floats(n, steps), code="LSTM640")
