"""The line at which a trace tells of a mistake that runs, however the result is handed on before it is misread."""

from __future__ import annotations

import sys
import textwrap
import types
from pathlib import Path

import pytest

pytest.importorskip("torch")

import lstmcheck

PROGRAM = """\
import torch
from torch import nn


def last_of(y):
    return y[-1]  # inner


def last_of_sum(y):
    z = y + 0
    return z[-1]  # deeper


def is_long(y):
    steps = y.shape
    return len(steps) > 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.{layer}
        self.fc = nn.LazyLinear(1)

    def run(self, x):
        return self.rnn(x)[0]

    def last(self, y):
        return y[-1]  # inner

    def forward(self, x):
{body}


net = Net()
x, y = torch.randn({shape}), torch.randn({target})
for _ in range(2):
    ((net(x) - y) ** 2).mean().backward()
"""

# The last sample taken for the last step. `# <-` stands beside the line that is told.
LAST_SAMPLE = {
    "a name": "out, h = self.rnn(x)\nlast = out[-1]  # <-\nreturn self.fc(last)",
    "one of two names": "out, h = self.rnn(x)\na, b = out, h\nreturn self.fc(a[-1])  # <-",
    "an annotated name": "out, h = self.rnn(x)\ny: torch.Tensor = out\nreturn self.fc(y[-1])  # <-",
    "added to another": "out, h = self.rnn(x)\ny = torch.zeros(1)\ny = y + out\nreturn self.fc(y[-1])  # <-",
    "added in place": "out, h = self.rnn(x)\ny = 0\ny += out\nreturn self.fc(y[-1])  # <-",
    "a loop's name": "out, h = self.rnn(x)\nfor y in [out]:\n    pass\nreturn self.fc(y[-1])  # <-",
    "the first of the result": "out = self.rnn(x)[0]\nreturn self.fc(out[-1])  # <-",
    "no name": "return self.fc(self.rnn(x)[0][-1])  # <-",
    "a starred name": "out, *_ = self.rnn(x)\nreturn self.fc(out[-1])  # <-",
    "a name for both": "both = self.rnn(x)\nreturn self.fc(both[0][-1])  # <-",
    "an attribute": "self.out, self.h = self.rnn(x)\nreturn self.fc(self.out[-1])  # <-",
    "a name that changes": "out, h = self.rnn(x)\nkept = out\nout = 1\nreturn self.fc(kept[-1])  # <-",
    "a method": "out, h = self.rnn(x)\nreturn self.fc(self.last(out))  # inner",
    "a function": "out, h = self.rnn(x)\nreturn self.fc(last_of(y=out))  # inner",
    "a method that calls": "out = self.run(x)\nreturn self.fc(out[-1])  # <-",
    "a function of several lines": "out, h = self.rnn(x)\nreturn self.fc(last_of_sum(out))  # deeper",
    "a function that reads nothing": "out, h = self.rnn(x)\nassert is_long(out)\nreturn self.fc(out[-1])  # <-",
    "another name is added to": "out, h = self.rnn(x)\nn = 0\nn += 1\nreturn self.fc(out[-1])  # <-",
    "all but the state": "*outs, h = self.rnn(x)\ny = outs[0]  # <-\nreturn self.fc(y[-1])",
    "what no name of an operation tells": "out, h = self.rnn(x)  # <-\nreturn self.fc(out.__getitem__(-1))",
    "the state": "out, h = self.rnn(x)\nreturn self.fc(h[:, -1])  # <-",
    "both sides of a loss": "out, h = self.rnn(x)\nreturn nn.functional.mse_loss(torch.zeros(7, 6), out[-1])  # <-",
    "a handler": "try:\n    raise OSError\nexcept OSError:\n    out, h = self.rnn(x)\nreturn self.fc(out[-1])  # <-",
    "a block": "with torch.enable_grad():\n    out, h = self.rnn(x)\nreturn self.fc(out[-1])  # <-",
    "a branch": "if x.dim() == 3:\n    out, h = self.rnn(x)\nreturn self.fc(out[-1])  # <-",
    "select": "out, h = self.rnn(x)\nreturn self.fc(out.select(0, -1))  # <-",
    "an ellipsis": "out, h = self.rnn(x)\nreturn self.fc(out[-1, ...])  # <-",
    "unbind": "out, h = self.rnn(x)\nreturn self.fc(out.unbind()[-1])  # <-",
    "split": "out, h = self.rnn(x)\nreturn self.fc(out.split(1)[-1][0])  # <-",
    "split sizes": "out, h = self.rnn(x)\nreturn self.fc(out.split([6, 1])[1][0])  # <-",
    "chunk": "out, h = self.rnn(x)\nreturn self.fc(out.chunk(7)[-1][0])  # <-",
    "flip": "out, h = self.rnn(x)\nreturn self.fc(out.flip(0)[0])  # <-",
    "narrow": "out, h = self.rnn(x)\nreturn self.fc(out.narrow(0, 6, 1)[0])  # <-",
}

# Views of h_n of three layers with two directions, (6, 5, 4), and of the output, (5, 7, 8), batch first.
VIEWS = {
    "h.view(3, 2, 5, 4)[-1].transpose(0, 1).reshape(5, -1)": "",
    "h.view(2, 3, 5, 4)[0].transpose(0, 1).reshape(5, -1)": "LSTM644",
    "h.view(2, 3, 5, 4)[:, -1].transpose(0, 1).reshape(5, -1)": "LSTM644",
    "h.view(5, -1)": "LSTM645",
    "h.reshape(5, 24)": "LSTM645",
    "h.permute(1, 0, 2).reshape(5, -1)": "",
    "h.transpose(0, 1).flatten(1)": "",
    "h.sum(0)": "",
    "torch.cat([h[-2], h[-1]], -1)": "",
    "torch.cat([h[0], h[1]], -1)": "LSTM644",
    "torch.cat([h[:3], h[3:]], -1)[-1]": "LSTM644",
    "torch.stack([h[-2], h[-1]]).mean(0)": "",
    "out.view(5, 7, 2, 4)[:, -1, 0]": "",
    "out.view(5, 7, 2, 4)[:, 0, 1]": "",
    "out.reshape(7, 5, 8).mean(0)": "LSTM645",
    "out.reshape(35, 8).view(5, 7, 8).mean(1)": "",
    "out.reshape(5, 56)": "",
    "out.unfold(1, 7, 1).flatten(1)": "",
    "out.transpose(0, 1).reshape(5, 7, 8)[:, -1]": "LSTM645",
    "out.flip(1)[:, 0]": "LSTM643",
    "out.chunk(2, -1)[0][:, -1]": "",
    "out.split(4, -1)[1][:, 0]": "",
    "out.split([4, 4], -1)[0][:, -1]": "",
    "out.masked_fill(out > 9, 0).mean(1)": "",
    "out.mean(0, keepdim=True).expand(5, 7, 8)[:, -1]": "LSTM646",
    "out.softmax(0).mean(1)": "LSTM646",
    "out.max(0)[0][:5]": "LSTM646",
    "out.cumsum(0)[:, -1]": "",
    "out.chunk(2, -1)[0][:, 0]": "LSTM643",
    "out.reshape(35, 8)[-1]": "",
    "out.reshape(35, 8)[-5:]": "",
    "out.reshape(35, 8).flip(0)[:5]": "",
    "out.reshape(35, 8).view(7, 5, 8)[-1]": "LSTM645",
    "out.reshape(5, 4, 14)[:, -1]": "",
    "out.reshape(7, 10, 4).mean((0, 2))[:5, None]": "",
    "out[:, -1, :1] - torch.zeros(5, 3)": "",
    "out[:, -1] @ out[:, 0].T": "",
    "nn.functional.linear(torch.ones(5, 8), out[:, -1])": "LSTM643",
    "torch.cat([h], 0).view(5, -1)": "LSTM645",
    "torch.stack([out[:, -1, 4:], out[:, 0, 4:]]).mean(0)": "",
    "torch.stack([out[:, -1, :7], out[:, :, 0]]).mean(0)": "LSTM643",
}

# Views of what other layers return, each with the layer and its input's sizes.
OTHERS = {
    "out.reshape(5, 8, 16).mean(1)": ("GRU(3, 8, batch_first=True)", "5, 16, 3", ""),  # two steps side by side
    "out.reshape(5, 3, 2, 8).mean((1, 2))": ("GRU(3, 8, batch_first=True)", "5, 6, 3", ""),
    "out.view(5, 7, 2, 4).view(5, 7, 4, 2).mean((1, 3))": ("GRU(3, 8, batch_first=True)", "5, 7, 3", ""),
    "out.view(5, *[2] * 5).reshape(*[2] * 5, 5).mean((0, 1, 2, 3, 4))[:, None]": (
        "GRU(3, 8, batch_first=True)",
        "5, 4, 3",
        "",
    ),
    "h[0]": ("GRU(3, 8, 2, batch_first=True)", "5, 7, 3", "LSTM644"),
    "out[0, :].reshape(0, 8)": ("GRU(3, 8)", "7, 0, 3", ""),
    "out.view(7, 0, 2, 4).sum((1, 2))": ("GRU(3, 8)", "7, 0, 3", ""),
}

# What is read of an LSTM's states, by the names that they are unpacked into.
STATES = {
    "out, (_, hidden) = self.rnn(x)  # <-\nreturn self.fc(hidden[-1])": "LSTM602",
    "out, (c_n, h_n) = self.rnn(x)  # <-\nreturn self.fc(h_n[-1])": "LSTM602",
    "out, (a, hidden) = self.rnn(x)\nreturn self.fc(hidden[-1])": "",
    "out, (a, b) = self.rnn(x)\nreturn self.fc(b[-1])": "",
    "state = self.rnn(x)[1]\nc = state[1]\nreturn self.fc(c[-1])": "",
}


def found_in(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    path = tmp_path / "program.py"
    path.write_text(program)
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "__main__", module)
    with lstmcheck.trace() as report:
        exec(compile(program, str(path), "exec", dont_inherit=True), module.__dict__)
    return [(one.location.line, one.code, one.message) for one in report.findings if one.severity == "warning"]


def line_of(program: str, mark: str) -> int:
    return next(number for number, line in enumerate(program.splitlines(), 1) if line.endswith(mark))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", LAST_SAMPLE.values(), ids=list(LAST_SAMPLE))
def test_the_line_that_misreads(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAM.format(
        layer="RNN(3, 6, batch_first=True)", body=textwrap.indent(body, " " * 8), shape="7, 7, 3", target="7, 1"
    )
    found = found_in(program, tmp_path, monkeypatch)
    inner = [number for number, line in enumerate(program.splitlines(), 1) if line.endswith("return y[-1]  # inner")]
    mark = "# deeper" if "# deeper" in body else "# <-"
    told = inner[1:] if "self.last(" in body else inner[:1] if "last_of(" in body else [line_of(program, mark)]
    assert [(line, code) for line, code, _ in found] == [(told[0], "LSTM642")], found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("view", "code"), VIEWS.items(), ids=list(VIEWS))
def test_a_view(view: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Axes that are mixed are told where that happens, and right views are not."""
    body = f"        out, h = self.rnn(x)\n        return self.fc({view})  # <-"
    program = PROGRAM.format(
        layer="GRU(3, 4, 3, batch_first=True, bidirectional=True)", body=body, shape="5, 7, 3", target="5, 1"
    )
    found = found_in(program, tmp_path, monkeypatch)
    assert [one for _, one, _ in found] == ([code] if code else []), found
    assert all(line == line_of(program, "# <-") for line, *_ in found), found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("view", "layer", "shape", "code"), [(view, *rest) for view, rest in OTHERS.items()])
def test_a_view_of_what_another_layer_returned(
    view: str, layer: str, shape: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"        out, h = self.rnn(x)\n        return self.fc({view})  # <-"
    target = "1, 1" if " 0," in shape else "5, 1"
    program = PROGRAM.format(layer=layer, body=body, shape=shape, target=target)
    found = found_in(program, tmp_path, monkeypatch)
    assert [(line, one) for line, one, _ in found] == ([(line_of(program, "# <-"), code)] if code else []), found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("body", "code"), STATES.items())
def test_states_by_their_names(body: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAM.format(
        layer="LSTM(3, 6, batch_first=True)", body=textwrap.indent(body, " " * 8), shape="5, 7, 3", target="5, 1"
    )
    found = found_in(program, tmp_path, monkeypatch)
    assert [(line, one) for line, one, _ in found] == ([(line_of(program, "# <-"), code)] if code else []), found


# Code that stands in no file, and what is told of it, at the line of the call or of the layer.
WITHOUT_TEXT = {
    "out, h = nn.GRU(3, 4, batch_first=True)(x)\nout[-1].sum().backward()": "LSTM642",
    "out, h = nn.GRU(3, 4, 2)(x)\nh[0].sum().backward()": "LSTM644",
    "out, (c, h) = nn.LSTM(3, 4)(x)\nh[0].sum().backward()": "",
    "out, h = nn.GRU(3, 4)(x.view(5, 7, 3))\nout.sum().backward()": "LSTM645",
    "rnn = nn.LSTM(3, 4)\nrnn.bias_ih_l0.data[:4].fill_(1.0)\nrnn(x)[0].sum().backward()": "LSTM609",
    "net = nn.Sequential(*[nn.GRU(3, 3)] * 2)\nnet[1](net[0](x)[0])[0].sum().backward()": "",
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.layers = nn.ModuleList([nn.GRU(3, 3)] * 2)\n\n    def forward(self, x):\n"
    "        for layer in self.layers:\n            x, _ = layer(x)\n        return x\n\n"
    "Net()(x).sum().backward()": "",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("body", "code"), WITHOUT_TEXT.items())
@pytest.mark.parametrize("name", ["<string>", "text.txt"])
def test_code_of_which_there_is_no_text(
    body: str, code: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.txt").write_text("{% if no Python %}\n")
    file = name if name.startswith("<") else str(tmp_path / name)
    program = (
        "import torch\nfrom torch import nn\n\nspace = {'nn': nn, 'x': torch.randn(7, 5, 3)}\n"
        f"exec(compile({body!r}, {file!r}, 'exec'), space)\n"
    )
    assert [one for _, one, _ in found_in(program, tmp_path, monkeypatch)] == ([code] if code else [])


IN_A_THREAD = """\
import _thread
import threading
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

made, done = [], threading.Event()


def alone(function, *args):
    # begun by the interpreter itself: no line of a file stands above the call
    done.clear()
    _thread.start_new_thread(function, args)
    assert done.wait(20)
    time.sleep(0.05)  # what looks at the call is not done with it yet
    return made.pop()


rnn = nn.GRU(3, 4, 2, batch_first=True)
rnn.register_forward_hook(lambda module, args, result: (made.append(result), done.set()) and None)
x = torch.randn(7, 5, 3)
h = None
for _ in range(3):
    out, h = alone(rnn, x, h)
    out[-1].sum().backward()
    h = h.detach()
    out, _ = alone(rnn, x.view(5, 7, 3))
    out.sum().backward()
    _, h_n = alone(rnn, x)
    h_n[0].sum().backward()
"""


@pytest.mark.filterwarnings("ignore")
def test_calls_above_which_no_line_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with them could not be told of any place: nothing is said, and nothing goes wrong."""
    assert found_in(IN_A_THREAD, tmp_path, monkeypatch) == []
