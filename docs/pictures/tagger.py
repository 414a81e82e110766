"""A tagger whose initial state forgets the second direction."""

import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, tags, size=32, hidden=64, layers=2):
        super().__init__()
        self.layers, self.hidden = layers, hidden
        self.embedding = nn.Embedding(words, size)
        self.lstm = nn.LSTM(size, hidden, num_layers=layers, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden, tags)

    def forward(self, ids):
        x = self.embedding(ids)
        h0 = torch.zeros(self.layers, ids.size(0), self.hidden)
        c0 = torch.zeros(self.layers, ids.size(0), self.hidden)
        out, (h, c) = self.lstm(x, (h0, c0))
        return self.head(out)


tagger = Tagger(words=10_000, tags=5)
scores = tagger(torch.zeros(8, 20, dtype=torch.long))
