"""Shapes beside the lines of programs, layers, reasons, parts of files, and the statistics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lstmcheck
from lstmcheck import cli
from lstmcheck.config import Settings
from lstmcheck.survey.command import CannotShow
from lstmcheck.survey.model import FileShapes, ProgramShapes
from lstmcheck.survey.page import page
from lstmcheck.survey.program import program_shapes
from lstmcheck.survey.statistics import PARTS, is_test, statistics_of

MODEL = """\
import json
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.hidden = hidden
        self.rnn = nn.LSTM(features, hidden, num_layers=2, batch_first=True, bidirectional=True)

    def forward(self, x):
        batch, steps, _ = x.shape
        h0 = torch.zeros(4, batch, self.hidden)
        out, (h, c) = self.rnn(x, (h0, h0))
        strange = json.loads(out)
        return out[:, -1]


def use():
    model = Tagger(3, 5)
    y = model(torch.zeros(7, 2, 3))
    return y
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def only(shapes: object) -> FileShapes:
    assert isinstance(shapes, ProgramShapes)
    (file,) = shapes.files
    return file


def texts(shapes: object) -> dict[tuple[int, str], list[str]]:
    return {(line.line, line.name): [shown.text for shown in line.shapes] for line in only(shapes).lines}


def test_shapes_stand_beside_the_lines_in_the_users_names(model: Path) -> None:
    found = texts(lstmcheck.shapes("model.py"))
    assert found[14, "h0"] == ["(4, batch, hidden)"]
    assert found[15, "out"] == ["(batch, steps, 2*hidden)"]
    assert found[15, "h"] == ["(4, batch, hidden)"]
    assert found[17, "return"] == ["(batch, 2*hidden)"]
    assert found[22, "y"] == ["(7, 10)"]


def test_what_is_not_known_has_its_reason(model: Path) -> None:
    line = next(line for line in only(lstmcheck.shapes("model.py")).lines if line.name == "strange")
    assert not line.shapes
    assert line.cause is not None
    assert "json.loads" in str(line.cause)


def test_layers_are_summed_up(model: Path) -> None:
    (layer, *_) = only(lstmcheck.shapes("model.py")).layers
    assert layer.name == "self.rnn"
    assert layer.line == 10
    assert layer.called == ("line 15",)
    assert layer.configuration["bidirectional"] == "True"


@pytest.mark.parametrize(("part", "span"), [("Tagger", (6, 17)), ("Tagger.forward", (12, 17)), ("use", (20, 23))])
def test_parts_of_a_file(model: Path, part: str, span: tuple[int, int]) -> None:
    file = only(lstmcheck.shapes(f"model.py:{part}"))
    assert (file.first, file.last) == span


def test_a_line_stands_for_the_function_around_it(model: Path) -> None:
    file = only(lstmcheck.shapes("model.py:15"))
    assert (file.first, file.last) == (12, 17)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("model.py:Taggr", "did you mean 'Tagger'"),
        ("model.py:999", "has no line 999"),
        ("other.py", "does not use torch"),
        ("stub.pyi", "stub"),
        ("broken.py", "broken.py:1: "),
    ],
)
def test_what_is_not_there_is_told(model: Path, target: str, words: str) -> None:
    (model.parent / "other.py").write_text("x = 1\n")
    (model.parent / "stub.pyi").write_text("from torch import nn\n\nrnn: nn.GRU\n")
    (model.parent / "broken.py").write_text("from torch import (\n")
    with pytest.raises(CannotShow, match=words):
        lstmcheck.shapes(target)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_page_fits_the_terminal_where_the_source_does(model: Path, width: int) -> None:
    shapes = program_shapes("model.py")
    longest = max(map(len, MODEL.splitlines())) + 5
    assert max(map(len, page(shapes, width))) <= max(width, longest)
    assert any("\x1b[" in line for line in page(shapes, width, colour=True))


def test_a_loop_and_two_calls_give_several_shapes(model: Path) -> None:
    model.write_text(
        "import torch\nfrom torch import nn\n\nrnn = nn.GRU(3, 4)\nfor length in (5, 6):\n"
        "    out, h = rnn(torch.zeros(length, 2, 3))\n"
    )
    assert texts(lstmcheck.shapes("model.py"))[6, "out"] == ["(5, 2, 4)", "(6, 2, 4)"]


DEEP = """\
from torch import nn


class Deep(nn.Module):
    def __init__(self, size, hidden, layers):
        super().__init__()
        self.rnns = nn.ModuleList()
        for i in range(layers):
            self.rnns.append(nn.LSTM(size if i == 0 else 2 * hidden, hidden, bidirectional=True))

    def forward(self, x):
        l, b, f = x.shape
        for rnn in self.rnns:
            x, _ = rnn(x)
        return x
"""


def test_layers_of_a_list_that_grows_in_a_loop_are_known(model: Path) -> None:
    model.write_text(DEEP)
    statistics = statistics_of(["model.py"], Settings())
    assert statistics.share("configuration").percent == 100
    assert texts(lstmcheck.shapes("model.py"))[14, "x"] == ["(l, b, 2*hidden)"]


SHOWN_BY_USE = """\
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, size, hidden, tags):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.dropout = nn.Dropout(0.5)
        self.lstm = nn.LSTM(size, hidden, 2, batch_first=True)
        self.head = nn.Linear(hidden, tags)

    def forward(self, ids, state):
        x = self.dropout(self.embedding(ids))
        out, state = self.lstm(x, state)
        return self.head(out[:, -1, :])
"""


def test_what_a_result_is_used_for_shows_the_rank_of_the_input(model: Path) -> None:
    model.write_text(SHOWN_BY_USE)
    found = texts(lstmcheck.shapes("model.py"))
    assert found[12, "ids"] == ["(B, T)"]
    assert found[14, "out"] == ["(B, T, hidden)"]
    statistics = statistics_of(["model.py"], Settings())
    assert all(statistics.share(part).percent == 100 for part in PARTS)


ARGUMENTS = """\
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.rnn = nn.RNN(3, 4, 2, nonlinearity="relu", dropout=0.1, bias=False)
        self.cell = nn.GRUCell(4, 4)
        self.layer = layer

    def forward(self, x, flag):
        h: torch.Tensor
        y = self.rnn(torch.zeros(5, 2, 3))[0]
        z: torch.Tensor = y
        if flag:
            return
        h = self.cell(y[0])
        w = self.layer(h)
        return h
"""


def test_every_argument_that_differs_and_lines_without_a_value(model: Path) -> None:
    model.write_text(ARGUMENTS)
    shapes = lstmcheck.shapes("model.py")
    rnn, cell = only(shapes).layers
    assert rnn.configuration == {
        "input_size": "3",
        "hidden_size": "4",
        "num_layers": "2",
        "bias": "False",
        "dropout": "0.1",
        "nonlinearity": "'relu'",
    }
    assert cell.tensors == {"input": ("batch", "4"), "h_0, h_1": ("batch", "4")}
    found = texts(shapes)
    assert found[14, "y"] == ["(5, 2, 4)"]
    assert found[15, "z"] == ["(5, 2, 4)"]
    assert found[18, "h"] == ["(2, 4)"]
    assert found[19, "w"] == []
    assert not {line for line, _ in found} & {13, 17}


NEVER_REACHED = """\
from torch import nn


class Model(nn.Module):
    def __init__(self, make):
        super().__init__()
        self.kind = nn.GRU
        self.rnn = make(self.kind)
        self.gru = self.kind(3, 4)

    def forward(self, x):
        if False:
            return self.gru(x)
        return self.gru(x, x[0])
"""


def test_statistics_count_what_the_engine_never_reached(model: Path) -> None:
    model.write_text(NEVER_REACHED)
    statistics = statistics_of(["model.py"], Settings())
    assert len(statistics.calls) == 2
    assert statistics.share("configuration").known == 1
    assert statistics.share("state").total == 1
    assert statistics.to_json()["unresolved"]
    assert "recurrent calls" in str(statistics)


@pytest.mark.parametrize(
    ("init", "call", "reason"),
    [
        ("self.rnn = nn.GRU(**json.loads(text))", "self.rnn(x)", "the layer's arguments are unpacked"),
        ("self.rnn = nn.LSTM(3, 4)", "self.rnn(json.loads(text), (x, json.loads(text)))", "json.loads(text)"),
    ],
)
def test_statistics_say_why_something_is_not_known(model: Path, init: str, call: str, reason: str) -> None:
    model.write_text(
        "import json\nimport torch\nfrom torch import nn\n\n\nclass Model(nn.Module):\n"
        f"    def __init__(self, text):\n        super().__init__()\n        {init}\n\n"
        f"    def forward(self, x, text):\n        return {call}\n"
    )
    statistics = statistics_of(["model.py"], Settings())
    assert len(statistics.calls) == 1
    assert reason in json.dumps(statistics.to_json()["unresolved"])


# Programs, and for each call whether layer, input and state are known; None for a call that is given no state.
COUNTED = {
    "layers that a function makes, that a dictionary holds, that a function is given": (
        """
def make():
    return nn.GRU(3, 4)


def run(layer, x):
    return layer(x)


held = {}
held["a"] = nn.GRU(3, 4)
x = torch.zeros(5, 2, 3)
make()(x)
held["a"](x)
run(nn.GRU(3, 4), x)
run(nn.Linear(3, 4), x)
""",
        [(True, True, None)] * 3,
    ),
    "a size that a loop makes": (
        """
def run(n):
    size = 3
    for i in range(n):
        size = size * 2 + i
    return nn.GRU(size, 4)(torch.zeros(5, 2, 3))
""",
        [(False, True, None)],
    ),
    "a state that is None": ("h = None\nnn.GRU(3, 4)(torch.zeros(5, 2, 3), h)\n", [(True, True, None)]),
    "a state that may be None": (
        """
def run(flag):
    h = torch.zeros(1, 2, 4) if flag else None
    return nn.GRU(3, 4)(torch.zeros(5, 2, 3), h)
""",
        [(True, True, True)],
    ),
}


@pytest.mark.parametrize(("body", "known"), COUNTED.values(), ids=list(COUNTED))
def test_what_statistics_count_as_known(model: Path, body: str, known: list[tuple[bool, bool, bool | None]]) -> None:
    model.write_text(f"import torch\nfrom torch import nn\n\n\n{body}")
    calls = statistics_of(["model.py"], Settings()).calls
    found = [
        (call.configuration.known, call.input.known, call.state.known if call.state is not None else None)
        for call in calls
    ]
    assert found == known, calls


@pytest.mark.parametrize(
    ("path", "test"),
    [("tests/a.py", True), ("pkg/test_a.py", True), ("a_test.py", True), ("src/model.py", False), ("latest.py", False)],
)
def test_test_code_is_left_out(path: str, test: bool) -> None:
    assert is_test(path) is test


# The command


def test_the_command_in_text_and_json(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shapes", "model.py"]) == 0
    assert "out: (batch, steps, 2*hidden)" in capsys.readouterr().out
    assert cli.main(["shapes", "model.py", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {line["name"] for line in facts["files"][0]["lines"]} >= {"h0", "out", "h", "y"}
    assert cli.main(["shapes", "--statistics", "--format", "json", "."]) == 0
    assert json.loads(capsys.readouterr().out)["configuration"]["percent"] == 100
    assert cli.main(["shapes", "nn.GRU(2, 3)", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 63


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["nn.GRU(2, 3, dropout=2)"], 1),
        (["nn.GRU(2, 3)", "--input", "5,4,9"], 1),
        (["nn.GRU(2, x)"], 2),
        (["nn.GRU(2, 3)", "--input", "five"], 2),
        (["nothing.py"], 2),
        (["model.py", "--input", "5,4"], 2),
        ([], 2),
        (["--statistics", "nothing"], 2),
    ],
)
def test_exit_codes(model: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int) -> None:
    assert cli.main(["shapes", *args]) == code
    if code == 2:
        said = capsys.readouterr()
        assert not said.out
        assert len(said.err.strip().splitlines()) == 1


def test_shapes_that_only_differ_in_the_primes_of_their_sizes_are_alike() -> None:
    from lstmcheck.survey.naming import alike

    assert alike("(n'', args.size)") == alike("(n, args.size)") == "(n, args.size)"
    assert alike("(n', n''*m)") == alike("(n, n'*m)") != alike("(n, n*m)")
