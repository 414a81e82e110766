"""How much of the recurrent calls of public repositories is resolved: `python tests/resolution/measure.py [FOLDER]`.

The repositories of `repositories.txt` are fetched with git into FOLDER (a temporary one by default; what is there
already is kept), each at the commit that the list names. `--list held_out.txt` measures the repositories to whose code
nothing was adapted. Nothing of them is run. The exit code is 1 where a bar is
missed or a repository cannot be had.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lstmcheck.config import Settings
from lstmcheck.survey.statistics import PARTS, Call, Statistics, statistics_of

BARS = {"configuration": 85, "input": 65, "state": 80}
LISTS = Path(__file__).parent


def repositories(chosen: str) -> list[tuple[str, str]]:
    """Names (owner/name) and commits of a list."""
    lines = (
        line.split() for line in (LISTS / chosen).read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    return [(name, commit) for name, commit in lines]


def fetched(name: str, commit: str, folder: Path, base: str) -> Path:
    """The repository's files at the commit; fetched unless they are there. Raises CalledProcessError."""
    path = folder / name.replace("/", "__")
    if path.is_dir():
        return path
    path.mkdir(parents=True)
    try:
        for command in (
            ["init", "-q"],
            ["fetch", "-q", "--depth", "1", f"{base}/{name}", commit],
            ["checkout", "-q", "FETCH_HEAD"],
        ):
            subprocess.run(["git", *command], cwd=path, check=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(path)
        raise
    return path


def row(name: str, found: Statistics) -> str:
    """One line of the table."""
    shares = (found.share(part) for part in PARTS)
    return f"{name:<52} " + "  ".join(f"{s.known:>4}/{s.total:<4} {s.percent:5.1f} %" for s in shares)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="where the repositories are or are put")
    parser.add_argument("--base", default="https://github.com", help="where they are fetched from")
    parser.add_argument("--list", default="repositories.txt", help="the list, beside this script")
    parser.add_argument("--json", type=Path, help="write every call that is not resolved to this file")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="resolution-"))
    print(f"{'':<52} " + "  ".join(f"{part:<17}" for part in PARTS))
    calls: list[Call] = []
    files = 0
    missing: list[str] = []
    for name, commit in repositories(options.list):
        try:
            path = fetched(name, commit, folder, options.base)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            missing.append(name)
            continue
        found = statistics_of([str(path)], Settings())
        calls += found.calls
        files += found.files
        print(row(name, found), flush=True)
    total = Statistics(tuple(calls), files)
    print(row("in total", total))
    if options.json:
        options.json.write_text(json.dumps(total.to_json(), indent=1), encoding="utf-8")
    low = [part for part, bar in BARS.items() if total.share(part).percent < bar]
    for part in low:
        print(f"{part} is below {BARS[part]} %", file=sys.stderr)
    return 1 if low or missing else 0


if __name__ == "__main__":
    sys.exit(main())
