"""The command as people and machines use it: exit codes, outputs, wrong usage, broken files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lstmcheck import cli

BAD = """\
import torch
from torch import nn

rnn = nn.GRU(10, 20)
out, h = rnn(torch.zeros(5, 3, 11))
"""
GOOD = BAD.replace("11", "10")
OTHER = "x = 1\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "LSTMCHECK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "other.py").write_text(OTHER)
    return tmp_path


class Outcome:
    """Exit code and the two streams of a run."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def found(self) -> list[tuple[str, str]]:
        return [(found["path"], found["code"]) for found in json.loads(self.out)]


class Run:
    """The command within this process."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.captured = captured

    def __call__(self, *args: str) -> Outcome:
        code = cli.main(args)
        return Outcome(code, *self.captured.readouterr())


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def spawn(*args: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lstmcheck", *args],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_a_mistake_is_found(run: Run) -> None:
    outcome = run("bad.py")
    assert outcome.code == 1
    assert outcome.out.startswith("LSTM")
    assert "bad.py:5:" in outcome.out
    assert "\nFound 1 error: 1 file with nn.LSTM/GRU/RNN, 0 without\n" in outcome.out
    assert outcome.err == ""


def test_a_clean_run_says_what_was_looked_at(run: Run) -> None:
    outcome = run("good.py", "other.py")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "All checks passed: 1 file with nn.LSTM/GRU/RNN, 1 without\n"


@pytest.mark.parametrize(
    "args", [("bad.py",), ("check", "bad.py"), (), ("check",), (".",), ("-q", "."), ("--exit-zero",)]
)
def test_check_is_the_default_command(run: Run, args: tuple[str, ...]) -> None:
    outcome = run(*args)
    assert "bad.py:5:" in outcome.out
    assert outcome.code == (0 if "--exit-zero" in args else 1)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--select", "LSTM"], 1),
        (["--select", "LSTM9"], 0),
        (["--ignore", "LSTM"], 0),
        (["--ignore", "LSTM9,LSTM1"], 1),
        (["--fail-on", "error"], 1),
        (["--exclude", "bad.py,other.py"], 0),
    ],
)
def test_options_that_choose(run: Run, args: Sequence[str], code: int) -> None:
    assert run(".", *args).code == code


def test_select_by_code_and_by_name(run: Run) -> None:
    (found,) = json.loads(run("bad.py", "--output-format", "json").out)
    for selector in (found["code"], found["name"], found["code"].lower()):
        assert run("bad.py", "--select", selector).code == 1
        assert run("bad.py", "--ignore", selector).code == 0


def test_json_is_all_that_is_printed(run: Run) -> None:
    outcome = run(".", "--output-format", "json")
    (found,) = json.loads(outcome.out)
    assert (found["path"], found["line"], found["severity"]) == ("bad.py", 5, "error")
    assert outcome.err.startswith("Found 1 error")
    clean = run("good.py", "--output-format", "json", "-q")
    assert (json.loads(clean.out), clean.err, clean.code) == ([], "", 0)


def test_several_reports_of_one_run(run: Run, here: Path) -> None:
    outcome = run("bad.py", "-o", "json:out/a.json", "--output", "concise:b.txt", "--color", "always")
    assert outcome.code == 1
    assert "\x1b[" in outcome.out
    assert "0 without\n" in outcome.out
    (found,) = json.loads((here / "out" / "a.json").read_text())
    assert (here / "b.txt").read_text().startswith(f"bad.py:5:{found['column']}: {found['code']} [")
    assert sorted(os.listdir(here / "out")) == ["a.json"], "no temporary file is left"


def test_output_without_a_file_is_printed(run: Run) -> None:
    assert run("bad.py", "-o", "json").out == run("bad.py", "--output-format", "json").out
    assert run("bad.py", "-o", "json:-").out == run("bad.py", "-o", "json").out


def test_a_report_that_cannot_be_written_is_said(run: Run, here: Path) -> None:
    outcome = run("bad.py", "-o", "json:good.py/a.json")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "good.py/a.json" in outcome.err


def test_quiet_prints_findings_only(run: Run) -> None:
    assert run("-q", "good.py").out == ""
    assert "Found" not in run("-q", "bad.py").out


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["--selct", "LSTM"], "--select"),
        (["check", "--outpt-format", "json"], "--output-format"),
        (["--output-format", "jsn"], "'json'"),
        (["-o", "jsn:out.txt"], "'json'"),
        (["-o", "json:"], "no file"),
        (["-o", "json", "-o", "full"], "only one format"),
        (["-o", "json", "--output-format", "full"], "only one format"),
        (["--fail-on", "eror"], "'error'"),
        (["--select", "LSTM20x"], "'LSTM201'"),
        (["--ignore", "sintax-error"], "'syntax-error'"),
        (["god.py"], "'good.py'"),
        (["sub/x.py"], "does not exist"),
        (["chekc"], "'check'"),
        (["explain", "LSTM20x"], "'LSTM201'"),
        (["explain", "syntax-eror"], "'syntax-error'"),
        (["explain"], "CODE|NAME|TEXT"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_nearest(run: Run, args: Sequence[str], named: str) -> None:
    outcome = run(*args)
    assert (outcome.code, outcome.out) == (2, "")
    assert named in outcome.err
    assert outcome.err.count("\n") == 1


def test_the_nearest_path_is_found_below_a_misspelled_folder(run: Run, here: Path) -> None:
    (here / "src" / "nets").mkdir(parents=True)
    (here / "src" / "nets" / "model.py").write_text(OTHER)
    assert "'src/nets/model.py'" in run("scr/nets/modle.py").err


def test_broken_files_are_findings_and_the_run_goes_on(run: Run, here: Path) -> None:
    (here / "a_syntax.py").write_text("import torch\nnet = torch.nn.LSTM(\n")
    (here / "b_nul.py").write_bytes(b"import torch, LSTM\n\0")
    (here / "c_encoding.py").write_bytes(b"import torch, LSTM\nx = '\xe9'\n")
    (here / "d_deep.py").write_text("from torch.nn import LSTM\nx = " + "[" * 100_000 + "]" * 100_000)
    (here / "e_link.py").symlink_to("nowhere")
    os.mkfifo(here / "f_pipe.py")
    (here / "g_folder.py").mkdir()
    (here / "h_empty.py").touch()
    (here / "i_long.py").write_text("from torch.nn import LSTM\nx = '" + "a" * 5_000_000 + "'\n")
    (here / "j_unrelated.py").write_text("print 'python 2'\n")
    outcome = run(".", "--output-format", "json")
    assert outcome.code == 1
    assert outcome.found == [
        ("a_syntax.py", "LSTM901"),
        ("b_nul.py", "LSTM903"),
        *[found for found in outcome.found if found[0] == "bad.py"],
        ("c_encoding.py", "LSTM903"),
        ("d_deep.py", "LSTM904"),
        ("e_link.py", "LSTM902"),
        ("f_pipe.py", "LSTM902"),
    ]
    assert any(path == "bad.py" for path, _ in outcome.found)


def test_a_named_file_with_a_syntax_error_is_always_reported(run: Run, here: Path) -> None:
    (here / "old.py").write_text("print 'python 2'\n")
    assert run("old.py", "--output-format", "json").found == [("old.py", "LSTM901")]
    assert run("old.py", "--select", "LSTM2").code == 1
    assert run("old.py", "--ignore", "LSTM901").code == 0


def test_no_permission(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "secret.py").write_text(BAD)
    (here / "secret.py").chmod(0)
    if os.access(here / "secret.py", os.R_OK):  # root reads everything: refuse in its place
        plain = os.open

        def refusing(file: str, *args: int, **kwargs: int) -> int:
            if str(file).endswith("secret.py"):
                raise PermissionError(13, "Permission denied")
            return plain(file, *args, **kwargs)

        monkeypatch.setattr(os, "open", refusing)
    outcome = run("secret.py", "good.py", "--output-format", "json")
    assert (outcome.found, outcome.code) == ([("secret.py", "LSTM902")], 1)
    assert "permission denied" in outcome.out


def test_a_folder_without_python(run: Run, here: Path) -> None:
    (here / "empty").mkdir()
    outcome = run("empty")
    assert outcome.code == 0
    assert outcome.err == "warning: no Python files found under the given paths\n"


def test_an_internal_error_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError("on\npurpose")

    monkeypatch.setattr("lstmcheck.infer.analyze", broken)
    outcome = run("bad.py")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (101, "", 1)
    assert "ZeroDivisionError: on purpose" in outcome.err
    assert "LSTMCHECK_DEBUG=1" in outcome.err
    monkeypatch.setenv("LSTMCHECK_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("bad.py")


def test_a_tree_too_deep_to_walk_does_not_stop_the_rest(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import lstmcheck.infer

    plain = lstmcheck.infer.analyze

    def shallow(files: Any, roots: Any, **options: Any) -> Any:
        if any(file.path == "good.py" for file in files):
            raise RecursionError
        return plain(files, roots, **options)

    monkeypatch.setattr("lstmcheck.infer.analyze", shallow)
    outcome = run(".")
    assert outcome.code == 1
    assert "bad.py:5:" in outcome.out
    assert outcome.err == "note: good.py: nested too deeply to be checked\n"


def test_comments_that_silence_nothing_are_findings(run: Run, here: Path) -> None:
    (here / "bad.py").write_text(BAD.replace("11))", "11))  # lstmcheck: ignore[LSTM, LSTM301x]"))
    (here / "good.py").write_text(GOOD.replace("10))", "10))  # lstmcheck: ignore[LSTM2]"))
    outcome = run(".", "--output-format", "json")
    assert outcome.found == [("bad.py", "LSTM912"), ("good.py", "LSTM911")]
    assert outcome.code == 1
    assert run(".", "--select", "LSTM3", "--output-format", "json").found == [("bad.py", "LSTM912")]
    assert run(".", "--ignore", "LSTM2,LSTM912").code == 0


def test_configuration(run: Run, here: Path) -> None:
    project = here / "pyproject.toml"
    project.write_text('[tool.lstmcheck]\nexclude = ["bad.py"]\n')
    assert run().code == 0
    assert run("bad.py").code == 1, "a named file is checked"
    project.write_text('[tool.lstmcheck]\nignore = ["LSTM"]\n')
    assert run().code == 0
    assert run("--select", "LSTM").code == 0
    project.write_text('[tool.lstmcheck]\nselect = ["LSTM9"]\n')
    assert run().code == 0
    assert run("--select", "LSTM").code == 1
    project.write_text("[tool.other]\nx = 1\n")
    assert run().code == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[tool.lstmcheck]\nselekt = ["LSTM"]\n', "'select'"),
        ('[tool.lstmcheck]\nselect = "LSTM"\n', "list of strings"),
        ('[tool.lstmcheck]\nselect = ["LSTMX"]\n', "'LSTMX'"),
        ("[tool]\nlstmcheck = 1\n", "must be a table"),
        ("[tool.lstmcheck\n", "pyproject.toml"),
    ],
)
def test_wrong_configuration(run: Run, here: Path, text: str, named: str) -> None:
    (here / "pyproject.toml").write_text(text)
    outcome = run()
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert named in outcome.err


def test_rules_and_explain(run: Run) -> None:
    listed = run("rules")
    assert listed.code == 0
    codes = [line.split()[0] for line in listed.out.splitlines()]
    assert codes == sorted(codes)
    assert "LSTM901" in codes
    for code in codes:
        explained = run("explain", code)
        assert explained.code == 0
        assert explained.out.startswith(f"{code}: ")
        assert len(explained.out.splitlines()) >= 3


@pytest.mark.parametrize(
    ("environment", "args", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "0"}, (), False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
    ],
)
def test_colour(
    run: Run, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], args: tuple[str, ...], coloured: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in run("bad.py", *args).out) is coloured


def test_a_model_used_in_another_file_is_followed(run: Run, here: Path) -> None:
    (here / "bad.py").unlink()
    (here / "nets").mkdir()
    (here / "nets" / "__init__.py").write_text("from .recurrent import Net\n")
    (here / "nets" / "recurrent.py").write_text(
        "from torch import nn\n\n\nclass Net(nn.Module):\n"
        "    def __init__(self, size):\n        super().__init__()\n        self.rnn = nn.GRU(size, 20)\n\n"
        "    def forward(self, x):\n        return self.rnn(x)[0]\n"
    )
    (here / "main.py").write_text(
        "import torch\nfrom nets import Net\n\nnet = Net(10)\nprint(net(torch.zeros(5, 3, 11)).shape)\n"
    )
    outcome = run(".", "--output-format", "json")
    assert outcome.code == 1
    assert outcome.err.startswith("Found 1 error: 2 files with nn.LSTM/GRU/RNN, 3 without")


def test_what_nobody_asked_about_is_not_reported(run: Run, here: Path) -> None:
    (here / "user.py").write_text("import torch\nimport bad\n\nrnn = torch.nn.GRU(1, 2)\nprint(bad.out)\n")
    assert run("user.py").code == 0
    assert run("user.py", "bad.py", "--output-format", "json").out.count('"bad.py"') >= 1
    assert run(".", "--exclude", "bad.py").code == 0


def test_the_same_output_every_time(here: Path) -> None:
    for number in range(10):
        (here / f"copy{number}.py").write_text(BAD)
    outputs = {spawn(".", cwd=here, PYTHONHASHSEED=str(seed)).stdout for seed in range(5)}
    assert len(outputs) == 1
    assert outputs.pop().count("copy") == 10


def test_a_reader_who_leaves_early_is_no_error(here: Path) -> None:
    command = [sys.executable, "-m", "lstmcheck", "."]
    process = subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_said(here: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lstmcheck", "."],
            cwd=here,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == "lstmcheck: cannot write the report: No space left on device\n"


def test_the_installed_command_and_the_module_are_the_same(here: Path) -> None:
    assert spawn("--version", cwd=here).stdout == f"lstmcheck {__import__('lstmcheck').__version__}\n"
    assert spawn("good.py", cwd=here).returncode == 0


def test_an_unprintable_path_is_no_trouble(here: Path) -> None:
    with open(os.fsencode(here) + b"/\xff\xe9.py", "w") as file:
        file.write(BAD)
    done = spawn(".", cwd=here)
    assert (done.returncode, done.stderr) == (1, "")


def test_check_from_python(here: Path) -> None:
    import lstmcheck

    result = lstmcheck.check("bad.py", here / "good.py")
    assert [(found.location.path, found.location.line) for found in result.findings] == [("bad.py", 5)]
    assert (result.with_layers, result.without_layers) == (2, 0)
    with pytest.raises(FileNotFoundError):
        lstmcheck.check("no.py")


def test_a_long_report_arrives_whole(here: Path) -> None:
    (here / "bad.py").write_text(BAD + "rnn(torch.zeros(5, 3, 11))\n" * 500)
    done = spawn("bad.py", "--output-format", "json", cwd=here)
    assert done.returncode == 1
    assert len(json.loads(done.stdout)) == 501


def test_a_program_that_runs_under_the_tracer_ends_as_it_would_alone(here: Path) -> None:
    (here / "ends.py").write_text("import atexit\natexit.register(print, 'the end')\n")
    assert spawn("run", "ends.py", cwd=here).stdout.rstrip().endswith("the end")
