"""The cache as commands use it: when it answers, where it is, what is wrong with it, who else uses it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck import checker, cli
from lstmcheck.cache import folder, results, runs
from lstmcheck.config import Settings
from lstmcheck.findings import Axis, Cell, Edit, Finding, Fix, Location, Related
from lstmcheck.report import formats
from lstmcheck.result import NOTHING
from lstmcheck.source import disk

BAD = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
SIZED = "from sizes import SIZE\n" + BAD.replace("11", "SIZE")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    for name in ("LSTMCHECK_CACHE_DIR", "LSTMCHECK_NO_CACHE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (project / "pyproject.toml").touch()
    (project / "bad.py").write_text(BAD)
    return project


class Run:
    """The command in this process: its streams, and whether it had to check."""

    def __init__(self, captured: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.captured = captured
        self.checks = 0
        check = checker.check

        def counted(*args: object, **kwargs: object) -> object:
            self.checks += 1
            return check(*args, **kwargs)  # type: ignore[arg-type]

        patch.setattr(checker, "check", counted)

    def __call__(self, *args: str) -> tuple[int, str, str]:
        return cli.main(args), *self.captured.readouterr()

    def checked(self, *args: str) -> bool:
        """Whether a run had to check."""
        before = self.checks
        self(*args)
        return self.checks > before


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(capsys, monkeypatch)


def kept(where: Path | str = ".lstmcheck_cache") -> list[str]:
    return [name for name in os.listdir(where) if name.startswith("run-")] if os.path.isdir(where) else []


def test_a_second_run_checks_nothing(run: Run) -> None:
    first = run(".")
    assert first[0] == 1
    assert run.checks == 1
    assert run(".") == first
    assert run.checks == 1


@pytest.mark.parametrize("format", formats())
def test_every_output_is_the_same(run: Run, here: Path, format: str) -> None:
    cell = {"cell_type": "code", "source": BAD, "metadata": {}, "outputs": [], "execution_count": 3}
    (here / "nb.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    (here / "half\udcff.py").write_text(BAD)
    (here / "broken.py").write_text("from torch.nn import LSTM\n(")
    (here / "old.pyi").touch()
    args = (".", "old.pyi", "--output-format", format, "-v", "--color", "always")
    fresh = run(*args, "--no-cache")
    assert run(*args) == fresh
    assert run(*args) == fresh
    assert run.checks == 2


def test_what_a_result_depends_on(run: Run, here: Path) -> None:
    (here / "use.py").write_text(SIZED)
    (here / "sizes.py").write_text("SIZE = 11\n")
    assert run.checked("use.py")
    assert not run.checked("use.py")
    (here / "sizes.py").write_text("SIZE = 10\n")
    assert run("use.py")[0] == 0
    (here / "sizes.py").unlink()
    assert run.checked("use.py")
    assert not run.checked("use.py")
    (here / "sizes.py").write_text("SIZE = 11\n")
    assert run("use.py")[0] == 1
    (here / "pyproject.toml").write_text("[tool.lstmcheck]\nignore = ['LSTM2']\n")
    assert run("use.py")[0] == 0


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("def double(x):\n    return 2 * x\n", False),
        ("import os\nx = 3\n", False),
        ("# prose about an LSTM of torch\n", False),
        ("import other\nx = 3\n", True),
        ("import bad\nx = 3\n", True),
        (BAD, True),
    ],
)
@pytest.mark.parametrize("args", [(".",), ("bad.py",)])
def test_of_what_is_not_parsed_little_counts(
    run: Run, here: Path, args: tuple[str, ...], text: str, checks: bool
) -> None:
    (here / "a.py").write_text("x = 1\n")
    (here / "z.py").write_text("x = 1\n")
    run(*args)
    for name in ("a.py", "z.py"):
        (here / name).write_text(text)
        fresh = run(*args, "--no-cache")
        before = run.checks
        assert run(*args) == fresh
        assert (run.checks > before) == checks


def test_everything_of_an_imported_file_counts(run: Run, here: Path) -> None:
    (here / "bad.py").write_text(SIZED)
    (here / "sizes.py").write_text("SIZE = 10\n")
    assert run(".")[0] == 0
    (here / "sizes.py").write_text("SIZE = 11\n")
    assert run(".")[0] == 1


def test_a_user_that_appears(run: Run, here: Path) -> None:
    model = BAD.partition("rnn =")[0] + "class Net(nn.Module):\n    def __init__(self, size):\n"
    (here / "bad.py").write_text(model + "        super().__init__()\n        self.rnn = nn.LSTM(size, 20)\n")
    assert run("bad.py")[0] == 0
    (here / "use.py").write_text("from bad import Net\nnet = Net(0)\n")
    fresh = run("bad.py", "--no-cache")
    assert run("bad.py") == fresh


@pytest.mark.parametrize(
    "args", [("--select", "LSTM1"), ("--ignore", "LSTM2"), ("--show-info",), ("--config", "ignore = ['LSTM2']")]
)
def test_other_options_are_another_question(run: Run, args: tuple[str, ...]) -> None:
    run(".")
    assert run.checked(".", *args)
    assert not run.checked(".", *args)
    assert not run.checked(".")


def test_another_folder_is_another_question(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    run("bad.py")
    monkeypatch.chdir(here / "sub")
    (here / "sub" / "bad.py").write_text(BAD.replace("11", "10"))
    assert run("bad.py")[0] == 0


def test_another_version_is_another_question(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run(".")
    monkeypatch.setattr(runs, "__version__", "99")
    assert run.checked(".")


def test_another_copy_of_the_program_is_another_question(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = runs._key(["."], Settings())
    monkeypatch.setattr(runs, "__file__", str(here / "lstmcheck" / "cache" / "runs.py"))
    assert runs._key(["."], Settings()) != key


def test_what_comes_and_goes_above_a_project_does_not_count(run: Run, here: Path) -> None:
    (here / "pyproject.toml").unlink()
    run("bad.py")
    (here.parent / "folder").mkdir()
    (here.parent / "other.py").touch()
    assert not run.checked("bad.py")
    (here.parent / "setup.cfg").touch()
    assert run.checked("bad.py")


def test_a_change_of_the_program_itself_is_seen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run(".")
    monkeypatch.setattr(runs, "_stamps", lambda root: [1, 2, 3])
    assert run.checked(".")


def test_a_copy_of_the_tree_is_known_by_its_contents(run: Run, here: Path) -> None:
    first = run(".")
    here.rename(here.parent / "before")
    shutil.copytree(here.parent / "before", here, copy_function=shutil.copyfile)
    os.chdir(here)
    assert run(".") == first
    assert run.checks == 1


def test_comments_baselines_and_fixes(run: Run, here: Path) -> None:
    run(".")
    assert "baseline" in run("--update-baseline", ".")[2]
    args = (".", "--baseline", "lstmcheck-baseline.json", "--output-format", "json")
    for _ in range(2):
        code, out, err = run(*args)
        assert (code, json.loads(out)) == (0, [])
        assert "1 known finding is not shown" in err
    (here / "bad.py").write_text(BAD.rstrip("\n") + "  # lstmcheck: ignore[input-features]\n")
    assert run(".")[0] == run(".")[0] == 0
    (here / "bad.py").write_text("from torch import nn\nrnn = nn.LSTM(10, 20, dropout=0.5)\n")
    assert run(".") == run(".")
    fixed = run(".", "--fix")
    assert run(".") == run(".", "--no-cache")
    assert fixed[0] == run(".")[0]


def test_a_tree_without_anything_to_mend_is_not_checked_for_fixes(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = [run(".", *args, "--no-cache") for args in (("--fix",), ("--diff",), ("--fix-only",))]
    run(".")
    monkeypatch.setattr(checker, "examine", None)
    assert [run(".", *args) for args in (("--fix",), ("--diff",), ("--fix-only",))] == fresh


def test_a_tree_with_something_to_mend_is_mended(run: Run, here: Path) -> None:
    (here / "bad.py").write_text("from torch import nn\nrnn = nn.LSTM(10, 20, dropout=0.5)\n")
    fresh = run(".", "--diff", "--unsafe-fixes", "--no-cache")
    run(".")
    assert run(".", "--diff", "--unsafe-fixes") == fresh
    assert run(".", "--fix", "--unsafe-fixes")[0] == run(".", "--no-cache")[0] == run(".")[0]


def test_standard_input_is_no_question_for_the_disk(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    run("bad.py")
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.replace("11", "10").encode())))
        assert run("-", "--stdin-filename", "bad.py")[0] == 0
    assert len(kept()) == 1


def test_wrong_settings_are_told_each_time(run: Run, here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "use.py").write_text(BAD)
    (here / "sub" / "lstmcheck.toml").write_text("nonsense = 1\n")
    assert run(".")[0] == run(".")[0] == 2


# The folder


def test_the_folder_is_at_the_root_of_the_project(run: Run, here: Path) -> None:
    (here / "sub").mkdir()
    os.chdir(here / "sub")
    run("../bad.py")
    assert kept(here / ".lstmcheck_cache")
    assert (here / ".lstmcheck_cache" / ".gitignore").read_text() == "*\n"
    assert (
        (here / ".lstmcheck_cache" / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_the_option_stands_over_the_environment_and_that_over_the_settings(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "pyproject.toml").write_text("[tool.lstmcheck]\ncache-dir = 'by/key'\n")
    run(".")
    assert kept("by/key")
    monkeypatch.setenv("LSTMCHECK_CACHE_DIR", "by-variable")
    run(".")
    assert kept("by-variable")
    run(".", "--cache-dir", "by-option")
    assert kept("by-option")
    assert not (here / ".lstmcheck_cache").exists()


@pytest.mark.parametrize("way", ["option", "variable"])
def test_no_cache(run: Run, here: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ["--no-cache"] if way == "option" else []
    if way == "variable":
        monkeypatch.setenv("LSTMCHECK_NO_CACHE", "1")
    assert run.checked(".", *args)
    assert run.checked(".", *args)
    assert not (here / ".lstmcheck_cache").exists()


def test_what_costs_nothing_is_not_kept(run: Run, here: Path) -> None:
    (here / "bad.py").write_text("x = 1\n")
    run(".")
    assert not (here / ".lstmcheck_cache").exists()


def test_a_folder_that_cannot_be_made_is_no_error(run: Run) -> None:
    assert run(".", "--cache-dir", "bad.py/cache") == run(".", "--no-cache")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everything")
def test_a_folder_that_cannot_be_written_is_no_error(run: Run, here: Path) -> None:
    (here / ".lstmcheck_cache").mkdir(mode=0o555)
    assert run(".") == run(".", "--no-cache")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: "\0" * 100,
        lambda text: json.dumps({"key": json.loads(text)["key"]}),
        lambda text: json.dumps({**json.loads(text), "questions": 3}),
        lambda text: json.dumps({**json.loads(text), "result": {}}),
        lambda text: json.dumps({**json.loads(text), "result": {**json.loads(text)["result"], "findings": [1]}}),
    ],
)
def test_a_damaged_entry_is_ignored_with_one_notice(run: Run, here: Path, damage: object) -> None:
    code, out, err = run(".")
    (entry,) = (here / ".lstmcheck_cache").glob("run-*")
    entry.write_text(damage(entry.read_text()))  # type: ignore[operator]
    said = f"note: the cache in {here / '.lstmcheck_cache'} is damaged"
    again = run(".")
    assert again[:2] == (code, out)
    assert again[2].startswith(said)
    assert again[2].count("\n") == err.count("\n") + 1
    assert run(".") == (code, out, err), "it was made anew"


def test_an_entry_of_another_key_is_no_entry(tmp_path: Path) -> None:
    where = str(tmp_path / "cache")
    assert folder.write(where, "one", {"a": 1})
    os.rename(folder._path(where, "one"), folder._path(where, "two"))
    assert folder.read(where, "two") is None


def test_the_oldest_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = str(tmp_path / "cache")
    monkeypatch.setattr(folder, "MAX_ENTRIES", 3)
    for number in range(6):
        folder.write(where, str(number), {"text": "x" * 1000})
        os.utime(folder._path(where, str(number)), ns=(number, number))
    assert [number for number in range(6) if folder.read(where, str(number))] == [3, 4, 5]
    monkeypatch.setattr(folder, "MAX_BYTES", 1500)
    folder.write(where, "6", {"text": "x" * 1000})
    assert [number for number in range(7) if folder.read(where, str(number))] == [6]


def test_clean(run: Run, here: Path) -> None:
    assert run("clean")[2] == f"no cache in {here / '.lstmcheck_cache'}\n"
    run(".")
    (here / ".lstmcheck_cache" / ".run-1.json.1.ab.tmp").touch()
    code, out, err = run("clean")
    assert (code, out) == (0, "")
    assert err.startswith("removed 1 entry, 0.0 MB, from")
    assert not (here / ".lstmcheck_cache").exists()


def test_clean_leaves_what_is_not_ours(run: Run, here: Path) -> None:
    (here / "run-own.json").touch()
    assert "no cache in" in run("clean", "--cache-dir", ".")[2]
    run(".", "--cache-dir", "mixed")
    (here / "mixed" / "mine.txt").touch()
    run("clean", "--cache-dir", "mixed")
    assert os.listdir(here / "mixed") == ["mine.txt"]
    assert (here / "run-own.json").exists()


def test_many_runs_at_once(here: Path) -> None:
    for number in range(20):
        (here / f"bad{number}.py").write_text(BAD)
    command = [sys.executable, "-m", "lstmcheck", ".", "--output-format", "json", "-q"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    outcomes = {process.communicate(timeout=120) for process in running}
    (only,) = outcomes
    assert only[1] == ""
    assert len(json.loads(only[0])) == 21
    assert sorted(os.listdir(".lstmcheck_cache")) == sorted([".gitignore", "CACHEDIR.TAG", *kept()])
    assert len(kept()) == 1


def test_the_cache_is_not_checked(run: Run, here: Path) -> None:
    run(".")
    (here / ".lstmcheck_cache" / "bad.py").write_text(BAD)
    assert run("--show-files", ".")[1] == "bad.py\n"


# What is kept

NUMBERS = st.integers(0, 10**6)
LOCATIONS = st.builds(
    Location, st.text(), NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.none() | st.builds(Cell, NUMBERS, NUMBERS)
)
TEXTS = st.none() | st.text()
FINDINGS = st.builds(
    Finding,
    st.text(),
    st.text(),
    st.sampled_from(["error", "warning", "info"]),
    st.text(),
    LOCATIONS,
    st.lists(st.builds(Related, LOCATIONS, st.text()), max_size=2).map(tuple),
    st.lists(st.builds(Axis, NUMBERS, st.text(), st.text(), st.text(), st.none() | st.booleans()), max_size=2).map(
        tuple
    ),
    TEXTS,
    TEXTS,
    TEXTS,
    st.none()
    | st.builds(
        Fix,
        st.sampled_from(["safe", "unsafe", "display"]),
        st.text(),
        st.lists(st.builds(Edit, LOCATIONS, st.text()), max_size=2).map(tuple),
    ),
)


@given(st.lists(FINDINGS, max_size=3))
@settings(max_examples=200)
def test_findings_come_back_as_they_were(findings: list[Finding]) -> None:
    result = NOTHING._replace(findings=findings)
    values = json.loads(json.dumps(results.plain(result, ())))
    restored = results.restored(values, (), ())
    assert restored == result
    assert [cells(finding) for finding in restored.findings] == [cells(finding) for finding in findings]


def cells(finding: Finding) -> list[Cell | None]:
    """What equality of places leaves out."""
    edits = finding.fix.edits if finding.fix is not None else ()
    return [part.location.cell for part in (finding, *finding.related, *edits)]


@pytest.fixture(autouse=True)
def unlogged() -> Iterator[None]:
    """No test leaves a log behind."""
    yield
    assert disk._log is None
