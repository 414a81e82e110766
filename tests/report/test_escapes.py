"""Nothing that a user's program, or the name of a file, says is obeyed by whoever reads a report."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.findings import Axis, Cell, Edit, Finding, Fix, Location, Related
from lstmcheck.report import Report, formats, render

CONTROL = ("\x1b[2J", "\x1b]8;;http://x\x07", "\x9b1m", "\r", "\n", "\t", "\x08", "\u202e", "\u2066", "\u2028")
MARKUP = ("]]>", "<script>", "</svg>", "&amp;", '"', "'", "](http://x)", "[a](1)", "`", "\\", "$(x)", "{x}", "日本")
COMMANDS = (
    "::error::",
    "::set-env name=x::y",
    "\n::error::x",
    "##vso[task.x]y",
    "##[error]",
    "%0A",
    "%",
    ",",
    ":",
    ";",
    "]",
)
WORDS = (*CONTROL, *MARKUP, *COMMANDS)
TEXTS = st.lists(st.sampled_from((*WORDS, "\ud800", "\x00", "x" * 200)) | st.text(max_size=4), max_size=5).map("".join)
# what a file system can hold
PATHS = st.lists(st.sampled_from((*WORDS, "\udc80", "a/b", ".py")), min_size=1, max_size=4).map("".join)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    path = draw(PATHS)
    cell = Cell(2, 1) if draw(st.booleans()) else None
    where = Location(path, 1, 2, 1, 6, cell)
    fix = Fix("safe", draw(TEXTS), (Edit(where, draw(TEXTS)),)) if draw(st.booleans()) else None
    return Finding(
        "LSTM201",
        "state-layers",
        draw(st.sampled_from(["error", "warning", "info"])),
        draw(TEXTS),
        where,
        (Related(where, draw(TEXTS)), Related(Location(draw(PATHS), 1, 1, 1, 3), draw(TEXTS))),
        (Axis(0, draw(TEXTS), draw(TEXTS), draw(TEXTS), False),),
        draw(st.one_of(st.none(), TEXTS)),
        draw(TEXTS),
        draw(st.one_of(st.none(), TEXTS)),
        fix,
    )


def is_command(line: str, format: str) -> bool:
    """Whether a runner of pipelines would take a line for a command of its own."""
    ours = {"github": ("::error ", "::warning ", "::notice "), "azure": ("##vso[task.logissue ",)}.get(format, ())
    rest = line[len("##vso[") :] if line.startswith(ours) and format == "azure" else line
    if "##vso[" in rest or "##[" in rest:
        return True
    return re.match(r"\s*::[\w-]", line) is not None and not line.startswith(ours or ("\0",))


@pytest.mark.parametrize("format", formats())
@settings(max_examples=60)
@given(finding=findings(), line=TEXTS)
def test_no_reader_obeys_what_a_program_says(format: str, finding: Finding, line: str) -> None:
    lines = line.replace("\r", "\n").split("\n")
    rendered = list(render(format, Report([finding], 1, 0, lambda path: lines)))
    text = "".join(f"{row}\n" for row in rendered)
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    text.encode()
    assert not [row for row in text.split("\n") if is_command(row, format)]
    if format in ("github", "azure", "concise", "pylint"):
        assert text.count("\n") == 1
    if format in ("json", "gitlab", "sarif", "rdjson"):
        json.loads(text)
    if format == "json":
        (found,) = json.loads(text)
        assert (found["path"], found["message"]) == (finding.location.path, finding.message)
    if format == "junit":
        root = xml.fromstring(text.encode())
        assert [element.tag for element in root.iter()] == ["testsuites", "testsuite", "testcase", "failure"]


@settings(max_examples=60)
@given(finding=findings(), line=TEXTS)
def test_colour_adds_nothing_but_colour(finding: Finding, line: str) -> None:
    lines = line.replace("\r", "\n").split("\n")
    for format in ("full", "concise", "grouped"):
        plain, coloured = (
            "\n".join(render(format, Report([finding], 1, 0, lambda path: lines, colour))) for colour in (False, True)
        )
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
