"""`lstmcheck draw` and `lstmcheck.picture`: what is drawn of programs and constructors."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

import lstmcheck
from lstmcheck.cli import main
from lstmcheck.draw import Layer
from lstmcheck.rules import all_rules
from lstmcheck.rules.model import Bad
from lstmcheck.survey.command import CannotShow
from lstmcheck.survey.picture import Drawing, picture, picture_of_source

HEAD = "import torch\nfrom torch import nn\nfrom torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence\n"


def drawn(source: str) -> Drawing:
    return picture_of_source(HEAD + textwrap.dedent(source))


def only(source: str) -> Layer:
    (one,) = drawn(source).pictures
    (layer,) = one.layers
    return layer


def test_a_call_is_drawn_in_the_program_s_words() -> None:
    layer = only(
        """
        class Tagger(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(32, 64, num_layers=2, bidirectional=True, batch_first=True)
                self.head = nn.Linear(128, 5)

            def forward(self, x):
                h0, c0 = torch.zeros(4, x.size(0), 64), torch.zeros(4, x.size(0), 64)
                out, (h, c) = self.lstm(x, (h0, c0))
                return self.head(out[:, -1])

        Tagger()(torch.zeros(8, 20, 32))
        """
    )
    assert (layer.name, layer.layers, layer.directions) == ("self.lstm", 2, 2)
    assert layer.input.axes == ("B", "T", "E")
    assert layer.input.sizes == ("8", "20", "32")
    assert [(one.name, one.expression, one.sizes) for one in layer.states] == [
        ("h_0", "h0", ("4", "8", "64")),
        ("c_0", "c0", ("4", "8", "64")),
    ]
    assert layer.output is not None
    assert (layer.output.axes, layer.output.sizes) == (("B", "T", "2*H"), ("8", "20", "128"))
    assert [one.expression for one in layer.results] == ["h", "c"]
    (head,) = layer.consumers
    assert (head.name, head.what, head.part, head.expression) == ("self.head", "Linear(128, 5)", "output", "out[:, -1]")
    assert layer.place is not None
    assert (layer.place.line, layer.place.text.strip()[:9]) == (8, "self.lstm")


def test_sizes_without_numbers_keep_their_names_and_the_unknown_is_a_question() -> None:
    layer = only(
        """
        class Encoder(nn.Module):
            def __init__(self, features, hidden, layers, both):
                super().__init__()
                self.rnn = nn.GRU(features, hidden, layers, bidirectional=both)

            def forward(self, x):
                return self.rnn(x)
        """
    )
    assert layer.layers == "layers"
    assert layer.directions == "D"
    assert layer.condition == "both"
    assert layer.input.sizes == ("?", "?", "features")
    assert not layer.states[0].given


def test_an_order_that_is_not_known_is_not_guessed() -> None:
    layer = only("def f(x, first):\n    rnn = nn.GRU(3, 4, batch_first=first)\n    return rnn(x)\n")
    assert layer.input.axes == ("B|T", "T|B", "E")


def test_a_packed_sequence_is_drawn_as_one() -> None:
    layer = only(
        """
        rnn = nn.GRU(3, 4, batch_first=True)
        packed = pack_padded_sequence(torch.zeros(2, 5, 3), [5, 3], batch_first=True)
        out, h = rnn(packed)
        """
    )
    assert layer.input.packed
    assert layer.output is not None
    assert layer.output.packed
    assert layer.input.sizes == ("2", "5", "3")


def test_an_input_without_a_batch_has_no_batch_axis() -> None:
    layer = only("rnn = nn.LSTM(3, 4)\nout, (h, c) = rnn(torch.zeros(7, 3))\n")
    assert layer.input.axes == ("T", "E")
    assert layer.results[0].axes == ("L", "H")
    assert "B" not in {one.letter for one in layer.legend}


def test_a_projection_is_the_width_of_h_and_not_of_c() -> None:
    layer = only("rnn = nn.LSTM(3, 8, proj_size=2)\nout, (h, c) = rnn(torch.zeros(7, 1, 3))\n")
    assert [one.axes[-1] for one in layer.results] == ["P", "H"]
    assert [one.sizes for one in layer.results] == [("1", "1", "2"), ("1", "1", "8")]


def test_a_cell_is_one_step() -> None:
    layer = only(
        """
        cell = nn.LSTMCell(10, 20)
        h, c = torch.zeros(3, 20), torch.zeros(3, 20)
        for t in range(6):
            h, c = cell(torch.zeros(3, 10), (h, c))
        """
    )
    assert layer.is_cell
    assert layer.output is None
    assert [(one.name, one.expression, one.sizes) for one in layer.results] == [
        ("h_1", "h", ("3", "20")),
        ("c_1", "c", ("3", "20")),
    ]
    assert {one.what for one in layer.consumers} == {
        "LSTMCell, its next h_0",
        "LSTMCell, its next c_0",
    }


def test_an_encoder_hands_its_state_to_the_decoder() -> None:
    (one,) = drawn(
        """
        class Seq2Seq(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.LSTM(32, 64, batch_first=True)
                self.decoder = nn.LSTM(16, 64, batch_first=True)

            def forward(self, source, target):
                _, state = self.encoder(source)
                out, _ = self.decoder(target, state)
                return out
        """
    ).pictures
    assert [layer.name for layer in one.layers] == ["self.encoder", "self.decoder"]
    assert [(link.source, link.part, link.target, link.into) for link in one.links] == [(0, "h_n", 1, "h_0")]
    assert [consumer.name for consumer in one.layers[0].consumers] == ["self.decoder", "self.decoder"]
    assert one.layers[1].states[0].given


def test_layers_that_share_nothing_have_a_picture_each() -> None:
    source = "a, b = nn.GRU(3, 4), nn.GRU(5, 6)\na(torch.zeros(2, 1, 3))\nb(torch.zeros(2, 1, 5))\n"
    assert len(drawn(source).pictures) == 2


def test_what_takes_what_a_consumer_made_is_no_consumer() -> None:
    layer = only(
        """
        class Tagger(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(3, 4)
                self.first, self.second = nn.Linear(4, 5), nn.Linear(5, 6)

            def forward(self, x):
                out, h = self.rnn(x)
                y = self.first(out)
                z = torch.relu(y)
                return self.second(z)
        """
    )
    assert [one.name for one in layer.consumers] == ["self.first"]


MISTAKES = {
    "LSTM201": "h_0",
    "LSTM202": "h_0",
    "LSTM203": "h_0",
    "LSTM204": "h_0",
    "LSTM207": "state",
    "LSTM222": "input",
    "LSTM223": "input",
    "LSTM108": "layer",
    "LSTM643": "output",
    "LSTM644": "h_n",
}


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_stands_where_it_is(code: str) -> None:
    rule = next(rule for rule in all_rules() if rule.code == code)
    example = next(example for example in rule.examples if isinstance(example, Bad))
    layers = [layer for one in picture_of_source(example.source).pictures for layer in one.layers]
    parts = {mistake.part for layer in layers for mistake in layer.mistakes if mistake.code == code}
    assert parts == {MISTAKES[code]}


def test_a_wrong_axis_says_what_it_needs() -> None:
    layer = only(
        """
        lstm = nn.LSTM(10, 20, num_layers=2, bidirectional=True)
        h0 = torch.zeros(2, 3, 20)
        out, state = lstm(torch.zeros(5, 3, 10), (h0, h0))
        """
    )
    (mistake,) = layer.mistakes
    assert (mistake.part, mistake.axis, mistake.expected, mistake.got) == ("h_0", 0, "L*D = 4", "2")
    assert layer.states[0].sizes == ("2", "3", "20")


def test_a_following_layer_with_a_mistake_is_the_marked_box() -> None:
    layer = only(
        """
        lstm = nn.LSTM(10, 20, bidirectional=True)
        head = nn.Linear(20, 5)
        out, _ = lstm(torch.zeros(5, 3, 10))
        y = head(out)
        """
    )
    assert [(one.code, one.part) for one in layer.mistakes] == [("LSTM301", "head")]
    assert [one.name for one in layer.consumers] == ["head"]


def test_a_suppressed_finding_is_not_drawn() -> None:
    source = "lstm = nn.LSTM(10, 20, dropout=0.5)  # lstmcheck: ignore[LSTM108]\nlstm(torch.zeros(5, 3, 10))\n"
    assert only(source).mistakes == ()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_example_of_a_rule_can_be_drawn(rule: object) -> None:
    for example in rule.examples:  # type: ignore[attr-defined]
        try:
            drawing = picture_of_source(example.source)
        except CannotShow:
            continue
        for format in ("text", "svg", "mermaid", "html"):
            assert drawing.render(format)


def test_a_constructor_is_drawn_with_the_shapes_of_an_input() -> None:
    drawing = picture("nn.LSTM(10, 30, num_layers=2, bidirectional=True)", (100, 50, 10))
    layer = drawing.pictures[0].layers[0]
    assert layer.input.axes == ("T", "B", "E")
    assert layer.output is not None
    assert layer.output.sizes == ("100", "50", "60")
    assert "32,160 parameters" in layer.notes


def test_a_constructor_without_an_input_keeps_the_letters() -> None:
    layer = picture("nn.GRU(10, 30)").pictures[0].layers[0]
    assert layer.input.sizes == ("T", "B", "10")
    assert "?" not in str(picture("nn.GRU(10, 30)"))


def test_an_input_that_does_not_fit_is_marked() -> None:
    layer = picture("nn.GRU(10, 30)", (5, 3, 11)).pictures[0].layers[0]
    (mistake,) = layer.mistakes
    assert (mistake.part, mistake.axis, mistake.expected, mistake.got) == ("input", 2, "E = 10", "11")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nn.GRU(10, 30, dropout=2)", "LSTM103"),
        ("nn.GRU(10)", "torch does not make"),
        ("nn.Linear(1, 2)", "is not one of"),
        ("os.py", "does not exist"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(target: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", target]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_the_command_writes_files_by_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    starts = {"p.svg": "<svg", "p.html": "<!doctype html>", "p.mmd": "flowchart LR", "p.txt": "nn.GRU"}
    for name, start in starts.items():
        assert main(["draw", "nn.GRU(10, 30)", "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert main(["draw", "nn.GRU(10, 30)", "--format", "svg"]) == 0
    assert capsys.readouterr().out == (tmp_path / "p.svg").read_text(encoding="utf-8")


def test_a_part_of_a_file_can_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(f"{HEAD}def f(x):\n    return nn.GRU(3, 4)(x)\n\n\ndef g(x):\n    return nn.LSTM(5, 6)(x)\n")
    assert [layer.kind for one in picture(f"{path}:g").pictures for layer in one.layers] == ["LSTM"]
    assert len(picture(path).pictures) == 2
    with pytest.raises(CannotShow, match="did you mean"):
        picture(f"{path}:gg")


def test_the_picture_is_public_and_shows_itself() -> None:
    drawing = lstmcheck.picture("nn.GRU(10, 30)")
    assert drawing._repr_svg_() == drawing.to_svg()
    assert str(drawing) == drawing.to_text()


def test_an_input_goes_with_a_constructor(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(f"{HEAD}nn.GRU(3, 4)(torch.zeros(5, 2, 3))\n")
    with pytest.raises(CannotShow, match="an input goes with a constructor"):
        picture(str(path), (5, 2, 3))


def test_what_torch_warns_of_is_written_at_the_layer() -> None:
    layer = picture("nn.GRU(10, 30, dropout=0.5)", (5, 3, 11)).pictures[0].layers[0]
    assert [(mistake.code, mistake.part) for mistake in layer.mistakes] == [("LSTM108", "layer"), ("LSTM223", "input")]
