"""After any sequence of edits the answer with a cache equals the answer without one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lstmcheck import checker
from lstmcheck.cache import runs
from lstmcheck.config import ConfigError
from lstmcheck.config.files import Scopes
from lstmcheck.source import disk

HEAD = "import torch\nfrom torch import nn\n"
NET = HEAD + "class Net(nn.Module):\n    def __init__(self, size=10):\n        super().__init__()\n"
FORWARD = "    def forward(self, x):\n        return self.rnn(x)\n"
MODEL = NET + "        self.rnn = nn.LSTM(size, 20)\n" + FORWARD
SIZED = "from sizes import SIZE\n" + NET.replace("=10", "=SIZE") + "        self.rnn = nn.LSTM(size, 20)\n" + FORWARD
USE = "import torch\nfrom model import Net\nout, h = Net()(torch.zeros(5, 3, 11))\n"
PACKED = "import torch\nfrom pkg.model import Net\nout, h = Net()(torch.zeros(5, 3, 11))\n"
BAD = HEAD + "rnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
PROGRAMS = (
    "x = 1\n",
    "def double(x):\n    return 2 * x\n",
    "# an RNN of torch\n",
    "import os\nimport use\n",
    "SIZE = 10\n",
    "SIZE = 11\n",
    MODEL,
    MODEL.replace("=10", "=11"),  # of the same size
    SIZED,
    USE,
    USE.replace("11", "10"),
    PACKED,
    BAD,
    BAD.replace("11", "10"),
    BAD.rstrip("\n") + "  # lstmcheck: ignore[input-features]\n",
    BAD.replace("11", "10").rstrip("\n") + "  # lstmcheck: ignore[input-features]\n",
    "from torch import nn\nnn.LSTM = (\n",
    "from torch.nn import LSTM\n\0",
    "from .model import Net\nfrom .model import *\n",
    "import sys\nsys.path.append('sub')\nimport torch\nfrom model import Net\nNet()(torch.zeros(5, 3, 11))\n",
    "import torch\nfrom torch import nn\nnn.LSTM = None\nimport model\n",
)
CONFIGURATIONS = (
    "[tool.lstmcheck]\n",
    "[tool.lstmcheck]\nignore = ['LSTM220']\n",
    "[tool.lstmcheck]\nignore = ['LSTM2']\n",
    "[tool.lstmcheck]\nexclude = ['sub/']\n",
    "[tool.lstmcheck]\nignore = 'wrong'\n",
    "[tool.other]\n",
)
OWN = ("", "ignore = ['LSTM2']\n", "exclude = ['use.py']\n", "nonsense = 1\n")
IGNORES = ("", "use.py\n", "sub/\n", "*.ipynb\n", "!use.py\n")
FOLDERS = ("", "pkg", "sub", "sub/pkg")
MODULES = ("model.py", "use.py", "sizes.py", "__init__.py")
NAMES = [os.path.join(folder, name) for folder in FOLDERS for name in (*MODULES, "nb.ipynb", "a.pyi")]
NAMES += [
    os.path.join(folder, name) for folder in FOLDERS for name in ("pyproject.toml", "lstmcheck.toml", ".gitignore")
]
PATHS = ((".",), ("use.py",), ("model.py", "sub"), ("pkg",), ("sub/pkg/use.py", "use.py"))


def notebook(program: str) -> str:
    cell = {"cell_type": "code", "source": program, "metadata": {}, "outputs": [], "execution_count": 1}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def contents(name: str) -> st.SearchStrategy[str]:
    """What may stand in a file of this name."""
    base = os.path.basename(name)
    known = {"pyproject.toml": CONFIGURATIONS, "lstmcheck.toml": OWN, ".gitignore": IGNORES}
    if base in known:
        return st.sampled_from(known[base])
    if base.endswith(".ipynb"):
        return st.sampled_from([*map(notebook, PROGRAMS[:12]), "{", ""])
    return st.sampled_from(PROGRAMS)


FILES = st.sampled_from(NAMES).flatmap(lambda name: st.tuples(st.just(name), contents(name)))


def answer(check: Callable[[], Any]) -> object:
    """Everything of a result that anybody sees, or why there is none."""
    try:
        result = check()
    except (ConfigError, FileNotFoundError) as error:
        return type(error), str(error)
    return [getattr(result, name) for name in result._fields if name not in ("files", "texts")]


@contextmanager
def coarse(seconds: float) -> Iterator[None]:
    """Take the clock that stamps files to be so coarse."""
    before, disk._COARSE = disk._COARSE, int(seconds * 1e9)
    try:
        yield
    finally:
        disk._COARSE = before


class Edits(RuleBasedStateMachine):
    """A project that is edited, and one cache for all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.before = os.getcwd()
        self.root = Path(tempfile.mkdtemp()).resolve()
        self.cache = self.root / "cache" / "kept"
        (self.root / "project").mkdir()
        self.aside = 0
        os.chdir(self.root / "project")

    def teardown(self) -> None:
        os.chdir(self.before)
        shutil.rmtree(self.root)

    @initialize(files=st.lists(FILES, min_size=3, max_size=6))
    def begin(self, files: list[tuple[str, str]]) -> None:
        for name, text in files:
            self.write((name, text))

    @rule(file=FILES)
    def write(self, file: tuple[str, str]) -> None:
        name, text = file
        with suppress(OSError):  # a folder may be a file, or link to itself
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            Path(name).write_text(text)

    @rule(file=FILES)
    def write_at_the_same_time_and_of_the_same_size(self, file: tuple[str, str]) -> None:
        name, text = file
        with suppress(OSError):
            status = os.stat(name)
            Path(name).write_text(text.ljust(status.st_size))
            os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns))

    @rule(file=FILES)
    def replace(self, file: tuple[str, str]) -> None:
        name, text = file
        with suppress(OSError):
            Path("new").write_text(text)
            os.replace("new", name)

    @rule(name=st.sampled_from([*NAMES, *FOLDERS[1:]]))
    def delete(self, name: str) -> None:
        with suppress(OSError):
            if os.path.isdir(name) and not os.path.islink(name):
                shutil.rmtree(name)
            else:
                os.unlink(name)

    @rule(name=st.sampled_from([*NAMES, *FOLDERS[1:]]), to=st.sampled_from([*NAMES, *FOLDERS[1:], "../aside"]))
    def rename(self, name: str, to: str) -> None:
        with suppress(OSError):
            os.rename(name, to)

    @rule(name=st.sampled_from(NAMES), moment=st.sampled_from([10**18, 10**18 + 1]))
    def touch(self, name: str, moment: int) -> None:
        with suppress(OSError):
            os.utime(name, ns=(moment, moment))

    @rule(name=st.sampled_from([*NAMES, *FOLDERS[1:]]), to=st.sampled_from([*NAMES, *FOLDERS[1:], ".", "gone.py"]))
    def link(self, name: str, to: str) -> None:
        with suppress(OSError):
            os.symlink(os.path.relpath(to, os.path.dirname(name) or "."), name)

    @rule(there=st.booleans())
    def repository(self, there: bool) -> None:
        if there:
            os.makedirs(".git/info", exist_ok=True)
            Path(".git/info/exclude").write_text("nb.ipynb\n")
        else:
            shutil.rmtree(".git", ignore_errors=True)

    @rule()
    def wait(self) -> None:
        time.sleep(0.03)  # until what was written counts as old

    @rule(garbage=st.binary(max_size=20))
    def damage(self, garbage: bytes) -> None:
        for entry in self.cache.glob("run-*"):
            entry.write_bytes(garbage)

    @invariant()
    def the_cache_changes_nothing(self) -> None:
        for paths in PATHS:
            if all(map(os.path.lexists, paths)):
                fresh = answer(lambda paths=paths: checker.check(*paths, settings=Scopes(paths)))
                for _ in range(2):
                    cached = answer(lambda paths=paths: runs.check(paths, Scopes(paths), str(self.cache), print))
                    assert cached == fresh


def test_after_any_edits_the_cached_answer_is_the_fresh_one(monkeypatch: pytest.MonkeyPatch) -> None:
    thorough = settings.get_current_profile_name() == "thorough"
    monkeypatch.setattr(runs, "_FEW", 0)
    with coarse(0.02):
        run_state_machine_as_test(
            Edits, settings=settings(max_examples=3_000 if thorough else 25, stateful_step_count=20)
        )
