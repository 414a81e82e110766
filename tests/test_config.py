"""Settings: where they are read from, which of them hold, and what is wrong with wrong ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lstmcheck import cli
from lstmcheck.config import ConfigError, Patterns, Settings, keys, schema
from lstmcheck.config import files as config_files
from lstmcheck.findings import Finding, Location

BAD = "import torch\nfrom torch import nn\n\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("", "one", "two", "two/deep"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "bad.py").write_text(BAD)
    return tmp_path


class Run:
    """The command within this process; calling it gives exit code, output, errors."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.captured = captured

    def __call__(self, *args: str) -> tuple[int, str, str]:
        code = cli.main(args)
        return (code, *self.captured.readouterr())

    def paths(self, *args: str) -> list[str]:
        """Where something was found."""
        _, out, err = self(*args, "--output-format", "json", "-q")
        assert err == ""
        return [found["path"] for found in json.loads(out)]


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.lstmcheck]\n{text}\n")


EVERYWHERE = ["bad.py", "one/bad.py", "two/bad.py", "two/deep/bad.py"]


def test_the_nearest_file_holds(run: Run, here: Path) -> None:
    project(here, 'exclude = ["one"]')
    project(here / "two", 'ignore = ["LSTM"]')
    assert run.paths() == ["bad.py"]
    assert run.paths("one") == ["one/bad.py"], "a folder that is named is wanted"
    assert run.paths("two") == []
    assert run.paths("two/deep/bad.py", "bad.py") == ["bad.py"]
    (here / "two" / "deep" / "lstmcheck.toml").write_text("")
    assert run.paths() == ["bad.py", "two/deep/bad.py"], "settings are not added to those of a folder above"


def test_excludes_of_a_folder_below_hold_there(run: Run, here: Path) -> None:
    project(here / "two", 'exclude = ["deep/", "/one"]')
    assert run.paths() == ["bad.py", "one/bad.py", "two/bad.py"]
    assert run.paths("two") == ["two/bad.py"]


def test_a_file_without_our_table_is_passed(run: Run, here: Path) -> None:
    project(here, 'exclude = ["deep"]')
    (here / "two" / "pyproject.toml").write_text('[project]\nname = "lstmcheck-user"\n')
    assert run.paths("two") == ["two/bad.py"]


def test_lstmcheck_toml_stands_before_pyproject(run: Run, here: Path) -> None:
    project(here, 'exclude = ["one"]')
    (here / "lstmcheck.toml").write_text('exclude = ["two"]\n')
    assert run.paths() == ["bad.py", "one/bad.py"]


def test_config_and_isolated(run: Run, here: Path) -> None:
    project(here, 'exclude = ["two"]')
    (here / "other.toml").write_text('exclude = ["one"]\n')
    assert run.paths("--config", "other.toml") == ["bad.py", "two/bad.py", "two/deep/bad.py"]
    assert run.paths("--isolated") == EVERYWHERE
    assert run.paths("--config", 'exclude = ["deep"]') == ["bad.py", "one/bad.py", "two/bad.py"]
    assert run.paths("--config", "select = ['LSTM2']", "--config", "show-info = true") == run.paths("--select", "LSTM2")
    project(here / "one", "show-info = false")
    assert run.paths("--config", 'exclude = ["bad.py"]', "one") == [], "--config holds everywhere"


def test_the_command_line_replaces_exclude_and_adds_to_the_rest(run: Run, here: Path) -> None:
    project(here, 'exclude = ["one"]\nextend-exclude = ["two"]')
    assert run.paths("--exclude", "deep") == ["bad.py", "one/bad.py"]
    assert run.paths("--extend-exclude", "/bad.py") == []


def test_patterns_of_the_command_line_start_where_it_runs(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(here, 'exclude = ["/one"]')
    monkeypatch.chdir(here / "two")
    assert run.paths("--extend-exclude", "/bad.py") == ["deep/bad.py"]


def test_force_exclude(run: Run, here: Path) -> None:
    project(here, 'exclude = ["two/"]\nforce-exclude = true')
    assert run.paths("two/deep/bad.py", "one/bad.py") == ["one/bad.py"]


def test_per_file_ignores(run: Run, here: Path) -> None:
    project(here, '[tool.lstmcheck.per-file-ignores]\n"two/" = ["LSTM"]\n"one/*.py" = ["LSTM9"]')
    assert run.paths() == ["bad.py", "one/bad.py"]
    assert run.paths("--per-file-ignores", "bad.py:LSTM9,LSTM1,LSTM2") == []


def test_fail_on_and_output_format(run: Run, here: Path) -> None:
    project(here, 'output-format = "concise"\nfail-on = "error"\nseverity = { LSTM = "warning" }')
    code, out, _ = run("bad.py")
    assert code == 0
    assert out.startswith("bad.py:5:")
    assert "warning" in out
    assert run("bad.py", "--fail-on", "warning")[0] == 1
    assert run("bad.py", "--severity", "LSTM2=error")[0] == 1
    assert run("bad.py", "--output-format", "full")[1].startswith("LSTM")


def test_severity_info_hides(run: Run) -> None:
    assert run.paths("bad.py", "--severity", "LSTM=info") == []
    assert run.paths("bad.py", "--severity", "LSTM=info", "--show-info") == ["bad.py"]
    assert run("bad.py", "--severity", "LSTM=info", "--fail-on", "info")[0] == 1


def finding(code: str = "LSTM201", name: str = "state-layers", **others: Any) -> Finding:
    return Finding(code, name, others.pop("severity", "error"), "m", Location("a.py", 1, 1, 1, 2), **others)


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        (Settings(), True),
        (Settings(select=("LSTM2",)), True),
        (Settings(select=("lstm3",)), False),
        (Settings(select=("LSTM3",), extend_select=("state-layers",)), True),
        (Settings(ignore=("LSTM2",)), False),
        (Settings(select=("LSTM2",), ignore=("LSTM201",)), False),
        (Settings(select=("LSTM201",), ignore=("LSTM2",)), True),
        (Settings(select=("state-layers",), ignore=("LSTM201",)), False),
        (Settings(extend_select=("LSTM201",), ignore=("LSTM2",)), True),
        (Settings(ignore=("state-layer",)), True),
        (Settings(select=("LSTM201",), per_file_ignores=((Patterns(".", ("a.py",)), ("LSTM2",)),)), False),
        (Settings(per_file_ignores=((Patterns(".", ("b.py",)), ("LSTM2",)),)), True),
    ],
)
def test_the_most_exact_selector_counts(settings: Settings, reported: bool) -> None:
    assert (settings.chooser()(finding()) is not None) is reported


def test_files_that_cannot_be_read_concern_every_selection() -> None:
    broken = finding("LSTM901", "syntax-error")
    assert Settings(select=("LSTM2",)).chooser()(broken) == broken
    assert Settings(ignore=("LSTM9",)).chooser()(broken) is None


def test_severities() -> None:
    settings = Settings(severity=(("state-layers", "error"), ("LSTM2", "info"), ("LSTM201", "warning")))
    kept = settings.chooser()(finding())
    assert kept is not None
    assert kept.severity == "warning", "the last of the most exact ones"
    assert settings.chooser()(finding("LSTM202", "other")) is None
    advice = finding(severity="info", condition="when bidirectional=True")
    assert Settings(severity=(("LSTM", "error"),)).chooser()(advice) is None, "what nobody selects stays advice"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('selekt = ["LSTM"]', "unknown key 'selekt': did you mean 'select'?"),
        ('select = "LSTM"', "'select' must be a list of strings, not 'LSTM'"),
        ("ignore = [1]", "'ignore' must be a list of strings, not a list"),
        ('select = ["LSTM20x"]', "unknown rule 'LSTM20x': did you mean 'LSTM201'"),
        ('severity = { LSTM201 = "eror" }', "'eror': did you mean 'error'?"),
        ('severity = { LSTM20x = "error" }', "unknown rule 'LSTM20x'"),
        ("severity = 1", "must be a table of rules and severities, not a number"),
        ('per-file-ignores = { "tests" = "LSTM2" }', "'tests' must be a list of strings, not 'LSTM2'"),
        ('per-file-ignores = { "tests" = ["LSTMX"] }', "unknown rule 'LSTMX'"),
        ('show-info = "yes"', "'show-info' must be true or false, not 'yes'"),
        ('output-format = "jsn"', "did you mean 'json' or"),
        ("baseline = 1", "'baseline' must be a string, not a number"),
        ("fail-on = 1", "must be one of error, warning, info, not a number"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, here: Path, text: str, said: str) -> None:
    project(here, text)
    code, out, err = run()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert "pyproject.toml in [tool.lstmcheck]: " in err
    code, _, inline = run("--isolated", "--config", text)
    assert code == 2
    assert said in inline


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--config", "nonsense"], "neither a file nor key = value"),
        (["--config", "no.toml"], "no.toml: No such file"),
        (["--config", "a.toml", "--config", "b.toml"], "only one configuration file"),
        (["--config", "a.toml", "--isolated"], "--isolated reads no configuration file"),
        (["--severity", "LSTM201"], "is not RULE=SEVERITY"),
        (["--severity", "LSTM201=eror"], "did you mean 'error'"),
        (["--severity", "LSTM20x=error"], "'LSTM201'"),
        (["--per-file-ignores", "tests"], "is not PATTERN:RULES"),
        (["--per-file-ignores", "tests:LSTMX"], "unknown rule 'LSTMX'"),
        (["--extend-select", "LSTMX"], "unknown rule 'LSTMX'"),
        (["--statistics", "--output-format", "sarif"], "--statistics has no format 'sarif'"),
    ],
)
def test_wrong_options(run: Run, args: list[str], said: str) -> None:
    code, out, err = run(*args)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_file_that_is_no_toml(run: Run, here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.lstmcheck\n")
    code, _, err = run()
    assert (code, err.count("\n")) == (2, 1)


def test_show_files(run: Run, here: Path) -> None:
    project(here, 'exclude = ["one"]')
    code, out, _ = run("--show-files")
    assert (code, out.splitlines()) == (0, ["bad.py", "two/bad.py", "two/deep/bad.py"])


def test_show_settings_is_toml_that_means_the_same(run: Run, here: Path) -> None:
    project(here, 'select = ["LSTM2"]\nexclude = ["one"]\n[tool.lstmcheck.severity]\nLSTM201 = "warning"')
    project(here / "two", "show-info = true")
    code, out, _ = run("--show-settings", ".", "two", "two/deep")
    assert code == 0
    first, second = out.split("# settings for ")[1:]
    assert first.splitlines()[:2] == [".", f"# from {here / 'pyproject.toml'}"]
    assert second.startswith("two, two/deep\n")
    table = config_files._toml().loads("# " + first)
    assert keys.complaint(table) is None
    shown = dict(keys.read(table, str(here)))
    source = config_files.load(["."])._asdict()
    assert shown == {name: source[name] for name in shown}


def test_statistics(run: Run) -> None:
    code, out, _ = run("--statistics", ".")
    assert code == 1
    assert out.splitlines()[0].split()[0] == "4"
    _, out, _ = run("--statistics", ".", "--output-format", "json")
    (row,) = json.loads(out)
    assert (row["count"], row["files"], row["fixable"]) == (4, 4, row["fixable"])
    assert json.loads(run("--statistics", ".", "--output-format", "json", "--ignore", "LSTM")[1]) == []


def test_quiet_and_verbose(run: Run) -> None:
    assert run("-qq", "bad.py") == (1, "", "")
    code, out, err = run("-q", "bad.py")
    assert (code, err) == (1, "")
    assert "bad.py:5:" in out
    assert "Found" not in out
    assert "bad.py: interpreted\n" in run("-v", "bad.py")[2]


def test_the_shipped_schema_is_that_of_the_table() -> None:
    assert Path(schema.PATH).read_text(encoding="utf-8") == schema.text()


def test_every_key_is_a_field_of_the_settings() -> None:
    fields = {key.name.replace("-", "_") for key in keys.KEYS}
    assert fields == {field for field in Settings._fields if field != "source"}


SAMPLES: list[tuple[str, Any]] = [
    *[(key.name, value) for key in keys.KEYS for value in ([], ["a"], [1], "error", "json", "x", True, 1, {})],
    *[(key.name, {"a": value}) for key in keys.KEYS for value in ("error", "x", ["a"], [1])],
    ("unknown", 1),
]


@pytest.mark.parametrize(("name", "value"), SAMPLES)
def test_schema_and_code_agree(name: str, value: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    valid = jsonschema.Draft7Validator(schema.make()).is_valid({name: value})
    assert valid is (keys.complaint({name: value}) is None)


def test_settings_from_python(here: Path) -> None:
    import lstmcheck

    assert lstmcheck.check(settings=Settings(ignore=("LSTM",))).findings == []
    assert len(lstmcheck.check(settings=config_files.Scopes(["."])).findings) == 4
    project(here, "x = 1")
    with pytest.raises(ConfigError):
        config_files.load(["."])
