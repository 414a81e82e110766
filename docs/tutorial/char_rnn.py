"""A character model: it reads a text letter by letter, guesses the next one, and then writes by itself."""

import torch
from torch import nn

torch.manual_seed(0)

TEXT = "the rain in spain stays mainly in the plain. " * 40
LETTERS = sorted(set(TEXT))
IDS = torch.tensor([LETTERS.index(letter) for letter in TEXT])


class CharRNN(nn.Module):
    def __init__(self, letters: int, embedding_dim: int = 16, hidden_size: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(letters, embedding_dim)
        self.gru = nn.GRU(embedding_dim, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, letters)

    def forward(self, ids: torch.Tensor, state: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        out, state = self.gru(self.embedding(ids), state)
        return self.head(out), state


def train(model: CharRNN, rounds: int = 12, rows: int = 4, steps: int = 25) -> None:
    """Four readers, each with a quarter of the text; the state goes on from piece to piece, the gradient does not."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    length = len(IDS) // rows
    text = IDS[: rows * length].view(rows, length)
    for _ in range(rounds):
        state = None
        for start in range(0, length - steps - 1, steps):
            piece = text[:, start : start + steps]
            target = text[:, start + 1 : start + steps + 1]
            scores, state = model(piece, state)
            loss = nn.functional.cross_entropy(scores.transpose(1, 2), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            state = state.detach()


@torch.no_grad()
def write(model: CharRNN, begin: str, length: int = 60) -> str:
    """The likeliest letters after `begin`; each is the next step's input, and the state is handed on."""
    state = None
    text = begin
    ids = torch.tensor([[LETTERS.index(letter) for letter in begin]])
    for _ in range(length):
        scores, state = model(ids, state)
        ids = scores[:, -1].argmax(-1, keepdim=True)
        text += LETTERS[ids.item()]
    return text


model = CharRNN(len(LETTERS))
train(model)
model.eval()
print(write(model, "the "))
