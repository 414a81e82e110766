"""What a trace reports, in every form."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

import lstmcheck
from lstmcheck.traced.report import Report


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 8, num_layers=2, bidirectional=True, batch_first=True)
        self.cells = nn.ModuleList(nn.GRUCell(16, 16) for _ in range(2))

    def forward(self, x: Any, hx: Any = None) -> Any:
        _, (h_n, _) = self.lstm(x, hx)
        h = torch.cat([h_n[-2], h_n[-1]], dim=1)
        for cell in self.cells:
            h = cell(h)
        return h


@pytest.fixture(scope="module")
def report() -> Report:
    """A model of two kinds of layers, called with two lengths, and with a wrong state three times."""
    with lstmcheck.trace() as report:
        model = Model()
        for length in (5, 7, 5):
            model(torch.zeros(2, length, 4))
        for batch in (2, 3, 2):
            with pytest.raises(RuntimeError):
                model(torch.zeros(batch, 5, 4), (torch.zeros(2, batch, 8), torch.zeros(2, batch, 8)))
    return report


def test_a_repeated_mistake_is_one_row_with_a_count(report: Report) -> None:
    (finding,) = report.findings
    assert (finding.code, report.count(finding), report.ranks(finding)) == ("LSTM201", 3, ())
    assert [related.label for related in finding.related] == ["LSTM made here"]


def test_layers_say_where_what_and_how_often(report: Report) -> None:
    lstm, cell = report.layers
    assert (lstm.kind, lstm.modules, lstm.calls, lstm.parameters) == ("LSTM", 1, 6, 2560)
    assert (cell.kind, cell.modules, cell.calls) == ("GRUCell", 2, 6)
    assert lstm.made is not None
    assert lstm.made.path.endswith("test_report.py")
    assert lstm.text == "nn.LSTM(4, 8, num_layers=2, bidirectional=True, batch_first=True)"
    assert lstm.config.bidirectional == 1
    assert lstm.axes == ("batch", "seq_len", "input_size")
    assert [shapes["input"] for shapes in lstm.shapes] == [(2, 5, 4), (2, 7, 4), (2, 5, 4), (3, 5, 4)]
    assert lstm.axes_of("h_0", 3) == ("num_layers * num_directions", "batch", "hidden_size")
    assert lstm.axes_of("input", 2) == ("seq_len", "input_size")
    assert lstm.axes_of("input", 4) == ()


def test_a_layer_made_before_the_trace_has_its_place() -> None:
    model = Model()
    with lstmcheck.trace() as report, pytest.raises(RuntimeError) as raised:
        model(torch.zeros(2, 5, 3))
    (layer,) = report.layers
    assert layer.made is not None
    assert layer.text.startswith("nn.LSTM(4, 8, num_layers=2")
    assert "LSTM made here" in [related.label for related in report.findings[0].related]
    assert raised.value.__notes__[0].startswith("lstmcheck: LSTM223")


def test_text(report: Report) -> None:
    text = str(report)
    assert "LSTM201 [state-layers]" in text
    assert "_, (h_n, _) = self.lstm(x, hx)" in text
    assert "= seen 3 times" in text
    assert "LSTM(4, 8, num_layers=2, batch_first=True, bidirectional=True)" in text
    assert "input (batch 2, seq_len 7, input_size 4)" in text
    assert "2 modules   6 calls" in text
    assert text.endswith("lstmcheck: 1 error: 2 recurrent layers, 12 calls")
    assert "\x1b" not in text
    assert "\x1b" in report.to_text(colour=True)
    assert repr(report) == "<lstmcheck report: 1 findings, 2 layers>"


def test_json(report: Report) -> None:
    read = json.loads(report.to_json())
    assert read["ok"] is False
    assert [(one["code"], one["count"], one["ranks"]) for one in read["findings"]] == [("LSTM201", 3, [])]
    lstm = read["layers"][0]
    assert lstm["config"]["num_layers"] == 2
    assert lstm["shapes"][0] == {"input": {"axes": ["batch", "seq_len", "input_size"], "sizes": [2, 5, 4]}}
    assert lstm["line"] is not None


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_else_and_shows_every_layer(report: Report) -> None:
    page = Page(report.to_html())
    assert page.loaded == []
    assert "script" not in page.tags
    assert page.tags.count("svg") == len(report.layers)
    text = report.to_html()
    assert text.startswith("<!doctype html>")
    assert "seen 3 times" in text
    assert "needs 4" in text  # in the picture, at the state
    inside = Page(report._repr_html_())
    assert not {"html", "body", "head"} & set(inside.tags)
    assert inside.tags.count("svg") == len(report.layers)


def test_texts_of_a_program_cannot_break_the_page() -> None:
    from lstmcheck.findings import Finding, Location

    report = Report()
    place = Location("<b>&.py", 1, 1, 1, 2)
    report.add(Finding("LSTM201", "state-layers", "error", "<script>alert(1)</script> | `x`", place))
    assert "<script>" not in report.to_html()
    row = report.to_markdown().splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_the_picture(report: Report) -> None:
    root = ElementTree.fromstring(report.to_svg())
    assert root.tag.endswith("svg")
    assert "LSTM201" in report.to_svg()


def test_markdown(report: Report) -> None:
    text = report.to_markdown()
    assert text.startswith("**lstmcheck**: 1 error")
    assert "| 3 times |" in text
    assert "| 2,560 | 1 | 6 |" in text


def test_sarif(report: Report) -> None:
    (run,) = json.loads(report.to_sarif())["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["LSTM201"]


def test_rich(report: Report) -> None:
    rich = pytest.importorskip("rich.console")
    out = io.StringIO()
    rich.Console(file=out, width=100).print(report)
    assert "recurrent layers" in out.getvalue()
    assert "LSTM201" in out.getvalue()


def test_assertions(report: Report) -> None:
    with pytest.raises(AssertionError, match=r"LSTM201 \[state-layers\]"):
        report.assert_ok()
    with lstmcheck.trace() as right:
        nn.LSTM(4, 8)(torch.zeros(5, 2, 4))
    right.assert_ok()
    assert (right.ok, right.exit_code, report.exit_code) == (True, 0, 1)


def test_an_empty_report() -> None:
    with lstmcheck.trace() as report:
        pass
    assert str(report) == "lstmcheck: nothing found: 0 recurrent layers, 0 calls"
    for text in (report.to_html(), report.to_json(), report.to_markdown(), report.to_sarif(), report._repr_html_()):
        assert text
    ElementTree.fromstring(report.to_svg())


def test_every_kind_of_layer_is_drawn() -> None:
    packed = nn.utils.rnn.pack_padded_sequence(torch.zeros(5, 2, 4), torch.tensor([5, 3]))
    with lstmcheck.trace() as report:
        nn.LSTM(4, 8, proj_size=3)(packed)
        nn.RNN(4, 8, nonlinearity="relu", bias=False)(torch.zeros(5, 4))
        nn.LSTMCell(4, 8)(torch.zeros(4))
        nn.RNNCell(4, 8)(torch.zeros(2, 4), torch.zeros(2, 8))
        with pytest.raises((RuntimeError, ValueError)):
            nn.GRU(4, 8)(torch.zeros(4))
    root = ElementTree.fromstring(report.to_svg())
    assert "RNN(4, 8, bias=False, nonlinearity='relu')" in str(report)
    assert "packed (sum of lengths 8, input_size 4)" in str(report)
    assert len(report.layers) == 5
    assert root is not None


def test_what_was_built_and_never_called_and_what_was_probed() -> None:
    """The page has the probe's part; a layer without a call has a picture and no sizes."""
    net = nn.LSTM(4, 8, batch_first=True)
    with lstmcheck.trace(model=net, probe=True) as report:
        nn.GRU(3, 5)
        net(torch.randn(3, 5, 4))
    page = report.to_html()
    assert page.count("<h2>the first batch</h2>") == 1
    assert page.count("called with") == 1
    assert "GRU" in page
    assert "0 calls" in page


def test_a_report_without_layers_is_one_line() -> None:
    from rich.console import Console

    console = Console(width=80, file=io.StringIO())
    console.print(Report())
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "lstmcheck: nothing found: 0 recurrent layers, 0 calls\n"
