"""Models that keep samples apart, or mix them on purpose outside of their recurrent layers."""

from __future__ import annotations

import random
import threading
import warnings
from collections import UserDict, namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from runtime.probed import Case, Make
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import rnn
from torch.utils.data import DataLoader, TensorDataset

RIGHT: dict[str, Make] = {}
FEATURES, HIDDEN, CLASSES, VOCABULARY = 3, 8, 4, 11


def right(make: Make) -> Make:
    RIGHT[make.__name__] = make
    return make


def floats(n: int, steps: int) -> Tensor:
    return torch.randn(n, steps, FEATURES)


def ids(n: int, steps: int) -> Tensor:
    return torch.randint(1, VOCABULARY, (n, steps))


def padded(n: int, steps: int) -> tuple[Tensor, Tensor]:
    """Padded ids and their lengths, the longest as long as the batch."""
    lengths = torch.randint(1, steps + 1, (n,))
    lengths[n // 2] = steps
    tokens = ids(n, steps)
    tokens[torch.arange(steps) >= lengths[:, None]] = 0
    return tokens, lengths


class Last(nn.Module):
    def __init__(self, cls: type = nn.LSTM, **options: Any) -> None:
        super().__init__()
        self.rnn = cls(FEATURES, HIDDEN, batch_first=True, **options)
        self.head = nn.Linear(HIDDEN * (2 if options.get("bidirectional") else 1), CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


@right
def last_step(n: int, steps: int) -> Case:
    return Case(Last(), floats(n, steps), verdict="ok")


@right
def gru_of_two_layers_with_dropout(n: int, steps: int) -> Case:
    return Case(Last(nn.GRU, num_layers=2, dropout=0.5), floats(n, steps), verdict="ok")


@right
def bidirectional_rnn(n: int, steps: int) -> Case:
    return Case(Last(nn.RNN, bidirectional=True), floats(n, steps), verdict="ok")


@right
def labels_decide(n: int, steps: int) -> Case:
    return Case(Last(), (floats(n, steps), torch.arange(n)), verdict="ok")


@right
def float64(n: int, steps: int) -> Case:
    return Case(Last().double(), floats(n, steps).double(), verdict="ok")


@right
def one_hot(n: int, steps: int) -> Case:
    return Case(Last(), F.one_hot(torch.randint(FEATURES, (n, steps)), FEATURES).float(), verdict="ok")


@right
def nothing_but_zeros(n: int, steps: int) -> Case:
    return Case(Last(), torch.zeros(n, steps, FEATURES), verdict="ok")


@right
def nothing_but_ones(n: int, steps: int) -> Case:
    return Case(Last(), torch.ones(n, steps, FEATURES), verdict="ok")


@right
def batch_norm_in_training(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before = nn.BatchNorm1d(FEATURES)
            self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True)
            self.after = nn.BatchNorm1d(HIDDEN, track_running_stats=False)
            self.drop = nn.Dropout(0.5)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.rnn(self.before(x.transpose(1, 2)).transpose(1, 2))
            return self.drop(self.after(out[:, -1]))

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def normalised_over_the_batch_by_hand(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward((x - x.mean((0, 1))) / x.std((0, 1)))

    return Case(Model(), floats(n, steps), verdict="mixed")


class Tagger(nn.Module):
    def __init__(self, batch_first: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, FEATURES, padding_idx=0)
        self.rnn = nn.LSTM(FEATURES, HIDDEN, bidirectional=True, batch_first=batch_first)
        self.head = nn.Linear(2 * HIDDEN, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.rnn(self.embed(tokens))[0])


@right
def tagger(n: int, steps: int) -> Case:
    return Case(Tagger(True), ids(n, steps), verdict="ok")


@right
def sequence_first_ids(n: int, steps: int) -> Case:
    return Case(Tagger(), ids(steps, n))


@right
def sequence_first_ids_said_so(n: int, steps: int) -> Case:
    return Case(Tagger(), ids(steps, n), {"batch_dim": 1}, verdict="ok")


@right
def sequence_first_floats(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)
            self.head = nn.Linear(HIDDEN, CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x)[0][-1])

    return Case(Model(), floats(steps, n))


@right
def sequence_first_average(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)
            self.loss = nn.MSELoss()

        def forward(self, x: Tensor) -> Tensor:
            pooled = self.rnn(x)[0].mean(0)
            return self.loss(pooled, torch.zeros_like(pooled))

    return Case(Model(), floats(steps, n))


@right
def flat_from_sequence_first(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN)
            self.head = nn.Linear(HIDDEN, CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.rnn(x.transpose(0, 1))
            return self.head(out.reshape(-1, HIDDEN))

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def hierarchical(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)
            self.words = nn.GRU(FEATURES, HIDDEN, batch_first=True)
            self.sentences = nn.GRU(HIDDEN, HIDDEN, batch_first=True)

        def forward(self, documents: Tensor) -> Tensor:
            n, sentences, words = documents.shape
            _, last = self.words(self.embed(documents.view(n * sentences, words)))
            return self.sentences(last[-1].view(n, sentences, -1))[1][-1]

    return Case(Model(), torch.randint(1, VOCABULARY, (n, 3, steps)), verdict="ok")


@right
def hierarchical_sequence_first(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.across = nn.GRU(FEATURES, HIDDEN)
            self.down = nn.GRU(HIDDEN, HIDDEN)

        def forward(self, images: Tensor) -> Tensor:
            n, channels, height, width = images.shape
            rows = images.permute(3, 2, 0, 1).reshape(width, height * n, channels)
            states = self.across(rows)[1][-1].view(height, n, HIDDEN)
            return self.down(states)[1][-1]

    return Case(Model(), torch.randn(n, FEATURES, 4, steps), verdict="ok")


@right
def frames_through_a_cnn(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
            self.rnn = nn.LSTM(2, HIDDEN)

        def forward(self, video: Tensor) -> Tensor:
            n, steps = video.shape[:2]
            features = self.conv(video.flatten(0, 1)).view(n, steps, 2)
            return self.rnn(features.transpose(0, 1))[1][0][-1]

    return Case(Model(), torch.randn(n, steps, 1, 6, 6), verdict="ok")


class Packed(nn.Module):
    def __init__(self, sort: bool = False) -> None:
        super().__init__()
        self.sort = sort
        self.embed = nn.Embedding(VOCABULARY, FEATURES, padding_idx=0)
        self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True, bidirectional=True)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        x = self.embed(tokens)
        order = lengths.argsort(descending=True) if self.sort else torch.arange(len(lengths))
        packed = rnn.pack_padded_sequence(x[order], lengths[order].cpu(), batch_first=True, enforce_sorted=self.sort)
        out, _ = self.rnn(packed)
        back, _ = rnn.pad_packed_sequence(out, batch_first=True)
        return back.mean(1)[order.argsort()]


@right
def packed_unsorted(n: int, steps: int) -> Case:
    return Case(Packed(), padded(n, steps), verdict="ok")


@right
def packed_sorted_by_hand(n: int, steps: int) -> Case:
    return Case(Packed(True), padded(n, steps), verdict="ok")


@right
def packed_by_names(n: int, steps: int) -> Case:
    tokens, lengths = padded(n, steps)
    return Case(Packed(), {"tokens": tokens, "lengths": lengths, "labels": torch.zeros(n)}, verdict="ok")


@right
def lengths_from_the_padding(n: int, steps: int) -> Case:
    class Model(Packed):
        def forward(self, tokens: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(tokens, (tokens != 0).sum(1))

    return Case(Model(), padded(n, steps)[0], verdict="ok")


@right
def packed_outside(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)

        def forward(self, sequences: rnn.PackedSequence) -> Tensor:
            return self.rnn(sequences)[1][-1]

    rows = [torch.randn(1 + i % steps, FEATURES) for i in range(n)]
    return Case(Model(), rnn.pack_sequence(rows, enforce_sorted=False), verdict="ok")


@right
def packed_output(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)

        def forward(self, batch: Any) -> Any:
            x, lengths = batch
            return self.rnn(rnn.pack_padded_sequence(x, lengths, enforce_sorted=False))

    _, lengths = padded(n, steps)
    x = floats(steps, n)
    return Case(Model(), (x, lengths))


@right
def a_list_of_sequences(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN)

        def forward(self, sequences: list[Tensor]) -> Tensor:
            return self.rnn(rnn.pack_sequence(sequences, enforce_sorted=False))[1][-1]

    return Case(Model(), [torch.randn(1 + i % steps, FEATURES) for i in range(n)], verdict="ok")


@right
def stateful(n: int, steps: int) -> Case:
    class Model(Last):
        def __init__(self) -> None:
            super().__init__()
            self.hidden: Any = None

        def forward(self, x: Tensor) -> Tensor:
            out, self.hidden = self.rnn(x, self.hidden)
            return self.head(out[:, -1])

    model = Model()
    model(floats(n, steps))  # the state that is left carries a graph
    return Case(model, floats(n, steps), verdict="ok")


@right
def state_given(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor, hidden: Any) -> Any:  # type: ignore[override]
            out, hidden = self.rnn(x, hidden)
            return self.head(out), hidden

    hidden = (torch.randn(1, n, HIDDEN), torch.randn(1, n, HIDDEN))
    return Case(Model(), (floats(n, steps), hidden), verdict="ok")


@right
def as_many_state_rows_as_samples(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN, num_layers=n, batch_first=True)

        def forward(self, h: Tensor, x: Tensor) -> Any:
            return self.rnn(x, h)

    return Case(Model(), (torch.randn(n, n, HIDDEN), floats(n, steps)), verdict="ok")


@right
def cell_loop(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            state = None
            outs = []
            for t in range(x.size(1)):
                state = self.cell(x[:, t], state)
                outs.append(state[0])
            return torch.stack(outs, 1)

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def stacked_cells_with_dropout(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = nn.ModuleList([nn.GRUCell(FEATURES, HIDDEN), nn.GRUCell(HIDDEN, HIDDEN)])
            self.drop = nn.Dropout(0.3)

        def forward(self, x: Tensor) -> Tensor:
            states = [x.new_zeros(x.size(0), HIDDEN) for _ in self.cells]
            for step in x.unbind(1):
                for i, cell in enumerate(self.cells):
                    states[i] = cell(self.drop(step), states[i])
                    step = states[i]
            return states[-1]

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def each_sample_for_itself(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([self.rnn(sample)[1][0][-1] for sample in x])

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def each_sample_by_cells(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.GRUCell(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            ends = []
            for sample in x:
                h = torch.zeros(HIDDEN)
                for step in sample:
                    h = self.cell(step, h)
                ends.append(h)
            return torch.stack(ends)

    return Case(Model(), floats(n, steps), verdict="ok")


class Seq2Seq(nn.Module):
    def __init__(self, batch_first: bool = True) -> None:
        super().__init__()
        self.axis = 1 if batch_first else 0
        self.embed = nn.Embedding(VOCABULARY, FEATURES)
        self.encoder = nn.LSTM(FEATURES, HIDDEN, batch_first=batch_first)
        self.decoder = nn.LSTM(FEATURES, HIDDEN, batch_first=batch_first)
        self.head = nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, src: Tensor, trg: Tensor, forcing: float = 0.5) -> Tensor:
        _, state = self.encoder(self.embed(src))
        token = trg.narrow(self.axis, 0, 1)
        outs = []
        for t in range(1, trg.size(self.axis)):
            out, state = self.decoder(self.embed(token), state)
            outs.append(self.head(out))
            forced = random.random() < forcing or np.random.rand() < 0.1
            token = trg.narrow(self.axis, t, 1) if forced else outs[-1].argmax(-1)
        return torch.cat(outs, self.axis)


@right
def teacher_forcing(n: int, steps: int) -> Case:
    return Case(Seq2Seq(), (ids(n, steps), ids(n, steps + 2)), verdict="ok")


@right
def teacher_forcing_sequence_first(n: int, steps: int) -> Case:
    return Case(Seq2Seq(False), (ids(steps, n), ids(steps + 2, n)))


@right
def seq2seq_by_names(n: int, steps: int) -> Case:
    batch = UserDict(src=ids(n, steps), trg=ids(n, steps + 1))
    return Case(Seq2Seq(), batch, {"kwargs": {"forcing": 0.0}}, verdict="ok")


@right
def attention_over_time(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True)
            self.attend = nn.MultiheadAttention(HIDDEN, 2, batch_first=True, dropout=0.1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            out, _ = self.rnn(x)
            mixed, weights = self.attend(out, out, out)
            return {"pooled": mixed.mean(1), "weights": weights}

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def attention_over_the_batch(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True)
            self.attend = nn.MultiheadAttention(HIDDEN, 2)
            self.second = nn.GRU(HIDDEN, HIDDEN, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            out, _ = self.rnn(x)
            mixed, _ = self.attend(out, out, out)  # the first axis is attended over
            return self.second(mixed)[1][-1]

    return Case(Model(), floats(n, steps), verdict="mixed")


@right
def contrastive(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor) -> Any:  # type: ignore[override]
            z = F.normalize(super().forward(x), dim=-1)
            scores = z @ z.T
            return scores, F.cross_entropy(scores, torch.arange(len(x)))

    return Case(Model(), floats(n, steps), verdict="mixed")


@right
def mixup_before_the_layer(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor) -> Tensor:
            share = random.random()
            return super().forward(share * x + (1 - share) * x[torch.randperm(len(x))])

    return Case(Model(), floats(n, steps))


@right
def support_set_read_as_a_sequence(n: int, steps: int) -> Case:
    class Model(nn.Module):
        """The full context embeddings of matching networks: a bidirectional LSTM over the samples, on purpose."""

        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Sequential(nn.Flatten(), nn.LazyLinear(HIDDEN))
            self.context = nn.LSTM(HIDDEN, HIDDEN, bidirectional=True)

        def forward(self, support: Tensor) -> Tensor:
            return self.context(self.embed(support).unsqueeze(1))[0].squeeze(1)

    return Case(Model(), floats(n, steps))


@right
def one_dialogue(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)
            self.utterance = nn.GRU(FEATURES, HIDDEN, batch_first=True)
            self.dialogue = nn.GRU(HIDDEN, HIDDEN)

        def forward(self, utterances: Tensor, mask: Tensor) -> Tensor:
            ends = self.utterance(self.embed(utterances))[1][-1]
            return self.dialogue(ends)[0]

    return Case(Model(), {"utterances": ids(n, steps), "mask": torch.ones(n, steps, dtype=torch.bool)})


@right
def one_sentence(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)
            self.rnn = nn.LSTM(FEATURES, HIDDEN)
            self.head = nn.Linear(HIDDEN, CLASSES)

        def forward(self, sentence: Tensor) -> Tensor:
            out, _ = self.rnn(self.embed(sentence).view(len(sentence), 1, -1))
            return self.head(out.view(len(sentence), -1))

    return Case(Model(), torch.randint(1, VOCABULARY, (steps,)), verdict="unknown")


@right
def one_series(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(FEATURES, HIDDEN)

        def forward(self, series: Tensor) -> Tensor:
            return self.rnn(series)[0]

    return Case(Model(), (torch.randn(steps, FEATURES), torch.randn(steps)))


@right
def masked_average(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES, padding_idx=0)
            self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True)

        def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
            out, _ = self.rnn(self.embed(input_ids))
            mask = attention_mask.unsqueeze(-1).float()
            return (out * mask).sum(1) / mask.sum(1)

    tokens, _ = padded(n, steps)
    return Case(Model(), UserDict(attention_mask=(tokens != 0).long(), input_ids=tokens), verdict="ok")


@right
def mask_as_floats(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, mask: Tensor, x: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(x * mask.unsqueeze(-1))

    return Case(Model(), (torch.ones(n, steps), floats(n, steps)), verdict="ok")


@right
def namedtuple_batch(n: int, steps: int) -> Case:
    Pair = namedtuple("Pair", "left right")

    class Model(Last):
        def forward(self, pair: Any) -> Tensor:
            return super().forward(pair.left) - super().forward(pair.right)

    return Case(Model(), Pair(floats(n, steps), floats(n, steps + 1)), verdict="ok")


@dataclass
class Sentences:
    tokens: Tensor
    lengths: Tensor
    texts: tuple[str, ...] = ()


@right
def dataclass_batch(n: int, steps: int) -> Case:
    class Model(Packed):
        def forward(self, batch: Sentences) -> Tensor:  # type: ignore[override]
            return super().forward(batch.tokens, batch.lengths)

    return Case(Model(), Sentences(*padded(n, steps), texts=("a",) * n), verdict="ok")


@right
def object_batch(n: int, steps: int) -> Case:
    class Batch:
        def __init__(self) -> None:
            self.x, self.name = floats(n, steps), "train"

    class Model(Last):
        def forward(self, batch: Any) -> Tensor:
            return super().forward(batch.x)

    return Case(Model(), Batch(), verdict="ok")


@right
def numpy_batch(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Any) -> Tensor:
            return super().forward(torch.as_tensor(x))

    return Case(Model(), np.random.randn(n, steps, FEATURES).astype("float32"), verdict="ok")


@right
def batch_of_a_loader(n: int, steps: int) -> Case:
    data = TensorDataset(floats(2 * n, steps), torch.zeros(2 * n))
    return Case(Last(), DataLoader(data, batch_size=n, shuffle=True), verdict="ok")


@right
def own_call(n: int, steps: int) -> Case:
    class Model(Last):
        def training_step(self, batch: Any) -> Tensor:
            x, y = batch
            return F.cross_entropy(self(x), y)

    return Case(
        Model(),
        [floats(n, steps), torch.randint(CLASSES, (n,))],
        {"call": lambda model, batch: model.training_step(batch)},
        verdict="ok",
    )


@right
def loss_inside(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor, labels: Tensor | None = None) -> Any:  # type: ignore[override]
            logits = super().forward(x)
            return (F.cross_entropy(logits, labels), logits) if labels is not None else logits

    return Case(Model(), (floats(n, steps), torch.randint(CLASSES, (n,))), verdict="ok")


@right
def weight_norm(n: int, steps: int) -> Case:
    model = Last()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.head = nn.utils.weight_norm(model.head)  # leaves a tensor with a graph
    model(floats(n, steps))
    return Case(model, floats(n, steps), verdict="ok")


@right
def spectral_norm(n: int, steps: int) -> Case:
    model = Last()
    model.head = nn.utils.parametrizations.spectral_norm(model.head)
    return Case(model, floats(n, steps), verdict="ok")


@right
def weight_drop(n: int, steps: int) -> Case:
    class Drop(nn.Module):
        def __init__(self, inner: nn.LSTM) -> None:
            super().__init__()
            self.inner = inner
            self.raw = nn.Parameter(inner.weight_hh_l0.detach().clone())
            del inner._parameters["weight_hh_l0"]

        def forward(self, *args: Any) -> Any:
            self.inner.weight_hh_l0 = F.dropout(self.raw, 0.5, self.training)
            self.inner._flat_weights = [getattr(self.inner, name) for name in self.inner._flat_weights_names]
            return self.inner.forward(*args)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = Drop(nn.LSTM(FEATURES, HIDDEN, batch_first=True))

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x)[0]

    model = Model()
    model(floats(n, steps))
    return Case(model, floats(n, steps), verdict="ok")


@right
def subclass_that_transposes(n: int, steps: int) -> Case:
    class Swapped(nn.LSTM):
        def forward(self, x: Tensor) -> Any:  # type: ignore[override]
            out, state = super().forward(x.transpose(0, 1))
            return out.transpose(0, 1), state

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = Swapped(FEATURES, HIDDEN)

        def forward(self, x: Tensor) -> Tensor:
            return self.rnn(x)[0]

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def greedy_decoding(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)
            self.encoder = nn.GRU(FEATURES, HIDDEN, batch_first=True)
            self.cell = nn.GRUCell(FEATURES, HIDDEN)
            self.head = nn.Linear(HIDDEN, VOCABULARY)

        def forward(self, src: Tensor) -> Tensor:
            h = self.encoder(self.embed(src))[1][-1]
            token = torch.zeros(len(src), dtype=torch.long)
            done = torch.zeros(len(src), dtype=torch.bool)
            tokens = []
            while len(tokens) < 12 and not done.all():
                h = self.cell(self.embed(token), h)
                token = self.head(h).argmax(-1)
                done |= token == 1
                tokens.append(token)
            return torch.stack(tokens, 1)

    return Case(Model(), ids(n, steps))


@right
def beam_search(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(VOCABULARY, FEATURES)
            self.rnn = nn.LSTM(FEATURES, HIDDEN, batch_first=True)
            self.head = nn.Linear(HIDDEN, VOCABULARY)

        def forward(self, src: Tensor, beams: int = 3) -> Any:
            n = len(src)
            _, (h, c) = self.rnn(self.embed(src))
            h, c = h.repeat_interleave(beams, 1), c.repeat_interleave(beams, 1)
            scores = torch.full((n, beams), -1e9)
            scores[:, 0] = 0.0
            token = torch.zeros(n * beams, 1, dtype=torch.long)
            for _ in range(4):
                out, (h, c) = self.rnn(self.embed(token), (h, c))
                total = scores.unsqueeze(-1) + self.head(out[:, -1]).log_softmax(-1).view(n, beams, -1)
                scores, best = total.view(n, -1).topk(beams)
                rows = (torch.arange(n)[:, None] * beams + best // VOCABULARY).view(-1)
                h, c, token = h[:, rows], c[:, rows], (best % VOCABULARY).view(-1, 1)
            return scores, token.view(n, beams)

    return Case(Model(), ids(n, steps), verdict="ok")


@right
def conditioned_state(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode = nn.Linear(FEATURES, 4 * HIDDEN)
            self.rnn = nn.GRU(FEATURES, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            h = self.encode(x[:, 0]).view(len(x), 4, HIDDEN).transpose(0, 1).contiguous()
            return self.rnn(x, h)[0]

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def chunks_of_each_sample(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            n = len(x)
            windows = x.unfold(1, 2, 1).transpose(2, 3)
            return self.rnn(windows.reshape(-1, 2, FEATURES))[1][-1].view(n, -1, HIDDEN)

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def two_towers(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(FEATURES, HIDDEN, batch_first=True)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return F.cosine_similarity(self.rnn(a)[1][-1], self.rnn(b)[1][-1])

    return Case(Model(), (floats(n, steps), floats(n, steps)), verdict="ok")


@right
def images_by_rows(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(6, HIDDEN, batch_first=True)

        def forward(self, images: Tensor) -> Tensor:
            return self.rnn(images.squeeze(1))[0][:, -1]

    return Case(Model(), (torch.randn(n, 1, steps, 6), torch.zeros(n)), verdict="ok")


@right
def cannot_be_copied(n: int, steps: int) -> Case:
    model = Last()
    model.stream = (i for i in range(3))
    return Case(model, floats(n, steps), verdict="unknown")


@right
def holds_a_lock_and_a_generator(n: int, steps: int) -> Case:
    class Model(Last):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()
            self.draw = torch.Generator().manual_seed(1)
            self.numbers = np.random.default_rng(1)

        def forward(self, x: Tensor) -> Tensor:
            with self.lock:
                noise = torch.rand(x.shape, generator=self.draw) + float(self.numbers.random())
            return super().forward(x + noise)

    return Case(Model(), floats(n, steps), verdict="ok")


@right
def not_repeatable(n: int, steps: int) -> Case:
    numbers: Iterator[float] = iter(torch.rand(10_000).tolist())

    class Model(Last):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x + next(numbers))

    return Case(Model(), floats(n, steps), verdict="unknown")


@right
def one_sample(n: int, steps: int) -> Case:
    return Case(Last(), floats(1, steps), verdict="unknown")


@right
def raises(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("not today")

    return Case(Model(), floats(n, steps), verdict="unknown")


@right
def ignores_its_input(n: int, steps: int) -> Case:
    class Model(Last):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(torch.zeros_like(x))

    return Case(Model(), floats(n, steps), verdict="dead")


@right
def no_recurrent_layer(n: int, steps: int) -> Case:
    return Case(nn.Sequential(nn.Flatten(), nn.LazyLinear(2)), floats(n, steps), verdict="ok")


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(3, 8, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.rnn(x)[0]


@right
def scripted(n: int, steps: int) -> Case:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.jit.script(Plain())

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Case(Model(), floats(n, steps), verdict="ok")
