"""Whether time grows in step with the code: doubling the classes of a file, and the files of a folder.

    python tests/benchmarks/linear.py

Each row doubles the one before; a factor near 2 is linear.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import lstmcheck

CLASS = """
class Tagger{number}(nn.Module):
    def __init__(self, words, tags, emb=32, hidden=64, layers=2, bidirectional=True):
        super().__init__()
        self.layers = layers
        self.hidden = hidden
        self.directions = 2 if bidirectional else 1
        self.embedding = nn.Embedding(words, emb)
        self.lstm = nn.LSTM(emb, hidden, layers, bidirectional=bidirectional, batch_first=True)
        self.head = nn.Linear(self.directions * hidden, tags)

    def init_hidden(self, batch):
        return torch.zeros(self.layers * self.directions, batch, self.hidden)

    def forward(self, words):
        x = self.embedding(words)
        h0 = self.init_hidden(x.size(0))
        out, (hn, cn) = self.lstm(x, (h0, torch.zeros_like(h0)))
        for step in range(out.size(1)):
            logits = self.head(out[:, step])
        return logits


net{number} = Tagger{number}(100, 10)
print(net{number}(torch.zeros(4, 7, dtype=torch.long)).shape)
"""


def source(classes: int) -> str:
    """A module with some number of classes, each of them used."""
    return "import torch\nfrom torch import nn\n" + "".join(CLASS.format(number=number) for number in range(classes))


def seconds(path: Path) -> float:
    """The best of three checks of a path."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        lstmcheck.check(path)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print the time of each size and its factor to the one before."""
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "warm.py")
        warm.write_text(source(1))
        seconds(warm)
        before = 0.0
        for classes in (5, 10, 20, 40, 80):
            path = Path(folder, "one.py")
            path.write_text(source(classes))
            now = seconds(path)
            print(f"{classes:4} classes in a file  {now * 1000:8.1f} ms" + (f"  x{now / before:.2f}" if before else ""))
            before = now
        before = 0.0
        for files in (5, 10, 20, 40, 80):
            package = Path(folder, f"files{files}")
            package.mkdir()
            for number in range(files):
                (package / f"model{number}.py").write_text(source(1))
            now = seconds(package)
            print(f"{files:4} files in a folder   {now * 1000:8.1f} ms" + (f"  x{now / before:.2f}" if before else ""))
            before = now


if __name__ == "__main__":
    main()
