"""A tagger: one tag for each word of a sentence. Sentences differ in length, so they are padded and packed."""

import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

random.seed(0)
torch.manual_seed(0)

WORDS = {
    "DET": ["the", "a"],
    "ADJ": ["small", "green", "old"],
    "NOUN": ["dog", "tree", "walk", "light"],
    "VERB": ["sees", "likes", "walk", "light"],
}
TAGS = list(WORDS)
VOCABULARY = ["<pad>", *dict.fromkeys(word for words in WORDS.values() for word in words)]
NO_TAG = -100  # what cross_entropy leaves out


def sentence() -> list[tuple[str, str]]:
    """Words with their tags. "walk" and "light" are nouns or verbs: only the words around them tell."""
    tags = ["DET", *["ADJ"] * random.randint(0, 2), "NOUN", "VERB", "DET", *["ADJ"] * random.randint(0, 2), "NOUN"]
    return [(random.choice(WORDS[tag]), tag) for tag in tags[: random.choice([3, len(tags)])]]


def batch(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Word ids (batch, seq_len), padded with 0; tags likewise, padded with NO_TAG; lengths (batch,)."""
    made = [sentence() for _ in range(count)]
    ids = [torch.tensor([VOCABULARY.index(word) for word, _ in one]) for one in made]
    tags = [torch.tensor([TAGS.index(tag) for _, tag in one]) for one in made]
    lengths = torch.tensor([len(one) for one in made])
    return (
        pad_sequence(ids, batch_first=True),
        pad_sequence(tags, batch_first=True, padding_value=NO_TAG),
        lengths,
    )


class Tagger(nn.Module):
    def __init__(self, words: int, tags: int, embedding_dim: int = 8, hidden_size: int = 16):
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, tags)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        embedded = self.embedding(ids)
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        out, _ = self.lstm(packed)
        out, _ = pad_packed_sequence(out, batch_first=True)
        return self.head(out)


model = Tagger(len(VOCABULARY), len(TAGS))
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
for _ in range(40):
    ids, tags, lengths = batch(16)
    scores = model(ids, lengths)  # (batch, seq_len, tags)
    loss = nn.functional.cross_entropy(scores.transpose(1, 2), tags, ignore_index=NO_TAG)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    ids, tags, lengths = batch(100)
    right = model(ids, lengths).argmax(-1) == tags
print(f"right: {right[tags != NO_TAG].float().mean().item():.0%}")
