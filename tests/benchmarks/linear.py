"""Whether time grows in step with the code: doubling files, files' length, calls in calls, conditions, calls in a row.

    python tests/benchmarks/linear.py

Each row doubles the one before; a factor near 2 is linear, one below it means that a budget was spent. Seconds are CPU
seconds of this process, once the engine's modules are loaded.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
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
        start = time.process_time()
        lstmcheck.check(path)
        best = min(best, time.process_time() - start)
    return best


def chain(depth: int) -> str:
    """A model behind so many functions, each of which calls the next one."""
    calls = [f"def through{at}(net, x):\n    return through{at + 1}(net, x)\n\n\n" for at in range(depth)]
    last = f"def through{depth}(net, x):\n    return net(x)\n\n\n"
    return source(1) + "".join([*calls, last]) + "print(through0(net0, torch.zeros(4, 7, dtype=torch.long)).shape)\n"


def branches(count: int) -> str:
    """A model with so many options, each with a condition of its own in the constructor and in `forward`."""
    options = [f"option{at}" for at in range(count)]
    made = "".join(
        f"        self.{name} = {name}\n        if {name}:\n            self.in_{name} = nn.Linear(emb, emb)\n"
        for name in options
    )
    used = "".join(f"        if self.{name}:\n            x = self.in_{name}(x)\n" for name in options)
    return (
        "import torch\nfrom torch import nn\n\n\nclass Model(nn.Module):\n"
        f"    def __init__(self, emb, {', '.join(f'{name}=False' for name in options)}):\n"
        f"        super().__init__()\n{made}        self.lstm = nn.LSTM(emb, 64, 2)\n\n"
        f"    def forward(self, x):\n{used}        return self.lstm(x)\n\n\n"
        "print(Model(32)(torch.zeros(4, 7, 32))[0].shape)\n"
    )


def steps(count: int) -> str:
    """A model that calls its layer so many times in a row, each time with the state before."""
    return (
        "import torch\nfrom torch import nn\n\n\nclass Model(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.lstm = nn.LSTM(64, 64)\n\n    def forward(self, x, state=None):\n"
        + "        x, state = self.lstm(x, state)\n" * count
        + "        return x\n\n\nprint(Model()(torch.zeros(4, 7, 64)).shape)\n"
    )


def files(folder: str, count: int) -> Path:
    """A folder of so many files, each with a class that it uses."""
    package = Path(folder, f"files{count}")
    package.mkdir()
    for number in range(count):
        (package / f"model{number}.py").write_text(source(1))
    return package


def one(folder: str, text: str) -> Path:
    """A file with a text."""
    path = Path(folder, "one.py")
    path.write_text(text)
    return path


def table(what: str, sizes: Sequence[int], make: Callable[[int], Path]) -> None:
    """Print the time of each size, its factor to the one before, and what a line costs."""
    before = 0.0
    for size in sizes:
        path = make(size)
        lines = sum(file.read_text().count("\n") for file in ([path] if path.is_file() else path.iterdir()))
        now = seconds(path)
        factor = f"x{now / before:.2f}" if before else ""
        print(f"{size:4} {what:24} {now * 1000:8.1f} ms  {factor:6} {now / lines * 1e6:7.1f} us a line")
        before = now
    print()


def main() -> None:
    """Print a table for each way to grow."""
    with tempfile.TemporaryDirectory() as folder:
        seconds(one(folder, source(1)))
        table("files in a folder", (5, 10, 20, 40, 80), partial(files, folder))
        table("classes in a file", (5, 10, 20, 40, 80), lambda size: one(folder, source(size)))
        table("classes in a huge file", (320, 640, 1280), lambda size: one(folder, source(size)))
        table("calls inside each other", (5, 10, 20, 40, 80), lambda size: one(folder, chain(size)))
        table("conditions of a model", (5, 10, 20, 40, 80), lambda size: one(folder, branches(size)))
        table("calls in a function", (100, 200, 400, 800, 1600), lambda size: one(folder, steps(size)))


if __name__ == "__main__":
    main()
