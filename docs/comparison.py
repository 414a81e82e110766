"""Run lstmcheck and other tools on the same small programs, and write docs/comparison.md.

    python docs/comparison.py --bin DIR --python PYTHON

DIR holds the commands of the other tools: `pip install ruff TorchFix pyrefly torchtyc torchshapeflow`. PYTHON is an
interpreter with torch, and with pyrefly-torch-stubs. Each program exists twice, wrong and right. A tool has found the
mistake when it says something of the wrong program that it does not say of the right one.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Case:
    """A program with a mistake; with `wrong` replaced by `right` it is a right one."""

    title: str
    source: str
    wrong: str
    right: str
    ours: bool = True  # a mistake around a recurrent layer, which lstmcheck has to find
    call: str = ""  # what is run under torch after the program, and no tool sees

    def programs(self) -> tuple[str, str]:
        """The wrong and the right program."""
        assert self.source.count(self.wrong) == 1, self.title
        return self.source, self.source.replace(self.wrong, self.right)


HEAD = "import torch\nfrom torch import nn\n\n"
PLAIN = (
    HEAD
    + """lstm = nn.LSTM(10, 20, batch_first=True, bidirectional=True)
x = torch.zeros(8, 15, 10)
h_0 = torch.zeros(2, 8, 20)
c_0 = torch.zeros(2, 8, 20)
out, _ = lstm(x, (h_0, c_0))
y = nn.Linear(40, 5)(out)
"""
)
PROJECTED = (
    HEAD
    + """lstm = nn.LSTM(10, 20, proj_size=5)
x = torch.zeros(15, 8, 10)
h_0 = torch.zeros(1, 8, 5)
c_0 = torch.zeros(1, 8, 20)
out, _ = lstm(x, (h_0, c_0))
y = nn.Linear(5, 3)(out)
"""
)
PACKED = """import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

gru = nn.GRU(10, 20, batch_first=True)
x = torch.zeros(3, 15, 10)
out, h_n = gru(pack_padded_sequence(x, torch.tensor([15, 9, 4]), batch_first=True))
padded, lengths = pad_packed_sequence(out, batch_first=True)
y = nn.Linear(20, 5)(padded)
"""
TAGGER = (
    HEAD
    + """
class Tagger(nn.Module):
    def __init__(self, words: int, tags: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.layers = layers
        self.embedding = nn.Embedding(words, 32)
        self.lstm = nn.LSTM(32, hidden, num_layers=layers, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden, tags)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens)
        h_0 = torch.zeros(2 * self.layers, x.size(0), self.hidden)
        c_0 = torch.zeros(2 * self.layers, x.size(0), self.hidden)
        out, _ = self.lstm(x, (h_0, c_0))
        return self.head(out)
"""
)
CALL = """

tagger = Tagger(100, 5, 20, 2)
tagger(torch.zeros(8, 15, dtype=torch.long))
"""
LOADED = """import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(10, 20, batch_first=True)
        self.head = nn.Linear(20, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out, _ = self.lstm(x)
        return self.head(out)


reader = Reader()
for x, y in DataLoader(TensorDataset(torch.zeros(64, 15, 10), torch.zeros(64)), batch_size=8):
    scores = reader(x)
"""
TRAINED = (
    HEAD
    + """gru = nn.GRU(10, 20)
optimizer = torch.optim.SGD(gru.parameters(), lr=0.1)
state = torch.zeros(1, 8, 20)
for step in range(3):
    out, state = gru(torch.zeros(15, 8, 10), state)
    loss = out.sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    state = state.detach()
"""
)


def wrong(title: str, source: str, right: str, wrong: str, ours: bool = True, call: str = "") -> Case:
    """A case from a right program: `right` stands in it once, and is replaced by `wrong`."""
    assert source.count(right) == 1, title
    return Case(title, source.replace(right, wrong), wrong, right, ours, call)


CASES = (
    wrong("the state lacks the second direction", PLAIN, "h_0 = torch.zeros(2, 8", "h_0 = torch.zeros(1, 8"),
    wrong("the state is batch-first", PLAIN, "h_0 = torch.zeros(2, 8, 20)", "h_0 = torch.zeros(8, 2, 20)"),
    wrong("a Linear for one direction", PLAIN, "nn.Linear(40, 5)", "nn.Linear(20, 5)"),
    wrong("a wrong `input_size`", PLAIN, "nn.LSTM(10,", "nn.LSTM(12,"),
    wrong("`proj_size`, and a cell state of its size", PROJECTED, "c_0 = torch.zeros(1, 8, 20)", "c_0 = torch.zeros(1, 8, 5)"),
    wrong("a packed result goes into a Linear", PACKED, "nn.Linear(20, 5)(padded)", "nn.Linear(20, 5)(out)"),
    wrong("in a class: the state lacks a direction", TAGGER + CALL, "h_0 = torch.zeros(2 * self", "h_0 = torch.zeros(self"),
    wrong("in a class: a Linear for one direction", TAGGER + CALL, "nn.Linear(2 * hidden", "nn.Linear(hidden"),
    wrong("in a class that nothing calls: the state lacks a direction", TAGGER, "h_0 = torch.zeros(2 * self", "h_0 = torch.zeros(self", call=CALL),
    wrong("in a class that nothing calls: a Linear for one direction", TAGGER, "nn.Linear(2 * hidden", "nn.Linear(hidden", call=CALL),
    wrong("`batch_first` is forgotten", LOADED, "nn.LSTM(10, 20, batch_first=True)", "nn.LSTM(10, 20)"),
    wrong("the state is not detached", TRAINED, "state.detach()", "state.clone()"),
    wrong("no recurrent layer: a Linear of another size", HEAD + "x = nn.Linear(10, 30)(torch.zeros(8, 10))\ny = nn.Linear(30, 5)(x)\n", "nn.Linear(30, 5)", "nn.Linear(20, 5)", ours=False),
    wrong("no recurrent layer: a function that torch has removed", "import torch\n\nvalues, vectors = torch.linalg.eigh(torch.eye(3))\n", "torch.linalg.eigh(torch.eye(3))", "torch.symeig(torch.eye(3))", ours=False),
    wrong("a name that does not exist", PLAIN, "nn.Linear(40, 5)(out)", "nn.Linear(40, 5)(output)", ours=False),
)  # fmt: skip


@dataclass(frozen=True)
class Tool:
    """A command: how it checks FILE, how it says its version, and what of its output is a finding."""

    name: str
    command: tuple[str, ...]
    version: tuple[str, ...]
    finding: str


TOOLS = (
    Tool("lstmcheck", ("lstmcheck", "--isolated", "-q", "--output-format", "concise", "FILE"), ("lstmcheck", "--version"), r"^\S+: (LSTM.*)$"),
    Tool("pyrefly", ("pyrefly", "check", "--preset", "default", "--python-interpreter-path", "PYTHON", "--output-format", "min-text", "FILE"), ("pyrefly", "--version"), r"^ *(?:ERROR|WARN) \S+: (.*)$"),
    Tool("torchtyc check", ("torchtyc", "check", "--python", "PYTHON", "--format", "concise", "FILE"), ("torchtyc", "version"), r"^\S+:\d+:\d+: ((?:error|warning).*)$"),
    Tool("torchtyc run", ("torchtyc", "run", "--python", "PYTHON", "--format", "concise", "FILE"), ("torchtyc", "version"), r"^\S+:\d+:\d+: ((?:error|warning).*)$"),
    Tool("torchshapeflow", ("tsf", "check", "FILE"), ("tsf", "version"), r"^\S+:\d+:\d+:? *(.*)$"),
    Tool("TorchFix", ("torchfix", "FILE"), ("torchfix", "--version"), r"^\S+:\d+:\d+: (.*)$"),
    Tool("ruff", ("ruff", "check", "--isolated", "--output-format", "concise", "FILE"), ("ruff", "--version"), r"^\S+:\d+:\d+: (.*)$"),
)  # fmt: skip


def main() -> None:
    """Run everything, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="where the commands of the other tools are")
    parser.add_argument("--python", type=Path, required=True, help="an interpreter with torch")
    given = parser.parse_args()
    # the other tools' folder last: lstmcheck and its Python are this interpreter's
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], str(given.bin.resolve())])
    os.environ.update(PATH=path, NO_COLOR="1", COLUMNS="200")
    python = str(given.python.absolute())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        PAGE.write_text("\n".join(page(python)) + "\n", encoding="utf-8", newline="\n")


def page(python: str) -> Iterator[str]:
    """The lines of the page."""
    results = {
        (case.title, tool.name): [findings(tool, program, python) for program in case.programs()]
        for case in CASES
        for tool in TOOLS
    }
    yield from INTRODUCTION.format(date=datetime.date.today().isoformat()).splitlines()
    yield f"| | torch {torch_version(python)} | " + " | ".join(tool.name for tool in TOOLS) + " |"
    yield "|---" * (len(TOOLS) + 2) + "|"
    for case in CASES:
        cells = [mark(*results[case.title, tool.name]) for tool in TOOLS]
        yield f"| {case.title} | {'silent' if torch_says(case, python) is None else 'raises'} | {' | '.join(cells)} |"
    yield from ("", "Versions: " + ", ".join(sorted({version(tool) for tool in TOOLS}, key=str.lower)) + ".", "")
    yield from CONCLUSION.splitlines()
    for case in CASES:
        yield from ("", f"### {case.title[0].upper()}{case.title[1:]}", "", "```python")
        yield from (case.programs()[0].rstrip(), "```", "")
        yield f"Right: `{case.right.strip()}` in the place of `{case.wrong.strip()}`."
        yield from ("", f"- torch: {torch_says(case, python) or 'says nothing'}")
        for tool in TOOLS:
            found, right = results[case.title, tool.name]
            yield from (f"- {tool.name}: {text}" for text in found if text not in right)
            yield from (f"- {tool.name}, of the right program: {text}" for text in right)


def mark(found: Sequence[str], right: Sequence[str]) -> str:
    """What a tool's findings amount to."""
    hit = "**found**" if set(found) - set(right) else "-"
    return f"{hit}, false alarm" if right else hit


def findings(tool: Tool, program: str, python: str) -> list[str]:
    """What a tool says of a program, without places, each text once."""
    said = run(tool.command, program, python)
    texts = re.findall(tool.finding, said, re.MULTILINE)
    return list(dict.fromkeys(escaped(text) for text in texts))


@functools.cache
def torch_says(case: Case, python: str) -> str | None:
    """The error that the wrong program ends with; None where it runs through. The right one has to."""
    wrong_program, right_program = case.programs()
    assert "Error" not in run(("PYTHON", "FILE"), right_program + case.call, python), case.title
    errors = re.findall(r"^(\w+Error: .*)$", run(("PYTHON", "FILE"), wrong_program + case.call, python), re.MULTILINE)
    return escaped(errors[-1]) if errors else None


def run(command: Sequence[str], program: str, python: str) -> str:
    """What a command prints about a program."""
    Path("program.py").write_text(program, encoding="utf-8")
    words = [{"FILE": "program.py", "PYTHON": python}.get(word, word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr


def escaped(text: str) -> str:
    """A message as text of a list: Markdown takes nothing in it for its own."""
    return "`" + text.replace("`", "'").strip() + "`"


def version(tool: Tool) -> str:
    """Name and version of a tool."""
    said = subprocess.run(tool.version, capture_output=True, text=True, check=True).stdout
    number = re.search(r"\d+(\.\d+)+", said)
    assert number is not None, said
    return f"{tool.name.split()[0]} {number[0]}"


def torch_version(python: str) -> str:
    """The version of torch that an interpreter has."""
    code = "import torch; print(torch.__version__.partition('+')[0])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


INTRODUCTION = """\
# Comparison

Other tools on the same programs. `docs/comparison.py` wrote this page on {date}; each program exists twice, wrong and
right, and both have been run under torch. **found** means that the tool says something of the wrong program that it does
not say of the right one; *false alarm* that it says something of the right one. No program was annotated for a tool, and
each tool ran as it comes, but for pyrefly: without a configuration file it is in a mode that leaves shapes out, so it was
given `--preset default`, and the stubs of torch that it needs for shapes. The table counts errors and warnings.

"""

CONCLUSION = """\
## What to make of it

- These programs are about recurrent layers, which is the one thing that lstmcheck looks at. The last three rows are not,
  and there others are better: pyrefly follows shapes through any layer and knows all types, ruff knows Python, TorchFix
  knows what torch has deprecated and removed. Use them too.
- torchtyc `run` is torch itself, on tensors without data: it imports and runs the program, so it sees what that one run
  does, exactly, and needs no rules. It stops at the first error, is silent where torch is, and needs a program that calls
  the model. (`lstmcheck run` is its like here, on real tensors.) `torchtyc check` and torchshapeflow check functions whose arguments have annotated shapes; where there are none, they have nothing to check.
- ruff and TorchFix do not claim to know shapes. They stand here because people ask.
- The programs were chosen by the authors of lstmcheck, who know what it finds. Larger samples that were not:
  [limits](limits.md).

## Every word

The wrong programs, and what each tool says of them.
"""


if __name__ == "__main__":
    main()
