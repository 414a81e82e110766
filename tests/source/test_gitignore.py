"""Lines of `.gitignore` leave out of a walk what they leave out for git."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck.source import discover

NAMES = ("a.py", "b.py", "ab.py", "c.ipynb")
FILES = [f"{folder}{name}" for folder in ("", "a/", "a/b/", "b/", "ab/a/", "b.py.d/", "-x/") for name in NAMES]
WORDS = ("a", "b", "ab", "*", "a*", "*b", "*.py", "a*.py", "[ab]", "a.p[xy]", "*.ipynb", "b.py", "-x", "a*y")
PARTS = st.sampled_from(WORDS)
LINES = st.builds(
    lambda root, parts, end: root + "/".join(parts) + end,
    st.sampled_from(["", "", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " "]),
)


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        for file in FILES:
            Path(folder, file).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, file).touch()
        os.chdir(folder)
        subprocess.run(["git", "init", "-q", "."], check=True)
        yield Path(folder)
        os.chdir(before)


def agree(tree: Path, lines: list[str]) -> None:
    (tree / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    settings = ["-c", "core.excludesFile=/dev/null"]
    listing = ["git", *settings, "ls-files", "--others", "--exclude-standard", "*.py", "*.ipynb"]
    listed = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(discover.walk(".")) == sorted(listed)


@given(lines=st.lists(LINES, min_size=1, max_size=5))
@settings(max_examples=60)
def test_a_walk_finds_what_git_finds(tree: Path, lines: list[str]) -> None:
    agree(tree, lines)


# not drawn with the others: where one line leaves out what is in a folder and a later one keeps a path of folders,
# pathspec keeps what is in it too
@pytest.mark.parametrize(
    "lines",
    [
        ["*", "!*.py"],
        ["*", "!*/", "!*.py"],
        ["/*", "!/a", "!/b/"],
        ["/*", "!/a/", "/a/*", "!/a/b/"],
        ["a/*", "!a/b/"],
        ["a/*", "!a/b.py"],
        ["a", "!a/b.py"],
        ["*.py", "!a.py"],
        ["ab*", "!ab.py", "!/ab"],
        ["**/a/*", "!**/a/b"],
        ["*.py", "!a"],
        ["!*", "a"],
    ],
    ids=" ".join,
)
def test_lines_that_keep_files(tree: Path, lines: list[str]) -> None:
    agree(tree, lines)
