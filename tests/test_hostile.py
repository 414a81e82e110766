"""Input that is meant to break the linter, or to keep it busy for ever: it ends, and what is left out is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_programs import HEAD, PROGRAMS

from lstmcheck import cli
from lstmcheck.checker import check
from lstmcheck.report import Report, formats, render
from lstmcheck.source import patterns
from lstmcheck.source.discover import excluded

BAD = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
Run = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "bad.py").write_text(BAD)
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*args: str) -> tuple[int, str, str]:
        code = cli.main(args)
        return (code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_asks_for_too_much_work_comes_to_an_end(name: str) -> None:
    data = f"{HEAD}{PROGRAMS[name]}\n".encode("utf-8", "surrogatepass")
    found = check("program.py", given={"program.py": data}).findings
    text = "".join(render("full", Report(found[:20], 1, 0, lambda path: data.decode().split("\n"))))
    assert len(text) < 100_000, "what is said stays short, however large the numbers and names are"


# Files


def test_links_that_lead_round(run: Run, here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "up").symlink_to("..", target_is_directory=True)
    (here / "loop").symlink_to("loop")
    (here / "one.py").symlink_to("two.py")
    (here / "two.py").symlink_to("one.py")
    code, out, _ = run(".", "--output-format", "concise")
    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == ["bad.py", "one.py", "two.py"]
    assert "Cannot read this file: too many levels of symbolic links" in out
    assert run("loop")[0] == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize(
    "name", ["pipe.py", "pipe.ipynb", "pyproject.toml", "lstmcheck.toml", ".gitignore", "sub/.gitignore"]
)
def test_a_pipe_is_not_waited_for(run: Run, here: Path, name: str) -> None:
    (here / "sub").mkdir()
    (here / ".git" / "info").mkdir(parents=True)
    os.mkfifo(here / name)
    os.mkfifo(here / ".git" / "info" / "exclude")
    code, out, err = run(".")
    assert code in (1, 2)
    assert "LSTM223" in out or name in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("args", [["--baseline", "pipe"], ["pipe"]])
def test_a_pipe_that_is_named_is_refused(run: Run, here: Path, args: list[str]) -> None:
    os.mkfifo(here / "pipe")
    code, out, err = run("bad.py", *args) if args[0].startswith("--") else run(*args)
    assert code in (1, 2)
    assert "not a regular file" in out + err


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs devices")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_not_read(run: Run, here: Path, device: str) -> None:
    (here / "zero.py").symlink_to(device)
    code, out, _ = run("zero.py", "--output-format", "concise")
    assert code == 1
    assert out == "zero.py:1:1: LSTM902 [unreadable-file] error: Cannot read this file: it is not a regular file\n"


@pytest.mark.parametrize("name", ["large.py", "large.ipynb"])
def test_a_file_of_two_gigabytes_is_left_out_with_a_line(run: Run, here: Path, name: str) -> None:
    with open(here / name, "wb") as file:
        file.truncate(2 << 30)
    for args in ([name], ["."]):
        code, out, err = run(*args, "--output-format", "concise")
        assert f"note: {name}: not checked: larger than 32 MiB\n" in err
        assert (code, "LSTM223" in out) == ((0, False) if args == [name] else (1, True))


@pytest.mark.parametrize("text", ["import ", "from a import (\n", "from a import b\\\n", "\rfrom a import b, "])
def test_imports_without_end_in_a_file_that_names_no_layer(run: Run, here: Path, text: str) -> None:
    (here / "other.py").write_text("import torch\nx = " + text * (2_000_000 // len(text)), newline="")
    code, out, _ = run(".", "--no-cache")
    assert code == 1
    assert "1 file with nn.LSTM/GRU/RNN, 1 without" in out


@pytest.mark.parametrize("name", ["pyproject.toml", ".gitignore"])
def test_settings_of_two_gigabytes_are_refused_or_passed_over(run: Run, here: Path, name: str) -> None:
    with open(here / name, "wb") as file:
        file.truncate(2 << 30)
    code, out, err = run(".")
    assert (code == 1 and "LSTM223" in out) or (code == 2 and err.count("\n") == 1)


def test_a_folder_that_may_not_be_read_is_reported(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "closed").mkdir()
    scan = os.scandir

    def refusing(path: str) -> object:
        if os.path.basename(os.fspath(path)) == "closed":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    code, out, _ = run(".", "--output-format", "concise")
    assert code == 1
    assert "closed:1:1: LSTM902 [unreadable-file] error: Cannot read this file: permission denied" in out
    assert "LSTM223" in out


@pytest.mark.parametrize(
    "name",
    [
        "new\nline.py",
        "bell\x07.py",
        "esc\x1b[2J.py",
        "bidi\u202e.py",
        "half\udc80.py",
        "::error::x.py",
        "a]]>b.py",
        "'\"&<b>.py",
        "##vso[x]y.py",
    ],
)
@pytest.mark.parametrize("format", formats())
def test_names_of_files_reach_no_reader_as_they_are(run: Run, here: Path, name: str, format: str) -> None:
    (here / "bad.py").rename(here / name)
    code, out, err = run(".", "--output-format", format)
    assert code == 1, err
    text = out + err
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert not any(line.lstrip().startswith(("line.py", "::error::x")) for line in text.splitlines())
    assert "##vso[x" not in text
    assert run(name, "--output-format", format)[0] == 1


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "NaN",
        '{"cells": 1}',
        '{"cells": {}}',
        '{"cells": [1, null, [], {"cell_type": "code"}]}',
        '{"cells": [{"cell_type": "code", "source": 1}]}',
        '{"cells": [{"cell_type": "code", "source": [1, {}, null, "import torch"]}]}',
        '{"cells": [{"cell_type": "code", "source": ["\\ud800", "import torch, LSTM"]}], "metadata": 1}',
        '{"cells": [{"cell_type": ["code"], "source": {}, "execution_count": [1]}], "metadata": {"kernelspec": []}}',
        '{"cells": [], "metadata": {"language_info": {"version": 1}, "kernelspec": {"language": {}}}}',
        '{"cells": ' + nested(100_000) + "}",
        '{"cells": [], "x": ' + "9" * 100_000 + "}",
        '{"cells": [{"cell_type": "code", "source": "' + "(" * 10_000 + ' LSTM torch"}]}',
        '{"cells": [' + ", ".join(['{"cell_type": "code", "source": "%%x\\n!y\\nz?\\n(LSTM torch"}'] * 300) + "]}",
        "\ufeff{}",
    ],
    ids=range(17),
)  # fmt: skip
def test_a_notebook_that_nobody_wrote(run: Run, here: Path, text: str) -> None:
    (here / "nb.ipynb").write_text(text, encoding="utf-8")
    code, out, _ = run("nb.ipynb", "--output-format", "concise")
    assert code in (0, 1)
    assert all(line.count("nb.ipynb") for line in out.splitlines()), "one line each"
    assert run("shapes", "nb.ipynb")[0] in (0, 2)


@pytest.mark.parametrize(
    "text",
    [
        "tool = 1",
        "[tool]\nlstmcheck = 1",
        "[[tool.lstmcheck]]",
        "[tool.lstmcheck]\nselect = 1",
        "[tool.lstmcheck]\nselect = [[]]",
        "[tool.lstmcheck]\nselect = {}",
        '[tool.lstmcheck]\nexclude = ["[", "!", "\\\\", "", " ", "/", "**", "a\\u0000b"]',
        "[tool.lstmcheck]\nexclude = [1979-05-27]",
        "[tool.lstmcheck]\nseverity = {LSTM = {}}",
        "[tool.lstmcheck]\nper-file-ignores = {a = [1]}",
        '[tool.lstmcheck]\nper-file-ignores = {"[" = ["LSTM"]}',
        "[tool.lstmcheck]\nfail-on = []",
        "[tool.lstmcheck]\nbaseline = nan",
        '[tool.lstmcheck]\nbaseline = "a\\u0000b"',
        "[tool.lstmcheck]\noutput-format = 1979-05-27T07:32:00Z",
        "[tool.lstmcheck]\nshow-info = 0x" + "f" * 10_000,
        "[tool.lstmcheck]\nshow-info = " + "9" * 10_000,
        "[tool.lstmcheck]\nselect = " + nested(50_000),
        "[tool.lstmcheck." + "a." * 20_000 + "b]\n",
        "lstmcheck = '\\ud800'",
        '[tool.lstmcheck]\n"a\\u001b[2J\\nb" = 1',
    ],
    ids=range(21),
)
def test_configuration_of_wrong_types(run: Run, here: Path, text: str) -> None:
    (here / "pyproject.toml").write_text(text)
    code, out, err = run("bad.py")
    assert code in (1, 2)
    assert "internal error" not in err
    assert "\x1b" not in out + err
    if code == 2:
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("lstmcheck: ")
        assert len(err) < 2_000


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 60 + "b", "a*" * 100 + "[!a]", "**/" * 200 + "x", "a**" * 60 + "b", "?" * 300 + "*" * 300 + "b", "[" * 500,
     "[a-\\]" * 50, "*" * 5_000, "/" * 5_000, "!" * 500 + "*", "\\" * 999, "**/*a**/*a**/*a**/*a**/*a**/*a**/*a*b",
     "[!]a-]" * 20 + "*" * 20 + "c"],
)  # fmt: skip
def test_patterns_that_match_in_exponentially_many_ways(run: Run, here: Path, pattern: str) -> None:
    folder = here
    for _ in range(8):
        folder = folder / ("a" * 100)
    folder.mkdir(parents=True)
    (folder / ("a" * 200 + ".py")).write_text(BAD)
    (here / ".gitignore").write_text(f"{pattern}\n{pattern}/\n")
    assert run(".", "--output-format", "json")[0] in (0, 1)
    code, _, err = run(".", "--exclude", pattern)
    assert code in (0, 1) or err.count("\n") == 1


def test_patterns_still_mean_what_they_mean_to_git(here: Path) -> None:
    levels = [patterns.level(".", ["a*d*g", "x**y", "**/m*n/**", "k[!0-9]*?z"])]
    for path, ignored in (
        ("a1b2c3d4e5f6g", True), ("abcdefg", True), ("abcdef", False), ("xx/abcdefg", True), ("abc/defg", False),
        ("xzzy", True), ("x/y", False), ("p/mn/q.py", True), ("mxxn/q/r.py", True), ("p/mn", False),
        ("kaaaz", True), ("k1aaz", False), ("kaz", False), ("abcbcdefgfg", True),
    ):  # fmt: skip
        assert excluded(path, levels) is ignored, path


# Programs of many files


def test_a_cycle_of_a_thousand_files(run: Run, here: Path) -> None:
    for number in range(1_000):
        (here / f"m{number}.py").write_text(
            f"from m{(number + 1) % 1_000} import *\nfrom m{(number + 7) % 1_000} import x{(number + 7) % 1_000}\n"
            f"from torch import nn\nx{number} = x{(number + 7) % 1_000}\nrnn{number} = nn.LSTM(x{number}, 4)\n"
        )
    code, out, _ = run(".", "--output-format", "concise")
    assert code == 1
    assert out.count("\n") == 1


def test_modules_that_call_each_other_for_ever(run: Run, here: Path) -> None:
    (here / "one.py").write_text(
        "import two\nfrom torch import nn\ndef f(n): return two.g(n) + two.g(n)\nnn.LSTM(f(1), 2)\n"
    )
    (here / "two.py").write_text(
        "import one\nfrom torch import nn\ndef g(n): return one.f(n) * one.f(n)\nnn.LSTM(g(1), 2)\n"
    )
    assert run("one.py", "two.py")[0] == 0


def test_a_name_that_imports_itself(run: Run, here: Path) -> None:
    (here / "torch.py").write_text(
        "from torch import *\nfrom torch.nn import LSTM\nimport torch\nLSTM = LSTM(LSTM, LSTM)\n"
    )
    (here / "nn").mkdir()
    (here / "nn" / "__init__.py").write_text(
        "from . import *\nfrom .nn import nn\nfrom .. import nn\nfrom .....x import LSTM\n"
    )
    assert run(".")[0] == 1


@pytest.mark.parametrize("version", [0, 1])
def test_an_error_of_our_own_names_the_file(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    def broken(*args: object, **options: object) -> object:
        raise ZeroDivisionError("by us")

    monkeypatch.setattr("lstmcheck.infer.recurrent.build", broken) if version else monkeypatch.setattr(
        "lstmcheck.infer.layers.construct_layer", broken
    )
    monkeypatch.delenv("LSTMCHECK_DEBUG", raising=False)
    code, out, err = run("bad.py")
    assert (code, out, err.count("\n")) == (101, "", 1)
    assert "bad.py" in err


def test_standard_input_without_end_is_not_part_of_a_check(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lstmcheck", "bad.py"],
        cwd=here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert json.loads(json.dumps(done.stderr.decode())) == done.stderr.decode()
