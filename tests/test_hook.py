"""The pre-commit hook, really installed from a clone of this tree and really run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BAD = "import torch\nfrom torch import nn\n\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
GOOD = BAD.replace("11", "10")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def run(command: Sequence[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # Git sets variables for the hooks that it runs: none of them may point into another repository.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, env=clean | environment
    )


def git(cwd: Path, *args: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    done = run(["git", *identity, *args], cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit_all(folder: Path) -> None:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "-m", "all")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the files of the working tree, as they are now."""
    target = tmp_path_factory.mktemp("clone")
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    commit_all(target)
    return target


def project(folder: Path, **files: str) -> Path:
    """A repository with these files; `a_ipynb` stands for a.ipynb, any other name for name.py."""
    folder.mkdir()
    for name, text in files.items():
        stem, kind, _ = name.partition("_ipynb")
        (folder / f"{stem}{'.ipynb' if kind else '.py'}").write_text(text)
    commit_all(folder)
    return folder


def notebook(source: str) -> str:
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def configure(folder: Path, clone: Path, hook: str = "lstmcheck") -> None:
    """Use the hook of the clone, as a project would."""
    revision = git(clone, "rev-parse", "HEAD").strip()
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {clone}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
    )
    git(folder, "add", "--all")


RUNNERS = {"pre_commit": "PRE_COMMIT_HOME", "prek": "PREK_HOME"}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where each runner keeps the hook's environment, which is made once."""
    return {runner: tmp_path_factory.mktemp(runner) for runner in RUNNERS}


Hook = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=RUNNERS)
def hook(request: pytest.FixtureRequest, stores: dict[str, Path]) -> Hook:
    """Runs the configured hook over all files of a project."""
    runner = request.param

    def run_hook(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", runner, "run", "--all-files"]
        return run(command, folder, **{RUNNERS[runner]: str(stores[runner])})

    return run_hook


def test_a_mistake_fails_and_is_shown(hook: Hook, clone: Path, tmp_path: Path) -> None:
    mixed = project(tmp_path / "mixed", bad=BAD, good=GOOD, other="x = 1\n")
    configure(mixed, clone)
    done = hook(mixed)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py:5:" in done.stdout
    assert "good.py" not in done.stdout


def test_right_code_passes(hook: Hook, clone: Path, tmp_path: Path) -> None:
    good = project(tmp_path / "good", good=GOOD, nb_ipynb=notebook(GOOD))
    configure(good, clone)
    done = hook(good)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_notebooks_are_checked(hook: Hook, clone: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "notebooks", bad_ipynb=notebook(BAD))
    configure(folder, clone)
    done = hook(folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.ipynb:cell 1:5:" in done.stdout


LSTM = "import torch\nfrom torch import nn\n\nrnn = nn.LSTM(10, 20)\nout, h, c = rnn(torch.zeros(5, 3, 10))\n"


def test_the_fix_hook_mends_and_fails_once(hook: Hook, clone: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "fixed", bad=LSTM, good=GOOD, nb_ipynb=notebook(LSTM))
    configure(folder, clone, "lstmcheck-fix")
    done = hook(folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "out, (h, c) = rnn" in (folder / "bad.py").read_text()
    assert (folder / "nb.ipynb").read_text() == notebook(LSTM.replace("h, c", "(h, c)"))
    assert (folder / "good.py").read_text() == GOOD
    git(folder, "add", "--all")
    done = hook(folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fix_hook_reports_what_it_cannot_mend(hook: Hook, clone: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "left", bad=BAD)
    configure(folder, clone, "lstmcheck-fix")
    done = hook(folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py:5:" in done.stdout
    assert (folder / "bad.py").read_text() == BAD


def test_a_project_without_python_has_nothing_to_do(hook: Hook, clone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "README.md").write_text("# LSTM\n")
    commit_all(folder)
    configure(folder, clone)
    done = hook(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no files to check" in done.stdout.lower()


def test_a_file_that_the_project_excludes_is_left_out(hook: Hook, clone: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "excluded", bad=BAD)
    (folder / "pyproject.toml").write_text('[tool.lstmcheck]\nexclude = ["bad.py"]\n')
    configure(folder, clone)
    done = hook(folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_environment_of_the_hook_is_small(hook: Hook, clone: Path, tmp_path: Path, stores: dict[str, Path]) -> None:
    folder = project(tmp_path / "any", good=GOOD)
    configure(folder, clone)
    assert hook(folder).returncode == 0
    places = [path for store in stores.values() for path in store.rglob("site-packages") if (path / "click").is_dir()]
    assert places
    for place in places:
        names = {path.name.lower() for path in place.iterdir()}
        assert {"libcst", "pathspec"} <= names
        assert not {name for name in names if name.startswith(("torch", "numpy", "nvidia"))}
        ours = [path for path in place.rglob("*") if path.is_file() and "pip" not in path.relative_to(place).parts[0]]
        assert sum(path.stat().st_size for path in ours) < 40e6


def test_the_hook_can_be_tried_from_a_clone(clone: Path, tmp_path: Path) -> None:
    mixed = project(tmp_path / "mixed", bad=BAD, good=GOOD)
    done = run([sys.executable, "-m", "pre_commit", "try-repo", str(clone), "lstmcheck", "--all-files"], mixed)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py:5:" in done.stdout


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_manifest_is_valid(clone: Path, runner: str) -> None:
    done = run([sys.executable, "-m", runner, "validate-manifest", ".pre-commit-hooks.yaml"], clone)
    assert done.returncode == 0, done.stdout + done.stderr
