"""Every format renders the same findings; what each of them promises."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lstmcheck.findings import Axis, Edit, Finding, Fix, Location, Related
from lstmcheck.report import Report, formats, render, summary

SOURCE = """\
lstm = nn.LSTM(emb, hidden, num_layers=layers, bidirectional=True)
h0 = torch.zeros(layers, x.size(0), hidden)
out, state = lstm(x, (h0, c0))
"""


def place(line: int, text: str) -> Location:
    column = SOURCE.splitlines()[line - 1].index(text) + 1
    return Location("tagger.py", line, column, line, column + len(text))


FINDING = Finding(
    "LSTM201",
    "h0-layer-axis",
    "error",
    "h_0 has layers rows, this bidirectional LSTM needs 2*layers",
    place(3, "h0"),
    related=(
        Related(place(1, "num_layers=layers"), "L = layers"),
        Related(place(1, "bidirectional=True"), "2 directions"),
        Related(place(2, "layers"), "axis 0"),
        Related(place(3, "h0"), "needs (L*D, B, H)"),
    ),
    axes=(
        Axis(0, "layers*directions", "2*layers", "layers", False),
        Axis(1, "batch", "batch", "x.size(0)", None),
        Axis(2, "hidden", "hidden", "hidden", True),
    ),
    torch_says="Expected hidden[0] size (4, 8, 64), got [2, 8, 64]",
    help="torch.zeros(2 * layers, x.size(0), hidden)",
)

FULL = """\
LSTM201 [h0-layer-axis] h_0 has layers rows, this bidirectional LSTM needs 2*layers   (error)
  --> tagger.py:3:23
1 | lstm = nn.LSTM(emb, hidden, num_layers=layers, bidirectional=True)
  |                             -----------------  ------------------ 2 directions
  |                             L = layers
2 | h0 = torch.zeros(layers, x.size(0), hidden)
  |                  ------ axis 0
3 | out, state = lstm(x, (h0, c0))
  |                       ^^ needs (L*D, B, H)
   = axis       0 layers*directions   1 batch     2 hidden
   = expected   2*layers              batch       hidden
   = got        layers X              x.size(0)   hidden ok
   = torch would say: Expected hidden[0] size (4, 8, 64), got [2, 8, 64]
help: torch.zeros(2 * layers, x.size(0), hidden)

"""


def rendered(
    format: str, *findings: Finding, source: str = SOURCE, colour: bool = False, columns: int | None = None
) -> str:
    report = Report(findings, 1, 2, lambda path: source.split("\n") if path == "tagger.py" else [], colour, columns)
    return "".join(line + "\n" for line in render(format, report))


def test_full() -> None:
    assert rendered("full", FINDING) == FULL


def test_colour_changes_nothing_but_colour() -> None:
    import re

    coloured = rendered("full", FINDING, colour=True)
    assert "layers \x1b[1;31mX\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == FULL


def test_concise_is_one_line() -> None:
    expected = (
        "tagger.py:3:23: LSTM201 [h0-layer-axis] error: h_0 has layers rows, this bidirectional LSTM needs 2*layers\n"
    )
    assert rendered("concise", FINDING) == expected


def test_json_holds_the_whole_model() -> None:
    (found,) = json.loads(rendered("json", FINDING))
    assert list(found) == [
        "code", "name", "severity", "message", "path", "cell", "line", "column", "end_line", "end_column",
        "related", "axes", "torch_says", "help", "condition",
        "fix", "fingerprint",
    ]  # fmt: skip
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (3, 23, 3, 25)
    assert found["related"][2] == {
        "path": "tagger.py", "cell": None, "line": 2, "column": 18, "end_line": 2, "end_column": 24, "label": "axis 0",
    }  # fmt: skip
    assert found["axes"][1] == {"axis": 1, "name": "batch", "expected": "batch", "got": "x.size(0)", "ok": None}


@pytest.mark.parametrize("format", formats())
def test_every_format_renders_nothing_one_and_two(format: str) -> None:
    for findings in ((), (FINDING,), (FINDING, FINDING)):
        assert isinstance(rendered(format, *findings), str)


def test_an_empty_json_report_is_an_empty_list() -> None:
    assert json.loads(rendered("json")) == []


def test_at_most_twenty_lines() -> None:
    source = "\n".join(f"line = {number}" for number in range(1, 40))
    related = tuple(Related(Location("tagger.py", number, 1, number, 5), f"label {number}") for number in range(1, 30))
    finding = Finding("LSTM201", "name", "error", "message", Location("tagger.py", 30, 1, 30, 5), related, FINDING.axes)
    text = rendered("full", finding, source=source)
    assert len(text.rstrip("\n").splitlines()) <= 20
    assert "30 | line = 30" in text


def one(line: str, start: int, end: int, columns: int | None = None) -> list[str]:
    finding = Finding("LSTM201", "name", "warning", "message", Location("tagger.py", 1, start, 1, end))
    return rendered("full", finding, source=line, columns=columns).splitlines()


def test_wide_characters_and_tabs_are_underlined_where_they_stand() -> None:
    assert one('\tx = "日本", f(1)', 12, 16)[2:4] == ['1 |     x = "日本", f(1)', "  |                 ^^^^"]


def test_a_huge_line_is_cut_around_the_span() -> None:
    shown, underline = one("a" * 50_000 + "f(1)" + "b" * 50_000, 50_001, 50_005)[2:4]
    assert len(shown) < 180
    assert shown[underline.index("^") : underline.rindex("^") + 1] == "f(1)"


@pytest.mark.parametrize("columns", [20, 60, 80, 100])
def test_a_line_wider_than_the_terminal_is_cut_around_what_is_marked(columns: int) -> None:
    """Wrapped by the terminal, the underline would point at nothing."""
    text = rendered("full", FINDING, source=f"{'    ' * 10}{SOURCE}", columns=columns)
    excerpts = [line for line in text.splitlines() if line[:3] in ("1 |", "2 |", "3 |", "  |")]
    assert all(len(line) <= max(columns, 44) for line in excerpts if line[0].isdecimal())
    marked = one("a" * 60 + "f(1)" + "b" * 60, 61, 65, columns)
    assert marked[2][marked[3].index("^") : marked[3].rindex("^") + 1] == "f(1)"
    assert "..." in marked[2]


def test_marks_that_stand_near_one_another_are_seen_together() -> None:
    source = "x" * 70 + "f(num_layers=2, bidirectional=True)" + "y" * 70
    near = (Related(Location("tagger.py", 1, 73, 1, 85), "2"), Related(Location("tagger.py", 1, 87, 1, 105), "both"))
    finding = Finding("LSTM201", "name", "error", "wrong", Location("tagger.py", 2, 1, 2, 2), near)
    shown, underline = rendered("full", finding, source=f"{source}\nf\n", columns=80).splitlines()[2:4]
    assert len(shown) <= 80
    assert shown[underline.index("-") :].startswith("num_layers=2, bidirectional=True")


def test_nothing_in_the_source_reaches_the_terminal_as_a_command() -> None:
    assert "\x1b" not in "".join(one("x = '\x1b[2J'", 1, 2))


def test_a_related_place_in_another_file_is_named() -> None:
    related = (Related(Location("nets.py", 7, 3, 7, 5), "made here"),)
    finding = Finding("LSTM201", "name", "error", "message", place(3, "h0"), related)
    assert " ::: nets.py:7:3" in rendered("full", finding)


def test_a_place_outside_the_text_is_no_trouble() -> None:
    for where in (
        Location("tagger.py", 99, 1, 99, 2),
        Location("tagger.py", 1, 500, 1, 501),
        Location("no.py", 1, 1, 1, 1),
    ):
        text = rendered("full", Finding("LSTM901", "syntax-error", "error", "message", where))
        assert f"{where.path}:{where.line}:" in text


def test_torch_stays_silent_is_said() -> None:
    assert "= torch stays silent" in rendered("full", Finding("LSTM501", "n", "warning", "message", place(3, "h0")))


def test_summary() -> None:
    assert summary(Report([], 3, 97, lambda path: [])) == "All checks passed: 3 files with nn.LSTM/GRU/RNN, 97 without"
    assert summary(Report([FINDING], 1, 0, lambda path: [])) == "Found 1 error: 1 file with nn.LSTM/GRU/RNN, 0 without"


def test_a_fix_is_shown_with_the_lines_that_it_changes() -> None:
    fix = Fix("unsafe", "one row for each direction", (Edit(place(2, "layers"), "2 * layers"),))
    lines = rendered("full", replace(FINDING, fix=fix)).rstrip("\n").splitlines()
    assert lines[-3:] == [
        "fix: one row for each direction   [--fix --unsafe-fixes]",
        "   - h0 = torch.zeros(layers, x.size(0), hidden)",
        "   + h0 = torch.zeros(2 * layers, x.size(0), hidden)",
    ]
    assert len(lines) <= 20


def test_a_fix_of_several_edits_shows_each_line_once() -> None:
    edits = (
        Edit(place(1, "emb"), "2 * emb"),
        Edit(place(1, "layers,"), "3,"),
        Edit(Location("tagger.py", 3, 1, 3, 1), "x = x\n"),
    )
    lines = rendered("full", replace(FINDING, fix=Fix("safe", "t", edits))).splitlines()
    assert [line[3:] for line in lines if line.startswith(("   - ", "   + "))] == [
        "- lstm = nn.LSTM(emb, hidden, num_layers=layers, bidirectional=True)",
        "+ lstm = nn.LSTM(2 * emb, hidden, num_layers=3, bidirectional=True)",
        "+ x = x",
    ]


def test_a_fix_whose_edits_are_not_known_is_named() -> None:
    assert "fix: drop it   [--fix]\n" in rendered("full", replace(FINDING, fix=Fix("safe", "drop it")))
