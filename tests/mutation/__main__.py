"""Do the tests of the contract and of the algebra notice small changes?

    cd tests && python -m mutation 200            a sample; --seed N draws another, --all takes every mutant
    cd tests && python -m mutation 50 --of dims.py

Each mutant is checked by its own tests with few examples of each property, in a process that is forked from one which
has torch loaded. Prints the survivors with what was changed, and the share that was noticed. A mutant that takes ten
times as long as the tests without it counts as noticed. Needs os.fork.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from mutation.operators import Mutant, mutants

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "lstmcheck"
_DIMS = ("tests/test_dims.py", "tests/contract/test_symbolic.py", "tests/contract/test_needs.py")


def tests_of(module: Path) -> list[str]:
    """The tests that concern a module, the nearest first."""
    if module.name == "dims.py":
        return list(_DIMS)
    own = f"tests/contract/test_{module.stem}.py"
    return [*([own] if (ROOT / own).exists() else []), "tests/contract"]


def run(tree: Path, tests: list[str], seconds: float) -> bool:
    """Whether the tests pass in a tree; False also where they do not end."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.chdir(tree)
        sys.path[:0] = [str(tree), str(tree / "tests")]
        os.environ["PYTHONPATH"] = str(tree)
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main() -> int:
    """Draw mutants, run their tests, and print what survived. Exit code 1 below --bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--of", help="only modules whose path ends so")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bar", type=float, default=0.95)
    options = parser.parse_args()
    modules = [PACKAGE / "dims.py", *sorted((PACKAGE / "contract").glob("*.py"))]
    drawn = [
        (path, mutant)
        for path in modules
        if options.of is None or str(path).endswith(options.of)
        for mutant in mutants(path.read_text(encoding="utf-8"))
    ]
    total = len(drawn)
    if not options.all:
        drawn = random.Random(options.seed).sample(drawn, min(options.count, total))
    os.environ["HYPOTHESIS_PROFILE"] = "brief"
    import hypothesis  # noqa: F401 - loaded once for every child
    import torch  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        shutil.copytree(PACKAGE, tree / "lstmcheck", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        sys.dont_write_bytecode = True
        began = time.monotonic()
        if not run(tree, [*_DIMS, "tests/contract"], 3600):
            print("the tests fail without a change", file=sys.stderr)
            return 2
        usual = time.monotonic() - began
        survived = 0
        for number, (path, mutant) in enumerate(drawn, 1):
            if _survives(tree, path, mutant, seconds=10 * usual + 10):
                survived += 1
                place = f"{path.relative_to(ROOT)}:{mutant.line}"
                print(f"{number}. {place}\n  - {_line(mutant.before)}\n  + {_line(mutant.after)}", flush=True)
    share = 1 - survived / max(len(drawn), 1)
    print(f"{len(drawn)} of {total} mutants, {survived} survived: {share:.1%} noticed")
    return int(share < options.bar)


def _survives(tree: Path, path: Path, mutant: Mutant, seconds: float) -> bool:
    copy = tree / path.relative_to(ROOT)
    text = copy.read_text(encoding="utf-8")
    copy.write_text(mutant.source, encoding="utf-8")
    try:
        return run(tree, tests_of(path), seconds)
    finally:
        copy.write_text(text, encoding="utf-8")


def _line(text: str) -> str:
    return text.split("\n")[0][:160]


if __name__ == "__main__":
    sys.exit(main())
