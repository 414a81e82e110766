"""What stands in the blocks of the pages works: programs run and are clean, commands exist, data is valid."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lstmcheck import checker
from lstmcheck.cli import main, with_command
from lstmcheck.commands._group import cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
# Pages whose programs are whole, and say beside each print what it prints.
WHOLE = ("lstm-shapes.md",)


def blocks(*languages: str) -> Iterator[tuple[str, str]]:
    """The blocks in a language: where each stands, and what is in it."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            if found[2] in languages:
                line = text[: found.start()].count("\n") + 1
                yield (
                    f"{page.name}:{line}",
                    "\n".join(row.removeprefix(found[1]) for row in found[3].splitlines()) + "\n",
                )


PROGRAMS = [(where, source) for where, source in blocks("python") if where.partition(":")[0] in WHOLE]


@pytest.mark.parametrize(("where", "source"), PROGRAMS, ids=[where for where, _ in PROGRAMS])
def test_programs_print_what_stands_beside(where: str, source: str) -> None:
    pytest.importorskip("torch")
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"^print\(.*\)  # (.*)$", source, re.MULTILINE)


@pytest.mark.parametrize(("where", "source"), PROGRAMS, ids=[where for where, _ in PROGRAMS])
def test_nothing_is_said_of_right_programs(where: str, source: str) -> None:
    assert checker.check("nowhere/page.py", given={"nowhere/page.py": source.encode()}).findings == []


def commands() -> Iterator[tuple[str, str]]:
    """Every command line of ours on the pages, in blocks and in the text."""
    for where, text in blocks("sh", "yaml", "console", "vim", "json", "lua"):
        for line in re.findall(r"lstmcheck (?:check|rules|explain|shapes|run|baseline|draw|server|-)[^\n\"|]*", text):
            yield where, line.replace("\\ ", " ").rstrip("'")
    for page in PAGES:
        if page.name == "conventions.md":
            # whole lines, wrong ones too: test_conventions.py runs them
            continue
        for line in re.findall(r"`(lstmcheck [^`\n]*)`", page.read_text(encoding="utf-8")):
            yield page.name, line


@pytest.mark.parametrize(("where", "line"), sorted(set(commands())))
def test_options_on_the_pages_exist(where: str, line: str) -> None:
    text = re.sub(r"\s[<>|].*", "", line.replace("...", " ")).replace("\\", "")
    words = with_command(shlex.split(text, posix=True)[1:]) if text.count('"') % 2 == 0 else ["check"]
    with click.Context(cli) as context:
        command = cli.get_command(context, words[0])
    if command is None:
        assert words[0].startswith("-")
        return
    known = {option for parameter in command.params for option in parameter.opts}
    used = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    assert words[0] == "run" or used <= known


@pytest.mark.parametrize(("where", "text"), list(blocks("yaml")))
def test_yaml_is_valid(where: str, text: str) -> None:
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text)


@pytest.mark.parametrize(("where", "text"), list(blocks("json")))
def test_json_is_valid(where: str, text: str) -> None:
    assert json.loads(text)


@pytest.mark.parametrize(("where", "text"), list(blocks("toml")))
def test_settings_are_valid(where: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    (tmp_path / "empty.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert main(["empty.py"]) == 0


def test_editors_understand_a_line_of_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    (task,) = (json.loads(text) for where, text in blocks("json") if where.startswith("editors.md") and "tasks" in text)
    pattern = task["tasks"][0]["problemMatcher"]["pattern"]
    main(["-q", "--output-format", "concise", str(ROOT / "docs" / "example")])
    lines = capsys.readouterr().out.splitlines()
    assert lines
    for line in lines:
        found = re.match(pattern["regexp"], line)
        assert found is not None
        assert found[pattern["code"]].startswith("LSTM")
        assert found[pattern["severity"]] == "error"
        assert int(found[pattern["line"]])
