"""Comments that silence findings."""

from __future__ import annotations

import pytest

from lstmcheck.findings import Finding, Location
from lstmcheck.source.parse import SourceFile, parse
from lstmcheck.source.suppressions import keep, statement_lines

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
