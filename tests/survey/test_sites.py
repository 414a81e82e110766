"""Calls that are recurrent by their text alone."""

from __future__ import annotations

import ast

import pytest

from lstmcheck.source.parse import SourceFile, parse
from lstmcheck.survey.sites import recurrent_calls

HEAD = "import torch\nfrom torch import nn\n"


def calls(source: str) -> list[str]:
    file = parse("model.py", f"{HEAD}{source}".encode())
    assert isinstance(file, SourceFile)
    return [ast.unparse(call) for _, call in sorted(recurrent_calls([file]).items())]


def in_class(init: str, forward: str, base: str = "nn.Module", before: str = "") -> str:
    return (
        f"{before}class Model({base}):\n"
        f"    def __init__(self, kind, flag):\n        {init}\n"
        f"    def forward(self, x):\n        {forward}\n"
    )


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("self.rnn = nn.LSTM(3, 4)", 1),
        ("self.rnn: nn.Module = nn.LSTM(3, 4)", 1),
        ("self.rnn = nn.LSTM(3, 4).to('cpu')", 1),
        ("self.rnn = nn.LSTM(3, 4) if flag else nn.GRU(3, 4)", 1),
        ("self.rnn = (nn.LSTM if flag else nn.GRU)(3, 4)", 1),
        ("self.rnn = {'lstm': nn.LSTM, 'gru': nn.GRU}[kind](3, 4)", 1),
        ("self.rnn = {'lstm': nn.LSTM, 'gru': nn.GRU}.get(kind)(3, 4)", 1),
        ("made = {'lstm': nn.LSTM}; self.rnn = made.get(kind)(3, 4)", 1),
        ("self.rnn = getattr(nn, 'LSTM')(3, 4)", 1),
        ("self.rnn = getattr(nn, kind.upper() + 'Cell')(3, 4)", 1),
        ("self.rnn = nn.ModuleList([nn.LSTM(3, 4)])[0]", 1),
        ("rnns = [nn.LSTM(3, 4)] + []; self.rnn = nn.ModuleList(rnns)[0]", 1),
        ("self.rnn = nn.ModuleDict({'a': nn.LSTM(3, 4)})['a']", 1),
        ("self.rnn = nn.ModuleList(nn.LSTM(3, 4) for _ in range(2))[0]", 1),
        ("self.rnn = getattr(nn, 'Linear')(3, 4)", 0),
        ("held = [0]; held[0] = nn.LSTM(3, 4); self.rnn = nn.LSTM(3, 4)", 1),
        ("self.rnn = nn.Linear(3, 4)", 0),
        ("self.rnn = kind(3, 4)", 0),
        ("self.rnn = {'lstm': nn.LSTM, 'none': None}[kind](3, 4)", 0),
    ],
)
def test_an_attribute_is_recurrent_by_what_makes_it(init: str, expected: int) -> None:
    found = [call for call in calls(in_class(init, "return self.rnn(x)")) if call == "self.rnn(x)"]
    assert len(found) == expected


@pytest.mark.parametrize(
    "loop",
    [
        "for layer in self.rnns: layer(x)",
        "for i, layer in enumerate(self.rnns): layer(x)",
        "for layer, size in zip(self.rnns, x): layer(x)",
        "for layer in self.rnns.values(): layer(x)",
        "[layer(x) for layer in self.rnns]",
    ],
)
def test_layers_of_a_container_are_called_in_a_loop(loop: str) -> None:
    assert "layer(x)" in calls(in_class("self.rnns = nn.ModuleList([nn.LSTM(3, 4)])", loop))


def test_a_class_has_what_its_base_class_holds() -> None:
    base = in_class("self.kind = nn.GRU", "return x").replace("Model(", "Base(")
    assert "self.rnn(x)" in calls(in_class("self.rnn = self.kind(3, 4)", "return self.rnn(x)", "Base", base))
