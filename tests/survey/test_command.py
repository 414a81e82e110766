"""What `lstmcheck shapes` shows of unusual targets, and what it says where there is nothing to show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lstmcheck.config import Settings
from lstmcheck.survey import command, layer_page, page
from lstmcheck.survey.layer import layer_shapes
from lstmcheck.survey.program import program_shapes
from lstmcheck.survey.statistics import statistics_of

PROGRAM = """\
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

TABLE = [1, 2, 3]

if TABLE:

    class Net(nn.Module):
        def __init__(self, size, bidirectional=True, options=None):
            super().__init__()
            self.rnn = nn.LSTM(size, 6, 2, bidirectional=bidirectional)
            self.given = nn.GRU(**options)
            self.cells = [nn.LSTMCell(4, 6), nn.LSTMCell(6, 6)]

        def forward(self, x, lengths, flag):
            packed = pack_padded_sequence(x, lengths)
            out, (h, c) = self.rnn(packed)
            rows = [h, h]
            pair = (h,) if flag else None
            other = self.given(x)
            unknown = something(x)
            state = None
            for i, cell in enumerate(self.cells):
                state = cell(x[0], state)
            return out, rows, pair, other, unknown, state


"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.py"
    far = "".join(f"def plain{i}(a):\n    b = a\n\n    return b\n\n\n" for i in range(12))
    path.write_text(PROGRAM + far + 'if __name__ == "__main__":\n    print(nn.LSTM(4, 6)(torch.zeros(3, 2, 4)))\n')
    return path


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("empty:Net", "is a folder: name a file before the colon"),
        ("none", "no file under 'none' uses nn.LSTM, nn.GRU, nn.RNN or a cell"),
        ("plain.py", "does not use torch"),
        ("broken.py", "broken.py:2:"),
        ("model.py:900", "has no line 900"),
        ("model.py:Nett", "defines no 'Nett': did you mean"),
        ("empty/bad.toml", "bad.toml"),
    ],
)
def test_where_there_is_nothing_to_show(target: str, said: str, model: Path) -> None:
    (model.parent / "empty").mkdir()
    (model.parent / "empty" / "one.py").write_text(PROGRAM)
    (model.parent / "empty" / "bad.toml").write_text("x")
    (model.parent / "none").mkdir()
    (model.parent / "plain.py").write_text("x = 1\n")
    (model.parent / "broken.py").write_text("import torch\ntorch.nn.LSTM(\n")
    with pytest.raises(command.CannotShow, match=said):
        command.run([target], None, False)


def test_what_does_not_go_together(model: Path) -> None:
    with pytest.raises(command.CannotShow, match="--input goes with a constructor"):
        command.run(["model.py"], "3, 4", True)
    with pytest.raises(command.CannotShow, match="name a file"):
        command.run([], None, False)
    with pytest.raises(FileNotFoundError):
        command.run(["nowhere"], None, True)
    (model.parent / "lstmcheck.toml").write_text("select = 3\n")
    with pytest.raises(command.CannotShow, match="select"):
        command.run(["model.py"], None, True)


def test_several_targets_stand_apart(model: Path) -> None:
    shown = command.run(["model.py:Net", "nn.GRU(4, 6)"], None, False)
    lines = list(command.as_text(shown, False))
    assert lines.count("") >= 1
    assert any("GRU" in line for line in lines)
    assert len(json.loads("".join(command.as_json(shown)))) == 2


def test_a_long_file_is_shown_in_parts(model: Path) -> None:
    """What says nothing of shapes is left out, what stands around the rest is not."""
    text = "\n".join(page.page(program_shapes("model.py")))
    assert "class Net(nn.Module)" in text
    assert "..." in text
    assert "plain3" not in text
    assert "packed (" in text
    assert str(program_shapes("model.py")).startswith(text.splitlines()[0])


def test_a_line_outside_of_any_definition(model: Path) -> None:
    (shown,) = program_shapes("model.py", "5").files
    assert (shown.first, shown.last) == (5, 5)


def test_statistics_say_why_a_call_is_not_known(model: Path) -> None:
    statistics = statistics_of(["model.py"], Settings())
    text = "\n".join(statistics.page())
    assert "4" in text
    facts = json.dumps(statistics.to_json())
    assert "its rank is not known" in facts


def test_a_deep_layer_in_a_narrow_terminal() -> None:
    shapes = layer_shapes("nn.LSTM(2 * 4, 6 + 1, num_layers=2 * 10, bidirectional=True)")
    lines = list(layer_page.page(shapes, width=40))
    assert "layers 2 to 19 have the weights of layer 1" in " ".join(line.strip() for line in lines)
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("      ") for line in lines)


@pytest.mark.parametrize(
    ("text", "size", "code"),
    [
        ("nn.LSTM(4, 6, dropout=0.5)", None, "LSTM108"),
        ("nn.LSTM(4, 0)", None, "LSTM103"),
        ("nn.LSTM(4, 6)", (3, 5), "LSTM223"),
        ("nn.LSTMCell(4, 6)", (3, 5), "LSTM223"),
        ("nn.GRUCell(4, 6)", (3, 2, 4), "LSTM222"),
    ],
)
def test_what_torch_would_refuse(text: str, size: tuple[int, ...] | None, code: str) -> None:
    shapes = layer_shapes(text, size)
    remarks = [*shapes.remarks, *(remark for reading in shapes.readings for remark in reading.remarks)]
    assert code in [remark.to_json()["code"] for remark in remarks]
    assert any(code in line for line in layer_page.page(shapes))
