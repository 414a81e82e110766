"""An encoder that hands its state to a decoder."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class Translator(nn.Module):
    def __init__(self, words, size=32, hidden=64):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.encoder = nn.GRU(size, hidden, batch_first=True)
        self.decoder = nn.GRU(size, hidden, batch_first=True)
        self.words = nn.Linear(hidden, words)

    def forward(self, source, lengths, target):
        packed = pack_padded_sequence(self.embedding(source), lengths, batch_first=True, enforce_sorted=False)
        _, state = self.encoder(packed)
        out, _ = self.decoder(self.embedding(target), state)
        return self.words(out)


translator = Translator(words=5_000)
ids = torch.zeros(8, 20, dtype=torch.long)
scores = translator(ids, torch.tensor([20] * 8), torch.zeros(8, 15, dtype=torch.long))
