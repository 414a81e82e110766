"""The tiers that decide what is parsed: the text around a name must never hide what the syntax tree shows."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lstmcheck
from lstmcheck.source import mentions, syntax

PIECES = (
    "LSTM",
    "GRU",
    "nn.",
    "torch.nn.",
    "x",
    "if ",
    "else ",
    "in ",
    "is ",
    "f",
    "rf",
    "b",
    " ",
    "  ",
    "\n",
    "\\\n",
    "\\",
)
PIECES += (
    '"',
    "'",
    '"""',
    "'''",
    "#",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    "=",
    "==",
    ":",
    "-",
    "+",
    ">>> ",
    "... ",
    "1",
    "\t",
)


def named(text: str) -> bool | None:
    """Whether a layer is named by what the parser says, None where it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return syntax.names_layer(ast.parse(text))
    except (SyntaxError, ValueError):
        return None


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example('f"{x}LSTM"')
@example('"\\\nLSTM"')
@example('x = "a"if nn.LSTM else 1')
@example("f\"{d['LSTM']}\"")
@example("'''\n'''; nn.LSTM")
@example("f'{nn.LSTM}'")
@settings(max_examples=2_000)
def test_what_the_tree_names_is_not_hidden(text: str) -> None:
    said = mentions.said("x.py", b"import torch\n" + text.encode())
    assert said.named or not named("import torch\n" + text)


def test_real_files_are_told_as_the_tree_tells_them() -> None:
    paths = [
        path for root in (Path(lstmcheck.__file__).parent, Path(__file__).parents[1]) for path in root.rglob("*.py")
    ]
    texts = [text for path in paths if mentions.mentions(text := path.read_bytes())]
    assert len(texts) > 50
    for text in texts:
        assert mentions.said("x.py", text).named or not syntax.names_layer(ast.parse(text))


@pytest.mark.parametrize(
    ("text", "is_named", "is_given"),
    [
        ("net = nn.LSTM(1, 2)", True, True),
        ("kind = 'LSTM'", True, False),
        ("kind = 'LSTM'\nnet = getattr(nn, kind)(1, 2)", True, True),
        ("from .nets import build\nnet = build('LSTM')", True, True),
        ("if kind == 'LSTM': rows = getattr(self, 'rows')", True, False),
        ("globals()[name] = 1\nprint('LSTM')", True, False),
        ("print(globals()[name], 'LSTM')", True, True),
        ("class LSTM(Base): pass\nnet = LSTM('LSTM')", True, False),
        ("from torch.nn import LSTM as L\nclass LSTM(L): pass", True, True),
        ("class LSTM(nn.LSTM): pass", True, True),
        ("from torch.nn import GRU", True, True),
        ("cells = {'lstm': nn.LSTM}", True, True),
        ("isinstance(x, (nn.GRU, nn.LSTM))", True, False),
        ("def f(x) -> nn.LSTM: ...", True, False),
        ("sizes = {\n    nn.LSTM: 4,\n}", True, False),
        ("isinstance(x, nn.LSTM) or nn.GRU(1, 2)", True, True),
        ("'''An RNN that reads.\n\nLike nn.LSTM, it is slow.\n'''", False, False),
        ('"""Example:\n>>> net = nn.LSTM(1, 2)\n... out = nn.GRU(3, 4)\n"""', False, False),
        ("# nn.LSTM(1, 2)", False, False),
        ("print('torch.nn.LSTM')", False, False),
        ("print('a bi-LSTM', \"don't use an LSTM\", '#')", False, False),
        ("x = 'torch'  # 'LSTM'", False, False),
        ("x = '" + "a" * 1000 + "'; nn.LSTM(1, 2)", True, True),
        ("x = 1 # '\nnn.LSTM(1, 2)", True, True),
    ],
)
def test_texts(text: str, is_named: bool, is_given: bool) -> None:
    assert mentions.said("x.py", b"import torch\n" + text.encode())[:2] == (is_named, is_given)


def test_the_lines_of_a_notebook_are_strings() -> None:
    assert mentions.said("x.ipynb", b'{"source": ["import torch\\n", "# an RNN that"]}')[:2] == (True, True)


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("rnn = getattr(nn, kind)(10, hidden)", True),
        ("self.cell = getattr(torch.nn, kind)(10, 20, num_layers=2)", True),
        ("loss = getattr(nn, name)(reduction='mean')", False),
    ],
)
def test_a_layer_whose_name_stands_elsewhere_is_told_by_what_is_written_about_it(text: str, is_asked: bool) -> None:
    assert mentions.said("x.py", b"import torch\n" + text.encode()).asked == is_asked
