"""Which files a path means, and which of them are worth parsing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lstmcheck.source import discover, mentions, patterns, syntax
from lstmcheck.source.parse import SourceFile, parse


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def found(*paths: str, exclude: list[str] | None = None, force: bool = False) -> list[str]:
    levels = [patterns.level(".", exclude)] if exclude else []
    return [file.path for file in discover.discover(paths or (".",), lambda path: levels, force)]


def test_a_directory_is_walked_in_order(tree: Path) -> None:
    make(tree, "b.py", "a/z.py", "a/b.pyi", "a/c.txt", "a/n.ipynb")
    assert found() == ["a/n.ipynb", "a/z.py", "b.py"]


def test_usual_places_and_virtual_environments_are_left_out(tree: Path) -> None:
    make(tree, "a.py", ".venv/b.py", "node_modules/c.py", "x/site-packages/d.py", "env/pyvenv.cfg", "env/lib/e.py")
    assert found() == ["a.py"]


def test_what_is_named_is_read_wherever_it_is(tree: Path) -> None:
    make(tree, "venv/b.py", "build/c.py", "notes.txt")
    assert found("venv/b.py", "build", "notes.txt") == ["venv/b.py", "build/c.py", "notes.txt"]
    assert found("venv/b.py", force=True) == []


def test_a_file_is_met_once(tree: Path) -> None:
    make(tree, "a.py")
    assert found("a.py", ".", "./a.py", str(tree / "a.py")) == ["a.py"]


def test_gitignore_is_honoured_at_every_level(tree: Path) -> None:
    make(tree, "a.py", "b.py", "sub/c.py", "sub/d.py", "sub/out/e.py", "gen/f.py", "gen/keep.py")
    make(tree, ".gitignore", text="b.py\n/sub/out/\ngen/*\n!gen/keep.py\n")
    make(tree, "sub/.gitignore", text="# a comment\nc.py\n!b.py\n")
    make(tree, "sub/b.py")
    assert found() == ["a.py", "gen/keep.py", "sub/b.py", "sub/d.py"]


def test_gitignore_of_the_repository_holds_for_its_folders(tree: Path) -> None:
    make(tree, ".git/HEAD", "sub/a.py", "sub/b.py", "out/c.py")
    make(tree, ".gitignore", text="b.py\nout/\n")
    assert found("sub") == ["sub/a.py"]
    assert found("out") == ["out/c.py"], "an ignored folder that is named is wanted"
    assert found("sub/b.py") == ["sub/b.py"]
    assert found("sub/b.py", "out/c.py", force=True) == []


def test_gitignore_has_no_say_in_what_no_walk_enters(tree: Path) -> None:
    make(tree, ".git/HEAD", "venv/lib/a.py", "venv/lib/b.py")
    make(tree, ".gitignore", text="b.py\n")
    assert found("venv/lib") == ["venv/lib/a.py", "venv/lib/b.py"]
    assert found("venv/lib", force=True) == []


def test_exclude_patterns(tree: Path) -> None:
    make(tree, "a.py", "third/b.py", "tests/test_c.py")
    assert found(exclude=["third/", "test_*"]) == ["a.py"]
    assert found("third/b.py", exclude=["third/"]) == ["third/b.py"]
    assert found("third/b.py", exclude=["third/"], force=True) == []


def test_links(tree: Path) -> None:
    make(tree, "a/b.py")
    os.symlink("nowhere", tree / "broken.py")
    os.symlink("a", tree / "loop.py")
    os.symlink("..", tree / "a" / "up")
    assert found() == ["a/b.py", "broken.py"]


def test_a_directory_with_the_name_of_a_file(tree: Path) -> None:
    make(tree, "x.py/y.py")
    assert found() == ["x.py/y.py"]
    assert found("x.py") == ["x.py/y.py"]


@pytest.mark.parametrize(
    ("text", "mentioned", "named"),
    [
        ("import torch\nx = torch.nn.LSTM(1, 2)\n", True, True),
        ("from torch.nn import GRU as G\n", True, True),
        ("import torch\nx = getattr(torch.nn, 'RNN')\n", True, True),
        ("import torch\nx = torch.nn.LSTMCell(1, 2)\n", True, True),
        ("import torch  # an LSTM\n", True, False),
        ("import torch\nx = 'uses an LSTM'\n", True, False),
        ("import torch\nclass LSTMModel: pass\n", False, False),
        ("from keras.layers import LSTM\n", False, True),
        ("x = 1\n", False, False),
    ],
)
def test_tiers(text: str, mentioned: bool, named: bool) -> None:
    assert mentions.mentions(text.encode()) is mentioned
    file = parse("x.py", text.encode())
    assert isinstance(file, SourceFile)
    assert syntax.names_layer(file.tree) is named
