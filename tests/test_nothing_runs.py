"""Nothing of what is checked is executed: files that leave a mark when any of their code runs leave none."""

# ruff: noqa: E501 - a program in a line

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# what every file below does as soon as any of its code runs
MARK = "__import__('pathlib').Path({mark!r}).write_text({name!r})"

PLACES = {
    "module.py": "{mark}\nimport torch\nfrom torch import nn\nrnn = nn.LSTM(3, 4)\nrnn(torch.zeros(2, 3, 4))\n",
    "default.py": "from torch import nn\ndef build(size={mark}, *, more={mark}): return nn.LSTM(3, 4)\nbuild()\n",
    "decorator.py": "from torch import nn\n@(lambda f: {mark})\ndef build(): return nn.LSTM(3, 4)\nbuild()\n",
    "body.py": "from torch import nn\nclass Net:\n    {mark}\n    size = {mark}\n    rnn = nn.LSTM(3, 4)\nNet()\n",
    "hooks.py": (
        "from torch import nn\n"
        "class Meta(type):\n"
        "    def __new__(cls, *args, **options): {mark}\n"
        "    def __prepare__(*args): {mark}\n"
        "    def __instancecheck__(cls, one): {mark}\n"
        "class Base:\n"
        "    def __init_subclass__(cls, **options): {mark}\n"
        "    def __class_getitem__(cls, item): {mark}\n"
        "    def __set_name__(self, owner, name): {mark}\n"
        "    def __getattr__(self, name): {mark}\n"
        "    def __del__(self): {mark}\n"
        "class Net(Base, nn.Module, metaclass=Meta):\n"
        "    def __init__(self): self.rnn = nn.LSTM(Base().size, 4)\n"
        "Net()\n"
    ),
    "texts.py": (
        "from torch import nn\nname = f'{{ {mark} !r:>{{10}} }}'\nsize = '{{0.__class__}}'.format(3)\n"
        "exec({code!r})\neval({code!r})\ncompile({code!r}, 'x', 'exec')\n"
        "import ast; ast.literal_eval({code!r})\n'%s' % nn.LSTM(3, 4)\n"
    ),
    "annotations.py": "from torch import nn\nsize: {mark} = 3\ndef f(x: {mark}) -> {mark}: return nn.LSTM(size, 4)\nf(1)\n",
    "importing.py": "from torch import nn\nimport helper, sub.inner, importlib\nimportlib.import_module('helper')\n"
    "__import__('helper')\nfrom helper import *\nnn.LSTM(helper.SIZE, 4)\n",
    "helper.py": "{mark}\nSIZE = 3\n",
    "sub/__init__.py": "{mark}\n",
    "sub/inner.py": "{mark}\n",
    "loading.py": "import pickle, torch\nfrom torch import nn\ntorch.load('state.pt')\npickle.loads(b'x')\nnn.LSTM(3, 4)\n"
    "torch.hub.load('.', 'model')\ntorch.ops.load_library('x.so')\n",
    "hubconf.py": "{mark}\n",
    "running.py": "import os, subprocess\nfrom torch import nn\nos.system({shell!r})\nsubprocess.run({shell!r}, shell=True)\n"
    "nn.LSTM(3, 4)\n",
    # what other tools, and Python itself, execute where they find it
    "conftest.py": "{mark}\n",
    "setup.py": "{mark}\nfrom torch import nn\nnn.LSTM(3, 4)\n",
    "noxfile.py": "{mark}\n",
    "sitecustomize.py": "{mark}\n",
    "usercustomize.py": "{mark}\n",
    "torch.py": "{mark}\n",
    "click.py": "{mark}\n",
    "libcst.py": "{mark}\n",
    "pathspec.py": "{mark}\n",
    "json.py": "{mark}\n",
    "ast.py": "{mark}\n",
    "lstmcheck_plugin.py": "{mark}\n",
    "__init__.py": "{mark}\n",
    "__main__.py": "{mark}\nfrom torch import nn\nnn.LSTM(3, 4)\n",
    "easy.pth": "import pathlib; {mark}\n",
    "sub/.gitignore": "# `{shell}`\n$({shell})\n",
}
SETTINGS = """
[project]
name = "x"
[project.entry-points.pytest11]
x = "lstmcheck_plugin"
[build-system]
requires = []
build-backend = "setup"
backend-path = ["."]
[tool.lstmcheck]
exclude = ["$(echo x)"]
[tool.pytest.ini_options]
addopts = "-p lstmcheck_plugin"
"""
COMMANDS = (
    ["."],
    [".", "--fix", "--unsafe-fixes"],
    [".", "--fix", "--diff"],
    ["*.py"],
    ["baseline"],
    ["shapes", "module.py"],
    ["shapes", "."],
    ["draw", "module.py"],
    ["nb.ipynb", "-v", "--statistics"],
    ["explain", "LSTM201"],
    ["rules"],
    ["--help"],
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    marks = tmp_path / "marks"
    marks.mkdir()
    root = tmp_path / "tree"
    for name, source in PLACES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        mark = str(marks / name.replace("/", "_"))
        code = MARK.format(mark=mark, name=name)
        path.write_text(source.format(mark=code, code=code, shell=f"echo x > {mark}"))
    (root / "pyproject.toml").write_text(SETTINGS)
    (root / ".git").mkdir()
    cell = (root / "module.py").read_text().splitlines(True)
    import json

    (root / "nb.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["!echo x\n", *cell]}]}))
    return root


def test_the_marks_would_be_left(tree: Path) -> None:
    for name in ("default.py", "decorator.py", "body.py", "helper.py", "click.py", "annotations.py"):
        source = (tree / name).read_text().replace("from torch import nn", "import types; nn = types.SimpleNamespace("
                                                   "LSTM=print, Module=object)")  # fmt: skip
        subprocess.run([sys.executable, "-c", source], cwd=tree.parent, capture_output=True, timeout=60)
        assert (tree.parent / "marks" / name).exists(), name


@pytest.mark.parametrize(("start", "command"), [*(("-m", command) for command in COMMANDS), ("script", ["."])])
def test_a_check_leaves_no_mark(tree: Path, command: list[str], start: str) -> None:
    names = sorted(path.name for path in tree.glob("*.py")) if command == ["*.py"] else command
    script = "import sys; sys.path.pop(0); from lstmcheck.cli import main; sys.exit(main())"
    begin = ["-m", "lstmcheck"] if start == "-m" else ["-c", script]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *begin, *names], cwd=tree, capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.returncode in (0, 1), done.stderr
    assert sorted(path.name for path in (tree.parent / "marks").iterdir()) == []
