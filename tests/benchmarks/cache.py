"""A tree that was checked before, against ruff with its own cache: unchanged, and with one file changed.

    python tests/benchmarks/cache.py TREE [--ruff RUFF] [--runs N]

Works on a copy of the tree. Commands are run in turns, so that a busy machine slows all of them; byte code is cached.
CPU seconds (user and system) of the whole process, the least and the median of the runs, and the median's ratio to that
of ruff with default rules. "plain" is a changed file that holds no recurrent layer, "layers" one that does. Ruff keeps
nothing of files in which it found something; "one rule" (F632) shows it where next to none have any.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import lstmcheck


def seconds(command: Sequence[str], folder: Path) -> float:
    """CPU seconds of a child process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    after = os.times()
    assert done.returncode in (0, 1), done.stderr.decode()
    return after.children_user + after.children_system - before.children_user - before.children_system


def changed(path: Path) -> Callable[[], None]:
    """Another version of a file for each run."""
    number = 0

    def change() -> None:
        nonlocal number
        number += 1
        path.write_bytes(path.read_bytes() + f"\n_changed_{number} = {number}\n".encode())

    return change


def main() -> None:
    """Print a row for each command and situation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--ruff", default="ruff")
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(given.tree, tree, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "*.so*", "*.a"))
        found = lstmcheck.check(tree)
        layers = Path(max(found.interpreted, key=os.path.getsize))
        plain = Path(max(found.looked_at - found.interpreted, key=os.path.getsize))
        lines = len(found.looked_at), len(found.interpreted)
        print(f"{lines[0]} files, {lines[1]} interpreted; plain: {plain.name}, layers: {layers.name}")
        ours = [os.path.join(os.path.dirname(sys.executable), "lstmcheck"), "-q", "--isolated"]
        ruff = [given.ruff, "check", "-q", "--isolated", "--exit-zero"]
        commands = {
            "ruff": [*ruff, "--cache-dir", f"{scratch}/ruff", "tree"],
            "ruff, one rule": [*ruff, "--cache-dir", f"{scratch}/ruff1", "--select", "F632", "tree"],
            "lstmcheck": [*ours, "--cache-dir", f"{scratch}/own", "tree"],
        }
        cold = {
            "ruff": [*ruff, "--no-cache", "tree"],
            "ruff, one rule": [*ruff, "--no-cache", "--select", "F632", "tree"],
            "lstmcheck": [*ours, "--no-cache", "tree"],
        }
        situations: dict[str, tuple[dict[str, list[str]], Callable[[], None]]] = {
            "no cache": (cold, lambda: None),
            "unchanged": (commands, lambda: None),
            "one plain file changed": (commands, changed(plain)),
            "one file with layers changed": (commands, changed(layers)),
        }
        for situation, (run, before) in situations.items():
            times: dict[str, list[float]] = {name: [] for name in run}
            for turn in range(given.runs + 1):
                before()
                for name, command in run.items():
                    took = seconds(command, Path(scratch))
                    if turn:  # the first turn fills caches
                        times[name].append(took)
            base = statistics.median(times["ruff"])
            for name, own in times.items():
                middle = statistics.median(own)
                print(
                    f"{situation:29} {name:15} min {min(own):6.3f} s   median {middle:6.3f} s ({middle / base:5.2f}x)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
