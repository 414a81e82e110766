"""Programs that are wrong in ways nobody writes: the engine must come to an end without an exception of its own."""

from __future__ import annotations

import pytest

from lstmcheck.infer import analyze
from lstmcheck.source.parse import SourceFile, parse

HEAD = "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset\n"

PROGRAMS = (
    "for x, in DataLoader(TensorDataset(torch.zeros(8, 2, 3)), batch_size=0):\n    nn.LSTM(3, 4)(x)",
    "names = 'a b'.split('a', 'b')\nnn.LSTM(len(names), 4)",
    "'{x!q}'.format(1)\nnn.LSTM(3, 4)",
    "nn.LSTM(8 // 0, 8 % 0)",
    "nn.LSTM(3, 4)(torch.zeros(-1, 2, 3)[1:2])",
    "nn.LSTM(3, 4)(torch.zeros(2, 5, 3))[0].transpose(51, 2)",
    "nn.LSTM(*None, **None)",
    "nn.LSTM()()",
    "nn.LSTM(3, 4)(torch.zeros(5, 2, 3), ())[0][1][2][3]",
    "nn.LSTM(3, 4)(torch.zeros(-1, 'a', None))",
    "h, (c, (d, e)) = nn.LSTM(3, 4)(torch.zeros(5, 2, 3))",
    "def f(x):\n    return f(f(x))\nnn.LSTM(f(1), 4)",
    "class A(B := nn.Module):\n    pass\nA().to(A())(A)",
    "class A(nn.Module):\n    def __init__(self):\n        self.a, self.rnn = self, nn.GRU(3, 4)\nA().state_dict()",
    "x = []\nx.append(x)\nfor y in x:\n    nn.LSTM(y, len(y))",
    "d = {}\nd['d'] = d\nnn.LSTM(**d)",
    "while True:\n    rnn = nn.LSTM(3, 4)\n    rnn = rnn.rnn",
    "x = 1\n" + "x = x * 3 + x // 2\n" * 300 + "nn.LSTM(x, x)(torch.zeros(x, x, x))",
    "def f(a, b, c, d, e):\n    x = 1\n"
    + "".join(f"    x = x + 1 if {n} else x * 2\n" for n in "abcde" * 6)
    + "    return nn.LSTM(x, x)(torch.zeros(1, 1, x + 1))",
    "nn.LSTM(" + "(" * 80 + "3" + ")" * 80 + ", 4)",
    "nn.LSTM(3" + " + 1" * 2000 + ", 4)",
    "def f(x):\n    sizes = x.shape[: 10**10], x.shape[-(10**10) :]\n    return nn.LSTM(3, 4)(x)",
    "def f(x, h, s):\n    h = h[0, 0, 0, 0:1].view(1, *s, 1, 1, 4)\n    return nn.GRU(3, 4)(x, h)",
    "def f(x, y):\n    return nn.GRU(3, 4)(x, torch.zeros(1, 2, 4, y.squeeze(0)))",
    "yield nn.GRU(3, 4)\nyield from [nn.GRU(3, 4)]",
    "nn.utils.rnn.pack_padded_sequence(torch.zeros(5, 2, 3))\nnn.utils.rnn.pad_packed_sequence()",
    "nn.LSTM(3 @ 4, 4)",
    "import types\nargs = types.SimpleNamespace()\nargs(nn.GRU(3, 4))",
    "out, h = nn.GRU(3, 4)(torch.zeros(5, 2, 3))\ntorch.cat(out)\nout.select(7, 0)\nout.narrow(7, 0, 1)\nh.type()",
    "import collections\ncollections.deque().appendleft()\ntorch.save(nn.GRU(3, 4))",
    "nn.init.constant_(nn.GRU(3, 4).bias_hh_l0, 1, 2, 3)\ntorch.sort(nn.GRU(3, 4))\ntorch.argsort('a')",
    "nn.Embedding.from_pretrained('a')(torch.zeros(5, 2))\nnn.GRU(3, 4)(torch.Tensor.numpy('a'))",
    "class A(list):\n    pass\nA()['a'] = nn.GRU(3, 4)\nclass B:\n    pass\nB()['a'] = nn.GRU(3, 4)",
    "import lightning as L\nL.Trainer().fit(nn.GRU(3, 4), 5)\nL.Trainer().test()",
    "def f(x):\n    nonlocal y\n    y = nn.GRU(3, 4)(x)",
    "def f(x):\n    b, t = x.shape\n    nn.GRU(3, 4)(x[0, 0, 0, 0], x[:, :, :, 0].squeeze(t))\n    b, t = x.shape",
)


@pytest.mark.parametrize("source", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_that_nobody_writes_ends_the_run_of_nothing(source: str) -> None:
    file = parse("program.py", (HEAD + source + "\n").encode())
    assert isinstance(file, SourceFile)
    assert isinstance(analyze([file], []), list)
