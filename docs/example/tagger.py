"""Two small networks as people write them, with a mistake in each. Both mistakes show only when the code runs."""

import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, tags, emb=32, hidden=64, layers=2):
        super().__init__()
        self.layers = layers
        self.hidden = hidden
        self.embedding = nn.Embedding(words, emb)
        self.lstm = nn.LSTM(emb, hidden, num_layers=layers, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden, tags)

    def forward(self, words):
        x = self.embedding(words)
        h0 = torch.zeros(self.layers, x.size(0), self.hidden)
        c0 = torch.zeros(self.layers, x.size(0), self.hidden)
        out, (hn, cn) = self.lstm(x, (h0, c0))
        return self.head(out)


class Counter(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.gru = nn.GRU(features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        h0 = x.new_zeros(1, x.size(0), self.gru.hidden_size)
        out, h = self.gru(x, (h0, h0))
        return self.head(out[:, -1])
