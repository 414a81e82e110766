"""Comments that silence findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstmcheck import fixing
from lstmcheck.config import Settings, did_you_mean
from lstmcheck.findings import Finding, Location
from lstmcheck.source.parse import SourceFile, parse
from lstmcheck.source.suppressions import Suppressions, keep, statement_lines
from lstmcheck.source.suppressions import complaints as complaints_about

PROGRAM = """\
import torch
{above}
out, hn = rnn({first}
    x,{middle}
    h0,
){last}
other = rnn(x)
"""


def silenced(line: int = 4, **comments: str) -> bool:
    text = PROGRAM.format(**{"above": "", "first": "", "middle": "", "last": "", **comments})
    file = parse("x.py", text.encode())
    assert isinstance(file, SourceFile)
    found = Finding("LSTM201", "h0-layer-axis", "error", "message", Location("x.py", line, 5, line, 6))
    return keep([found], [file]) == []


@pytest.mark.parametrize("place", ["above", "first", "middle", "last"])
@pytest.mark.parametrize("what", ["[LSTM201]", "[h0-layer-axis]", "[LSTM2]", "[lstm103, LSTM201]", "", "[LSTM]"])
def test_a_comment_at_the_statement_silences(place: str, what: str) -> None:
    assert silenced(**{place: f"  # lstmcheck: ignore{what}"})


@pytest.mark.parametrize("what", ["[LSTM202]", "[h0]", "[]", "d[LSTM201]"])
def test_another_name_silences_nothing(what: str) -> None:
    assert not silenced(first=f"  # lstmcheck: ignore{what}")


def test_a_comment_silences_its_own_statement_only() -> None:
    assert not silenced(line=7, last="  # lstmcheck: ignore[LSTM201]")
    assert not silenced(line=7, above="# lstmcheck: ignore[LSTM201]")


def test_a_comment_in_a_text_is_none() -> None:
    assert not silenced(above='text = "# lstmcheck: ignore[LSTM201]"', line=4)


def test_file_ignore_holds_everywhere() -> None:
    assert silenced(line=7, above="# lstmcheck: file-ignore[h0-layer-axis]")
    assert not silenced(line=7, above="# lstmcheck: file-ignore[LSTM3]")


@pytest.mark.parametrize("comment", ["# noqa: LSTM201", "# noqa:E501,LSTM201", "# NOQA: E501 LSTM2"])
def test_noqa_with_our_code(comment: str) -> None:
    assert silenced(last=f"  {comment}")


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: E501", "# noqa: L"])
def test_noqa_for_others_silences_nothing(comment: str) -> None:
    assert not silenced(last=f"  {comment}")


STATEMENTS = """\
@decorated
def f(
    a,
):
    x = 1
    if (x and
            a):
        y = [
            2,
        ]
    else:
        z = 3
    try:
        pass
    except (A,
            B):
        pass
    match x:
        case 1:
            w = 2
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (1, (1, 3)),
        (3, (1, 3)),
        (5, (5, 5)),
        (6, (6, 7)),
        (9, (8, 10)),
        (12, (12, 12)),
        (15, (15, 15)),
        (18, (18, 18)),
        (20, (20, 20)),
        (99, (99, 99)),
    ],
)
def test_lines_of_the_innermost_statement(line: int, expected: tuple[int, int]) -> None:
    file = parse("x.py", STATEMENTS.encode())
    assert isinstance(file, SourceFile)
    assert statement_lines(file.tree, line) == expected


KNOWN = {"LSTM201": "h0-layer-axis", "LSTM202": "h0-batch-first", "LSTM911": "unused-suppression"}


def complaints(text: str, line: int | None = 2, wanted: str = "") -> list[tuple[str, str, str]]:
    """Code, message and marked text of what is wrong with the comments, after LSTM201 was found on a line."""
    file = parse("x.py", text.encode())
    assert isinstance(file, SourceFile)
    comments: dict[str, Suppressions | None] = {}
    if line is not None:
        keep([Finding("LSTM201", "h0-layer-axis", "error", "m", Location("x.py", line, 1, line, 2))], [file], comments)
    found = complaints_about([file], comments, lambda: KNOWN, lambda path, name: wanted in name, did_you_mean)
    return [
        (one.code, one.message, file.lines[where.line - 1][where.column - 1 : where.end_column - 1])
        for one in found
        for where in [one.location]
    ]


def test_a_used_comment_is_right() -> None:
    for comment in ("lstmcheck: ignore[LSTM201]", "lstmcheck: ignore[h0-layer-axis]", "noqa: LSTM201", "noqa: E501"):
        assert complaints(f"\nf(x)  # {comment}\n") == []
    assert complaints("# lstmcheck: file-ignore[LSTM2]\nf(x)\n") == []
    assert complaints("# lstmcheck: ignore[LSTM201]\nf(x)  # lstmcheck: ignore[LSTM2]\n") == [], "both silence it"


@pytest.mark.parametrize(
    ("comment", "what", "marked"),
    [
        ("# lstmcheck: ignore[LSTM202]", "of LSTM202: nothing is found here", "LSTM202"),
        ("# lstmcheck: ignore[LSTM201, h0-batch-first]", "of h0-batch-first", "h0-batch-first"),
        ("# noqa: E501, LSTM202", "of LSTM202", "LSTM202"),
        ("# lstmcheck: file-ignore[LSTM202]", "nothing is found in this file", "LSTM202"),
    ],
)
def test_an_unused_name_is_said(comment: str, what: str, marked: str) -> None:
    ((code, message, shown),) = complaints(f"\nf(x)  {comment}\n")
    assert (code, shown) == ("LSTM911", marked)
    assert what in message


def test_a_comment_on_the_wrong_line_is_unused() -> None:
    assert [code for code, *_ in complaints("# lstmcheck: ignore[LSTM201]\n\n\nf(x)\n", line=4)] == ["LSTM911"]
    assert [code for code, *_ in complaints("x = 1  # lstmcheck: ignore\nf(x)\n")] == ["LSTM911"]


def test_only_what_is_reported_in_the_run_can_be_unused() -> None:
    assert complaints("\nf(x)  # lstmcheck: ignore[LSTM202]\n", wanted="LSTM3") == []
    assert complaints("x = 1  # lstmcheck: ignore\nf(x)\n", wanted="LSTM3") == []


def test_the_complaint_can_be_silenced() -> None:
    assert complaints("\nf(x)  # lstmcheck: ignore[LSTM, LSTM20x]\n") != []
    assert complaints("# lstmcheck: file-ignore[LSTM911]\nf(x)  # lstmcheck: ignore[LSTM202]\n") == []
    assert complaints("# lstmcheck: file-ignore[unused-suppression]\nf(x)\n") == []


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# lstmcheck: ignore[LSTM20]", None),
        ("# lstmcheck: ignore[LSTM203x]", "Unknown rule 'LSTM203x' in a comment: did you mean 'LSTM201' or 'LSTM202'?"),
        ("# lstmcheck: ignore[h0-layer-axes]", "did you mean 'h0-layer-axis'"),
        ("# lstmcheck: ingore[LSTM201]", "No such comment: 'ingore': did you mean 'ignore'?"),
        ("# lstmcheck: this is what it said", None),
        ("# see lstmcheck: ignored", None),
        ("# noqa: LSTM999", "Unknown rule 'LSTM999'"),
    ],
)
def test_what_does_not_exist_is_said_with_the_nearest(comment: str, said: str | None) -> None:
    found = [message for code, message, _ in complaints(f"\nf(x)  {comment}\n") if code == "LSTM912"]
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_a_comment_that_silences_everything_is_advised_against() -> None:
    ((code, _, shown),) = complaints("\nf(x)  # lstmcheck: ignore\n")
    assert (code, shown) == ("LSTM913", "# lstmcheck: ignore")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(x)  # lstmcheck: ignore[LSTM202]\n", "f(x)\n"),
        ("f(x)  # lstmcheck: ignore[LSTM202] for now\n", "f(x)\n"),
        ("f(x)  # lstmcheck: ignore[LSTM202]  # noqa: E501\n", "f(x)  # noqa: E501\n"),
        ("f(x)  # noqa: E501  # lstmcheck: ignore[LSTM202]\n", "f(x)  # noqa: E501\n"),
        ("f(x)  # noqa: E501, LSTM202\n", "f(x)  # noqa: E501\n"),
        ("f(x)  # noqa: LSTM202, E501\n", "f(x)  # noqa: E501\n"),
        ("f(x)  # noqa: LSTM202\n", "f(x)\n"),
        ("f(x)  # lstmcheck: ignore[LSTM201,LSTM202]\n", "f(x)  # lstmcheck: ignore[LSTM201]\n"),
        ("f(x)\n# lstmcheck: ignore[LSTM202]\ny = 1\n", "f(x)\ny = 1\n"),
        ("f(x)\n    # lstmcheck: file-ignore[LSTM202] old\n", "f(x)\n"),
        ("f(x)\n# lstmcheck: ignore[LSTM202]", "f(x)\n"),
    ],
)
def test_the_fix_removes_what_is_unused(before: str, after: str) -> None:
    file = parse("x.py", before.encode())
    assert isinstance(file, SourceFile)
    comments: dict[str, Suppressions | None] = {}
    keep([Finding("LSTM201", "h0-layer-axis", "error", "m", Location("x.py", 1, 1, 1, 2))], [file], comments)
    (found,) = complaints_about([file], comments, lambda: KNOWN, lambda path, name: True, did_you_mean)
    assert found.fix is not None
    (edit,) = found.fix.edits
    where, lines = edit.location, before.split("\n")
    start = sum(len(line) + 1 for line in lines[: where.line - 1]) + where.column - 1
    end = sum(len(line) + 1 for line in lines[: where.end_line - 1]) + where.end_column - 1
    assert before[:start] + edit.content + before[end:] == after


@pytest.mark.parametrize(
    ("before", "after", "safety"),
    [
        ("rnn(x)  # lstmcheck: ignore", "rnn(x)  # lstmcheck: ignore[input-features]", "safe"),
        ("rnn(x)  # lstmcheck: ignore[input-feature]", "rnn(x)  # lstmcheck: ignore[input-features]", "unsafe"),
    ],
)
def test_a_comment_is_mended_to_name_its_rule(tmp_path: Path, before: str, after: str, safety: str) -> None:
    head = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nx = torch.zeros(5, 3, 11)\n"
    settings = Settings(extend_select=("blanket-suppression",), show_info=True)
    path = str(tmp_path / "a.py")
    fixed = fixing.fix(
        path,
        settings=settings,
        given={path: (head + before + "\n").encode()},
        unsafe=True,
        choose=lambda whole: [finding for finding in whole.findings if finding.code.startswith("LSTM9")],
    )
    assert [finding.fix and finding.fix.applicability for finding in fixed.mended] == [safety]
    assert [data.decode() for data in fixed.after.values()] == [head + after + "\n"]
    assert fixed.result.findings == []
