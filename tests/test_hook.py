"""The pre-commit hook, really installed from a clone of this tree and really run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
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
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    commit_all(folder)
    return folder


def pre_commit(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "pre_commit", *args, "--all-files"], folder, **environment)


def test_the_hook_can_be_tried_from_a_clone(clone: Path, tmp_path: Path) -> None:
    mixed = project(tmp_path / "mixed", bad=BAD, good=GOOD, other="x = 1\n")
    done = pre_commit(mixed, "try-repo", str(clone), "lstmcheck")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py:5:" in done.stdout
    assert "good.py" not in done.stdout


def test_the_hook_passes_right_code_and_needs_no_torch(clone: Path, tmp_path: Path) -> None:
    good = project(tmp_path / "good", good=GOOD)
    revision = git(clone, "rev-parse", "HEAD").strip()
    (good / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {clone}\n  rev: {revision}\n  hooks:\n  - id: lstmcheck\n"
    )
    git(good, "add", "--all")
    store = tmp_path / "store"
    done = pre_commit(good, "run", PRE_COMMIT_HOME=str(store))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    installed = {path.name.lower() for path in store.glob("*/py_env-*/lib/python*/site-packages/*")}
    assert "click" in installed
    assert not {name for name in installed if name.startswith(("torch", "numpy", "nvidia"))}


def test_the_manifest_is_valid(clone: Path) -> None:
    done = run([sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"], clone)
    assert done.returncode == 0, done.stdout + done.stderr
