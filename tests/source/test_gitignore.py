"""Lines of `.gitignore` that are read without pathspec: they leave out what they leave out for git and for pathspec."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.source import discover, patterns
from lstmcheck.source.gitignore import Lines

NAMES = ("a.py", "b.py", "ab.py", "c.ipynb")
FILES = [f"{folder}{name}" for folder in ("", "a/", "a/b/", "b/", "ab/a/", "b.py.d/", "-x/") for name in NAMES]
WORDS = ("a", "b", "ab", "*", "a*", "*b", "*.py", "a*.py", "[ab]", "a.p[xy]", "*.ipynb", "b.py", "-x", "a*y")
PARTS = st.sampled_from(WORDS)
LINES = st.builds(
    lambda keep, root, parts, end: keep + root + "/".join(parts) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " "]),
)


def is_plain(line: str) -> bool:
    try:
        Lines([line])
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        for file in FILES:
            Path(folder, file).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, file).touch()
        os.chdir(folder)
        yield Path(folder)
        os.chdir(before)


# not so where a line keeps files: pathspec then gives another answer than git
@given(lines=st.lists(LINES.filter(lambda line: is_plain(line) and line[0] != "!"), min_size=1, max_size=5))
@settings(max_examples=200)
def test_a_walk_finds_what_it_finds_with_pathspec(tree: Path, lines: list[str]) -> None:
    def walked(level: discover.Level | None) -> list[str]:
        assert level is not None
        return list(discover.walk(".", lambda path: [level]))

    assert walked(patterns.of_text(".", "\n".join(lines))) == walked(patterns.level(".", lines))


@given(lines=st.lists(LINES.filter(is_plain), min_size=1, max_size=5))
@settings(max_examples=60)
def test_a_walk_finds_what_git_finds(tree: Path, lines: list[str]) -> None:
    if not (tree / ".git").exists():
        subprocess.run(["git", "init", "-q", "."], check=True)
    (tree / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    command = [
        "git",
        "-c",
        "core.excludesFile=/dev/null",
        "ls-files",
        "--others",
        "--exclude-standard",
        "*.py",
        "*.ipynb",
    ]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    found = sorted(discover.walk("."))
    (tree / ".gitignore").unlink()
    assert found == sorted(file for file in listed if file != ".gitignore")


USUAL = "*.py[cod] __pycache__/ .coverage.* docs/_build/ /site *$py.class *.un~ !keep*.py /src/*.o"
MORE = r"**/a a/** a*b* a? [!a]b [a-z] \#a */a / ! a//b ./a a/.. [a][b][c]"


@pytest.mark.parametrize("line", USUAL.split())
def test_what_is_usual_is_plain(line: str) -> None:
    assert is_plain(line)


@pytest.mark.parametrize("line", [*MORE.split(), "a b", "\ta", r"a\ "])
def test_what_says_more_is_not(line: str) -> None:
    assert not is_plain(line)
