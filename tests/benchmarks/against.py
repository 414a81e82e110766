"""How long whole runs of the command take, as ratios to other commands that run in turns with it.

    python tests/benchmarks/against.py [--bin DIR] [--rounds N] [--tree PATH] [--plain PATH]

What is compared:

- a package that holds recurrent code, the installed torch by default: with `ruff check --no-cache --isolated`, with its
  default rules and with one of them (F401);
- a tree that holds next to none, a copy of Python's own library by default: with its floor, a script that walks it,
  reads it and looks for the names of layers in the bytes; and once more as a repository with a `.gitignore`;
- one clean file with a layer, and one without: with `python -c "import click"`;
- a file of some 1,000 lines in which everything is about recurrent layers: lines a second, the engine's modules loaded;
- the same file, with the other tools of DIR that check programs with torch;
- the memory of the run over the package, at its peak.

Seconds are CPU seconds of the child processes, user and system; of several rounds the least counts, as all else is what
other programs did to the machine. Nothing is cached but byte code. DIR holds the commands of the other tools:
`pip install ruff TorchFix pyrefly torchtyc torchshapeflow`. Those that are neither there nor on the PATH are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from linear import source
from startup import WITH_LAYER, WITHOUT_LAYER

import lstmcheck

FLOOR = """
import os, sys
NAMES = b"LSTM", b"GRU", b"RNN", b"pack_padded_sequence"
found = 0
waiting = [sys.argv[1]]
while waiting:
    with os.scandir(waiting.pop()) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in ("__pycache__", "site-packages"):
                    waiting.append(entry.path)
            elif entry.name.endswith((".py", ".ipynb")):
                with open(entry.path, "rb", buffering=0) as file:
                    data = file.read()
                found += b"torch" in data and any(name in data for name in NAMES)
print(found)
"""
LINES = 1_000
OTHERS = {
    "TorchFix": ["torchfix"],
    "pyrefly": ["pyrefly", "check", "--preset", "default", "--python-interpreter-path", sys.executable],
    "torchtyc": ["torchtyc", "check", "--python", sys.executable],
    "torchshapeflow": ["tsf", "check"],
}


def run(command: Sequence[str], folder: str) -> tuple[float, int]:
    """CPU seconds of a child process, and its memory at the peak in MB. What it finds is no failure."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read() if child.stderr is not None else b""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{command[0]} ends with {child.returncode}: {errors.decode(errors='replace').strip()}")
    kilobyte = 1024 if sys.platform != "darwin" else 1
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * kilobyte // 1_000_000


def in_turns(commands: dict[str, list[str]], folder: str, rounds: int) -> dict[str, tuple[float, int]]:
    """The least CPU seconds of each command and its largest memory; a round before the first writes byte code."""
    least: dict[str, tuple[float, int]] = {}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            seconds, memory = run(command, folder)
            if turn:
                before = least.get(name, (seconds, memory))
                least[name] = min(before[0], seconds), max(before[1], memory)
    return least


def command_of(name: str, bin_: str | None) -> str | None:
    """Where a tool is: in a folder, or on the PATH."""
    return shutil.which(name, path=bin_) or shutil.which(name)


def copied(tree: str, folder: str) -> str:
    """A copy of a tree's Python files, so that no `.gitignore` above it counts."""

    def others(place: str, names: list[str]) -> list[str]:
        return [
            name
            for name in names
            if name in ("__pycache__", "site-packages")
            or not (name.endswith(".py") or os.path.isdir(os.path.join(place, name)))
        ]

    return shutil.copytree(tree, os.path.join(folder, "plain"), ignore=others)


def lines_a_second(folder: str, rounds: int) -> tuple[int, float]:
    """The lines of a file in which all is about recurrent layers, and how many are checked in a second."""
    path = Path(folder, "relevant.py")
    classes = 1
    while source(classes).count("\n") < LINES:
        classes += 1
    path.write_text(source(classes))
    lines = source(classes).count("\n")
    lstmcheck.check(path)
    least = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        lstmcheck.check(path)
        least = min(least, time.process_time() - start)
    return lines, lines / least


def ratios(title: str, times: dict[str, tuple[float, int]], ours: str) -> None:
    """Print the seconds of each command, and ours as a share of the others'."""
    print(title)
    for name, (seconds, memory) in times.items():
        share = f"  {ours} is {times[ours][0] / seconds:.2f} of it" if name != ours else ""
        print(f"  {name:32} {seconds:7.3f} s  {memory:4} MB{share}")
    print()


def main(arguments: argparse.Namespace) -> None:
    """Measure everything and print it."""
    script = os.path.join(os.path.dirname(sys.executable), "lstmcheck")
    found = command_of("ruff", arguments.bin)
    ruff = [found, "check", "--no-cache", "--isolated", "--quiet"] if found is not None else []
    with tempfile.TemporaryDirectory() as folder:
        commands = {"lstmcheck": [script, "--no-cache", arguments.tree]}
        if ruff:
            commands["ruff, default rules"] = [*ruff, arguments.tree]
            commands["ruff, one rule"] = [*ruff, "--select", "F401", arguments.tree]
        ratios(arguments.tree, in_turns(commands, folder, arguments.rounds), "lstmcheck")
        plain = copied(arguments.plain, folder)
        commands = {
            "lstmcheck": [script, "--no-cache", plain],
            "the floor": [sys.executable, "-c", FLOOR, plain],
        }
        if ruff:
            commands["ruff, default rules"] = [*ruff, plain]
        ratios(f"a copy of {arguments.plain}", in_turns(commands, folder, arguments.rounds), "lstmcheck")
        Path(plain, ".git").mkdir()
        Path(plain, ".gitignore").write_text("*.log\nbuild/\n")
        ratios("the same with a .gitignore", in_turns(commands, folder, arguments.rounds), "lstmcheck")
        for name, text in (("a clean file with a layer", WITH_LAYER), ("a clean file without one", WITHOUT_LAYER)):
            Path(folder, "one.py").write_text(text)
            commands = {
                "lstmcheck": [script, "--no-cache", "one.py"],
                "import click": [sys.executable, "-c", "import click"],
                "import nothing": [sys.executable, "-c", "pass"],
            }
            ratios(name, in_turns(commands, folder, arguments.rounds * 3), "lstmcheck")
        lines, pace = lines_a_second(folder, arguments.rounds * 2)
        commands = {"lstmcheck": [script, "--no-cache", "relevant.py"]}
        for name, (program, *options) in OTHERS.items():
            where = command_of(program, arguments.bin)
            if where is not None:
                commands[name] = [where, *options, "relevant.py"]
        ratios(f"the {lines:,} relevant lines", in_turns(commands, folder, arguments.rounds), "lstmcheck")
        print(f"{lines:,} relevant lines: {pace:,.0f} lines/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=str(__doc__))
    parser.add_argument("--bin")
    parser.add_argument("--rounds", type=int, default=3)
    torch = importlib.util.find_spec("torch")
    places = torch.submodule_search_locations if torch is not None else None
    parser.add_argument("--tree", default=places[0] if places else None, required=not places)
    parser.add_argument("--plain", default=sysconfig.get_paths()["stdlib"])
    main(parser.parse_args())
