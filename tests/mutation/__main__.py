"""Do the tests of the contract and of the algebra notice small changes?

    cd tests && python -m mutation 300            a sample of places; --seed N draws another, --all takes every place
    cd tests && python -m mutation 50 --of dims.py
    cd tests && python -m mutation --all --without-torch    only the tests that need no torch: a second or two a change

cosmic-ray makes the changes, one at a time, in a copy of the tree. Places are drawn, and one change of each: it knows
eleven for a `+` and one for a `not`, and most of the eleven fail at once. What the tests without torch let pass meets
those with torch, with few examples of each property, and at last with as many as the suite draws; each step within
--seconds of processor time. Prints what survived and the share that was noticed in each module. Exit code 1 below
--bar. Needs cosmic-ray.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path("lstmcheck")
_MEMORY = 16 << 20  # kilobytes of address space
_QUICK = 20  # seconds of processor time for the tests without torch
_WAIT = 3600.0  # seconds; the limit is one of processor time, whatever else the machine does
# `|` stands in annotations, which nothing evaluates; `is` of two small numbers says what `==` says; what lies beneath a
# decorator is the same without a table of what was asked before, only slower
_NO_CHANGE = re.compile(
    r"core/(ReplaceBinaryOperator_BitOr_|ReplaceComparisonOperator_.*(Eq|[LG]t)_Is|RemoveDecorator)"
)
# each of its tests starts a process that loads torch: asked last, and only of what it is about
_ISOLATED = "tests/contract/test_isolated.py"
_CAN_CRASH = ("cells.py", "packed.py", "recurrent.py", "recurrent_packed.py")

Place = tuple[str, tuple[int, int], tuple[int, int]]


def places(modules: list[Path]) -> dict[Place, list[MutationSpec]]:
    """What cosmic-ray can change at each place of some modules, in order."""
    found: dict[Place, list[MutationSpec]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, use_db(f"{folder}/session.sqlite") as session:
        init(modules, session, {})
        for item in session.work_items:
            for spec in item.mutations:
                if not _NO_CHANGE.match(spec.operator_name):
                    found[str(spec.module_path), spec.start_pos, spec.end_pos].append(spec)
    for specs in found.values():
        specs.sort(key=lambda spec: (spec.operator_name, spec.occurrence))
    return dict(sorted(found.items()))


def command(module: Path | None, seconds: int, without_torch: bool) -> str:
    """The tests that concern a module: each step starts only where the one before it passed.

    First those that need no torch, which take a second or two; then the properties that are held against torch; at
    last the nearest ones with as many examples as the suite draws.
    """
    if module == PACKAGE / "dims.py":
        nearest = ["tests/dims"]
        quick = [["tests/dims/test_forms.py", "tests/dims/test_limits.py"], nearest]
        steps = [["tests/contract/test_symbolic.py", "tests/contract/test_needs.py"]]
    else:
        # what torch answered before tells most changes at once
        quick = [["tests/contract/test_recorded.py"], ["tests/contract"]]
        nearest = ["tests/contract", f"--ignore={_ISOLATED}"]
        steps = [nearest]
        own = Path(f"tests/contract/test_{module.stem.removesuffix('_packed')}.py") if module else None
        if own is not None and own.exists():
            steps.insert(0, [str(own)])
        if module is None or module.name in _CAN_CRASH:
            steps.append([_ISOLATED])
    pytest = f"{shlex.quote(sys.executable)} -m pytest -x -q -p no:cacheprovider"
    alone = "WITHOUT=torch PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 HYPOTHESIS_PROFILE=brief"
    runs = [f"(ulimit -t {_QUICK} && {alone} {pytest} {shlex.join(step)})" for step in quick]
    if not without_torch:
        runs += [f"HYPOTHESIS_PROFILE=brief {pytest} {shlex.join(step)}" for step in steps]
        runs.append(f"HYPOTHESIS_PROFILE=ci {pytest} {shlex.join(nearest)}")
    limits = f"ulimit -t {seconds} && ulimit -v {_MEMORY}"
    return f"sh -c {shlex.quote(' && '.join([limits, *runs]))}"


def main() -> int:
    """Draw places, run the tests on a change of each, and print what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=300)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--of", default="", help="only modules whose path ends so")
    parser.add_argument("--without-torch", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--bar", type=float, default=0.95)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as tree:
        for name in ("lstmcheck", "tests"):
            shutil.copytree(ROOT / name, Path(tree) / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = tree
        tests = shlex.split(command(None, options.seconds, options.without_torch))
        if subprocess.run(tests, stdout=subprocess.DEVNULL).returncode != 0:
            print("the tests fail without a change", file=sys.stderr)
            return 2
        # two changes within a second, of one size, would be one to what looks whether a compiled file is fresh
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        modules = [PACKAGE / "dims.py", *sorted((PACKAGE / "contract").glob("*.py"))]
        return _run(places([path for path in modules if str(path).endswith(options.of)]), options)


def _run(found: dict[Place, list[MutationSpec]], options: argparse.Namespace) -> int:
    drawn = list(found)
    draw = random.Random(options.seed)
    if not options.all:
        drawn = sorted(draw.sample(drawn, min(options.count, len(drawn))))
    taken: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for place in drawn:
        spec = draw.choice(found[place])
        module = place[0]
        tests = command(spec.module_path, options.seconds, options.without_torch)
        result = mutate_and_test([spec], tests, _WAIT)
        if result.test_outcome is TestOutcome.INCOMPETENT:
            raise RuntimeError(result.output)
        taken[module] += 1
        if result.test_outcome is TestOutcome.SURVIVED:
            survived[module] += 1
            changed = [line for line in (result.diff or "").split("\n") if re.match(r"[-+](?![-+])", line)]
            print(f"{module}:{spec.start_pos[0]}", *changed, sep="\n  ", flush=True)
    for module in taken:
        print(f"{taken[module] - survived[module]:5} of {taken[module]:4} noticed  {module}")
    share = 1 - survived.total() / max(len(drawn), 1)
    print(f"{len(drawn)} of {len(found)} places, {survived.total()} changes survived: {share:.1%} noticed")
    return int(share < options.bar)


if __name__ == "__main__":
    sys.exit(main())
