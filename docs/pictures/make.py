"""Draw the pictures of the pages: `python docs/pictures/make.py` writes them, a test holds them against this script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lstmcheck.rules import all_rules
from lstmcheck.rules.model import Bad
from lstmcheck.survey.picture import Drawing, picture, picture_of_source

HERE = Path(__file__).parent

# a constructor and the shape of its input, or a file beside this one
PICTURES: dict[str, tuple[str, tuple[int, ...] | None]] = {
    "lstm": ("nn.LSTM(32, 64, num_layers=2, bidirectional=True, batch_first=True)", (8, 20, 32)),
    "gru": ("nn.GRU(10, 30)", None),
    "projection": ("nn.LSTM(300, 512, num_layers=8, bidirectional=True, proj_size=128, dropout=0.3)", (50, 16, 300)),
    "unbatched": ("nn.RNN(4, 6, num_layers=3)", (11, 4)),
    "cell": ("nn.LSTMCell(10, 20)", (3, 10)),
    "tagger": ("tagger.py", None),
    "translator": ("translator.py", None),
    "tutorial-layer": ("nn.LSTM(input_size=4, hidden_size=3, batch_first=True)", (2, 5, 4)),
    "tutorial-deep": ("nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)", (2, 5, 4)),
    "tutorial-mnist_rows": ("../tutorial/mnist_rows.py", None),
    "tutorial-tagger": ("../tutorial/tagger.py", None),
    "tutorial-char_rnn": ("../tutorial/char_rnn.py", None),
    "tutorial-seq2seq": ("../tutorial/seq2seq.py", None),
}
# the rules whose mistake stands in a shape or in a row, each drawn from its first example
RULES = ("LSTM108", "LSTM201", "LSTM202", "LSTM203", "LSTM204", "LSTM205", "LSTM222", "LSTM223", "LSTM301")
RULES += ("LSTM640", "LSTM641", "LSTM642", "LSTM643", "LSTM644")


def drawings() -> Iterator[tuple[str, Drawing]]:
    """Every picture by its name."""
    for name, (target, input) in PICTURES.items():
        if target.endswith(".py"):
            yield name, picture_of_source((HERE / target).read_text(encoding="utf-8"), Path(target).name)
        else:
            yield name, picture(target, input)
    for rule in all_rules():
        if rule.code in RULES:
            example = next(example for example in rule.examples if isinstance(example, Bad))
            yield rule.code, picture_of_source(example.source)


def main() -> None:
    """Write every picture."""
    for name, drawing in drawings():
        (HERE / f"{name}.svg").write_text(drawing.to_svg(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
