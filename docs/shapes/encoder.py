import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, words, size, hidden, both=True):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.lstm = nn.LSTM(size, hidden, num_layers=2, batch_first=True, bidirectional=both)

    def forward(self, ids, lengths):
        batch, steps = ids.shape
        x = self.embedding(ids)
        out, (h, c) = self.lstm(x)
        last = out[torch.arange(batch), lengths - 1]
        summary = lengths.summary(h)
        return last


encoder = Encoder(1000, 32, 64)
vectors = encoder(torch.zeros(8, 20, dtype=torch.long), torch.tensor([20] * 8))
