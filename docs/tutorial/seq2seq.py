"""Sequence to sequence: an encoder reads digits, a decoder writes them backwards."""

import torch
from torch import nn

torch.manual_seed(0)

DIGITS, START, LENGTH = 10, 10, 5  # id 10 tells the decoder to begin


class Encoder(nn.Module):
    def __init__(self, embedding_dim: int = 16, hidden_size: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(DIGITS, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, batch_first=True)

    def forward(self, source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        _, state = self.lstm(self.embedding(source))
        return state


class Decoder(nn.Module):
    def __init__(self, embedding_dim: int = 16, hidden_size: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(DIGITS + 1, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, DIGITS)

    def forward(self, ids: torch.Tensor, state):
        out, state = self.lstm(self.embedding(ids), state)
        return self.head(out), state


class Reverser(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Training: the decoder is given the right digit before each step ("teacher forcing")."""
        start = torch.full((source.size(0), 1), START)
        scores, _ = self.decoder(torch.cat((start, target[:, :-1]), dim=1), self.encoder(source))
        return scores

    @torch.no_grad()
    def write(self, source: torch.Tensor) -> torch.Tensor:
        """Use: each step gets what the step before has written."""
        state = self.encoder(source)
        ids = torch.full((source.size(0), 1), START)
        written = []
        for _ in range(LENGTH):
            scores, state = self.decoder(ids, state)
            ids = scores.argmax(-1)
            written.append(ids)
        return torch.cat(written, dim=1)


model = Reverser()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(250):
    source = torch.randint(DIGITS, (64, LENGTH))
    target = source.flip(1)
    loss = nn.functional.cross_entropy(model(source, target).transpose(1, 2), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

model.eval()
source = torch.randint(DIGITS, (100, LENGTH))
written = model.write(source)
print(source[0].tolist(), "->", written[0].tolist())
print(f"right: {(written == source.flip(1)).float().mean().item():.0%}")
