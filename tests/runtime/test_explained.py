"""What a trace says of a line that torch or Python stops, where what it used came from a recurrent layer."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

pytest.importorskip("torch")

import lstmcheck

START = """\
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence, pad_sequence

lstm = nn.LSTM(4, 6, batch_first=True)
gru = nn.GRU(4, 6, batch_first=True)
x = torch.zeros(3, 5, 4)
y = torch.zeros(3)
out, (h, c) = lstm(x)
packed, _ = lstm(pack_padded_sequence(x, [5, 3, 2], batch_first=True))
"""

# The line, and what is said of it: "" where nothing is.
LINES = {
    "out.transpose(1, 3)": "LSTM306",
    "out.unsqueeze(5)": "LSTM306",
    "torch.stack([out, out], 7)": "LSTM306",
    "out[0, 0, 0, 0]": "LSTM306",
    "h[2]": "LSTM308",
    "out[:, 9]": "LSTM308",
    "out.select(1, 9)": "LSTM308",
    "(out + 0)[:, 9]": "LSTM308",
    "out.view(4, 4)": "LSTM305",
    "out + torch.zeros(3, 5, 7)": "LSTM305",
    "out * torch.zeros(3, 5, 7)": "LSTM305",
    "out - torch.zeros(3, 5, 7)": "LSTM305",
    "out / torch.zeros(3, 5, 7)": "LSTM305",
    "out @ torch.zeros(3, 5, 7)": "LSTM305",
    "out.add(torch.zeros(3, 5, 7))": "LSTM305",
    "nn.Linear(5, 2)(out)": "LSTM301",
    "nn.BatchNorm1d(6)(out)": "LSTM301",
    "nn.BatchNorm1d(6)(h[None])": "LSTM309",
    "nn.BatchNorm1d(6)((out, h))": "LSTM304",
    "nn.BatchNorm1d(6)(packed)": "LSTM304",
    "nn.Conv1d(6, 2, 1)(out)": "LSTM301",
    "nn.Conv1d(6, 2, 1)(out[None])": "LSTM309",
    "nn.Linear(6, 2)((out, h))": "LSTM304",
    "nn.Linear(6, 2)(packed)": "LSTM304",
    "nn.Embedding(9, 4)(out)": "LSTM228",
    "nn.Embedding(9, 4)(out.long() - 1)": "",
    "torch.cat([out, (h, c)])": "LSTM304",
    "F.cross_entropy(out[:, -1], y)": "LSTM505",
    "F.cross_entropy(out[:, -1], torch.zeros(4, dtype=torch.long))": "LSTM501",
    "F.cross_entropy(out[:, -1], torch.zeros(3, dtype=torch.int32))": "LSTM505",
    "F.binary_cross_entropy(out[:, -1].sigmoid(), y)": "LSTM501",
    "nn.BCELoss()(out[:, -1, 0].sigmoid(), y.long())": "LSTM505",
    "nn.MSELoss()(out, torch.zeros(3, 5, 7))": "LSTM501",
    "nn.NLLLoss()(out[0, 0], torch.zeros(2, dtype=torch.long))": "LSTM501",
    "pad_packed_sequence(packed, total_length=2)": "LSTM409",
    "pad_packed_sequence(out)": "LSTM408",
    "pad_packed_sequence((out, h))": "LSTM408",
    "PackedSequence(out.reshape(15, 6), torch.tensor([3, 2]).cuda)": "LSTM411",
    "PackedSequence(out.reshape(15, 6), torch.tensor([3, 2]), sorted_indices=[1])": "LSTM304",
    "pad_sequence([out[0], h[0, :, :2]])": "LSTM410",
    "pad_sequence([out[0], c])": "LSTM410",
    "lstm(x) * 2.0": "LSTM303",
    "lstm(x)[0, 1]": "LSTM303",
    "lstm(x) + 1": "LSTM303",
    "-lstm(x)": "LSTM303",
    "lstm(x)[1] - 1": "LSTM303",
    "lstm(x).mean()": "LSTM303",
    "lstm(x)[1].mean()": "LSTM303",
    "packed.mean()": "LSTM304",
    "packed * 2.0": "LSTM304",
    "packed[0, 1]": "LSTM304",
    "torch.zeros((h, c))": "",
    "lstm.hidden_dim": "LSTM307",
    "lstm.hidden": "LSTM307",
    "lstm(x)()": "LSTM303",
    "a, b, c = lstm(x)": "LSTM302",
    "a, (b, c, d) = lstm(x)": "LSTM302",
    "a, (b, c) = gru(x)": "LSTM302",
    "a, b = h": "LSTM302",
    "a, b = h[0]": "LSTM302",
    "a, b, c = nn.LSTMCell(4, 6)(x[:, 0])": "LSTM302",
    "a, b = nn.GRUCell(4, 6)(x[:, 0])": "LSTM302",
    "(a, b), c = nn.LSTMCell(4, 6)(x[:, 0])": "LSTM302",
    "a, b = [lstm(x)][0][1][0]": "LSTM302",
    "a, b, c = tuple(lstm(x))": "LSTM302",
    "a, b, c = (lambda: lstm(x))()": "LSTM302",
    "a, b = out.tolist()": "",
    "lstm.load_state_dict(gru.state_dict())": "LSTM503",
    "lstm.load_state_dict(nn.LSTM(4, 6, 2).state_dict())": "LSTM503",
    "lstm.load_state_dict(nn.LSTM(4, 6, bidirectional=True).state_dict())": "LSTM503",
    "lstm.load_state_dict(nn.LSTM(4, 6, proj_size=2).state_dict())": "LSTM503",
    "lstm.load_state_dict(nn.LSTM(4, 6, bias=False).state_dict())": "LSTM503",
    "lstm.load_state_dict({})": "LSTM503",
    "lstm.load_state_dict({'weight_ih_l0': 3})": "LSTM503",
    "lstm.load_state_dict([1])": "",
    "nn.LSTMCell(4, 6).load_state_dict(nn.LSTMCell(4, 7).state_dict())": "LSTM503",
    "nn.Sequential(nn.Linear(4, 4), gru).load_state_dict(gru.state_dict())": "LSTM503",
    "nn.Sequential(nn.Linear(4, 4)).load_state_dict({'0.weight': 1})": "",
    "raise ValueError('of our own')": "",
    "out.numpy()": "",
    "int(lstm(x))": "",
    "nn.BatchNorm1d(6)({'x': out})": "",
    "nn.Linear(6, 2)(out.double())": "",
    "F.mse_loss(out, 3)": "",
    "F.cross_entropy(out[:, -1], torch.tensor([0, 1, 9]))": "",
    "F.binary_cross_entropy(out.sigmoid().double(), out.sigmoid())": "",
    "pad_packed_sequence(packed, total_length='a')": "",
    "pad_packed_sequence(packed, padding_value='x')": "",
    "pad_sequence([out[0], 1])": "",
    "raise AttributeError('of our own')": "",
    "(1, 2).mean()": "",
    "h.nothing": "",
    "torch.zeros(3)[4]": "LSTM308",
    "state = lstm(x); a, (b, c, d) = state": "LSTM302",
    "(a, b), (c, d, e) = gru(x), lstm(x)[1]": "LSTM302",
    "a = b, c, d = lstm(x)": "LSTM302",
    "state = h, c; a, b, d = state": "LSTM302",
    "state = [out, h]; a, b, d = state": "LSTM302",
    "state = 1, h; a, b, d = state": "LSTM302",
    "state = 1, 2; a, b, d = state": "",
    "a, b = torch.tensor(1)": "",
}

# Lines of a program that has no recurrent layer: they are none of ours.
OTHERS = (
    "nn.Embedding(9, 4)(torch.zeros(3))",
    "nn.Linear(3, 4)(torch.zeros(5))",
    "nn.Linear(3, 4)((x, x))",
    "F.mse_loss(torch.zeros(3), torch.zeros(4))",
    "torch.zeros(3)[4]",
    "(x, x).mean()",
    "-(x, x)",
    "a, b, c = x, x",
)

# What is said of code that stands in no file, or in one that is no Python.
WITHOUT_TEXT = {
    "h[3]": ["LSTM308"],
    "h.mean(9)": ["LSTM306"],
    "-lstm(x)": ["LSTM303"],
    "out + torch.zeros(3, 5, 7)": ["LSTM305"],
    "nn.Linear(5, 2)(out)": ["LSTM301"],
    "a, b, c = lstm(x)": [],
}


def errors_of(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    path = tmp_path / "program.py"
    path.write_text(text)
    program = types.ModuleType("__main__")
    program.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "__main__", program)
    with pytest.raises((RuntimeError, ValueError, TypeError, LookupError, AttributeError)), lstmcheck.trace() as report:
        exec(compile(text, str(path), "exec", dont_inherit=True), program.__dict__)
    return [(one.location.line, one.code, one.message) for one in report.findings if one.severity == "error"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("line", "code"), LINES.items(), ids=list(LINES))
def test_a_line_that_stops(line: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = errors_of(f"{START}{line}\n", tmp_path, monkeypatch)
    assert [(number, said) for number, said, _ in found] == ([(len(START.splitlines()) + 1, code)] if code else []), (
        found
    )


@pytest.mark.parametrize("line", OTHERS)
def test_a_line_that_has_nothing_to_do_with_a_layer(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = START.partition("lstm =")[0]
    assert errors_of(f"{start}x = torch.zeros(3, 5, 4)\n{line}\n", tmp_path, monkeypatch) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("line", "codes"), WITHOUT_TEXT.items(), ids=list(WITHOUT_TEXT))
@pytest.mark.parametrize("name", ["<string>", "text.txt"])
def test_a_line_of_which_there_is_no_text(
    line: str, codes: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = name if name.startswith("<") else str(tmp_path / name)
    (tmp_path / "text.txt").write_text("{% if no Python %}\n")
    found = errors_of(f"{START}exec(compile({line!r}, {file!r}, 'exec'))\n", tmp_path, monkeypatch)
    assert [code for _, code, _ in found] == codes, found
